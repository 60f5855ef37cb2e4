#!/usr/bin/python3
# inject.py INOTAP [--scenario setup|storm|overflow] [--call CALL] [--error ERROR] [--sample N] [--seed N] [--first N]: an error into each
# system call that inotap makes, at each of its first 40 occurrences, by strace's fault injection. Every run must end in
# a clear message and status 1, or give a true stream: the records, applied to the tree at the start, give the tree at the
# end, unless a warning says what is missing. Never a crash, a hang, a busy loop, or a loss without a word. --sample: so many runs,
# chosen by the seed, in place of all, which take hours.
import argparse
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ERRORS = ["EINTR", "EAGAIN", "EIO", "ENOMEM", "EMFILE", "ENOSPC", "EACCES", "ESTALE", "EPERM", "ENOSYS"]
OCCURRENCES = 40
# What belongs to the C library and cannot be refused in earnest, or never returns.
LEFT_OUT = {"execve", "exit_group", "exit", "rt_sigreturn", "munmap", "brk", "mmap", "mprotect", "restart_syscall"}
PATIENCE_S = 60
BUSY_S = 10  # of processor time, many times what any run takes
HERE = os.path.dirname(os.path.abspath(__file__))


def entries(top):
    for path, directories, files in os.walk(top):
        yield from (os.path.relpath(f"{path}/{name}", os.path.dirname(top)) + "/" for name in directories)
        yield from (os.path.relpath(f"{path}/{name}", os.path.dirname(top)) for name in files)


