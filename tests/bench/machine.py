"""machine.py: what the benchmark asks and tells the machine: limits of the kernel's, processes and their clocks.
Neighbours: peers.py starts processes by it, measures.py reads their clocks."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import tempfile
import time

QUEUE_LIMITS = ["/proc/sys/fs/fanotify/max_queued_events", "/proc/sys/fs/inotify/max_queued_events"]
WATCH_LIMIT = "/proc/sys/fs/inotify/max_user_watches"
DROP_CACHES = "/proc/sys/vm/drop_caches"
ENDING_SIGNALS = {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM}
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1
POLL_S = 0.002
PATIENCE_S = 120

libc = ctypes.CDLL(None)
processors = sorted(os.sched_getaffinity(0))


class Failed(Exception):
    """A candidate cannot be measured; the text says why."""


def end_by_exception():
    """From now on a signal that ends us is an exception, so that every `finally` is passed."""
    def on_signal(number, _):
        raise SystemExit(128 + number)
    for number in ENDING_SIGNALS:
        signal.signal(number, on_signal)


@contextlib.contextmanager
def held_signals():
    old = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


# ---- limits ----


def read_number(path):
    with open(path) as file:
        return int(file.read())


@contextlib.contextmanager
def raised(paths, least):
    """While this lasts the limits are at least so high. They are locked as the other benchmarks and the model lock them,
    and put back on every way out. Those that are not ours to raise stay as they are."""
    with contextlib.ExitStack() as stack:
        for path in paths:
            stack.enter_context(raised_one(path, least))
        yield


@contextlib.contextmanager
def raised_one(path, least):
    try:
        fd = os.open(path, os.O_RDWR)
    except OSError:
        yield
        return
    old = None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        with held_signals():
            before = os.pread(fd, 32, 0)
            if int(before) < least:
                os.pwrite(fd, b"%d\n" % least, 0)
                old = before
        yield
    finally:
        with held_signals():
            if old is not None:
                os.pwrite(fd, old, 0)
            os.close(fd)


@contextlib.contextmanager
def unchanged(path):
    """While this lasts nobody who locks the limit has it raised or lowered."""
    with open(path) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def can_raise(path):
    return os.access(path, os.W_OK) and os.geteuid() == 0


def drop_caches():
    """The caches of what is on disks; False if that is not allowed."""
    os.sync()
    try:
        with open(DROP_CACHES, "w") as file:
            file.write("3\n")
    except OSError:
        return False
    return True


# ---- processes ----


class Run:
    """A process that is measured: one that is started here, or, given a pid, one that runs."""

    everything = set()  # those that must not be left behind

    def __init__(self, command, processor=None, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                 stderr=subprocess.DEVNULL, **rest):
        def prepare():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.pthread_sigmask(signal.SIG_SETMASK, set())
            if processor is not None:
                os.sched_setaffinity(0, {processor})
        self.name = os.path.basename(command[0])
        with held_signals():
            try:
                self.process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, preexec_fn=prepare,
                                                **rest)
            except OSError as error:
                raise Failed(f"cannot run {command[0]}: {error.strerror}") from error
            Run.everything.add(self)
        self.pid = self.process.pid

    def check(self):
        if self.process.poll() is not None:
            raise Failed(f"{self.name} ended with status {self.process.returncode}")

    def cpu_ns(self):
        """Of all its threads, to the nanosecond."""
        try:
            return time.clock_gettime_ns((~self.pid << 3) | 2)
        except OSError as error:
            self.check()
            raise Failed(f"{self.name} has no clock") from error

    def ticks(self):
        """Its user and system time, in ticks."""
        fields = self.stat()
        return int(fields[11]), int(fields[12])

    def stat(self):
        """From its state on."""
        with open(f"/proc/{self.pid}/stat") as file:
            return file.read().rpartition(")")[2].split()

    def status(self, key):
        with open(f"/proc/{self.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(key + ":"))

    def switches(self):
        """Context switches of all its threads."""
        count = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/status") as file:
                count += sum(int(line.split()[1]) for line in file if "voluntary_ctxt_switches" in line)
        return count

    def read_bytes(self):
        """How much it has read altogether."""
        with open(f"/proc/{self.pid}/io") as file:
            return int(file.readline().split()[1])

    def stop(self):
        os.kill(self.pid, signal.SIGSTOP)
        wait_until(lambda: self.stat()[0] in "TZ", f"{self.name} to stop")
        self.check()

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)

    def end(self, number=signal.SIGKILL):
        """End it, if it runs, and wait for that."""
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGCONT)
            self.process.send_signal(number)
            try:
                self.process.wait(PATIENCE_S if number != signal.SIGKILL else None)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in self.process.stdin, self.process.stdout, self.process.stderr:
            if stream:
                stream.close()
        Run.everything.discard(self)


def end_everything():
    with held_signals():
        for run in list(Run.everything):
            run.end()


def wait_until(is_true, what, patience_s=PATIENCE_S):
    end = time.monotonic() + patience_s
    while not is_true():
        if time.monotonic() > end:
            raise Failed(f"waited for {what} in vain")
        time.sleep(POLL_S)


def is_busy(run):
    return run.stat()[0] in "RD"


class Quiet:
    """Waiting until a process has no more to do: nothing was read of its output, and next to no processor time was
    used, for a while. `since` is when that began, by time.monotonic()."""

    def __init__(self, run, reader=None, quiet_s=0.3, patience_s=PATIENCE_S):
        end = time.monotonic() + patience_s
        self.since = time.monotonic()
        cpu_ns, taken = run.cpu_ns(), reader.read_bytes() if reader else 0
        while time.monotonic() - self.since < quiet_s:
            time.sleep(POLL_S)
            now, cpu_now, taken_now = time.monotonic(), run.cpu_ns(), reader.read_bytes() if reader else 0
            # Waking up now and then, as some do, is not work; waiting for a disk is.
            if taken_now != taken or cpu_now - cpu_ns > POLL_S * 1e9 / 10 or is_busy(run) or reader and is_busy(reader):
                self.since = now
            cpu_ns, taken = cpu_now, taken_now
            if now > end:
                raise Failed(f"{run.name} was not done after {patience_s} s")


def scratch(parent, prefix="inotap-bench-"):
    return tempfile.TemporaryDirectory(prefix=prefix, dir=parent)


def in_memory():
    """A directory for what must not wait for a disk."""
    return os.environ.get("TMPDIR") or ("/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp")
