"""Does the operations of a case: a shell does, or this program itself where they are plain, which spares six processes."""
import contextlib
import os
import re
import subprocess
import threading

# For the operations of a case: $PID and $OUT are the program's. `watches -ge N` returns once one of its inotify instances
# has so many watches, `saw TEXT` once it has printed that, `caught_up` once it has read all that has happened: an event
# wakes whoever waits for one, so a program that sleeps has none to read. All of them return also once it has ended, of
# which a zombie is left. They start few programs: there are thousands of runs.
PRELUDE = r"""
state() {
  while read -r key state rest; do [ "$key" != State: ] || return 0; done 2>/dev/null </proc/"$PID"/status || :
  state=X
}
has_ended() { state; case $state in [ZX]) return 0 ;; esac; return 1; }
count_watches() {
  most=0
  for info in /proc/"$PID"/fdinfo/*; do
    count=0
    while read -r line; do case $line in "inotify wd"*) count=$((count + 1)) ;; esac; done 2>/dev/null <"$info" || :
    [ "$most" -ge "$count" ] || most=$count
  done
}
watches() { until count_watches; [ "$most" "$1" "$2" ] || has_ended; do sleep 0.01; done; }
saw() { until grep -qaF "$1" "$OUT" || has_ended; do sleep 0.01; done; }
caught_up() { until state; case $state in [SZX]) true ;; *) false ;; esac; do sleep 0.01; done; }
set -e
"""


# A child has our open files until its exec(2), so a file that was closed meanwhile is not closed yet, and neither is there
# CLOSE_WRITE: no thread starts a process while another one has a file of a case open.
exclusively = threading.Lock()


def start(*command, **how):
    with exclusively:
        return subprocess.Popen(*command, **how)


def shell(text, here, timeout_s, **env):
    """Raises subprocess.TimeoutExpired."""
    with start(["sh", "-c", PRELUDE + text], cwd=here, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
               env={**os.environ, "LC_ALL": "C", **env}) as process:
        try:
            process.wait(timeout_s)
        finally:
            process.kill()


def write(path, flags, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o666)
    if data:
        os.write(fd, data)
    os.close(fd)


def cat(path):
    fd = os.open(path, os.O_RDONLY)
    while os.read(fd, 65536):
        pass
    os.close(fd)


def touch(path):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
    os.utime(fd)
    os.close(fd)


# The system calls are those of the shell and of coreutils.
PLAIN = {
    r": > (\S+)": lambda path: write(path, os.O_TRUNC, b""),
    r"echo x > (\S+)": lambda path: write(path, os.O_TRUNC, b"x\n"),
    r"echo x >> (\S+)": lambda path: write(path, os.O_APPEND, b"x\n"),
    r"cat (\S+)": cat,
    r"touch (\S+)": touch,
    r"mkdir (\S+)": os.mkdir,
    r"rmdir (\S+)": os.rmdir,
    r"rm (\S+)": os.unlink,
    r"mv (\S+) (\S+)": os.rename,
}


def plain(text, here):
    """The operations as calls, or None if there is one among them that is for the shell."""
    calls = []
    if not re.fullmatch(r"[\w./:;> ]*", text):
        return None
    for operation in text.split("; "):
        for pattern, function in PLAIN.items():
            if found := re.fullmatch(pattern, operation):
                calls.append((function, [os.path.join(here, path) for path in found.groups()]))
                break
        else:
            return None
    return calls


def run(text, here, timeout_s, **env):
    """As a shell with -e the first one that fails is the last. Raises subprocess.TimeoutExpired."""
    calls = plain(text, here)
    if calls is None:
        shell(text, here, timeout_s, **env)
        return
    with exclusively, contextlib.suppress(OSError):
        for function, paths in calls:
            function(*paths)
