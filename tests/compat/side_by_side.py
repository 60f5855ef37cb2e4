#!/usr/bin/env python3
"""Run inotify-tools' inotifywait and inotap under its name on the same operations, and compare what they print, what they
say and how they end, byte for byte.

A difference that the table of docs/compat.md does not list is a failure, and so is one that it lists and that is none.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import cases

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import queue_limit  # noqa: E402: found by the line above

PATIENCE_S = 180
PARTS = ("stdout", "stderr", "status", "files")
AGAIN = 2

# For the operations of a case: $PID and $OUT are the program's. `watches -ge N` returns once one of its inotify instances
# has so many watches, `saw TEXT` once it has printed that, `caught_up` once it has read all that has happened: an event
# wakes whoever waits for one, so a program that sleeps has none to read.
PRELUDE = r"""
watches() {
  until [ "$(grep -c '^inotify wd' /proc/"$PID"/fdinfo/* 2>/dev/null | sed 's/.*://' | sort -n | tail -n 1)" "$1" "$2" ]; do
    kill -0 "$PID" 2>/dev/null || return
    sleep 0.01
  done
}
saw() { until grep -qaF "$1" "$OUT"; do kill -0 "$PID" 2>/dev/null || return; sleep 0.01; done; }
caught_up() { until grep -q '^State:.S' /proc/"$PID"/status; do kill -0 "$PID" 2>/dev/null || return; sleep 0.01; done; }
set -e
"""


def read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def fdinfo(pid):
    """The most watches that an inotify instance of the process has, and whether it waits by epoll(7)."""
    most, waits = 0, False
    try:
        for one in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
            text = one.read_bytes()
            most = max(most, text.count(b"inotify wd:"))
            waits = waits or b"tfd:" in text
    except OSError:
        pass
    return most, waits


class Run:
    def __init__(self, case, is_ours, command, root):
        self.case, self.is_ours, self.command = case, is_ours, command
        self.here = root / "work"
        self.out, self.err = root / "out", root / "err"
        self.here.mkdir(parents=True)
        self.stuck = None

    def shell(self, text, **env):
        try:
            subprocess.run(["sh", "-c", PRELUDE + text], cwd=self.here, stdout=subprocess.DEVNULL, timeout=PATIENCE_S,
                           env={**os.environ, "LC_ALL": "C", **env}, check=False)
        except subprocess.TimeoutExpired:
            self.stuck = "in the operations"

    def wait_until(self, what, condition):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if self.process.poll() is not None:
                return
            if time.monotonic() > end:
                self.stuck = what
                return
            time.sleep(0.005)

    def is_ready(self):
        if self.case.says_ready:
            said = read(self.err)
            return b"Watches established." in said or b"Finished establishing watches" in said
        most, waits = fdinfo(self.process.pid)
        return most >= self.case.watches and (waits or not self.is_ours)

    def has_seen(self):
        where = self.here / self.case.outfile if self.case.outfile else self.out
        return self.case.until in read(where)

    def end(self):
        if self.case.until:
            self.wait_until("until it printed " + repr(self.case.until), self.has_seen)
        if self.case.ends_itself:
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.stuck = "until it ended"
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cut(self, text):
        """What comes behind the end of the operations is not compared."""
        if self.case.until and self.case.until in text:
            text = text[:text.index(self.case.until) + len(self.case.until)]
        return text.replace(str(self.here).encode(), b"{here}")

    def run(self):
        self.shell(self.case.prepare)
        arguments = [a.replace(b"{here}", str(self.here).encode()) if isinstance(a, bytes)
                     else a.replace("{here}", str(self.here)) for a in self.case.arguments]
        stdin = subprocess.PIPE if self.case.stdin is not None else subprocess.DEVNULL
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen([self.case.program, *arguments], executable=self.command, cwd=self.here,
                                            stdin=stdin, stdout=out, stderr=err,
                                            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"})
            if self.case.stdin is not None:
                self.process.stdin.write(self.case.stdin)
                self.process.stdin.close()
            if self.case.operations is not None:
                self.wait_until("until it was ready", self.is_ready)
                self.shell(self.case.operations, PID=str(self.process.pid), OUT=str(self.out))
            self.end()
        files = b"".join(b"%s:\n%s" % (f.encode(), self.cut(read(self.here / f))) for f in self.case.files)
        status = str(self.process.returncode)
        return {"stuck": self.stuck, "stdout": self.cut(read(self.out)), "stderr": self.cut(read(self.err)), "status": status.encode(),
                "files": files}


def compare(case, theirs, ours, root):
    """The results of both, theirs first."""
    results = []
    root = pathlib.Path(tempfile.mkdtemp(dir=root))
    for is_ours, command in ((False, theirs), (True, ours)):
        results.append(Run(case, is_ours, command, root / ("ours" if is_ours else "theirs")).run())
    shutil.rmtree(root, ignore_errors=True)
    return results


def listed(document):
    """The differences that the document lists: {case: {part, ...}}."""
    differences = {}
    text = document.read_text()
    table = text[text.index("## Known differences"):]
    for name, parts in re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", table, re.M):
        differences[name] = set(re.split(r",\s*", parts.strip()))
    return differences


def show(case, results):
    print("    " + " ".join([case.program, *(repr(a) if not str(a).isascii() or " " in str(a) else str(a)
                                            for a in case.arguments)]))
    for part in PARTS:
        theirs, ours = (r[part] for r in results)
        if theirs == ours:
            print(f"    {part}: both {theirs!r}")
        else:
            print(f"    {part}:\n      theirs {theirs!r}\n      ours   {ours!r}")


def differences(results):
    return {part for part in PARTS if results[0][part] != results[1][part]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inotap", type=pathlib.Path)
    parser.add_argument("document", type=pathlib.Path, help="docs/compat.md")
    parser.add_argument("--theirs", default="/usr/bin")
    parser.add_argument("--only", help="cases whose name has this in it")
    parser.add_argument("--show", action="store_true", help="also what does not differ")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--cases", action="store_true", help="list them")
    args = parser.parse_args()

    every = cases.every()
    names = [c.name for c in every]
    assert len(set(names)) == len(names), [n for n in names if names.count(n) > 1]
    known = listed(args.document)
    chosen = [c for c in every if not args.only or args.only in c.name]
    if args.cases:
        print("\n".join(names))
        return 0
    failures = [f"{name}: listed, but there is no such case" for name in known if name not in names]

    with queue_limit.usual(), tempfile.TemporaryDirectory() as root, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        root = pathlib.Path(root)
        programs = {c.program for c in chosen}
        for program in programs:
            (root / program).symlink_to(args.inotap.resolve())
        futures = [pool.submit(compare, c, f"{args.theirs}/{c.program}", str(root / c.program), root)
                   for c in chosen]
        compared = [future.result() for future in futures]
        for case, results in zip(chosen, compared):
            expected = known.get(case.name, set())
            # Both are given some seconds for what is done, which a busy machine may need longer for: once more, alone.
            for _ in range(AGAIN):
                if differences(results) == expected and not any(r["stuck"] for r in results):
                    break
                print(f"    {case.name} differs, and is run again")
                results = compare(case, f"{args.theirs}/{case.program}", str(root / case.program), root)
            differing = differences(results)
            if differing != expected:
                failures.append(f"{case.name}: differs in {sorted(differing)}, listed are {sorted(expected)}")
                print(failures[-1])
            elif args.show:
                print(case.name)
            for whose, result in zip(("theirs", "ours"), results):
                if result["stuck"]:
                    failures.append(f"{case.name}: {whose} was waited for {PATIENCE_S} s {result['stuck']}")
                    print(failures[-1])
            if differing != expected or args.show:
                show(case, results)
    print(f"{len(chosen)} cases, {len(known)} known differences, {len(failures)} failures")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
