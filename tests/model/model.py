#!/usr/bin/python3
# model.py INOTAP CHURN [OPTION]...: does a recursive watch tell the truth? INOTAP -r -j watches a tree while CHURN
# changes it as fast as it can. Then a consumer that knows nothing but the tree at the start and the records must
# arrive at the tree that is really there, with no creation told twice and no record under a path that there was not,
# and a file made in each of the directories must be reported from there.
#
# --seed N runs one seed, in the mode that the options say. --seeds COUNT runs so many from --seed on, each in a mode
# of its own unless options say one; a failure tells how to repeat it. --self-test feeds the consumer with records
# made by hand, right and wrong ones.
import argparse
import base64
import collections
import concurrent.futures
import contextlib
import ctypes
import fcntl
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import queue_limit  # noqa: E402: found by the line above

ROOMY = 1 << 22  # events: for runs that must not overflow, however late inotap is
SHOWN = 10  # of each sort of difference
PROBE = b"model-probe-"
SENTINEL = b"model-sentinel-"
SEPARATOR = b"in/separator"  # churn's
NEVER = "never overflowed"


class Failure(Exception):
    pass


def show(path):
    text = repr(path)[1:]
    return text if len(text) < 250 or "FULL" in os.environ else f"{text[:120]} ... {text[-120:]}"


# ---- records ----

Record = collections.namedtuple("Record", "seq events cookie path synthetic")

STRUCTURAL = frozenset(("CREATE", "DELETE", "MOVED_FROM", "MOVED_TO"))
ENDS = frozenset(("IGNORED", "DELETE_SELF"))  # of a PATH, which inotap says itself where the kernel does not


def exact(fields, key):
    if f"{key}_b64" in fields:
        return base64.b64decode(fields[f"{key}_b64"], validate=True)
    return fields[key].encode("utf-8")


# A path below a PATH that is a link, outside of the tree, is one below the directory that the link leads to.
def resolve(path, links):
    for link, target in links.items():
        if path == link or path.startswith(link + b"/"):
            return target + path[len(link) :]
    return path


# The records of a line: a RENAME is taken for its two halves.
def parse(line, links=()):
    fields = json.loads(line.decode("utf-8"))
    events, path = tuple(fields["events"]), exact(fields, "path")
    if links:
        path = resolve(path, links)
        if "RENAME" in events:
            fields["from"], fields["from_b64"] = "", base64.b64encode(resolve(exact(fields, "from"), links))
    rest = fields["cookie"], path, fields.get("synthetic", False)
    if "RENAME" not in events:
        return [Record(fields["seq"], events, *rest)]
    others = tuple(event for event in events if event != "RENAME")
    return [Record(fields["seq"], ("MOVED_FROM", *others), fields["cookie"], exact(fields, "from"), False),
            Record(fields["seq"], ("MOVED_TO", *others), *rest)]


# ---- trees ----


class Node:
    __slots__ = ("children", "found")

    def __init__(self, is_dir, found=0):
        self.children = {} if is_dir else None
        self.found = found  # by looking, in the window of that overflow (see Model); 0: not so

    @property
    def is_dir(self):
        return self.children is not None


