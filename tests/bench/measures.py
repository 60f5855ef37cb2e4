"""measures.py: the five sections. Each runs its candidates in turn, round after round, and adds to the results.
Neighbours: peers.py starts the candidates, machine.py has the clocks, report.py prints the results."""

import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from machine import (QUEUE_LIMITS, WATCH_LIMIT, Failed, Quiet, Run, can_raise, drop_caches,
                     processors, raised, read_number, unchanged, wait_until)

QUEUE_SPARE = 2000
SPARE_WATCHES = 50000
EVENTS_OF_A_PAIR, EVENTS_OF_A_FILE, ALL_EVENTS_OF_A_FILE = 2, 4, 5
SCOPES = {"one": "one watch", "tree": "recursive"}


class Tree:
    """So many directories, three levels of them, and a list of their paths."""

    def __init__(self, parent, name, count):
        self.path = os.path.join(parent, name)
        self.list = self.path + ".list"
        self.count = count
        self.paths = []
        for i in range(count):
            self.add(i)
        with open(self.list, "w") as file:
            file.writelines(path + "\n" for path in self.paths)

    def add(self, i):
        path = self.path
        if i > 0:
            parts = [f"a{i // 10000}", f"b{i // 100 % 100}", f"c{i % 100}"]
            # The first of a hundred is the directory that they are in, and likewise of ten thousand.
            path = os.path.join(path, *parts[:1 if i % 10000 == 0 else 2 if i % 100 == 0 else 3])
        os.makedirs(path, exist_ok=True)
        self.paths.append(path)


class Results:
    """By section, row and column: the samples, and notes of what there is to say instead."""

    def __init__(self):
        self.samples = collections.defaultdict(list)
        self.notes = {}

    def add(self, section, row, **columns):
        for column, sample in columns.items():
            if sample is not None:
                self.samples[section, row, column].append(sample)

    def note(self, section, row, why):
        self.notes[section, row] = why

    def rows(self, section):
        found = [key[1] for key in self.samples if key[0] == section]
        found += [key[1] for key in self.notes if key[0] == section]
        return list(dict.fromkeys(found))

    def median(self, section, row, column):
        samples = sorted(self.samples.get((section, row, column), ()))
        if not samples:
            return None
        middle = len(samples) // 2
        return samples[middle] if len(samples) % 2 else (samples[middle - 1] + samples[middle]) / 2

    def total(self, section, row, column):
        return sum(self.samples.get((section, row, column), ()))

    def spread(self, section, row, column):
        samples = self.samples.get((section, row, column), ())
        return (min(samples), max(samples)) if samples else None


