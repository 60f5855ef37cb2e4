#!/usr/bin/env python3
"""`inotap --gitignore` against git itself: random trees with the rules of against_git.py. inotap watches, every file and
directory gets another mode, and what it told of is compared with what `git check-ignore` does not leave out.

    end_to_end.py INOTAP [--paths N] [--seed S]
"""
import argparse
import base64
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import against_git


def exists(case, path):
    """Links have no mode of their own to change."""
    return not os.path.islink(os.path.join(case.top, path))


def raw(record, key):
    return base64.b64decode(record[key + "_b64"]) if key + "_b64" in record else record[key].encode()


def told_of(inotap, case, base):
    """The paths below base that inotap tells of when everything changes its mode."""
    directory = os.path.join(case.top, base).rstrip(b"/")
    ready, ready_write = os.pipe()
    with tempfile.TemporaryFile() as out:
        tap = subprocess.Popen([inotap, "-r", "--gitignore", "-e", "attrib", "-j", f"--ready-fd={ready_write}", directory],
                               stdout=out, stderr=subprocess.DEVNULL, pass_fds=[ready_write], env=case.environment)
        os.close(ready_write)
        with open(ready, "rb") as pipe:
            assert pipe.read() == b"READY=1\n", "inotap did not become ready"
        for parent, directories, files in os.walk(directory):
            for name in directories + files:
                path = os.path.join(parent, name)
                if not os.path.islink(path):
                    os.chmod(path, os.stat(path).st_mode ^ 0o010)
        tap.terminate()
        tap.wait(60)
        out.seek(0)
        records = [json.loads(line) for line in out]
    assert all("Q_OVERFLOW" not in record["events"] for record in records), "events were lost"
    return {raw(record, "path")[len(case.top) + 1:] for record in records if raw(record, "path") != directory}


def kept_by_git(case, base):
    """Those that git does not leave out: a directory that is left out leaves out all below, and base itself is asked for."""
    paths = []
    for parent, directories, files in os.walk(os.path.join(case.top, base).rstrip(b"/")):
        if b".git" in directories:
            directories.remove(b".git")
        names = [n for n in directories + files]
        paths += [os.path.join(parent, n)[len(case.top) + 1:] for n in names]
    paths = [p for p in paths if exists(case, p)]
    verdicts = case.ask_git([p for p in paths if not p.startswith(b":")])
    return paths, {p for p in verdicts if verdicts[p] != "out"}


def compare(inotap, case, base, counts):
    paths, kept = kept_by_git(case, base)
    told = told_of(inotap, case, base)
    asked = {p for p in paths if not p.startswith(b":")}
    different = (told & asked) ^ kept
    counts["out"] += len(asked - kept)
    counts["told"] += len(kept)
    for path in sorted(different)[:5]:
        print(f"{path!r}, watched from {base!r}: git {'keeps' if path in kept else 'leaves out'} it; rules:", file=sys.stderr)
        for name, lines in case.files.items():
            print(f"    {name!r}: {lines!r}", file=sys.stderr)
    strange = {p for p in told if p == b".git" or p.startswith(b".git/")} | (told - asked if not base else set())
    if strange:
        print(f"also told of: {sorted(strange)[:5]}", file=sys.stderr)
    return not different and not strange


def run(arguments):
    chance = random.Random(arguments.seed)
    counts = {"out": 0, "told": 0}
    print(f"seed {arguments.seed}", flush=True)
    trees = below = 0
    while sum(counts.values()) < arguments.paths:
        directory = os.fsencode(tempfile.mkdtemp(prefix="inotap-ignore."))
        try:
            case = against_git.Case(None, directory, chance)
            case.make_tree(250)
            for _ in range(4):
                case.make_rules()
                if chance.random() < 0.3:
                    case.links()
                case.write()
                with open(os.path.join(directory, b"link"), "wb") as out:
                    out.write(b"*\n")
                verdicts = case.ask_git([d[:-1] for d in case.directories[1:]])
                inner = [d for d in case.directories[1:] if verdicts[d[:-1]] != "out"]
                for base in [b""] + chance.sample(inner, min(1, len(inner))):
                    below += base != b""
                    if not compare(arguments.inotap, case, base, counts):
                        return 1
                case.clear()
        finally:
            shutil.rmtree(directory)
        trees += 1
    print(f"{sum(counts.values())} paths in {trees} trees, {below} times from a directory in it: {counts}")
    # A comparison that nothing is decided in would prove nothing.
    return 0 if min(counts.values()) * 20 > sum(counts.values()) and below > 0 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inotap")
    parser.add_argument("--paths", type=int, default=10000, help="at least so many (10000)")
    parser.add_argument("--seed", type=int, default=20261126)
    arguments = parser.parse_args()
    arguments.inotap = os.path.abspath(arguments.inotap)
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
