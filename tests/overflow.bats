#!/usr/bin/env bats
# When the kernel's queue is full, events are lost: that is said, and PATHs that went meanwhile are found.

load helper

local_setup() {
  keep_queue_limit
}

# More events than the queue holds, while inotap is stopped, and then what the arguments do.
overflow() {
  kill -STOP "$TAP_PID"
  overfill "$1/x"
  shift
  "$@"
  kill -CONT "$TAP_PID"
}

@test "Q_OVERFLOW is printed, whatever was asked for, after everything that came before it" {
  mkdir d
  start -j -e create,delete d
  overflow d true
  stop
  is overflows "$(json 'select(.events == ["Q_OVERFLOW"]) | [.wd, .mask, .path, .name]')" '[-1,16384,"",""]'
  is "last record" "$(json .events | tail -n 1)" '["Q_OVERFLOW"]'
  is "records of events" "$(json 'select(.name == "x")' | wc -l)" "$queue_limit"
}

@test "a PATH that went during the overflow is found: status 4, and never a hang" {
  mkdir d
  : >f
  start -j -e create,delete d f
  overflow d rm -r d f
  finish
  is status "$status" 4
  is "who went" "$(json -r 'select(.events == ["IGNORED"]) | [.path, .synthetic] | join(" ")' | sort)" "$(printf '%s\n' 'd true' 'f true')"
}

@test "a PATH that was replaced during the overflow is found too, even by one with the same inode number" {
  mkdir d
  : >f
  TAP_STDOUT=out
  start --fields=events,path,synthetic -e create,delete,modify d f
  replace() {
    rm f
    : >f
  }
  overflow d replace
  until_true grep -q IGNORED out
  echo x >>f
  kill -TERM "$TAP_PID"
  reap
  is "records of f" "$(grep -P '\tf\t' out)" $'IGNORED\tf\ttrue'
}

@test "what is still there goes on" {
  mkdir d
  : >f
  TAP_STDOUT=out
  start --fields=events,path -e create,delete,modify d f
  overflow d true
  until_true grep -q Q_OVERFLOW out
  echo x >>f
  : >d/later
  kill -TERM "$TAP_PID"
  reap
  is "records afterwards" "$(sed '1,/Q_OVERFLOW/d' out)" "$(printf '%s\n' $'MODIFY\tf' $'CREATE\td/later')"
}

@test "a PATH whose end was lost while it was being let go is not waited for" {
  mkdir d e
  # The call that lets go of e is held up until the queue is full, so the IGNORED that it causes has no room: strace
  # would hold it for an hour, and lets go of inotap when it is killed. -D: inotap is our child, strace is not.
  start_as strace -D -qq -f -o "$ctl/trace" -e trace=inotify_rm_watch -e inject=inotify_rm_watch:delay_enter=3600000000:when=1 \
    -e signal=none "$INOTAP" -- -j -e create,delete d e
  mv e g
  until_true grep -q inotify_rm_watch "$ctl/trace"
  overfill d/x
  rmdir d
  kill -KILL "$(sed -n 's/^TracerPid:\t//p' "/proc/$TAP_PID/status")"
  finish
  is status "$status" 4
  is "who went" "$(json -r 'select(.events == ["IGNORED"]) | "\(.path) \(.synthetic)"' | sort)" \
    "$(printf '%s\n' 'd true' 'e true')"
}

@test "what is queued behind an overflow is printed, also of a PATH that is gone by then" {
  # A pipe that is read only later holds inotap back, so that there is room behind Q_OVERFLOW before it gets there.
  cat >"$ctl/run.py" <<'PY'
import fcntl, json, os, signal, subprocess, sys
os.mkdir("d"), os.mkdir("e")
r, w = os.pipe()
fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 4096)
ready_r, ready_w = os.pipe()
tap = subprocess.Popen([sys.argv[1], "-j", "--buffer=4K", "-e", "create,delete,delete_self", f"--ready-fd={ready_w}", "d", "e"],
                       stdout=w, pass_fds=[ready_w])
os.close(w), os.close(ready_w)
assert os.read(ready_r, 100) == b"READY=1\n"
tap.send_signal(signal.SIGSTOP)
for i in range(int(sys.argv[2]) // 2 + 50):
    os.mknod("d/x"), os.unlink("d/x")
tap.send_signal(signal.SIGCONT)
out = os.fdopen(r)
lines = [next(out) for _ in range(6000)]
for i in range(300):
    os.mknod(f"d/after{i}")
for i in range(300):
    os.unlink(f"d/after{i}")
os.rmdir("d")
os.mknod("e/later")
for line in out:
    lines.append(line)
    if "later" in line:
        break
os.unlink("e/later"), os.rmdir("e")
lines += list(out)
assert tap.wait() == 4, tap.returncode
records = [json.loads(line) for line in lines]
assert sum(r["events"] == ["Q_OVERFLOW"] for r in records) == 1
for event in "CREATE", "DELETE":
    count = sum(r["events"] == [event] and r["name"].startswith("after") for r in records)
    assert count == 300, f"{count} of 300 {event}"
ends = [(r["events"][0], r["path"]) for r in records if not r["name"]]
assert ends == [("Q_OVERFLOW", ""), ("DELETE_SELF", "d"), ("IGNORED", "d"), ("DELETE_SELF", "e"), ("IGNORED", "e")], ends
PY
  /usr/bin/python3 "$ctl/run.py" "$INOTAP" "$queue_limit"
}
