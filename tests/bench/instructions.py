#!/usr/bin/env python3
"""instructions.py INOTAP STILL_CLOCK [--set]: how many instructions does an event take, and setting up the watch of a
directory, and is that below its ceiling?

Each case is run under callgrind twice, with few events and with many, all of them queued before inotap reads the first:
the difference is what an event takes, without start and end. `set-up` is likewise run with few directories and with many.
It is the same to the first decimal on every run of one binary with one C library, whatever else the machine does. The
ceilings are in instructions.txt, beside this file; --set writes them anew from what is measured. STILL_CLOCK is
still_clock.so. Exits with 77 where it cannot be measured."""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import queue_limit  # noqa: E402: found by the line above

CEILINGS = os.path.join(HERE, "instructions.txt")
FEW, MANY = 2000, 10000  # the kernel queues 16,384 unless told otherwise
ROOM = 1.05  # how far a ceiling is above what was reached

CASES = {
    "text": [],
    "json": ["-j"],
    "recursive-json": ["-r", "-j"],
    "ten-globs": [option for i in range(5) for option in (f"--glob=!*.{i}", f"--glob=!/build{i}/**")],
}
SET_UP = "set-up"
FEW_DIRECTORIES, MANY_DIRECTORIES = 500, 2500

# What the C library copies and searches with is the same on every processor of this kind.
TUNABLES = "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX2_Usable,-AVX512F_Usable,-AVX512VL_Usable"

EVENTS_A_FILE = 4  # CREATE, MODIFY, CLOSE_WRITE, DELETE
FILES = 40
DIRECTORIES = [f"dir-{a}/dir-{b}" for a in range(10) for b in range(10)]


def cannot(why):
    print(f"instructions.py: {why}", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") else 77)


def make_events(count, directories):
    """Names and directories come in turn, each of the same length."""
    for i in range(count // EVENTS_A_FILE):
        path = f"{directories[i % len(directories)]}/file-{i % FILES:07}"
        with open(path, "w") as file:
            file.write("x")
        os.unlink(path)


def check_here():
    if not shutil.which("valgrind"):
        cannot("valgrind is needed")


def start(options, arguments, scratch, **more):
    """inotap under callgrind, which writes its counts to the file that is returned as well."""
    counts = os.path.join(scratch, "callgrind.out")
    command = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={counts}", os.path.abspath(options.inotap)]
    # Of the environment nothing else, so that it is the same everywhere.
    environment = {"PATH": os.environ["PATH"], "TZ": "UTC", "LD_PRELOAD": os.path.abspath(options.still_clock),
                   "GLIBC_TUNABLES": TUNABLES}
    return subprocess.Popen(command + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=scratch,
                            env=environment, **more), counts


def read_counts(path):
    with open(path) as file:
        return int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.MULTILINE)[1])


def count_set_up(options, directories):
    """Of a whole run that sets up the watch of so many directories, half of them with the other half in them."""
    with tempfile.TemporaryDirectory() as scratch:
        for i in range(directories // 2):
            os.makedirs(f"{scratch}/tree/dir-{i:05}/in")
        process, counts = start(options, ["-r", "--timeout=0", "tree"], scratch)
        process.communicate()
        if process.returncode != 3:
            sys.exit(f"instructions.py: {SET_UP}: status {process.returncode}")
        return read_counts(counts)


def count_instructions(options, case, directories, events, scratch):
    """Of a whole run that reports so many events."""
    ready, ready_end = os.pipe()
    with queue_limit.usual() as limit:
        if limit < MANY:
            cannot(f"{queue_limit.LIMIT} is {limit}, and {MANY} events are queued")
        arguments = CASES[case] + [f"--count={events}", f"--ready-fd={ready_end}", "tree"]
        process, counts = start(options, arguments, scratch, pass_fds=[ready_end])
        os.close(ready_end)
        with os.fdopen(ready) as file:
            is_ready = file.read() == "READY=1\n"
    try:
        if not is_ready:
            sys.exit("instructions.py: inotap did not become ready")
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        make_events(events, directories)
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate()
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0 or output.count(b"\n") != events:
        lines = output.count(b"\n")
        sys.exit(f"instructions.py: {case}: status {process.returncode}, {lines} records of {events} events")
    return read_counts(counts)


def measure_set_up(options):
    """Instructions a directory."""
    few, many = (count_set_up(options, directories) for directories in (FEW_DIRECTORIES, MANY_DIRECTORIES))
    return (many - few) / (MANY_DIRECTORIES - FEW_DIRECTORIES)


def measure(options, case):
    """Instructions an event."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = os.path.join(scratch, "tree")
        directories = [os.path.join(tree, name) for name in DIRECTORIES] if "-r" in CASES[case] else [tree]
        for directory in directories:
            os.makedirs(directory)
        few, many = (count_instructions(options, case, directories, events, scratch) for events in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def read_ceilings():
    """By case: what was reached when it was set, and the ceiling."""
    with open(CEILINGS) as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return {case: (float(reached), float(ceiling)) for case, reached, ceiling in rows}


def write_ceilings(figures):
    with open(CEILINGS, "w") as file:
        file.write("# Instructions an event, and for set-up a directory: the case, what it took when this was set, and its ceiling, 5 % above that.\n"
                   "# Written by instructions.py --set; CONTRIBUTING.md says when.\n")
        for case, figure in figures.items():
            file.write(f"{case:<16} {figure:>10.1f} {figure * ROOM:>10.0f}\n")


def check(figures):
    """Say how each stands to its ceiling; the status to exit with."""
    ceilings = read_ceilings()
    over = False
    for case, figure in figures.items():
        reached, ceiling = ceilings[case]
        one = "directory" if case == SET_UP else "event"
        print(f"{case:<16} {figure:>10.1f} instructions a{'n'[one == 'directory':]} {one}, ceiling {ceiling:.0f}, "
              f"{figure / reached - 1:+.1%} since that was set")
        over |= figure > ceiling
    if over:
        print(f"""instructions.py: an event or a directory takes more instructions than it may. Either something on the path of it has
become slower without need: `callgrind_annotate` on the output of `valgrind --tool=callgrind` shows what; or it is worth its
price: then set the ceilings anew with --set, and say in the commit what it bought.""", file=sys.stderr)
    return 1 if over else 0


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("inotap", metavar="INOTAP")
    parser.add_argument("still_clock", metavar="STILL_CLOCK")
    parser.add_argument("--set", action="store_true", help="write the ceilings anew")
    options = parser.parse_args()
    check_here()
    figures = {case: measure(options, case) for case in CASES}
    figures[SET_UP] = measure_set_up(options)
    if options.set:
        write_ceilings(figures)
    sys.exit(check(figures))


main()
