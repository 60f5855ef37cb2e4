#!/usr/bin/python3
# storms.py INOTAP [--dir DIR] [--runs N]: how much of what happens in a tree do the watchers tell that are installed
# here? Each storm happens as fast as it can below a directory that one of them watches recursively. Then its reports
# are compared with what is there:
#
#   missed      entries that are there, and whose path was never reported as having come
#   repeated    further reports of an entry as having come
#   wrong path  reports of something having come that was never there under that path
#
# Prints a table in Markdown: medians of the runs. A watcher that is not installed is left out.
import argparse
import collections
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

QUIET = 1.5  # seconds without a word from a watcher, after which it has told everything
PATIENCE = 60  # seconds for anything else


# ---- the storms: what they leave behind is to have been reported ----


# 2,000 chains of four directories, each with a file.
def mkdir_chains(top):
    for i in range(2000):
        path = f"{top}/c{i}"
        for level in range(4):
            os.mkdir(path)
            os.mknod(f"{path}/file")
            path += f"/d{level}"


def make_sources(top, modules):
    for m in range(modules):
        for part in "src", "include", "tests/data", "doc/man":
            directory = f"{top}/module{m}/{part}"
            os.makedirs(directory)
            for i in range(20):
                with open(f"{directory}/f{i}.c", "w") as f:
                    f.write("int x;\n" * i)


def in_shell(script, **places):
    subprocess.run(["/bin/sh", "-e", "-c", script], check=True, env={**os.environ, **places}, stdout=subprocess.DEVNULL)


def untar(top):
    with tempfile.TemporaryDirectory() as elsewhere:
        make_sources(f"{elsewhere}/tree", 100)
        in_shell('tar -C "$from" -cf "$from/t.tar" tree', **{"from": elsewhere})
        start()
        in_shell('tar -C "$top" -xf "$from/t.tar"', top=top, **{"from": elsewhere})


def checkout(top):
    with tempfile.TemporaryDirectory() as elsewhere:
        git = 'git -c init.defaultBranch=main -c user.name=n -c user.email=e -c gc.auto=0 -C "$repo"'
        in_shell(f"{git} init -q", repo=elsewhere)
        make_sources(f"{elsewhere}/old", 60)
        in_shell(f"{git} add . && {git} commit -qm 1 && {git} rm -rqf old", repo=elsewhere)
        make_sources(f"{elsewhere}/new", 60)
        in_shell(f"{git} add . && {git} commit -qm 2", repo=elsewhere)
        start()
        in_shell('git clone -q "$repo" "$top/r" && cd "$top/r" && git -c advice.detachedHead=false checkout -q HEAD~1',
                 top=top, repo=elsewhere)


# Directories are renamed a few times, and then a file is made in each.
def renames(top):
    for i in range(1000):
        os.makedirs(f"{top}/a{i}/b/c")
    for i in range(1000):
        os.rename(f"{top}/a{i}", f"{top}/x{i}")
        os.rename(f"{top}/x{i}/b", f"{top}/x{i}/y")
        os.rename(f"{top}/x{i}", f"{top}/z{(i + 500) % 1000}")
    for i in range(1000):
        os.mknod(f"{top}/z{i}/y/c/file")


STORMS = [
    ("`mkdir -p` chains", mkdir_chains),
    ("`tar x`", untar),
    ("`git clone`, checkout", checkout),
    ("renamed directories", renames),
]


# ---- the watchers: a command, and how to read what it prints ----


class Watcher:
    def __init__(self, command, top):
        self.top = top
        self.news = time.monotonic()
        self.came = []  # paths
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.news = time.monotonic()
            self.came += self.parse(line.decode("utf-8", "replace").rstrip("\n"))

    # Files are made until one is reported: then it watches.
    def wait_ready(self):
        end = time.monotonic() + PATIENCE
        i = 0
        while not self.came:
            if time.monotonic() > end or not self.is_alive():
                sys.exit(f"storms.py: {type(self).__name__.lower()} does not report anything")
            os.mknod(f"{self.top}/ready-{i}")
            i += 1
            time.sleep(0.05)
        self.wait_quiet()
        del self.came[:]

    def is_alive(self):
        return self.process.poll() is None

    def wait_quiet(self):
        while time.monotonic() - self.news < QUIET:
            time.sleep(QUIET / 10)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.reader.join()


class Inotap(Watcher):
    def __init__(self, top, inotap):
        super().__init__([inotap, "-r", "-j", top], top)

    def parse(self, line):
        record = json.loads(line)
        return [record["path"]] if {"CREATE", "MOVED_TO"} & set(record["events"]) else []


