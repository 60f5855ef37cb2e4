"""peers.py: the candidates: how each is started with its fastest options, and how it is known that it watches.
Neighbours: machine.py runs processes, measures.py measures what is started here."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

from machine import Failed, Quiet, Run, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"  # which Debian's modules are for

# What is asked for: names as in inotify(7), and the mask.
EVENTS = {
    "pair": ("create,delete", 0x300),
    "file": ("create,modify,close_write,delete", 0x30a),
    "all": ("all", 0xfff),
}


class Session:
    """A candidate that watches. `seconds` is from its start until then; `out_fd` is the end of a pipe to be read, if that
    was asked for."""

    def __init__(self):
        self.run = self.reader = self.out_fd = self.socket = None
        self.begin = time.monotonic()
        self.seconds = None
        self.scratch = tempfile.TemporaryDirectory(prefix="inotap-bench-run-")

    def is_ready(self):
        self.seconds = time.monotonic() - self.begin

    def said(self):
        """The last line on its standard error."""
        with open(f"{self.scratch.name}/stderr", errors="replace") as file:
            return ([line.strip() for line in file if line.strip()] or [""])[-1]

    def end(self, number=9):
        if self.run:
            self.run.end(number)
        if self.reader:
            self.reader.end()
        if self.out_fd is not None:
            os.close(self.out_fd)
            self.out_fd = None
        if self.socket:
            self.socket.close()
        self.scratch.cleanup()


class Candidate:
    name = program = None
    form = "text"
    scopes = ("one", "tree")
    ready = "fd"  # or a text on standard error, or None: when it has become quiet
    quiet_s = 0.3  # how long it may pause while there is work left
    is_counted = True  # one line an event
    tells_all = True  # every event, though perhaps not each by a line of its own
    needs_root = False
    valgrind = True

    def label(self):
        return self.name

    def why_not(self):
        """Why it cannot run here, or None."""
        if not shutil.which(self.program):
            return f"{self.program} is not installed"
        if self.needs_root and os.geteuid() != 0:
            return "needs root"
        return None

    def command(self, tree, recursive, events, ready_fd, is_flushed):
        raise NotImplementedError

    def start(self, tree, recursive, events, sink="null", processor=None, prefix=(), is_flushed=False):
        """sink: "null"; "cat", a pipe to cat(1) that throws away; "pipe", a pipe whose end is Session.out_fd; or the path
        of a file."""
        session = Session()
        try:
            self.start_process(session, tree, recursive, events, sink, processor, prefix, is_flushed)
        except BaseException as error:
            said = session.said() if isinstance(error, Failed) else ""
            session.end()
            if said:
                raise Failed(f"{error}: {said}") from error
            raise
        return session

    def start_process(self, session, tree, recursive, events, sink, processor, prefix, is_flushed):
        ready, ready_end = os.pipe()
        err = f"{session.scratch.name}/stderr"
        with open(err, "ab") as stderr, open_sink(session, sink) as stdout, os.fdopen(ready, "rb") as ready_file:
            try:
                session.begin = time.monotonic()
                session.run = Run(list(prefix) + self.command(tree, recursive, events, ready_end, is_flushed),
                                  processor, stdout=stdout, stderr=stderr, pass_fds=[ready_end], cwd=tree.path)
                session.run.name = self.name
            finally:
                os.close(ready_end)
            if self.ready == "fd":
                if ready_file.readline() != b"READY=1\n":
                    session.run.process.wait()
                    session.run.check()
                session.is_ready()
            elif self.ready:
                wait_until(lambda: session.run.check() or self.ready in read_text(err), f"'{self.ready}'")
                session.is_ready()
            else:
                session.seconds = Quiet(session.run, quiet_s=0.3).since - session.begin
                session.run.check()


def read_text(path):
    with open(path, errors="replace") as file:
        return file.read()


class open_sink:
    """The file that a candidate is to write to; what reads it goes into the session."""

    def __init__(self, session, sink):
        if sink == "null":
            self.file = open("/dev/null", "wb")
        elif sink in ("cat", "pipe"):
            end, other = os.pipe()
            self.file = os.fdopen(other, "wb")
            if sink == "cat":
                with os.fdopen(end, "rb") as file:
                    session.reader = Run(["cat"], stdin=file)
            else:
                session.out_fd = end
        else:
            self.file = open(sink, "wb")

    def __enter__(self):
        return self.file

    def __exit__(self, *_):
        self.file.close()


class Inotap(Candidate):
    name = "inotap"
    options = {"text": [], "json": ["-j"], "format": ["--format=%e %p"], "all": []}

    def __init__(self, program, form):
        self.program = os.path.abspath(program)
        self.form = form

    def label(self):
        return "inotap " + {"text": "text", "json": "JSON", "format": "--format", "all": "-e all"}[self.form]

    def command(self, tree, recursive, events, ready_fd, is_flushed):
        names = EVENTS["all" if self.form == "all" else events][0]
        return [self.program, *self.options[self.form], *(["-r"] if recursive else []), "-e", names,
                f"--ready-fd={ready_fd}", tree.path]


class Floor(Candidate):
    """The bare loop, which writes as many bytes as inotap does in one form."""

    name = "floor"

    def __init__(self, tool, inotap):
        self.program = os.path.abspath(tool)
        self.inotap = inotap
        self.form = inotap.form
        self.record_bytes = 60

    def label(self):
        return "floor for " + self.inotap.label().removeprefix("inotap ")

    def command(self, tree, recursive, events, ready_fd, is_flushed):
        mask = EVENTS["all" if self.form == "all" else events][1]
        return [self.program, "floor", str(mask), str(self.record_bytes), str(ready_fd), tree.list]


class Inotifywait(Candidate):
    name = program = "inotifywait"
    ready = "Watches established."

    def command(self, tree, recursive, events, ready_fd, is_flushed):
        return [self.program, "-m", *(["-r"] if recursive else []), "--format", "%e %w%f", "-e", EVENTS[events][0],
                tree.path]


class Fsnotifywait(Inotifywait):
    """What happens to one name is merged by the kernel, and each event is a line for debugging as well."""

    name = program = "fsnotifywait"
    ready = None
    is_counted = False
    tells_all = False
    needs_root = True

    def command(self, tree, recursive, events, ready_fd, is_flushed):
        # It holds two descriptors for each directory.
        return ["sh", "-c", 'ulimit -n "$(cat /proc/sys/fs/nr_open)" 2>/dev/null || ulimit -n "$(ulimit -H -n)"; exec "$@"',
                "sh",
                *super().command(tree, recursive, events, ready_fd, is_flushed)]


class Inotifywatch(Candidate):
    name = program = "inotifywatch"
    ready = "Finished establishing watches"
    is_counted = False
    tells_all = False

    def label(self):
        return "inotifywatch (counts only)"

    def command(self, tree, recursive, events, ready_fd, is_flushed):
        return [self.program, *(["-r"] if recursive else []), "-e", EVENTS[events][0], tree.path]


class Fswatch(Candidate):
    name = program = "fswatch"
    ready = None
    quiet_s = 1.0
    is_counted = False

    def command(self, tree, recursive, events, ready_fd, is_flushed):
        return [self.program, "-l", "0.1", "--allow-overflow", *(["-r"] if recursive else []), tree.path]


class Fatrace(Candidate):
    """Watches a whole mount, and nothing less."""

    name = program = "fatrace"
    scopes = ("tree",)
    ready = None
    is_counted = False
    tells_all = False
    needs_root = True
    filters = {"pair": "+D", "file": "+WD", "all": "CROW+D<>"}

    def command(self, tree, recursive, events, ready_fd, is_flushed):
        return [self.program, "-c", "-f", self.filters[events]]


class PythonLoop(Candidate):
    name = "Python loop"
    program = PYTHON

    def why_not(self):
        found = subprocess.run([PYTHON, "-c", "import inotify.adapters"], stderr=subprocess.DEVNULL)
        return None if found.returncode == 0 else "python3-inotify is not installed"

    def command(self, tree, recursive, events, ready_fd, is_flushed):
        return [PYTHON, f"{HERE}/python_loop.py", *(["-r"] if recursive else []), *(["--flush"] if is_flushed else []),
                tree.path, str(EVENTS[events][1]), str(ready_fd)]


class Watchman(Candidate):
    """A service of its own for each run; what it sends to a subscriber is its output."""

    name = program = "watchman"
    quiet_s = 1.0
    is_counted = False
    tells_all = False
    valgrind = False

    def start_process(self, session, tree, recursive, events, sink, processor, prefix, is_flushed):
        place = session.scratch.name
        address = f"{place}/socket"
        with open(f"{place}/stderr", "ab") as stderr:
            session.begin = time.monotonic()
            session.run = Run([self.program, "--foreground", "--no-save-state", f"--sockname={address}",
                               f"--pidfile={place}/pid", "--logfile=/dev/null"], processor, stderr=stderr)
        session.socket = socket.socket(socket.AF_UNIX)
        wait_until(lambda: session.run.check() or session.socket.connect_ex(address) == 0, "watchman's socket")
        lines = session.socket.makefile("rb", buffering=0)
        self.ask(session, lines, "watch", tree.path)
        # It is answered once everything is watched.
        answer = self.ask(session, lines, "query", tree.path, {"fields": ["name"], "expression": ["false"]})
        session.is_ready()
        self.ask(session, lines, "subscribe", tree.path, "bench", {"fields": ["name", "exists"], "since": answer["clock"]})
        lines.close()
        if sink == "pipe":
            session.out_fd = os.dup(session.socket.fileno())
        else:
            with open("/dev/null" if sink in ("null", "cat") else sink, "wb") as stdout:
                session.reader = Run(["cat"], stdin=session.socket, stdout=stdout)

    @staticmethod
    def ask(session, lines, *command):
        session.socket.sendall(json.dumps(command).encode() + b"\n")
        answer = json.loads(lines.readline())
        if "error" in answer:
            raise Failed(f"watchman: {answer['error']}")
        return answer


def make_all(inotap, tool):
    """Every candidate, each floor behind the inotap that it is for."""
    forms = [Inotap(inotap, form) for form in Inotap.options]
    floors = [Floor(tool, form) for form in forms]
    return [one for pair in zip(forms, floors) for one in pair] + [
        Inotifywait(), Fsnotifywait(), Inotifywatch(), Fswatch(), Watchman(), Fatrace(), PythonLoop()]
