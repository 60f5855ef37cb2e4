#!/usr/bin/env python3
"""queue_limit.py PID: the kernel's limit of queued events, set to its usual value for as long as process PID lives.

An inotap that starts meanwhile gets a queue of that length. The limit is one for the whole machine, so whoever sets it
takes an exclusive lock of its file, and whoever depends on it a shared one. The program prints its process ID once the
limit is set; SIGTERM ends it early. However it ends, short of SIGKILL, it puts the limit back. Tests in Python import the
functions.
"""
import contextlib
import fcntl
import os
import signal
import subprocess
import sys

LIMIT = "/proc/sys/fs/inotify/max_queued_events"
USUAL = 16384  # what the kernel begins with
MOST = 2 * USUAL  # filling a longer queue takes a test more time than it is worth


def can_set():
    return os.geteuid() == 0 and os.access(LIMIT, os.W_OK)


def read():
    """What it is while nobody has set it for a moment."""
    with open(LIMIT) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        return int(file.read())


@contextlib.contextmanager
def set_to(events):
    """While this lasts the limit is that."""
    fd = os.open(LIMIT, os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    old = os.pread(fd, 32, 0)
    # However this process ends, its end of the pipe is closed then, and the guard puts the limit back. The guard is not
    # our child for long, so it outlives a ctest that kills this process with all that it started.
    guard = subprocess.Popen(["/bin/sh", "-c", 'exec 3<&0; (read -r nothing <&3; echo "$1" >"$2") &', "sh", old.strip(), LIMIT],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, pass_fds=[fd])
    try:
        guard.wait()
        os.pwrite(fd, b"%d\n" % events, 0)
        yield
    finally:
        guard.stdin.close()
        guard.stdout.read()
        guard.stdout.close()
        os.close(fd)


@contextlib.contextmanager
def usual():
    """While this lasts the limit stays as it is, and is neither much lower nor much higher than usual; yields the limit.
    Where that would need root it is whatever it is."""
    with open(LIMIT) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        limit = int(file.read())
        if USUAL <= limit <= MOST or not can_set():
            yield limit
            return
    with set_to(USUAL):
        yield USUAL


def main():
    pid = int(sys.argv[1])
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    if not can_set():
        sys.exit(1)
    fd = os.open(LIMIT, os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    # Nobody's child, and in a session of its own: whoever kills a test with all its children does not kill this.
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    old = os.pread(fd, 32, 0)
    os.pwrite(fd, b"%d\n" % USUAL, 0)
    try:
        print(os.getpid(), flush=True)
        while os.path.exists(f"/proc/{pid}") and signal.sigtimedwait(signals, 0.2) is None:
            pass
    finally:
        os.pwrite(fd, old, 0)


if __name__ == "__main__":
    main()