class Inotifywait(Watcher):
    def __init__(self, top, _):
        super().__init__(["inotifywait", "-qmr", "--format", "%w%f", "-e", "create,moved_to", top], top)

    def parse(self, line):
        return [line]


class Fswatch(Watcher):
    def __init__(self, top, _):
        super().__init__(["fswatch", "-r", "-x", "--event-flag-separator=,", "-l", "0.1", top], top)

    def parse(self, line):
        path, _, flags = line.rpartition(" ")
        return [path] if {"Created", "MovedTo"} & set(flags.split(",")) else []


# Its client cuts long answers off, so this talks to the service itself.
class Watchman(Watcher):
    def __init__(self, top, _):
        self.top = top
        self.news = time.monotonic()
        self.came = []
        said = subprocess.run(["watchman", "get-sockname"], check=True, stdout=subprocess.PIPE).stdout
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(json.loads(said)["sockname"])
        self.lines = self.socket.makefile("rb")
        self.ask("watch", top)
        self.ask("subscribe", top, "storms", {"fields": ["name", "exists", "new"]})
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def ask(self, *command):
        self.socket.sendall(json.dumps(command).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        if "error" in answer:
            sys.exit(f"storms.py: watchman: {answer['error']}")

    def is_alive(self):
        return True

    def read(self):
        for line in self.lines:
            self.news = time.monotonic()
            self.came += self.parse(line)

    # It tells states: a file that is there, and was not when it told the last time, has come.
    def parse(self, line):
        files = json.loads(line).get("files", [])
        return [f"{self.top}/{f['name']}" for f in files if f["exists"] and f["new"]]

    def end(self):
        subprocess.run(["watchman", "watch-del", self.top], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket.shutdown(socket.SHUT_RDWR)
        self.reader.join()
        self.socket.close()


WATCHERS = [("inotap", Inotap), ("inotifywait", Inotifywait), ("fswatch", Fswatch), ("watchman", Watchman)]


# ---- the comparison ----


start = None  # a storm that prepares something calls it before it breaks loose


def entries(top):
    for path, directories, files in os.walk(top):
        for name in directories + files:
            yield f"{path}/{name}"


def run(make, storm, inotap, directory):
    global start
    top = os.path.realpath(tempfile.mkdtemp(prefix="inotap-storm-", dir=directory))
    watcher = make(top, inotap)
    start = watcher.wait_ready
    try:
        if storm.__name__ not in ("untar", "checkout"):
            start()
        storm(top)
        watcher.news = time.monotonic()
        watcher.wait_quiet()
        there = {path for path in entries(top) if not os.path.basename(path).startswith("ready-")}
    finally:
        watcher.end()
        shutil.rmtree(top)
    return judge(storm, there, collections.Counter(watcher.came))


# What counts: of renames the files that are made last, for directories come more than once and bring along what is in
# them; of git what is checked out, for it makes and renames files of its own.
def counts(storm, path):
    if storm is renames:
        return path.endswith("/file")
    return storm is not checkout or "/.git" not in path


# A checkout takes away what was there before.
def may_be_gone(storm, path):
    return storm is checkout and "/r/new" in path


def judge(storm, there, came):
    there = {path for path in there if counts(storm, path)}
    came = {path: count for path, count in came.items() if counts(storm, path)}
    missed = sum(path not in came for path in there)
    repeated = sum(came[path] - 1 for path in there if path in came)
    wrong = sum(count for path, count in came.items() if path not in there and not may_be_gone(storm, path))
    return missed, repeated, wrong


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("inotap", metavar="INOTAP")
    parser.add_argument("--dir", help="where the trees are made, instead of TMPDIR")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="of each, in turn (3)")
    options = parser.parse_args()
    if not os.access(options.inotap, os.X_OK):
        parser.error(f"{options.inotap} cannot be run: build it first")
    watchers = [(name, make) for name, make in WATCHERS if name == "inotap" or shutil.which(name)]
    print("| storm | " + " | ".join(name for name, _ in watchers) + " |")
    print("|---|" + "---|" * len(watchers))
    for what, storm in STORMS:
        found = {name: [] for name, _ in watchers}
        for _ in range(options.runs):
            for name, make in watchers:
                found[name].append(run(make, storm, os.path.abspath(options.inotap), options.dir))
        cells = [" / ".join(f"{statistics.median(column):,.0f}" for column in zip(*found[name])) for name, _ in watchers]
        print(f"| {what} | " + " | ".join(cells) + " |", flush=True)


main()
