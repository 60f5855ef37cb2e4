#!/usr/bin/env python3
"""bench.py [OPTION]... INOTAP TOOL: inotap beside its peers, in turn, in one run: a table in Markdown and a plot.

Sections: drain, live, setup, latency, idle. A peer that cannot run here is in the table with the reason. TOOL is
inotap-bench-tool. `scripts/bench` builds both, installs the peers, and runs this."""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys

import machine
import measures
import peers
import report

HERE = os.path.dirname(os.path.abspath(__file__))
OWN_MOUNTS = "INOTAP_BENCH_OWN_MOUNTS"
SECTIONS = ["drain", "live", "setup", "latency", "idle"]

# What a run is made of: in full, quick, and so small that its figures mean nothing (for the test of this program).
SIZES = {
    "full": dict(rounds=5, events=500000, few_events=20000, directories=10000, live_files=200000,
                 setup_sizes=[1000, 10000, 100000], samples=5000, event_rate=10000, idle_s=5, starts=30, cold=True, patience=1),
    "quick": dict(rounds=3, events=50000, few_events=5000, directories=1000, live_files=50000,
                  setup_sizes=[1000, 10000], samples=2000, event_rate=10000, idle_s=1, starts=10, cold=True, patience=1),
    "tiny": dict(rounds=1, events=2000, few_events=1000, directories=20, live_files=500,
                 setup_sizes=[10, 100], samples=100, event_rate=1000, idle_s=0.1, starts=2, cold=False, patience=0.3),
}


def take_list(text, known, what, parser):
    names = text.split(",")
    for name in names:
        if name not in known:
            parser.error(f"there is no {what} '{name}'; there are: {', '.join(known)}")
    return names


def parse():
    parser = argparse.ArgumentParser(prog="bench", allow_abbrev=False,
                                     description="Measure inotap beside its peers; write a table and a plot.")
    parser.add_argument("inotap", metavar="INOTAP", help="the program that is measured")
    parser.add_argument("tool", metavar="TOOL", help="inotap-bench-tool")
    parser.add_argument("--quick", action="store_const", dest="size", const="quick", default="full",
                        help="smaller sizes, fewer rounds: figures are rougher")
    parser.add_argument("--tiny", action="store_const", dest="size", const="tiny",
                        help="to see that it works: figures mean nothing")
    parser.add_argument("--sections", metavar="LIST", help=f"only these, of {','.join(SECTIONS)}")
    parser.add_argument("--scopes", metavar="LIST", help=f"of drains only these, of {','.join(measures.SCOPES)}")
    parser.add_argument("--candidates", metavar="LIST", help="only these, such as inotap,floor,inotifywait")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each is run, in turn")
    parser.add_argument("--events", type=int, metavar="N", help="how many are queued for a drain")
    parser.add_argument("--document", metavar="FILE", help="where the table of a full run of everything goes, between its "
                        "two marks, and the plot beside it; any other table goes to standard output")
    parser.add_argument("--plot", metavar="FILE", help="where a plot goes, as SVG")
    options = parser.parse_args()
    for key, value in SIZES[options.size].items():
        if getattr(options, key, None) is None:
            setattr(options, key, value)
    if options.rounds < 1:
        parser.error("--rounds takes a number from 1 up")
    if not 1000 <= options.events <= 5000000:
        parser.error("--events takes a number from 1,000 to 5,000,000")
    for path in options.inotap, options.tool:
        if not os.access(path, os.X_OK):
            parser.error(f"{path} cannot be run: build it first")
    if options.document and not report.has_marks(options.document):
        parser.error(f"{options.document} is not there, or has no marks for the table")
    candidates = peers.make_all(options.inotap, options.tool)
    names = list(dict.fromkeys(one.name for one in candidates))
    if options.size != "full" or options.sections or options.scopes or options.candidates:
        options.document = None
    options.sections = take_list(options.sections, SECTIONS, "section", parser) if options.sections else SECTIONS
    options.scopes = take_list(options.scopes, measures.SCOPES, "scope", parser) if options.scopes else list(measures.SCOPES)
    if options.candidates:
        wanted = take_list(options.candidates, names, "candidate", parser)
        candidates = [one for one in candidates if one.name in wanted]
    return options, candidates


def own_mounts():
    """As root: go on in a mount namespace of our own, so that fatrace, which watches a whole mount, sees what happens here
    and nothing else."""
    if os.geteuid() != 0 or OWN_MOUNTS in os.environ or not shutil.which("unshare"):
        return
    if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode == 0:
        os.environ[OWN_MOUNTS] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


@contextlib.contextmanager
def places(stack):
    """A directory in memory and one on a disk, which are removed on every way out."""
    memory = stack.enter_context(machine.scratch(machine.in_memory()))
    disk = stack.enter_context(machine.scratch(os.environ.get("INOTAP_BENCH_DISK") or "/var/tmp"))
    mounted = OWN_MOUNTS in os.environ and subprocess.run(
        ["mount", "-t", "tmpfs", "inotap-bench", memory], stderr=subprocess.DEVNULL).returncode == 0
    try:
        yield memory, disk
    finally:
        with machine.held_signals():
            machine.end_everything()
            if mounted:
                subprocess.run(["umount", "--lazy", memory])


def main():
    options, candidates = parse()
    own_mounts()
    machine.end_by_exception()
    with contextlib.ExitStack() as stack, places(stack) as (memory, disk):
        bench = measures.Bench(options, candidates, options.tool, memory, disk)
        for section in options.sections:
            getattr(bench, section)()
            if options.document:  # what is measured is kept, however the rest ends
                report.write_between_marks(options.document, report.table(bench))
        if options.document:
            report.plot(bench, os.path.splitext(options.document)[0] + ".svg")
        else:
            print(report.table(bench), end="")
        if options.plot:
            report.plot(bench, options.plot)


main()