# Every directory: its path, a descriptor, and [(name, whether it is a directory)]. Paths may be beyond PATH_MAX.
def walk(fd, path):
    with os.scandir(fd) as found:
        entries = sorted((os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in found)
    yield path, fd, entries
    for name, is_dir in entries:
        if is_dir:
            child = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
            try:
                yield from walk(child, path + b"/" + name)
            finally:
                os.close(child)


# Without what is left out, and all that is in it.
def snapshot(fd, leaves_out=lambda name: False):
    directories = {b"in": Node(True)}
    for path, _, entries in walk(fd, b"in"):
        for name, is_dir in entries:
            if path not in directories or leaves_out(name):
                continue
            child = directories[path].children[name] = Node(is_dir)
            if is_dir:
                directories[path + b"/" + name] = child
    return directories[b"in"]


def size(node):
    return 1 + sum(map(size, (node.children or {}).values()))


def differences(model, real, path=b"in"):
    for name in sorted(model.children.keys() | real.children.keys()):
        mine, other = model.children.get(name), real.children.get(name)
        where = path + b"/" + name
        if mine is None or other is None:
            node = mine or other
            rest = f", a directory with {size(node) - 1} entries" if node.is_dir else ""
            yield f"{'missing' if mine is None else 'phantom'}: {show(where)}{rest}"
        elif mine.is_dir != other.is_dir:
            yield f"not the same: {show(where)} is {'a' if other.is_dir else 'no'} directory"
        elif mine.is_dir:
            yield from differences(mine, other, where)


# The names are churn's, so that they meet. One chain of directories is deeper than PATH_MAX.
def make_tree(top, chance, directories, files, is_deep):
    dirs = [top]
    while len(dirs) <= directories:
        path = chance.choice(dirs) + b"/n%d" % chance.randrange(40)
        if path.count(b"/") < top.count(b"/") + 10 and not os.path.lexists(path):
            os.mkdir(path)
            dirs.append(path)
    made = []
    while len(made) < files:
        path = chance.choice(dirs) + b"/" + chance.choice([b"n%d" % chance.randrange(40)] * 30 + [b"a\nb", b"\xff\xfe"])
        if os.path.lexists(path):
            continue
        if made and chance.random() < 0.05:
            os.link(chance.choice(made), path, follow_symlinks=False)
        elif chance.random() < 0.05:
            os.symlink(chance.choice([b".", b"..", b"n1", b"nothing/there"]), path)
        else:
            with open(path, "wb") as f:
                f.write(b"x" * chance.randrange(3))
        made.append(path)
    if is_deep:
        fd = os.open(top, os.O_RDONLY)
        for i in range(18):
            os.mkdir(b"d" * 254 + b"%d" % (i % 4), dir_fd=fd)
            fd, parent = os.open(b"d" * 254 + b"%d" % (i % 4), os.O_RDONLY, dir_fd=fd), fd
            os.close(parent)
        os.mknod(b"bottom", dir_fd=fd)
        os.close(fd)


# ---- the consumer ----


# What the records say of the tree. Wrong ones go to `errors`; what is odd, but no error, is counted in `notes`.
class Model:
    def __init__(self, root, is_strict=False, paths=(b"in",)):
        self.root = root
        self.paths = frozenset(paths)
        self.is_strict = is_strict
        self.errors = []
        self.notes = collections.Counter()
        self.overflows = 0
        self.window = 0  # between Q_OVERFLOW and RESYNCED, where events are lost: the number of the overflow
        self.taken = {}  # by cookie: what MOVED_FROM took away, and the path it had
        self.cookies = set()  # with the kind of record: the kernel gives each number once
        self.displaced = {}  # by the index of the MOVED_FROM that takes it: one half of an exchange

    def error(self, record, text):
        self.errors.append(f"record {record.seq}, {','.join(record.events)} {show(record.path)}: {text}")

    # What cannot be, unless events were lost.
    def error_unless_lost(self, record, text):
        if self.window:
            self.notes["tolerated during an overflow"] += 1
        else:
            self.error(record, text)

    def find(self, path):
        names = path.split(b"/")
        node = self.root if names[0] == b"in" else None
        for name in names[1:]:
            node = node.children.get(name) if node and node.is_dir else None
        return node

    def is_directory(self, path):
        node = self.find(path)
        return node is not None and node.is_dir

    def apply(self, records):
        self.records = records
        self.destinations = {record.cookie: i for i, record in enumerate(records) if "MOVED_TO" in record.events}
        last = None
        for i, record in enumerate(records):
            of_one_line = last and record.seq == last.seq and "MOVED_FROM" in last.events and "MOVED_TO" in record.events
            if not of_one_line and record.seq != (last.seq if last else 0) + 1:
                self.error(record, f"a gap in seq: this is record {i + 1}")
            self.apply_one(i, record)
            last = record
        if self.window:
            self.errors.append("after the last Q_OVERFLOW there is no RESYNCED")
        if not self.overflows:
            for record in records:
                if record.synthetic and not ENDS.intersection(record.events) and set(record.events) not in ({"CREATE"}, {"CREATE", "ISDIR"}, {"MOVED_TO", "ISDIR"}):
                    self.error(record, "synthetic, though nothing was lost")

    def apply_one(self, i, record):
        if "Q_OVERFLOW" in record.events:
            self.overflows += 1
            self.window = self.overflows
            return
        if "RESYNCED" in record.events:
            if not self.window:
                self.error(record, "there was no overflow")
            self.window = 0
            return
        what = STRUCTURAL.intersection(record.events)
        if not what and (record.path in self.paths or not record.path.startswith(b"in/")):
            return  # of a PATH itself, which may lie where nothing is any more
        directory, _, name = record.path.rpartition(b"/")
        parent = self.find(directory)
        if not name or parent is None or not parent.is_dir:
            if "CREATE" in what and record.synthetic:
                self.error(record, "found by looking under a path that was never told")
                return
            known = directory
            while b"/" in known and not self.is_directory(known.rpartition(b"/")[0]):
                known = known.rpartition(b"/")[0]
            self.error_unless_lost(record, f"a record under an unknown path, from {show(known)} on")
        elif len(what) > 1:
            self.error(record, "more than one thing at once")
        elif not what:
            if name not in parent.children:
                self.notes["records of what is gone"] += 1  # a file may be written to after it was removed
        else:
            apply = {"CREATE": self.create, "DELETE": self.delete, "MOVED_FROM": self.take, "MOVED_TO": self.put}[min(what)]
            apply(i, record, parent.children, name, "ISDIR" in record.events)

    def create(self, i, record, siblings, name, is_dir):
        there = siblings.get(name)
        if there is not None:
            # During an overflow a DELETE may have been lost. But nothing that is known is found, and what was found
            # is known.
            if not self.window or record.synthetic or there.found == self.window:
                self.error(record, "creation twice")
                if there.is_dir == is_dir:
                    return
            else:
                self.notes["creations of what was there, during an overflow"] += 1
        siblings[name] = Node(is_dir, self.window if record.synthetic else 0)

    def check_kind(self, record, node, is_dir):
        if node.is_dir != is_dir:
            self.error_unless_lost(record, f"it was {'a' if node.is_dir else 'no'} directory")

    def delete(self, i, record, siblings, name, is_dir):
        if name not in siblings:
            self.error_unless_lost(record, "it was not there")
            return
        node = siblings.pop(name)
        self.check_kind(record, node, is_dir)
        if node.children and self.is_strict:
            self.error_unless_lost(record, "it was not empty")
        elif node.children and not self.window:
            self.notes["directories that went before what was in them"] += 1

    def check_cookie(self, record, kind):
        if (kind, record.cookie) in self.cookies:
            self.error(record, "a cookie for the second time")
        self.cookies.add((kind, record.cookie))

    def take(self, i, record, siblings, name, is_dir):
        self.check_cookie(record, "from")
        node = self.displaced.pop(i, None) or siblings.pop(name, None)
        if node is None:
            self.error_unless_lost(record, "it was not there")
            return
        self.check_kind(record, node, is_dir)
        self.taken[record.cookie] = node, record.path

    def put(self, i, record, siblings, name, is_dir):
        self.check_cookie(record, "to")
        node, from_path = self.taken.pop(record.cookie, (None, None))
        if node is None:
            node = Node(is_dir)
        self.check_kind(record, node, is_dir)
        victim = siblings.get(name)
        if victim is not None:
            second = self.second_half(i, record, from_path)
            if second is not None:
                self.displaced[second] = victim
            elif self.is_torn(i):
                self.notes["perhaps an exchange, torn by an overflow"] += 1
                k = self.following(i, or_synthetic=True)
                if k is not None and victim.is_dir != is_dir and victim.is_dir == ("ISDIR" in self.records[k].events):
                    self.displaced[k] = victim  # what leaves is not what came: it was one
            elif victim.is_dir != is_dir:
                self.error_unless_lost(record, f"over what is {'a' if victim.is_dir else 'no'} directory")
            elif victim.children:
                self.error_unless_lost(record, "over a directory that was not empty")
            elif not self.is_overwriting(i):
                self.error_unless_lost(record, "over what was there, but churn did not overwrite anything")
        siblings[name] = node

    # The index of the next record that changes the tree, or None; the kernel's own, or any but what was found in a
    # directory that has just come.
    def following(self, i, or_synthetic):
        below = self.records[i].path + b"/"
        for k in range(i + 1, len(self.records)):
            if self.records[k].synthetic and self.records[k].path.startswith(below):
                continue
            if not STRUCTURAL.isdisjoint(self.records[k].events) and (or_synthetic or not self.records[k].synthetic):
                return k
        return None

    # RENAME_EXCHANGE(a, b) is FROM a, TO b, FROM b, TO a: returns the index of that FROM b, if it follows, or None.
    def second_half(self, i, record, from_path):
        k = self.following(i, or_synthetic=True)
        if k is None or "MOVED_FROM" not in self.records[k].events or self.records[k].path != record.path:
            return None
        end = self.destinations.get(self.records[k].cookie, -1)
        return k if end > k and self.records[end].path == from_path else None

    # Is the rest of what may be an exchange lost?
    def is_torn(self, i):
        for record in self.records[i + 1 :]:
            if "Q_OVERFLOW" in record.events:
                return True
            if not STRUCTURAL.isdisjoint(record.events) and (
                "MOVED_FROM" not in record.events or record.path != self.records[i].path
            ):
                return False
        return False

    # What overwrites is followed by churn's separator, so that nothing else is taken for it: neither what was told
    # before, as CREATE, nor what stands where a record is missing.
    def is_overwriting(self, i):
        k = self.following(i, or_synthetic=False)
        return k is not None and "CREATE" in self.records[k].events and self.records[k].path == SEPARATOR


# ---- inotap, watching ----


class Tap:
    def __init__(self, binary, flags, paths, top, lag, seed, files, timeout):
        self.lag, self.timeout, self.links = lag, timeout, paths.links
        self.pauses = random.Random(seed)
        self.keep = open(f"{files}.jsonl", "wb")  # what it prints
        self.said = open(f"{files}.err", "w+b")
        self.calm = threading.Event()  # the reader need no longer be slow
        self.news = threading.Condition()
        self.chunks = []  # read, but not yet parsed; an empty one is the end
        self.rest = b""
        self.ended = False
        self.records = []
        self.probes = {}  # path of a file of ours that was reported: whether that was synthetic
        self.overflows = 0
        self.is_settled = True  # no overflow, or RESYNCED since
        self.sentinels = 0
        self.output, output = os.pipe()
        self.ready, ready = os.pipe()
        if self.lag in ("stall", "trickle"):
            fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, 4096)
        # The helper's choice: the leak check would make its own status of our signal.
        env = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "detect_leaks=0"))
        libc = ctypes.CDLL(None)
        self.process = subprocess.Popen(
            [binary, "-r", "-j", f"--ready-fd={ready}", *flags, *paths.given],
            cwd=top, env=env, pass_fds=[ready], stdin=subprocess.DEVNULL, stdout=output, stderr=self.said,
            preexec_fn=lambda: libc.prctl(1, signal.SIGKILL))  # PR_SET_PDEATHSIG: it does not outlive us
        os.close(output)
        os.close(ready)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def wait_ready(self):
        timer = threading.Timer(self.timeout, self.process.kill)
        timer.start()
        with open(self.ready, "rb") as ready:
            said = ready.read()
        timer.cancel()
        if said != b"READY=1\n":
            raise Failure(f"inotap did not say READY=1 before it ended, or was ended after {self.timeout:.0f} s; "
                          f"it said: {self.what_it_said()!r}")

    # The thread that reads. Slow means: so slow that inotap blocks in write(2), and comes to lag behind.
    def read(self):
        while True:
            if self.lag == "stall":
                self.calm.wait()
            data = os.read(self.output, 4096 if self.lag == "trickle" else 1 << 16)
            self.keep.write(data)
            with self.news:
                self.chunks.append(data)
                self.news.notify()
            if not data:
                return
            if self.lag == "trickle":
                self.calm.wait(self.pauses.uniform(0, 0.005))

    def parse(self, data):
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            try:
                records = parse(line, self.links)
            except (ValueError, KeyError, TypeError) as e:
                raise Failure(f"line {len(self.records) + 1} is no record: {e}: {line[:300]!r}") from None
            self.records += records
            record = records[-1]
            if "Q_OVERFLOW" in record.events:
                self.overflows += 1
                self.is_settled = False
            elif "RESYNCED" in record.events:
                self.is_settled = True
            elif "CREATE" in record.events and record.path.rpartition(b"/")[2].startswith((PROBE, SENTINEL)):
                self.probes[record.path] = record.synthetic

    def wait_until(self, is_done, what):
        end = time.monotonic() + self.timeout
        while not is_done():
            if self.ended:
                raise Failure(f"inotap ended before {what}")
            with self.news:
                if not self.news.wait_for(lambda: self.chunks, end - time.monotonic()):
                    raise Failure(f"within {self.timeout:.0f} s there was not {what}; inotap is in state {self.state()}")
                chunks, self.chunks = self.chunks, []
            self.ended = not chunks[-1]
            self.parse(b"".join(chunks))

    def state(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return re.search(r"State:\s*(.*)", status.read())[1]

    # Everything that happened before this was called is told. What looking finds may be told ahead of what is queued
    # (another Q_OVERFLOW, for one), so only a sentinel that came through the queue will do.
    def catch_up(self, in_fd):
        for _ in range(20):
            self.sentinels += 1
            name = SENTINEL + b"%d" % self.sentinels
            os.mknod(name, 0o600 | stat.S_IFREG, dir_fd=in_fd)
            self.wait_until(lambda: b"in/" + name in self.probes and self.is_settled,
                            f"the record of in/{name.decode()}, or RESYNCED after it")
            if not self.probes[b"in/" + name]:
                return
        raise Failure("every file made in the PATH itself is reported as synthetic")

    def finish(self):
        self.process.terminate()
        self.process.send_signal(signal.SIGCONT)
        self.calm.set()
        self.wait_until(lambda: self.ended, "the end of its output after SIGTERM")
        if self.rest:
            raise Failure(f"the last line is cut: {self.rest[:300]!r}")
        try:
            status = self.process.wait(self.timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"inotap did not end within {self.timeout:.0f} s") from None
        if status != -signal.SIGTERM:
            raise Failure(f"inotap ended with status {status} instead of dying of SIGTERM")

    # Nothing of it is left.
    def close(self):
        self.process.kill()
        self.process.wait()
        self.calm.set()
        self.reader.join()
        self.keep.close()

    def what_it_said(self):
        self.said.seek(0)
        return self.said.read().decode("utf-8", "replace")


# ---- filters ----


# What is left out, by its name: some of churn's names, each by another option. A directory of such a name is not watched.
class Filters:
    def __init__(self, chance, is_wanted):
        self.names = frozenset(b"n%d" % i for i in chance.sample(range(40), 3)) if is_wanted else frozenset()
        forms = ["--glob=!%s", "--iglob=!%s", "--glob=!**/%s", "--regex=!(^|/)%s$"]
        self.flags = [chance.choice(forms) % name.decode() for name in sorted(self.names)]

        self.of_churn = [f"--left-out={name.decode()}" for name in sorted(self.names)]

    def leave_out(self, name):
        return name in self.names

    def leave_out_path(self, path):
        return not self.names.isdisjoint(path.split(b"/"))


# ---- PATHs ----


# What is watched: `in`, and with is_mixed some of what is in it as PATHs of their own, before and behind it: directories, in
# each other perhaps, files, hard links, and links to directories.
class Paths:
    def __init__(self, top, chance, is_mixed, filters):
        self.given, self.links = [b"in"], {}
        if not is_mixed:
            return
        directories, files = [], []
        fd = os.open(top + b"/in", os.O_RDONLY | os.O_DIRECTORY)
        for path, _, entries in walk(fd, b"in"):
            if len(path) < 1000 and not filters.leave_out_path(path):
                directories.append(path)
                files += [path + b"/" + name for name, is_dir in entries
                          if not is_dir and not filters.leave_out(name) and stat.S_ISREG(os.lstat(top + b"/" + path + b"/" + name).st_mode)]
        os.close(fd)
        nested = chance.sample(directories[1:], 3)
        deepest = max(directories, key=lambda path: path.count(b"/"))
        above = deepest.rpartition(b"/")[0]
        linked, hard = chance.choice(directories[1:]), chance.choice(files)
        os.symlink(linked, top + b"/link")
        os.link(top + b"/" + hard, top + b"/hard", follow_symlinks=False)
        self.links = {b"link": linked}
        given = {b"in", *nested, *chance.sample([deepest, above], chance.randint(0, 2)), *chance.sample(files, 3), b"hard", b"link"}
        self.given = sorted(given)
        chance.shuffle(self.given)


# ---- one seed ----


def wait_for(process, seconds):
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


# How often it has called write(2), or 0 where the kernel does not count that.
def writes_of(process):
    with contextlib.suppress(OSError), open(f"/proc/{process.pid}/io") as counters:
        return int(re.search(r"syscw: (\d+)", counters.read())[1])
    return 0


class Run:
    def __init__(self, options):
        self.options = options
        self.chance = random.Random(options.seed)
        self.timeout = 240 + options.ops / 1000  # seconds, for any wait
        self.problems = []
        self.lag = None
        if options.slow:
            self.lag = self.chance.choice(["stall", "trickle", "hiccups"])
        elif options.overflow:
            self.lag = "hiccups"  # else it is hardly ever late enough
        self.sets_limit = options.overflow or queue_limit.can_set()
        with open(queue_limit.LIMIT) as limit:
            self.limit = int(limit.read())
        if self.sets_limit:
            self.limit = self.chance.randint(256, 2000) if options.overflow else ROOMY
        mode = [f"slow ({self.lag})"] if options.slow else []
        mode += [f"a queue of {self.limit}"] if options.overflow else []
        mode += ["resync"] if options.resync else []
        mode += ["rename"] if options.rename else []
        mode += ["think"] if options.think else []
        mode += ["mixed PATHs"] if options.mixed_paths else []
        mode += ["filters"] if options.filters else []
        self.name = f"seed {options.seed}: {', '.join(mode) or 'plain'}"

    # Problems of one sort: how many, and the first few.
    def complain(self, what, instances):
        if instances:
            self.problems.append(f"{what} ({len(instances)}):")
            self.problems += [f"    {instance}" for instance in instances[:SHOWN]]

    # While churn runs, inotap is stopped for some milliseconds, then runs for some. Where its queue is to overflow, it is
    # often stopped for as long as that takes: at least one event that is watched for each time that churn writes.
    def make_hiccups(self, tap, churn, until):
        goal = self.limit
        while churn.poll() is None and time.monotonic() < until:
            tap.process.send_signal(signal.SIGSTOP)
            if self.options.overflow and goal:
                goal += writes_of(churn)
                while churn.poll() is None and writes_of(churn) < goal:
                    wait_for(churn, 0.001)
            else:
                wait_for(churn, self.chance.uniform(0.001, 0.02))
            tap.process.send_signal(signal.SIGCONT)
            wait_for(churn, self.chance.uniform(0.001, 0.02))
            goal = self.chance.choice([0, self.limit])

    # Returns the number of directories and others that are left, as far as churn knows.
    def run_churn(self, tap, top):
        o = self.options
        churn = subprocess.Popen([o.churn, "--seed", str(o.seed), "--ops", str(o.ops), "--inside", "in", "--outside",
                                  "out", *(["--think"] if o.think else []), *self.filters.of_churn], cwd=top, stdout=subprocess.PIPE, text=True)
        try:
            until = time.monotonic() + self.timeout
            if self.lag == "hiccups":
                self.make_hiccups(tap, churn, until)
            wait_for(churn, until - time.monotonic())
        finally:
            if churn.poll() is None:
                churn.kill()
            said = churn.communicate()[0]
            tap.process.send_signal(signal.SIGCONT)
            tap.calm.set()
        if churn.returncode != 0:
            raise Failure(f"churn itself ended with status {churn.returncode}")
        return tuple(map(int, re.search(r"inside (\d+) directories, (\d+) others", said).groups()))

    # Is every directory watched? A portion at a time, so that a small queue does not overflow. Where the file was
    # found by looking, another one must come through the queue.
    def probe(self, tap, in_fd):
        portion = max(1, self.limit // 2)
        unwatched, paths = [], None

        def check(made, name):
            tap.catch_up(in_fd)
            unwatched.extend(show(path) for path in made if path + b"/" + name not in tap.probes)
            return {path for path in made if tap.probes.get(path + b"/" + name)}

        for attempt in range(3):
            name = PROBE + b"%d" % attempt
            made, again = [], set()
            for path, fd, _ in walk(in_fd, b"in"):
                if path in paths if paths is not None else not self.filters.leave_out_path(path):
                    os.mknod(name, 0o600 | stat.S_IFREG, dir_fd=fd)
                    made.append(path)
                    if len(made) == portion:
                        again |= check(made, name)
                        made = []
            paths = again | check(made, name)
            if not paths:
                break
        self.complain("directories in which a file was made that is not reported, or under another path", unwatched)
        self.complain("directories in which a file is only ever found by looking", [show(path) for path in sorted(paths)])

    def live(self, tap, top, in_fd):
        expected = self.run_churn(tap, top)
        entries = [is_dir for _, _, found in walk(in_fd, b"in") for _, is_dir in found]
        if (sum(entries), len(entries) - sum(entries)) != expected:
            raise Failure(f"churn itself is wrong: of {len(entries)} entries, {sum(entries)} of them directories, it "
                          f"believes to have left {expected[0]} directories and {expected[1]} others")
        tap.catch_up(in_fd)
        self.probe(tap, in_fd)
        tap.finish()

    def judge(self, tap, model, in_fd):
        if tap.overflows and not self.options.resync:
            self.problems.append(f"the queue of {self.limit} events overflowed: without --resync that says nothing. "
                                 "Run it with fewer --ops, or as root, who can raise the limit")
            return
        model.apply(tap.records)
        self.complain("wrong records", model.errors)
        self.complain("the tree is not what the records say", list(differences(model.root, snapshot(in_fd, self.filters.leave_out))))

    def run_in(self, top, files):
        o = self.options
        for name, directories, entries in ("in", 200, 1000), ("out", 15, 50):
            os.mkdir(f"{top}/{name}")
            make_tree(os.fsencode(f"{top}/{name}"), self.chance, directories, entries, is_deep=name == "in")
        in_fd = os.open(f"{top}/in", os.O_RDONLY | os.O_DIRECTORY)
        self.filters = Filters(self.chance, o.filters)
        paths = Paths(os.fsencode(top), self.chance, o.mixed_paths, self.filters)
        before = snapshot(in_fd, self.filters.leave_out)
        tap, model = None, Model(before, o.strict, [*paths.given, *paths.links.values()])
        try:
            with queue_limit.set_to(self.limit) if self.sets_limit else contextlib.nullcontext():
                flags = ["--resync"] * o.resync + ["--rename"] * o.rename + self.filters.flags
                tap = Tap(o.inotap, flags, paths, top, self.lag, o.seed, files, self.timeout)
                tap.wait_ready()
            try:
                self.live(tap, top, in_fd)
            except Failure as failure:
                # What it has told shows what went wrong.
                self.problems.append(str(failure))
                tap.timeout = 10
                with contextlib.suppress(Failure):
                    tap.finish()
            self.judge(tap, model, in_fd)
            if self.problems or not tap.overflows:
                self.complain("inotap said", tap.what_it_said().splitlines())
        finally:
            if tap:
                tap.close()
            os.close(in_fd)
        notes = [f"{len(tap.records):,} records"]
        notes += [f"{tap.overflows} overflows" if tap.overflows else NEVER] if o.overflow else []
        notes += [f"{count} {what}" for what, count in sorted(model.notes.items())]
        return ", ".join(notes)

    # Returns whether it went well.
    def run(self):
        files = f"{tempfile.gettempdir()}/inotap-model-{self.options.seed}-{os.getpid()}"
        notes = "not judged"
        try:
            with tempfile.TemporaryDirectory(prefix="inotap-model-", dir=self.options.dir) as top:
                try:
                    notes = self.run_in(top, files)
                except Failure as failure:
                    self.problems.append(str(failure))
        finally:
            for file in [f"{files}.err"] + ([] if self.problems else [f"{files}.jsonl"]):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(file)
        print(f"{self.name}: {notes}: {'FAILED' if self.problems else 'ok'}")
        for problem in self.problems:
            print(f"    {problem}")
        if self.problems:
            print(f"    the records are in {files}.jsonl")
        return not self.problems


# ---- many seeds ----


# What to run a seed with, unless options say it: half of them slow, a third with overflows, on two file systems.
def mixed_mode(seed, with_overflows):
    chance = random.Random(f"mode of {seed}")
    mode = ["--slow"] if seed % 2 == 0 else []
    mode += ["--overflow"] if seed % 3 == 0 and with_overflows else []
    mode += ["--resync"] if seed % 3 == 0 or chance.random() < 0.3 else []
    mode += ["--think"] if chance.random() < 0.5 else []
    mode += ["--rename"] if chance.random() < 0.5 else []
    mode += ["--mixed-paths"] if seed % 4 < 2 else []
    if chance.random() < 0.5 and os.access("/dev/shm", os.W_OK):
        mode += ["--dir", "/dev/shm"]
    return mode


# Every seed in a process of its own. Returns whether all went well.
def run_all(options, given_mode):
    running = set()
    is_ending = threading.Event()

    def run_seed(seed):
        command = [os.path.abspath(__file__), options.inotap, options.churn, "--ops", str(options.ops), "--seed", str(seed)]
        command += ([] if options.plain else given_mode or mixed_mode(seed, not options.no_overflow)) + ["--strict"] * options.strict
        process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        running.add(process)
        if is_ending.is_set():
            process.terminate()
        said = process.communicate()[0]
        running.discard(process)
        if process.returncode != 0:
            said += f"    repeat with: {' '.join(command)}\n"
        return process.returncode == 0, said

    failures = never = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        try:
            seeds = range(options.seed, options.seed + options.seeds)
            for future in concurrent.futures.as_completed([pool.submit(run_seed, seed) for seed in seeds]):
                went_well, said = future.result()
                print(said, end="", flush=True)
                failures += not went_well
                never += NEVER in said
        finally:
            is_ending.set()
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                process.terminate()
    print(f"{options.seeds} seeds, {failures} failed" + (f"; {never} {NEVER}, which proves less" if never else ""))
    return failures == 0


# ---- the consumer, tested by itself ----


def tree_of(paths):
    root = Node(True)
    for path in paths:
        node = root
        for name in path.rstrip("/").split("/")[:-1]:
            node = node.children[name.encode()]
        node.children[path.rstrip("/").split("/")[-1].encode()] = Node(path.endswith("/"))
    return root


# Records are written as "EVENTS PATH COOKIE", the latter two where needed, with a * in front if synthetic. Paths are
# below in/; those of directories end in a slash.
def records_of(texts):
    records = []
    for seq, text in enumerate(texts, 1):
        words = text.lstrip("*").split(" ")
        path = words[1] if len(words) > 1 else ""
        records.append(Record(seq, tuple(words[0].split(",") + ["ISDIR"] * path.endswith("/")),
                              int(words[2]) if len(words) > 2 else 0,
                              f"in/{path}".rstrip("/").encode() if path else b"", text.startswith("*")))
    return records


# What it is, the tree before, the records, the tree after, and a part of what is then found wrong first, or nothing.
SELF_TESTS = [
    ("nothing", "a d/ d/f", "", "a d/ d/f", ""),
    ("a phantom", "a", "", "", "phantom: 'in/a'"),
    ("a phantom directory", "d/ d/f", "", "", "phantom: 'in/d', a directory with 1 entries"),
    ("something missing", "", "", "a", "missing: 'in/a'"),
    ("a directory that is a file", "", "CREATE a", "a/", "not the same: 'in/a' is a directory"),
    ("created", "", "CREATE d/|CREATE d/f|MODIFY d/f|CLOSE_WRITE d/f", "d/ d/f", ""),
    ("created, found by looking", "", "CREATE d/|*CREATE d/e/|*CREATE d/e/f", "d/ d/e/ d/e/f", ""),
    ("a file created twice", "", "CREATE a|CREATE a", "a", "record 2, CREATE 'in/a': creation twice"),
    ("a directory created twice", "", "CREATE d/|CREATE d/f|*CREATE d/", "d/ d/f",
     "record 3, CREATE,ISDIR 'in/d': creation twice"),
    ("created again after a deletion", "a", "DELETE a|CREATE a", "a", ""),
    ("deleted", "d/ d/f", "DELETE d/f|DELETE d/", "", ""),
    ("deleted with what is in it", "d/ d/e/ d/e/f", "DELETE d/", "", ""),
    ("deleted without having been there", "", "DELETE a", "", "it was not there"),
    ("deleted twice", "a", "DELETE a|DELETE a", "", "record 2, DELETE 'in/a': it was not there"),
    ("moved twice", "a", "MOVED_FROM a 1|MOVED_TO b 1|MOVED_TO b 1", "b", "a cookie for the second time"),
    ("moved away twice", "a b", "MOVED_FROM a 1|MOVED_FROM b 1", "", "a cookie for the second time"),
    ("a file deleted that is a directory", "d/", "DELETE d", "", "it was a directory"),
    ("renamed", "d/ d/f e/", "MOVED_FROM d/ 1|MOVED_TO e/x/ 1|CREATE e/x/g", "e/ e/x/ e/x/f e/x/g", ""),
    ("renamed, with something in between", "a b", "MOVED_FROM a 1|DELETE b|MOVED_TO b 1", "b", ""),
    ("two renames with their cookies confused", "a/ a/f b/ b/g",
     "MOVED_FROM a/ 1|MOVED_FROM b/ 2|MOVED_TO x/ 2|MOVED_TO y/ 1",
     "x/ x/f y/ y/g", "missing: 'in/x/f'"),
    ("a record under the old path", "d/ d/f", "MOVED_FROM d/ 1|MOVED_TO e/ 1|MODIFY d/f", "e/ e/f", "under an unknown path"),
    ("renamed without having been there", "", "MOVED_FROM a 1|MOVED_TO b 1", "b", "it was not there"),
    ("moved out", "d/ d/f", "MOVED_FROM d/ 1", "", ""),
    ("moved out, and a record from there", "d/ d/f", "MOVED_FROM d/ 1|DELETE d/f", "", "under an unknown path"),
    ("moved in", "", "MOVED_TO d/ 1|*CREATE d/f", "d/ d/f", ""),
    ("moved in, what is in it not found", "", "MOVED_TO d/ 1", "d/ d/f", "missing: 'in/d/f'"),
    ("moved in over a file", "a", "MOVED_TO a 1|CREATE separator|DELETE separator", "a", ""),
    ("moved in over an empty directory", "d/", "MOVED_TO d/ 1|*CREATE d/f|CREATE separator|DELETE separator",
     "d/ d/f", ""),
    ("moved in over a directory that is not empty", "d/ d/f", "MOVED_TO d/ 1", "d/", "over a directory that was not empty"),
    ("moved over a file", "d/ d/a b", "MOVED_FROM d/a 1|MOVED_TO b 1|CREATE separator|DELETE separator", "d/ b", ""),
    ("a file moved over a directory", "a d/", "MOVED_FROM a 1|MOVED_TO d 1", "d", "over what is a directory"),
    ("a directory moved over an empty one", "d/ d/f e/", "MOVED_FROM d/ 1|MOVED_TO e/ 1|CREATE separator|DELETE separator",
     "e/ e/f", ""),
    ("a directory that arrives as a file", "d/", "MOVED_FROM d/ 1|MOVED_TO e 1", "e/", "it was a directory"),
    ("directories exchanged", "a/ a/f b/ b/g",
     "MOVED_FROM a/ 1|MOVED_TO b/ 1|MOVED_FROM b/ 2|MOVED_TO a/ 2", "a/ a/g b/ b/f", ""),
    ("exchanged, and a self event in between", "a/ a/f b/ b/g",
     "MOVED_FROM a/ 1|MOVED_TO b/ 1|MOVE_SELF b/|MOVED_FROM b/ 2|MOVED_TO a/ 2", "a/ a/g b/ b/f", ""),
    ("exchanged there and back", "a/ a/f b/ b/g", "MOVED_FROM a/ 1|MOVED_TO b/ 1|MOVED_FROM b/ 2|MOVED_TO a/ 2|"
     "MOVED_FROM a/ 3|MOVED_TO b/ 3|MOVED_FROM b/ 4|MOVED_TO a/ 4", "a/ a/f b/ b/g", ""),
    ("a file and a directory exchanged", "a/ a/f d/ d/b", "MOVED_FROM a/ 1|MOVED_TO d/b/ 1|MOVED_FROM d/b 2|MOVED_TO a 2",
     "a d/ d/b/ d/b/f", ""),
    ("exchanged with the second half confused", "a/ a/f b/ b/g",
     "MOVED_FROM a/ 1|MOVED_TO b/ 1|MOVED_FROM b/ 2|MOVED_TO c/ 2",
     "a/ a/g b/ b/f", "over a directory that was not empty"),
    ("exchanged with the outside", "a/ a/f", "MOVED_FROM a/ 1|MOVED_TO a 2", "a", ""),
    ("moved over, then back, with a record in between", "a b",
     "MOVED_FROM a 1|MOVED_TO b 1|CREATE separator|DELETE separator|MOVED_FROM b 2|MOVED_TO a 2", "a", ""),
    ("moved over what nothing was moved over", "a b", "MOVED_FROM a 1|MOVED_TO b 1|CREATE c", "b c", "did not overwrite"),
    ("found, and then told as moved", "a", "CREATE d/|*CREATE d/b|MOVED_FROM a 1|MOVED_TO d/b 1", "d/ d/b",
     "did not overwrite"),
    ("a ring", "a/ a/1 b/ b/2 c/ c/3", "MOVED_FROM a/ 1|MOVED_TO t/ 1|MOVED_FROM b/ 2|"
     "MOVED_TO a/ 2|MOVED_FROM c/ 3|MOVED_TO b/ 3|MOVED_FROM t/ 4|MOVED_TO c/ 4", "a/ a/2 b/ b/3 c/ c/1", ""),
    ("created under what is not there", "", "CREATE d/f", "", "under an unknown path"),
    ("created under a file", "a", "CREATE a/f", "a", "under an unknown path"),
    ("written to after it was removed", "a", "DELETE a|MODIFY a|CLOSE_WRITE a", "", ""),
    ("two things at once", "", "CREATE,DELETE a", "", "more than one thing"),
    ("a synthetic DELETE without an overflow", "a", "*DELETE a", "", "nothing was lost"),
    ("RESYNCED without an overflow", "", "RESYNCED", "", "there was no overflow"),
    ("an overflow without RESYNCED", "", "Q_OVERFLOW", "", "there is no RESYNCED"),
    ("an overflow", "a d/ d/f", "Q_OVERFLOW|*DELETE d/|*CREATE e/|*CREATE e/g|*MODIFY a|RESYNCED|CREATE e/h",
     "a e/ e/g e/h", ""),
    ("tolerated during an overflow", "f",
     "Q_OVERFLOW|DELETE x|MOVED_FROM y 1|MOVED_TO z 1|CREATE p/q|CREATE f/|RESYNCED", "f/ z", ""),
    ("an exchange that is torn by an overflow", "a b", "MOVED_FROM a 1|MOVED_TO b 1|Q_OVERFLOW|*CREATE a|RESYNCED", "a b", ""),
    ("an exchange that is torn later", "a/ a/f b/ b/g", "MOVED_FROM a/ 1|MOVED_TO b/ 1|MOVED_FROM b/ 2|Q_OVERFLOW|"
     "*CREATE a/|*CREATE a/g|*CREATE b/|*CREATE b/f|RESYNCED", "a/ a/g b/ b/f", ""),
    ("not tolerated before it", "", "DELETE x|Q_OVERFLOW|RESYNCED", "", "it was not there"),
    ("not tolerated after it", "", "Q_OVERFLOW|RESYNCED|CREATE p/q", "", "under an unknown path"),
    ("found although known", "a", "Q_OVERFLOW|*CREATE a|RESYNCED", "a", "creation twice"),
    ("found, and then told", "", "Q_OVERFLOW|*CREATE a|CREATE a|RESYNCED", "a", "creation twice"),
    ("found in one overflow, told after it", "", "Q_OVERFLOW|*CREATE a|RESYNCED|CREATE a", "a", "creation twice"),
    ("found in one overflow, made again in the next", "",
     "Q_OVERFLOW|*CREATE a|RESYNCED|Q_OVERFLOW|CREATE a|RESYNCED", "a", ""),
    ("not found after an overflow", "", "Q_OVERFLOW|RESYNCED", "a", "missing: 'in/a'"),
    ("found below what was told to be gone", "a/ a/r/ a/r/f",
     "Q_OVERFLOW|*DELETE a/r/f|*DELETE a/r/|*CREATE a/r/f|RESYNCED", "a/ a/r/ a/r/f", "record 4, CREATE 'in/a/r/f': found by looking"),
    ("a PATH told of where nothing is any more", "a/ a/r/ a/r/f",
     "Q_OVERFLOW|*DELETE a/r/f|*DELETE a/r/|RESYNCED|IGNORED a/r/|MODIFY a/r/f", "a/", "record 6, MODIFY 'in/a/r/f': a record under an unknown"),
    ("a PATH that is back and was not told", "a/ r/ r/f", "MOVED_FROM r/ 1|Q_OVERFLOW|RESYNCED", "a/ a/r/ a/r/f",
     "missing: 'in/a/r', a directory with 1 entries"),
    ("a PATH told of while it is away", "a/ a/r/", "MOVED_FROM a/ 1|CREATE a/r/f|MOVED_TO a/ 2|*CREATE a/r/|*CREATE a/r/f",
     "a/ a/r/ a/r/f", "record 2, CREATE 'in/a/r/f': a record under an unknown path"),
    ("a PATH not told of while it is away", "a/ a/r/", "MOVED_FROM a/ 1|MOVED_TO a/ 2|*CREATE a/r/|*CREATE a/r/f",
     "a/ a/r/ a/r/f", ""),
    ("exchanged, and something found in what has come", "a/ b/ b/g",
     "MOVED_FROM a/ 1|MOVED_TO b/ 1|*CREATE b/f|MOVED_FROM b/ 2|MOVED_TO a/ 2", "a/ a/g b/ b/f", ""),
    ("exchanged, and something found elsewhere", "a/ b/ b/g",
     "MOVED_FROM a/ 1|MOVED_TO b/ 1|*CREATE c|MOVED_FROM b/ 2|MOVED_TO a/ 2", "a/ a/g b/ c", "over a directory that was not empty"),
]


def self_test():
    for what, before, texts, after, expected in SELF_TESTS:
        model = Model(tree_of(before.split()))
        model.apply(records_of(texts.split("|") if texts else []))
        found = model.errors + list(differences(model.root, tree_of(after.split())))
        if bool(found) != bool(expected) or expected not in "".join(found[:1]):
            sys.exit(f"{what}: expected {expected!r}, found {found}")
    model = Model(tree_of(["d/", "d/f"]), is_strict=True)
    model.apply(records_of(["DELETE d/"]))
    assert len(model.errors) == 1 and "not empty" in model.errors[0], model.errors
    model = Model(tree_of([]))
    model.apply([Record(2, ("ATTRIB", "ISDIR"), 0, b"in", False), Record(4, ("CREATE",), 0, b"in/a", False)])
    assert len(model.errors) == 2 and "seq" in model.errors[0] and "seq" in model.errors[1], model.errors
    assert parse(b'{"seq":1,"events":["CREATE"],"cookie":0,"path":"in/\xc3\xa9\\n"}')[0].path == b"in/\xc3\xa9\n"
    [record] = parse(b'{"seq":1,"events":["CREATE"],"cookie":0,"path":"in/\\ufffd","path_b64":"aW4v/w==","synthetic":true}')
    assert record.path == b"in/\xff" and record.synthetic
    # What lies below a PATH that is a link is below the directory that the link leads to, and nothing else is.
    links = {b"link": b"in/a"}
    for told, meant in (b"link", b"in/a"), (b"link/f", b"in/a/f"), (b"linked/f", b"linked/f"), (b"in/link/f", b"in/link/f"):
        line = b'{"seq":1,"events":["RENAME"],"cookie":1,"path":"%s","from":"%s"}' % (told, told)
        assert [record.path for record in parse(line, links)] == [meant, meant]
    model = Model(tree_of(["a/"]), paths=[b"in", b"link", b"hard"])
    model.apply(parse(b'{"seq":1,"events":["CREATE"],"cookie":0,"path":"link/f"}', links)
                + parse(b'{"seq":2,"events":["MODIFY"],"cookie":0,"path":"hard"}', links)
                + parse(b'{"seq":3,"events":["CREATE"],"cookie":0,"path":"hard"}', links))
    assert len(model.errors) == 1 and "'hard': a record under an unknown path" in model.errors[0], model.errors
    assert not list(differences(model.root, tree_of(["a/", "a/f"])))
    filters = Filters(random.Random(1), True)
    name = min(filters.names)
    assert len(filters.flags) == 3 and filters.leave_out_path(b"in/" + name + b"/f") and not filters.leave_out(name + b"x")
    for bad in b'{"seq":1', b'{"seq":1}', b'{"seq":1,"events":["CREATE"],"cookie":0,"path":"\xff"}', b"[]":
        try:
            parse(bad)
        except (ValueError, KeyError, TypeError):
            continue
        sys.exit(f"{bad} was taken for a record")
    with tempfile.TemporaryDirectory() as top:
        path = os.fsencode(top)
        make_tree(path, random.Random(1), 20, 50, is_deep=True)
        fd = os.open(path, os.O_RDONLY)
        tree = snapshot(fd)
        assert size(tree) == 1 + 20 + 50 + 18 + 1 and not list(differences(tree, snapshot(fd)))
        name = min(name for name, node in tree.children.items() if node.children)
        assert list(differences(snapshot(fd, lambda other: other == name), tree))[0].startswith("missing: ")
        os.close(fd)
    if queue_limit.can_set():
        old = queue_limit.read()
        killed = os.fork()
        if killed == 0:
            with queue_limit.set_to(old + 1):
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(killed, 0)
        assert queue_limit.read() == old  # which waits until the guard of that process has ended
        with queue_limit.set_to(old + 2), open(queue_limit.LIMIT) as limit:
            assert int(limit.read()) == old + 2
        assert queue_limit.read() == old
    print(f"{len(SELF_TESTS)} lists of records were judged as they should be")


# ---- the command line ----


def end(number, _):
    for n in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
        signal.signal(n, signal.SIG_IGN)  # what is cleaned up on the way out is not interrupted
    sys.exit(128 + number)


def count(text):
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"a number is needed, not {text!r}")
    return int(text)


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("inotap", metavar="INOTAP", nargs="?")
    parser.add_argument("churn", metavar="CHURN", nargs="?")
    parser.add_argument("--seed", type=count, metavar="N", default=1, help="the seed, or the first of them")
    parser.add_argument("--seeds", type=count, metavar="COUNT", help="so many seeds, each in a mode of its own")
    parser.add_argument("--ops", type=count, metavar="N", default=3000, help="operations")
    parser.add_argument("--resync", action="store_true", help="inotap --resync")
    parser.add_argument("--rename", action="store_true", help="inotap --rename")
    parser.add_argument("--slow", action="store_true", help="what inotap prints is read slowly: it lags behind")
    parser.add_argument("--overflow", action="store_true", help="with a small queue, and --resync (needs root)")
    parser.add_argument("--plain", action="store_true", help="with --seeds: all of them with a quick reader")
    parser.add_argument("--no-overflow", action="store_true", help="with --seeds: none of them with overflows")
    parser.add_argument("--mixed-paths", action="store_true", help="several PATHs: in each other, files, links")
    parser.add_argument("--filters", action="store_true", help="some names are left out")
    parser.add_argument("--think", action="store_true", help="churn pauses now and then")
    parser.add_argument("--strict", action="store_true", help="nothing may go before what is in it")
    parser.add_argument("--dir", metavar="DIR", help="where to make the trees, instead of TMPDIR")
    parser.add_argument("--jobs", type=count, metavar="N", default=os.cpu_count(), help="seeds at once")
    parser.add_argument("--self-test", action="store_true", help="test the consumer")
    options = parser.parse_args()
    if options.self_test:
        self_test()
        return
    if not options.churn:
        parser.error("INOTAP and CHURN are needed")
    options.inotap, options.churn = os.path.abspath(options.inotap), os.path.abspath(options.churn)
    given_mode = [f"--{name.replace('_', '-')}" for name in ("resync", "rename", "slow", "overflow", "think", "mixed_paths", "filters")
                  if getattr(options, name)]
    given_mode += ["--dir", options.dir] if options.dir else []
    options.resync |= options.overflow
    for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
        signal.signal(number, end)
    if (options.overflow or options.seeds and not given_mode) and not queue_limit.can_set():
        print("needs root: overflows are made by setting fs.inotify.max_queued_events")
        sys.exit(1 if os.environ.get("CI") else 77)
    went_well = run_all(options, given_mode) if options.seeds else Run(options).run()
    sys.exit(0 if went_well else 1)


main()
