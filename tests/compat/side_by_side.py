#!/usr/bin/env python3
"""Run inotify-tools' inotifywait and inotap under its name on the same operations, and compare what they print, what they
say and how they end, byte for byte.

A difference that the table of docs/compat.md does not list for the version of inotify-tools at hand is a failure, and so is
one that it lists and that is none. Status 3: there is no comparison, as the table is not of that version.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

import cases
import known
import operations

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import queue_limit  # noqa: E402: found by the line above

PATIENCE_S = 180
AGAIN = 2
CANNOT = 3

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


def copy_tree(source, target):
    """Links between files stay links. Both are bytes."""
    copied = {}  # {inode: its first copy}

    def copy(a, b):
        os.mkdir(b)
        for entry in os.scandir(a):
            to, status = os.path.join(b, entry.name), entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                copy(entry.path, to)
            elif stat.S_ISLNK(status.st_mode):
                os.symlink(os.readlink(entry.path), to)
            elif status.st_ino in copied:
                os.link(copied[status.st_ino], to)
            else:
                copied[status.st_ino] = to
                shutil.copyfile(entry.path, to)

    copy(source, target)


class Templates:
    """What there is before a case is run: each `prepare` is done once, in a directory that is copied then."""

    def __init__(self, root):
        self.root = root
        self.by_text = {}

    def make(self, text):
        if text not in self.by_text:
            here = self.root / str(len(self.by_text))
            here.mkdir(parents=True)
            operations.shell(text, here, PATIENCE_S)
            self.by_text[text] = here
        return self.by_text[text]


class Run:
    def __init__(self, case, is_ours, command, template, root):
        self.case, self.is_ours, self.command, self.template = case, is_ours, command, template
        self.here = root / "work"
        self.out, self.err = root / "out", root / "err"
        root.mkdir()
        self.stuck = None

    def wait_until(self, what, condition):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if self.process.poll() is not None:
                return
            if time.monotonic() > end:
                self.stuck = self.stuck or what
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
        if self.case.until and not self.stuck:
            self.wait_until("until it printed " + repr(self.case.until), self.has_seen)
        if self.case.ends_itself and not self.stuck:
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
        copy_tree(os.fsencode(self.template), os.fsencode(self.here))
        arguments = [a.replace(b"{here}", str(self.here).encode()) if isinstance(a, bytes)
                     else a.replace("{here}", str(self.here)) for a in self.case.arguments]
        stdin = subprocess.PIPE if self.case.stdin is not None else subprocess.DEVNULL
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = operations.start([self.case.program, *arguments], executable=self.command, cwd=self.here,
                                            stdin=stdin, stdout=out, stderr=err,
                                            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"})
            if self.case.stdin is not None:
                self.process.stdin.write(self.case.stdin)
                self.process.stdin.close()
            if self.case.operations is not None:
                self.wait_until("until it was ready", self.is_ready)
                try:
                    operations.run(self.case.operations, self.here, PATIENCE_S, PID=str(self.process.pid), OUT=str(self.out))
                except subprocess.TimeoutExpired:
                    self.stuck = "in the operations"
            self.end()
        files = b"".join(b"%s:\n%s" % (f.encode(), self.cut(read(self.here / f))) for f in self.case.files)
        status = str(self.process.returncode)
        return {"stuck": self.stuck, "stdout": self.cut(read(self.out)), "stderr": self.cut(read(self.err)), "status": status.encode(),
                "files": files}


def show(case, results):
    print("    " + " ".join([case.program, *(repr(a) if not str(a).isascii() or " " in str(a) else str(a)
                                            for a in case.arguments)]))
    for part in known.PARTS:
        theirs, ours = (r[part] for r in results)
        if theirs == ours:
            print(f"    {part}: both {theirs!r}")
        else:
            print(f"    {part}:\n      theirs {theirs!r}\n      ours   {ours!r}")


def differences(results):
    return {part for part in known.PARTS if results[0][part] != results[1][part]}


class Comparison:
    def __init__(self, theirs, inotap, root):
        self.theirs, self.inotap, self.root = theirs, inotap, root
        self.templates = Templates(root / "templates")
        self.failures = []

    def command(self, case, is_ours):
        if not is_ours:
            return f"{self.theirs}/{case.program}"
        link = self.root / case.program
        if not link.is_symlink():
            link.symlink_to(self.inotap.resolve())
        return str(link)

    def fail(self, text):
        self.failures.append(text)
        print(text)

    def can_run(self, case):
        """What inotify-tools itself cannot do here, as without a permission, is not compared."""
        if not case.needs:
            return True
        with tempfile.TemporaryDirectory(dir=self.root) as here:
            ended = subprocess.run([f"{self.theirs}/{case.needs[0]}", *case.needs[1:], here], stdin=subprocess.DEVNULL,
                                   capture_output=True, check=False)
        if ended.returncode == 1:
            print(f"{case.name} is left out: {' '.join(case.needs)} says: {ended.stderr.decode('utf-8', 'replace').strip()}")
        return ended.returncode != 1

    def compare(self, case):
        """The results of both, theirs first."""
        results = []
        root = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        for is_ours in (False, True):
            results.append(Run(case, is_ours, self.command(case, is_ours), self.templates.make(case.prepare),
                               root / ("ours" if is_ours else "theirs")).run())
        shutil.rmtree(root, ignore_errors=True)
        return results

    def judge(self, case, results, expected, is_shown):
        # Both are given some seconds for what is done, which a busy machine may need longer for: once more, alone.
        for _ in range(AGAIN):
            if differences(results) == expected and not any(r["stuck"] for r in results):
                break
            print(f"    {case.name} differs, and is run again")
            results = self.compare(case)
        differing = differences(results)
        if differing != expected:
            self.fail(f"{case.name}: differs in {sorted(differing)}, listed are {sorted(expected)}")
        elif is_shown:
            print(case.name)
        for whose, result in zip(("theirs", "ours"), results):
            if result["stuck"]:
                self.fail(f"{case.name}: {whose} was waited for {PATIENCE_S} s {result['stuck']}")
        if differing != expected or is_shown:
            show(case, results)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inotap", type=pathlib.Path)
    parser.add_argument("document", type=pathlib.Path, help="docs/compat.md")
    parser.add_argument("--theirs", default="/usr/bin", help="where inotify-tools' programs are")
    parser.add_argument("--only", help="cases whose name has this in it")
    parser.add_argument("--show", action="store_true", help="also what does not differ")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--cases", action="store_true", help="list them")
    args = parser.parse_args()

    every = cases.every()
    names = [c.name for c in every]
    assert len(set(names)) == len(names), [n for n in names if names.count(n) > 1]
    if args.cases:
        print("\n".join(names))
        return 0
    try:
        version = known.version_of(f"{args.theirs}/inotifywait")
        differing = known.Known(args.document, version, names)
    except known.Unusable as error:
        print(f"side_by_side: {error}")
        return CANNOT

    with queue_limit.usual(), tempfile.TemporaryDirectory() as root, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        comparison = Comparison(os.path.abspath(args.theirs), args.inotap, pathlib.Path(root))
        for failure in differing.failures:
            comparison.fail(failure)
        chosen = [c for c in every if not args.only or args.only in c.name]
        chosen = [c for c, can_run in zip(chosen, pool.map(comparison.can_run, chosen)) if can_run]
        for case in chosen:
            comparison.templates.make(case.prepare)
            comparison.command(case, True)
        futures = [pool.submit(comparison.compare, c) for c in chosen]
        compared = [future.result() for future in futures]
        for case, results in zip(chosen, compared):
            comparison.judge(case, results, differing.of(case.name), args.show)
    print(f"{len(chosen)} cases, {len(differing.by_case)} known differences from inotify-tools {version}, "
          f"{len(comparison.failures)} failures")
    for failure in comparison.failures:
        print(failure)
    return 1 if comparison.failures else 0


if __name__ == "__main__":
    sys.exit(main())