class Bench:
    def __init__(self, options, candidates, tool, memory, disk):
        self.options, self.candidates, self.tool = options, candidates, os.path.abspath(tool)
        self.memory, self.disk = memory, disk
        self.results = Results()
        self.trees = {}
        self.watcher_cpu = processors[-1]
        self.writer_cpu = processors[0]

    # ---- shared ----

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def tree(self, count, parent=None):
        parent = parent or self.memory
        if (parent, count) not in self.trees:
            self.trees[parent, count] = Tree(parent, f"tree-{count}", count)
        return self.trees[parent, count]

    def scope_tree(self, scope):
        return self.tree(1 if scope == "one" else self.options.directories)

    def run_tool(self, *arguments, **rest):
        """One task of the tool, to its end; what it printed."""
        run = Run([self.tool, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **rest)
        try:
            output, error = run.process.communicate()
        finally:
            run.end()
        if run.process.returncode != 0:
            raise Failed(error.strip() or f"{arguments[0]} failed")
        return output

    def quiet(self, one, session, least_s=0):
        return Quiet(session.run, session.reader, max(least_s, one.quiet_s) * self.options.patience)

    def storm(self, tree, events, kind="pair", name_length=12, processor=None):
        """Cause about so many events; the seconds that took."""
        per_file = EVENTS_OF_A_PAIR if kind == "pair" else ALL_EVENTS_OF_A_FILE if kind == "all" else EVENTS_OF_A_FILE
        return float(self.run_tool("storm", int(kind != "pair"), events // per_file, name_length, tree.list,
                                   processor=processor))

    def usable(self, section, scope, candidates):
        """Those that can run; a note for the others."""
        found = []
        for one in candidates:
            why = one.why_not()
            if why is None and scope not in one.scopes:
                why = "watches whole mounts only"
            if why:
                self.results.note(section, (scope, one.label()), why)
            else:
                found.append(one)
        return found

    def in_turn(self, section, scope, candidates, measure, rounds=None, suffix=()):
        """Call measure(candidate, row) in every round for each, beginning with another one each time. One that fails twice
        in a row is noted, and left out from then on; once may be the machine's fault."""
        for number in range(rounds or self.options.rounds):
            for i in range(len(candidates)):
                one = candidates[(i + number) % len(candidates)]
                row = (scope, one.label(), *suffix)
                if (section, row) in self.results.notes:
                    continue
                why = self.try_once(one, row, measure) and self.try_once(one, row, measure)
                if why:
                    self.results.note(section, row, why)

    def try_once(self, one, row, measure):
        """None, or why it failed."""
        try:
            measure(one, row)
        except Failed as error:
            why = str(error).replace(f"{self.memory}/", "").replace(f"{self.disk}/", "")
            self.say(f"  {one.label()}: {why}")
            return why
        return None

    # ---- 1: drain ----

    def drain(self):
        for scope in self.options.scopes:
            for length in (12, 200):
                self.drain_names(scope, length)

    def drain_names(self, scope, length):
        self.say(f"drain: {SCOPES[scope]}, names of {length} bytes")
        candidates = self.usable("drain", scope, self.candidates)
        # Long names differ in what is copied and escaped, which three forms show.
        if length != 12:
            candidates = [one for one in candidates if one.form in ("text", "json")]
        events = self.queue_size(self.options.events)
        self.in_turn("drain", scope, candidates, lambda one, row: self.count_calls(one, row, scope, length), 1, (length,))
        self.in_turn("drain", scope, candidates, lambda one, row: self.drain_once(one, row, scope, length, events),
                     suffix=(length,))
        if scope == "one" or self.options.directories <= 1000:
            wanted = candidates
        else:  # setting up ten thousand directories under valgrind takes the others too long
            wanted = [one for one in candidates if one.name in ("inotap", "floor")]
        if self.options.size == "tiny" and length != 12:
            return
        self.in_turn("drain", scope, wanted, lambda one, row: self.count_instructions(one, row, scope, length), 1,
                     (length,))

    def queue_size(self, wanted):
        """So many events, or what the kernel queues if that is less and cannot be raised."""
        if all(can_raise(path) for path in QUEUE_LIMITS[1:]):
            return wanted
        return max(2, min(wanted, read_number(QUEUE_LIMITS[1]) * 9 // 10))

    def start_for_drain(self, one, scope, sink, events, prefix=()):
        """The kernel keeps the limit that it had when the queue was made."""
        with raised(QUEUE_LIMITS, events + QUEUE_SPARE):
            return one.start(self.scope_tree(scope), scope == "tree", self.kind(one), sink, prefix=prefix)

    @staticmethod
    def kind(one):
        return "all" if one.form == "all" else "pair"

    def drain_once(self, one, row, scope, length, events):
        session = self.start_for_drain(one, scope, "cat", events)
        try:
            run, tree = session.run, self.scope_tree(scope)
            run.stop()
            cpu_ns, (user, system) = run.cpu_ns(), run.ticks()
            already = session.reader.read_bytes()
            self.storm(tree, events, self.kind(one), length)
            begin = time.monotonic()
            run.go_on()
            quiet = self.quiet(one, session)
            run.check()
            spent_ns = run.cpu_ns() - cpu_ns
            user, system = (after - before for after, before in zip(run.ticks(), (user, system)))
            self.check_complete(one, row, (session.reader.read_bytes() - already) / events)
            self.results.add("drain", row, cpu_ns=spent_ns / events, events=events / max(quiet.since - begin, 1e-6),
                             user_ticks=user, system_ticks=system)
        finally:
            session.end()

    def check_complete(self, one, row, bytes_an_event):
        """A drain that leaves something out would be a quick one. Those that have a line for each event write as much of
        many as of few, but for what stays in a buffer of their own."""
        few = self.results.median("drain", row, "bytes")
        if one.is_counted and few and abs(bytes_an_event - few) > 0.05 * few:
            raise Failed(f"wrote {bytes_an_event:.1f} bytes an event, not {few:.1f}")

    def count_calls(self, one, row, scope, length):
        """A small drain under strace(1), to a file: system calls, records, bytes."""
        events = self.queue_size(self.options.few_events)
        out, counts = f"{self.memory}/out", f"{self.memory}/counts"
        session = self.start_for_drain(one, scope, out, events)
        tracer = None
        try:
            run, tree = session.run, self.scope_tree(scope)
            before = os.path.getsize(out)
            run.stop()
            if shutil.which("strace"):
                tracer = Run(["strace", "-f", "-c", "-U", "name,calls", "-o", counts, "-p", str(run.pid)])
                wait_until(lambda: tracer.check() or all_traced(run.pid), "strace")
            self.storm(tree, events, self.kind(one), length)
            run.go_on()
            self.quiet(one, session)
            run.check()
            calls = None
            if tracer:
                tracer.end(signal.SIGINT)
                with open(counts) as file:
                    calls = sum(int(line.split()[-1]) for line in file if re.match(r"\w+ +\d+$", line.strip())
                                and not line.startswith("total"))
            session.end(signal.SIGTERM)  # what is in a buffer of its own is written now, or never
            with open(out, "rb") as file:
                text = file.read()[before:]
            self.results.add("drain", row, records=text.count(b"\n") / events, bytes=len(text) / events,
                             calls=None if calls is None else 1000 * calls / events)
            self.set_record_bytes(one, len(text) / max(1, text.count(b"\n")))
        finally:
            if tracer:
                tracer.end(signal.SIGINT)
            session.end()

    def set_record_bytes(self, one, record_bytes):
        """What the floor's records are to be like: as long as inotap's were, on average."""
        for other in self.candidates:
            if other.name == "floor" and other.inotap is one:
                other.record_bytes = max(1, round(record_bytes))

    def count_instructions(self, one, row, scope, length):
        """The difference of two small drains under callgrind."""
        if not one.valgrind or not shutil.which("valgrind"):
            return
        totals = [self.instructions_of(one, scope, length, events) for events in (1000, 5000)]
        self.results.add("drain", row, instructions=(totals[1] - totals[0]) / 4000)

    def instructions_of(self, one, scope, length, events):
        counts = f"{self.memory}/callgrind"
        prefix = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={counts}"]
        session = self.start_for_drain(one, scope, "null", events, prefix)
        try:
            session.run.stop()
            self.storm(self.scope_tree(scope), events, self.kind(one), length)
            session.run.go_on()
            self.quiet(one, session, 0.5)
            session.run.check()
        finally:
            session.end(signal.SIGTERM)
        with open(counts) as file:
            return int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.MULTILINE)[1])

    # ---- 2: live ----

    def live(self):
        for scope in SCOPES:
            self.say(f"live: {SCOPES[scope]}")
            wanted = [one for one in self.candidates if one.form == "json" or one.name not in ("inotap", "floor")]
            candidates = self.usable("live", scope, wanted)
            self.in_turn("live", scope, [Nobody()] + candidates, lambda one, row: self.live_once(one, row, scope))

    def live_once(self, one, row, scope):
        tree, out = self.scope_tree(scope), f"{self.memory}/out"
        files = self.options.live_files
        if isinstance(one, Nobody):
            seconds = self.storm(tree, files * EVENTS_OF_A_FILE, "file", processor=self.writer_cpu)
            self.results.add("live", row, file_us=seconds / files * 1e6)
            return
        with unchanged(QUEUE_LIMITS[1]):
            session = one.start(tree, scope == "tree", "file", out, self.watcher_cpu)
        try:
            seconds = self.storm(tree, files * EVENTS_OF_A_FILE, "file", processor=self.writer_cpu)
            died = session.run.process.poll()
            if died is None:
                self.quiet(one, session)
                cpu_ns = session.run.cpu_ns()
        finally:
            session.end(signal.SIGTERM)
        if died is not None:
            raise Failed(f"ended with status {died} while events came")
        lost = None
        if one.is_counted:
            expected = files * EVENTS_OF_A_FILE
            lost = max(0, expected - self.count_records(one, out)) / expected
            self.set_record_bytes(one, os.path.getsize(out) / expected)
        self.results.add("live", row, file_us=seconds / files * 1e6, lost=lost,
                         cpu_ns=cpu_ns / files / EVENTS_OF_A_FILE)
        os.unlink(out)

    @staticmethod
    def count_records(one, out):
        """Of events, not of losses and what was found by looking afterwards."""
        if one.name == "floor":
            return os.path.getsize(out) // one.record_bytes
        with open(out, "rb") as file:
            return sum(b"OVERFLOW" not in line and b"RESYNCED" not in line and b'"synthetic"' not in line for line in file)

    # ---- 3: set-up ----

    def setup(self):
        for cold in (False, True):
            for count in self.options.setup_sizes:
                self.setup_of(count, cold)

    def setup_of(self, count, cold):
        scope = "cold" if cold else "warm"
        self.say(f"set-up: {count} directories, {scope}")
        candidates = self.usable("setup", "tree", [one for one in self.candidates if one.form == "text"])
        # A floor is bare calls, too; and one mark on a mount is no set-up.
        candidates = [Bare()] + [one for one in candidates if one.name not in ("floor", "fatrace")]
        why = None
        if cold and not self.options.cold:
            why = f"left out by --{self.options.size}"
        elif cold and not drop_caches():
            why = "dropping caches is not allowed here"
        if why:
            for one in candidates:
                self.results.note("setup", (scope, one.label(), count), why)
            return
        tree = self.tree(count, self.disk if cold else self.memory)
        rounds = min(self.options.rounds, 3) if cold else self.options.rounds
        wanted = count + SPARE_WATCHES
        with raised([WATCH_LIMIT] if read_number(WATCH_LIMIT) < wanted else [], wanted):
            self.in_turn("setup", scope, candidates, lambda one, row: self.setup_once(one, row, tree, cold), rounds,
                         (count,))

    def setup_once(self, one, row, tree, cold):
        if cold:
            drop_caches()
        if isinstance(one, Bare):
            wall_ms, cpu_ms, _ = map(float, self.run_tool("bare", tree.list).split())
            self.results.add("setup", row, seconds=wall_ms / 1e3, cpu_s=cpu_ms / 1e3)
            return
        session = one.start(tree, True, "pair")
        try:
            cpu_ns, kib = session.run.cpu_ns(), session.run.status("RssAnon")
        finally:
            session.end()
        few_kib = self.small_kib(one)
        self.results.add("setup", row, seconds=session.seconds, cpu_s=cpu_ns / 1e9,
                         bytes=max(0, kib - few_kib) * 1024 / tree.count)

    def small_kib(self, one):
        """Its own memory with next to nothing to watch."""
        if not hasattr(one, "kib_of_one"):
            session = one.start(self.tree(1), True, "pair")
            try:
                one.kib_of_one = session.run.status("RssAnon")
            finally:
                session.end()
        return one.kib_of_one

    # ---- 4: latency ----

    def latency(self):
        for scope in SCOPES:
            self.say(f"latency: {SCOPES[scope]}")
            wanted = [one for one in self.candidates if one.form == "text" and one.name not in ("inotifywatch", "fatrace")]
            candidates = self.usable("latency", scope, wanted)
            for row_of in [one for one in self.candidates if one.name in ("inotifywatch", "fatrace")]:
                why = row_of.why_not() or ("prints nothing until the end" if row_of.name == "inotifywatch"
                                           else "merges events, so that lines and events cannot be paired")
                self.results.note("latency", (scope, row_of.label()), why)
            self.in_turn("latency", scope, candidates, lambda one, row: self.latency_once(one, row, scope, 0))
            steady = [one for one in candidates if one.is_counted]
            self.in_turn("latency", scope, steady,
                         lambda one, row: self.latency_once(one, row, scope, self.options.event_rate),
                         suffix=("steady",))
            for one in candidates:
                if one not in steady:
                    self.results.note("latency", (scope, one.label(), "steady"), "gathers events, and tells them later")

    def latency_once(self, one, row, scope, per_second):
        tree = self.scope_tree(scope)
        session = one.start(tree, scope == "tree", "pair", "pipe", self.watcher_cpu, is_flushed=True)
        try:
            directory = tree.paths[len(tree.paths) // 2]
            # Those that gather events have few samples in the same time.
            events = self.options.samples if one.is_counted else max(10, self.options.samples // 100)
            output = self.run_tool("probe", directory, events, 200 if one.is_counted else 20000, per_second,
                                   int(not one.is_counted), stdin=session.out_fd, processor=self.writer_cpu)
        finally:
            session.end()
            for name in os.listdir(directory):
                if name == "probe-event":
                    os.unlink(os.path.join(directory, name))
        samples = sorted(int(line) / 1e3 for line in output.split())
        for column, part in ("p50", 0.5), ("p99", 0.99), ("p999", 0.999):
            self.results.add("latency", row, **{column: samples[min(len(samples) - 1, int(part * len(samples)))]})

    # ---- 5: idle ----

    def idle(self):
        self.say("idle")
        wanted = [one for one in self.candidates if one.form == "text"]
        candidates = self.usable("idle", "one", wanted)
        candidates += [one for one in wanted if one.name == "fatrace" and one.why_not() is None]
        for one in candidates:
            self.results.notes.pop(("idle", ("one", one.label())), None)
        self.in_turn("idle", "one", candidates, self.idle_once)
        self.in_turn("idle", "one", candidates, self.start_often, 1)

    def idle_once(self, one, row):
        session = one.start(self.tree(1), False, "pair", "cat")
        try:
            run = session.run
            self.quiet(one, session)
            before = run.switches()
            time.sleep(self.options.idle_s)  # what is measured: that nothing happens
            wakes = run.switches() - before
            self.results.add("idle", row, wakes=wakes / self.options.idle_s, resident_kib=run.status("VmRSS"),
                             own_kib=run.status("RssAnon"), libraries=count_libraries(run.pid))
        finally:
            session.end()

    def start_often(self, one, row):
        """From the start to ready; where that is said on a descriptor, timed without what Python adds."""
        for _ in range(self.options.starts):
            if one.ready == "fd" and one.name != "watchman":
                command = one.command(self.tree(1), False, "pair", 9, False)
                ms = float(self.run_tool("start", 9, "READY=1", *command).split()[0])
            elif one.ready and one.ready != "fd":
                command = one.command(self.tree(1), False, "pair", 9, False)
                ms = float(self.run_tool("start", 2, one.ready, *command).split()[0])
            else:
                session = one.start(self.tree(1), False, "pair")
                session.end()
                ms = session.seconds * 1e3
            self.results.add("idle", row, start_ms=ms)
        self.results.add("idle", row, binary_kib=stripped_bytes(one.program, self.memory) / 1024)


class Nobody:
    """Nothing watches."""

    name = "nobody"
    form = "text"

    @staticmethod
    def label():
        return "no watcher"


class Bare:
    """The calls of inotify_add_watch(2) alone, by absolute path."""

    name = "bare"
    form = "text"

    @staticmethod
    def label():
        return "bare inotify_add_watch"


def all_traced(pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as file:
            if "TracerPid:\t0\n" in file.read():
                return False
    return True


def count_libraries(pid):
    with open(f"/proc/{pid}/maps") as file:
        paths = {line.split(None, 5)[-1].strip() for line in file if "/" in line}
    return sum(".so" in os.path.basename(path) for path in paths)


def stripped_bytes(program, scratch):
    program = os.path.realpath(shutil.which(program))
    copy = f"{scratch}/stripped"
    if subprocess.run(["strip", "-o", copy, program], stderr=subprocess.DEVNULL).returncode != 0:
        return os.path.getsize(program)
    return os.path.getsize(copy)
