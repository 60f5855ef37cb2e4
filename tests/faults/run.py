#!/usr/bin/python3
# run.py [--tree|--filters] INOTAP FUNCTION ERRNO: a short life of inotap, again and again, with the first, second, third ... call of
# FUNCTION failing, until a run no longer reaches that call. Every run must end by itself, in a clean success with the
# right records or in a status 1 that says why: no crash, no leak, no wrong record, no hang. --tree: of a recursive watch.
# There some failures can be lived with, which a warning must say. --filters: of one with --gitignore, --glob, --rename and
# --settle, which never tells of what is left out.
import json
import os
import shutil
import subprocess
import sys
import tempfile

is_tree = sys.argv[1] == "--tree"
with_filters = sys.argv[1] == "--filters"
binary, function, error = sys.argv[-3:]
# Survivable: the call is repeated, or was not needed.
must_succeed = error in ("4", "11", "short")
PATIENCE_S = 180  # for what hangs; a busy machine may take long


# It was quiet for as long as --idle says before this script had done the operations.
class Late(Exception):
    pass


def life(n, idle_s):
    with tempfile.TemporaryDirectory() as top:
        os.makedirs(f"{top}/d")
        for name in ("f", "log"):
            open(f"{top}/{name}", "w").close()
        os.link(f"{top}/f", f"{top}/g")
        with open(f"{top}/list", "w") as paths:
            paths.write("g\nd\n")
        ready_read, ready_write = os.pipe()
        mark = f"{top}/mark"
        env = dict(os.environ, INOTAP_FAULT=f"{function}:{n}:{error}", INOTAP_FAULT_MARK=mark,
                   ASAN_OPTIONS="detect_leaks=1:exitcode=99:allocator_may_return_null=1", LSAN_OPTIONS="exitcode=98")
        tap = subprocess.Popen(
            [binary, "-j", "--host=h", "--time=%T.%N", "-n", "9", "-e", "create,modify", "--paths-from=list", "-o", "log",
             "--pid-file=pid", f"--ready-fd={ready_write}", "f"],
            cwd=top, env=env, pass_fds=[ready_write], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        os.close(ready_write)
        with open(ready_read, closefd=False) as ready:
            is_ready = ready.read() == "READY=1\n"
        if is_ready:
            for i in range(5):
                open(f"{top}/d/{i}", "w").close()
            for i in range(2):
                with open(f"{top}/f", "a") as f:
                    f.write("x")
                # Two identical events in a row would be merged by the kernel.
                open(f"{top}/d/between{i}", "w").close()
        os.close(ready_read)
        try:
            said = tap.communicate(timeout=PATIENCE_S)[1].decode()
        except subprocess.TimeoutExpired:
            tap.kill()
            sys.exit(f"{function} call {n}: it hangs")
        hit = os.path.exists(mark)
        where = f"{function} call {n}, error {error}: status {tap.returncode}, saying {said!r}"
        records = [json.loads(line) for line in open(f"{top}/log").read().splitlines(keepends=True) if line.endswith("\n")]
        expected = ["d/0", "d/1", "d/2", "d/3", "d/4", "f", "g", "d/between0", "f"]
        if tap.returncode not in (0, 1):
            sys.exit(f"{where}: neither success nor failure")
        if tap.returncode == 1 and (must_succeed or not said.startswith("inotap: ")):
            sys.exit(f"{where}: this should not have failed, or not in silence")
        if [r["path"] for r in records] != expected[:len(records)]:
            sys.exit(f"{where}: wrong records {records}")
        if tap.returncode == 0 and len(records) != len(expected):
            sys.exit(f"{where}: success with {len(records)} records")
        if [r["seq"] for r in records] != list(range(1, len(records) + 1)):
            sys.exit(f"{where}: a gap in seq")
        if os.path.exists(f"{top}/pid"):
            sys.exit(f"{where}: the file of the process ID is left")
        return hit


# The entries of a directory, those of directories with a slash.
def entries(top):
    for path, directories, files in os.walk(top):
        yield from (os.path.relpath(f"{path}/{name}", os.path.dirname(top)) + "/" for name in directories)
        yield from (os.path.relpath(f"{path}/{name}", os.path.dirname(top)) for name in files)


# Applied to what was there, the records must give what is there, and each must make sense.
def check_tree(where, before, after, log):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(["d/", *before]) + "\n")
        file.flush()
        applied = subprocess.run([f"{os.path.dirname(__file__)}/../apply.py", file.name], input=log,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if applied.returncode != 0:
        sys.exit(f"{where}: {applied.stderr.decode()}{log.decode()}")
    if after is not None and sorted(applied.stdout.decode().split()) != sorted(["d/", *after]):
        sys.exit(f"{where}: there is {sorted(after)}, but told was {log.decode()}")


def change_tree(d):
    os.makedirs(f"{d}/new/a/b/c")
    open(f"{d}/new/a/b/c/file", "w").close()
    os.rename(f"{d}/old", f"{d}/new/a/old")
    open(f"{d}/new/a/old/1/2/file", "w").close()
    os.rename(f"{d}/new/a/b", f"{d}/b")
    shutil.rmtree(f"{d}/gone")
    os.rename(f"{d}/away", f"{d}/../away")
    os.rename(f"{d}/../come", f"{d}/b/come")
    open(f"{d}/last", "w").close()


def life_of_tree(n, idle_s):
    with tempfile.TemporaryDirectory() as top:
        for path in "d/old/1/2/3", "d/gone/1/2", "d/away/1", "come/1/2":
            os.makedirs(f"{top}/{path}")
        before = list(entries(f"{top}/d"))
        ready_read, ready_write = os.pipe()
        mark = f"{top}/mark"
        env = dict(os.environ, INOTAP_FAULT=f"{function}:{n}:{error}", INOTAP_FAULT_MARK=mark,
                   ASAN_OPTIONS="detect_leaks=1:exitcode=99:allocator_may_return_null=1", LSAN_OPTIONS="exitcode=98")
        tap = subprocess.Popen(
            [binary, "-r", "-j", "--resync", "-e", "create,delete,move", f"--idle={idle_s}", "-o", "log",
             f"--ready-fd={ready_write}", "d"],
            cwd=top, env=env, pass_fds=[ready_write], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        os.close(ready_write)
        with open(ready_read) as ready:
            is_ready = ready.read() == "READY=1\n"
        if is_ready:
            change_tree(f"{top}/d")
        try:
            said = tap.communicate(timeout=PATIENCE_S)[1].decode()
        except subprocess.TimeoutExpired:
            tap.kill()
            sys.exit(f"{function} call {n}: it hangs")
        hit = os.path.exists(mark)
        where = f"{function} call {n}, error {error}: status {tap.returncode}, saying {said!r}"
        log = b""
        if os.path.exists(f"{top}/log"):
            with open(f"{top}/log", "rb") as file:
                log = file.read()
        if tap.returncode not in (0, 1):
            sys.exit(f"{where}: neither success nor failure")
        if tap.returncode == 1 and (must_succeed or not said.startswith("inotap: ")):
            sys.exit(f"{where}: this should not have failed, or not in silence")
        if is_ready and tap.returncode == 0 and not said and b'"d/last"' not in log:
            raise Late(where)
        # What could not be read may be told as new when it is found elsewhere.
        if tap.returncode == 1 or not said:
            after = list(entries(f"{top}/d")) if tap.returncode == 0 else None
            check_tree(where, before, after, log[: log.rfind(b"\n") + 1])
        return hit


def change_filtered(d):
    os.makedirs(f"{d}/out/new")
    os.makedirs(f"{d}/new/out")
    for path in "new/file", "new/x.o", "new/out/file", "old/out/file":
        open(f"{d}/{path}", "w").close()
    os.rename(f"{d}/new/file", f"{d}/new/moved")
    os.rename(f"{d}/old/freed", f"{d}/old/free")
    with open(f"{d}/old/.gitignore", "w") as rules:
        rules.write("late\n")
    open(f"{d}/old/late", "w").close()
    os.rename(f"{d}/new", f"{d}/renamed")
    open(f"{d}/renamed/last", "w").close()


def life_of_filters(n, idle_s):
    with tempfile.TemporaryDirectory() as top:
        for path in "d/old/out/1", "d/old/freed/1", "d/.git":
            os.makedirs(f"{top}/{path}")
        with open(f"{top}/d/.gitignore", "w") as rules:
            rules.write("out\n")
        ready_read, ready_write = os.pipe()
        mark = f"{top}/mark"
        env = dict(os.environ, INOTAP_FAULT=f"{function}:{n}:{error}", INOTAP_FAULT_MARK=mark, HOME=top,
                   ASAN_OPTIONS="detect_leaks=1:exitcode=99:allocator_may_return_null=1", LSAN_OPTIONS="exitcode=98")
        tap = subprocess.Popen(
            [binary, "-r", "-j", "--gitignore", "--glob=!*.o", "--glob=!/old/freed", "--iregex=!X[.]O$", "--rename",
             "--settle=0.05", "-e", "create,delete,move", f"--idle={idle_s}", "-o", "log", f"--ready-fd={ready_write}", "d"],
            cwd=top, env=env, pass_fds=[ready_write], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        os.close(ready_write)
        with open(ready_read) as ready:
            is_ready = ready.read() == "READY=1\n"
        if is_ready:
            change_filtered(f"{top}/d")
        try:
            said = tap.communicate(timeout=PATIENCE_S)[1].decode()
        except subprocess.TimeoutExpired:
            tap.kill()
            sys.exit(f"{function} call {n}: it hangs")
        hit = os.path.exists(mark)
        where = f"{function} call {n}, error {error}: status {tap.returncode}, saying {said!r}"
        if tap.returncode not in (0, 1, 2) or (tap.returncode == 2 and is_ready):
            sys.exit(f"{where}: neither success nor failure")
        if tap.returncode != 0 and (must_succeed or not said.startswith("inotap: ")):
            sys.exit(f"{where}: this should not have failed, or not in silence")
        log = open(f"{top}/log").read() if os.path.exists(f"{top}/log") else ""
        paths = [json.loads(line)["path"] for line in log.splitlines(keepends=True) if line.endswith("\n")]
        if is_ready and tap.returncode == 0 and not said and "d/renamed/last" not in paths:
            raise Late(where)
        # Without the rules that could not be read, which a warning says, more is told.
        if any(p.endswith(".o") or (not said and ("out" in p.split("/") or p == "d/old/late")) for p in paths):
            sys.exit(f"{where}: told of what is left out: {paths}")
        if tap.returncode == 0 and not said and not {"d/old/free", "d/renamed/last"} <= set(paths):
            sys.exit(f"{where}: not everything was told: {paths}")
        return hit


def repeated(one, n):
    idle_s = 0.3
    while True:
        try:
            return one(n, idle_s)
        except Late as late:
            idle_s *= 4
            if idle_s > 30:
                sys.exit(f"{late}: success, but the last operation was never told")


n = 1
while repeated(life_of_tree if is_tree else life_of_filters if with_filters else life, n):
    n += 1
print(f"{function} with error {error}: {n - 1} calls")
if n == 1:
    sys.exit("no call at all was made to fail")