def change(d, scenario, pid):
    if scenario == "setup":
        os.mkdir(f"{d}/new")
        open(f"{d}/new/file", "w").close()
        return
    if scenario == "overflow":
        with open("/proc/sys/fs/inotify/max_queued_events") as file:
            limit = int(file.read())
        os.kill(pid, signal.SIGSTOP)
        for _ in range(limit // 2 + 2):
            os.mknod(f"{d}/flood")
            os.unlink(f"{d}/flood")
    os.makedirs(f"{d}/new/a/b/c")
    open(f"{d}/new/a/b/c/file", "w").close()
    os.rename(f"{d}/old", f"{d}/new/a/old")
    open(f"{d}/new/a/old/1/2/file", "w").close()
    os.rename(f"{d}/new/a/b", f"{d}/b")
    shutil.rmtree(f"{d}/gone")
    os.rename(f"{d}/away", f"{d}/../away")
    os.rename(f"{d}/../come", f"{d}/b/come")
    for i in range(50):
        os.makedirs(f"{d}/many/{i}/x")
        open(f"{d}/many/{i}/x/file", "w").close()
    if scenario == "overflow":
        os.kill(pid, signal.SIGCONT)


# Is the name told in the records so far? Waits for it; False: the process has ended, or its time is over.
def await_name(log, name, tap, end):
    while time.monotonic() < end:
        with open(log, "rb") as file:
            if name.encode() in file.read():
                return True
        if tap.poll() is not None:
            return False
        time.sleep(0.01)
    return False


# One life. tracing: strace's arguments. Returns (what is wrong or None, the trace).
def life(binary, scenario, tracing):
    with tempfile.TemporaryDirectory() as top:
        for path in "d/old/1/2/3", "d/gone/1/2", "d/away/1", "come/1/2":
            os.makedirs(f"{top}/{path}")
        before = list(entries(f"{top}/d"))
        ready_read, ready_write = os.pipe()
        log, said, trace = f"{top}/log", f"{top}/said", f"{top}/trace"
        with open(log, "wb") as out, open(said, "wb") as err:
            tap = subprocess.Popen(
                ["strace", "-D", "-f", "-qq", "-e", "signal=none", "-o", trace, *tracing, binary, "-r", "-j", "--resync", "-e",
                 "create,delete,move", f"--ready-fd={ready_write}", "d"],
                cwd=top, pass_fds=[ready_write], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        os.close(ready_write)
        is_ready = bool(select.select([ready_read], [], [], PATIENCE_S)[0]) and os.read(ready_read, 100) == b"READY=1\n"
        os.close(ready_read)
        end = time.monotonic() + PATIENCE_S
        wrong = None
        told = False
        if is_ready and tap.poll() is None:
            change(f"{top}/d", scenario, tap.pid)
            open(f"{top}/d/sentinel", "w").close()
            told = await_name(log, "d/sentinel", tap, end)
        else:
            try:
                tap.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                wrong = "it is never ready, and never ends"
        if tap.poll() is None:
            with open(f"/proc/{tap.pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            if (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > BUSY_S:
                wrong = "it is busy"
            tap.send_signal(signal.SIGTERM)
            try:
                tap.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                tap.kill()
                tap.wait()
                wrong = wrong or "SIGTERM does not end it"
        with open(said, "rb") as file:
            message = file.read().decode(errors="replace")
        with open(trace) as file:
            traced = file.read()
        status = tap.returncode
        if wrong is None:
            wrong = judge(status, message, told, is_ready, before, sorted(["d/", *entries(f"{top}/d")]), log)
        return wrong and f"{wrong}; status {status}, saying {message!r}", traced


def judge(status, message, told, is_ready, before, after, log):
    if status == 1:
        # What is wrong with standard error cannot be said there.
        return None if message.startswith("inotap: ") else "status 1 without a message"
    if status not in (-signal.SIGTERM, 128 + signal.SIGTERM):  # the latter where raise(3) was refused
        return "a crash" if status < 0 and status != -signal.SIGPIPE else "a status that nothing explains"
    if message:
        return None  # a warning says what is missing
    if not told:
        return "the sentinel was never told, without a word"
    with open(log, "rb") as file:
        records = file.read()
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(["d/", *before]) + "\n")
        file.flush()
        applied = subprocess.run([f"{HERE}/../apply.py", file.name], input=records, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if applied.returncode != 0:
        return f"the records make no sense: {applied.stderr.decode()}"
    got = sorted(applied.stdout.decode().split())
    if got != after:
        return f"what was told differs from what is there: {sorted(set(got) ^ set(after))}"
    return None


# Which occurrences of which call there are, behind those of the dynamic loader: CALL: (first, last).
def occurrences(binary, scenario):
    wrong, trace = life(binary, scenario, [])
    if wrong:
        sys.exit(f"{scenario}, without any error: {wrong}")
    loader, total, is_loading = {}, {}, True
    for line in trace.splitlines():
        match = re.match(r"(?:\d+ +)?([a-z]\w*)\(", line)
        if not match:
            continue
        call = match[1]
        total[call] = total.get(call, 0) + 1
        if is_loading:
            loader[call] = total[call]
        # Behind the cache of the loader the program begins.
        is_loading = is_loading and call != "munmap"
    return {call: (loader.get(call, 0) + 1, min(count, loader.get(call, 0) + OCCURRENCES))
            for call, count in total.items() if call not in LEFT_OUT and count > loader.get(call, 0)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--scenario", action="append", choices=["setup", "storm", "overflow"])
    parser.add_argument("--call", action="append")
    parser.add_argument("--error", action="append", choices=ERRORS)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at", type=int)
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    runs = []
    for scenario in options.scenario or ["setup", "storm", "overflow"]:
        for call, (first, last) in sorted(occurrences(binary, scenario).items()):
            if not options.call or call in options.call:
                runs += [(scenario, call, error, n) for error in options.error or ERRORS for n in range(first, last + 1)
                         if not options.at or n == options.at]
    if options.sample and options.sample < len(runs):
        runs = random.Random(options.seed).sample(runs, options.sample)
    hits, failures = 0, 0
    for scenario, call, error, n in runs:
        for _ in range(10):
            wrong, trace = life(binary, scenario, ["--seccomp-bpf", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={n}"])
            # On a busy machine a process dies by strace's alarm(2) before strace -D has come to trace it.
            if not (wrong and f"status {-signal.SIGALRM}," in wrong):
                break
        hits += "INJECTED" in trace
        if wrong:
            failures += 1
            print(f"{scenario}: {error} in {call}, occurrence {n}: {wrong}\n"
                  f"  again: {sys.argv[0]} {options.binary} --scenario {scenario} --call {call} --error {error} --at {n}", flush=True)
    print(f"{len(runs)} runs, {hits} of them with the error, {failures} failures; seed {options.seed}")
    if failures or hits == 0:
        sys.exit(1)


main()
