#!/usr/bin/env bats
# Lost events: Q_OVERFLOW says so, the tree is looked through again, RESYNCED says that this is done, and with --resync
# the records tell everything that changed meanwhile.

load helper

# The queue is filled to its limit rather than made smaller: that would be a setting of the whole machine, and every
# other inotap that starts at that moment, as other tests' may, would get it.
local_setup() {
  TAP_STDOUT=$ctl/records
  mkdir -p d/fill
  keep_queue_limit
}

# watch ARG...: watch d.
watch() {
  start -r -j -e create,delete,move,modify,attrib "$@" d
}

# fill N: that many events.
fill() {
  /usr/bin/python3 -c '
import os, sys
for i in range(int(sys.argv[1])):
    (os.unlink if i % 2 else os.mknod)("d/fill/x")' "$1"
}

# stop_reading: afterwards it does not run until it gets SIGCONT.
stop_reading() {
  kill -STOP "$TAP_PID"
  until_true grep -q '^State:.T' "/proc/$TAP_PID/status"
}

# told N EVENT: there are that many records of it by now.
told() {
  [ "$(grep -cF "\"events\":[\"$2\"" "$ctl/records")" -ge "$1" ]
}

# lose COMMANDS: what they do happens while the queue is full, so that nothing tells of it; then wait for RESYNCED.
lose() {
  local resynced
  resynced=$(grep -cF '"events":["RESYNCED"' "$ctl/records" || true)
  stop_reading
  fill $((queue_limit / 2 * 2 + 4))
  eval "$1"
  kill -CONT "$TAP_PID"
  until_true told $((resynced + 1)) RESYNCED
}

end() {
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
}

# told_by_looking: what was found out after the overflow, as EVENTS and PATH, in the order of paths.
told_by_looking() {
  jq -r 'select(.synthetic) | select(.path | startswith("d/fill/") | not) | "\(.events | join(",")) \(.path)"' \
    "$ctl/records" | LC_ALL=C sort -k 2,2 -s
}

# afterwards: the records behind the last RESYNCED, likewise.
afterwards() {
  jq -rs '.[(map(.events == ["RESYNCED"]) | rindex(true)) + 1:][] | "\(.events | join(",")) \(.path)"' "$ctl/records"
}

paths() {
  find d -path d/fill -prune -o -type d -printf '%p/\n' -o -printf '%p\n' | LC_ALL=C sort
}

# adds_up: applied to what was there at the start (in $ctl/before), the records give what is there.
adds_up() {
  paths >"$ctl/now"
  jq -c 'select(.path | startswith("d/fill") | not)' "$ctl/records" |
    "$INOTAP_SOURCE/tests/apply.py" "$ctl/before" >"$ctl/applied"
  diff "$ctl/now" "$ctl/applied" >&2
}

@test "Q_OVERFLOW comes after what was queued, then RESYNCED, each once, and nothing else if nothing changed" {
  mkdir -p d/a/b
  : >d/a/f
  watch
  : >d/before
  lose true
  end
  is records "$(jq -c 'select(.path | test("^d/fill/|^d/before$") | not) | [.events, .wd, .mask, .cookie, .path, .name]' \
    "$ctl/records")" $'[["Q_OVERFLOW"],-1,16384,0,"",""]\n[["RESYNCED"],-1,0,0,"",""]'
  is "first record" "$(head -n 1 "$ctl/records" | jq -r .path)" d/before
}

@test "a PATH that lies in another is watched as before after a loss, with all that is in it" {
  local paths left_out
  mkdir -p d/lib/{leaf,sub/leaf} d/other/leaf
  for paths in 'd d/lib' 'd/lib d' 'd d/lib d/lib/sub d/other/leaf' '--max-depth=2 d d/lib' '--resync d/lib/sub d'; do
    find d -name x -type f -delete
    left_out=nothing
    [[ $paths != *depth* ]] || left_out='d/\(other\|lib/sub\)/leaf/'
    # shellcheck disable=SC2086 # several words
    start -r -j -e create,delete,move $paths
    lose true
    find d -type d ! -path d/fill -printf '%p/x\0' | xargs -0 touch
    mkdir d/lib/leaf/new
    rmdir d/lib/leaf/new
    end
    is "records with $paths" "$(afterwards | grep -v d/fill | LC_ALL=C sort)" \
      "$( (find d -type f -name x -printf 'CREATE %p\n' | grep -v "$left_out"
        printf '%s\n' 'CREATE,ISDIR d/lib/leaf/new' 'DELETE,ISDIR d/lib/leaf/new') | LC_ALL=C sort)"
    is "found by looking" "$(told_by_looking)" ""
  done
}

@test "a PATH given first that was renamed during the loss, with the directory it is in, is not told of by its old name" {
  mkdir -p d/n1/n2/leaf
  start -r -j -e create,delete,move d/n1/n2 d
  lose 'mv d/n1 d/n3; : >d/n3/n2/f; mkdir -p d/n1/n2/new'
  until_true told 1 IGNORED
  touch d/n3/n2/leaf/x d/n1/n2/y
  end
  is "what was found" "$(told_by_looking | grep -v IGNORED | LC_ALL=C sort -u)" "$(printf '%s\n' 'CREATE d/n3/n2/f' \
    'CREATE,ISDIR d/n1' 'DELETE,ISDIR d/n1' 'CREATE,ISDIR d/n1/n2' 'CREATE,ISDIR d/n1/n2/new' 'CREATE,ISDIR d/n3' 'CREATE,ISDIR d/n3/n2' 'CREATE,ISDIR d/n3/n2/leaf' \
    'DELETE,ISDIR d/n1/n2' 'DELETE,ISDIR d/n1/n2/leaf' | LC_ALL=C sort)"
  is "what came afterwards" "$(afterwards | grep '/[xy]$')" $'CREATE d/n3/n2/leaf/x\nCREATE d/n1/n2/y'
}

# is_blocked: inotap has printed as much as the pipe takes that nobody reads, and waits for room in it.
is_blocked() {
  grep -q "^$(syscall_number write) " "/proc/$TAP_PID/syscall"
}

# while_blocked COMMANDS: they happen while inotap, which was started with TAP_STDOUT empty, is blocked in printing; only
# then its records are read.
while_blocked() {
  kill -CONT "$TAP_PID"
  until_true is_blocked
  eval "$1"
  cat <&"$TAP_OUT" >"$ctl/records" &
  reader=$!
  exec {TAP_OUT}<&-
  until_true told 1 RESYNCED
}

@test "a PATH below a directory that is away for a moment after a loss is not told of until that is back" {
  local order reader
  TAP_STDOUT=
  for order in 'd/a/R d' 'd d/a/R' 'd/a/R d/a d' 'd/a/R/s d d/a/R'; do
    rm -rf d/a out
    mkdir -p d/a/R/s out
    touch d/a/R/{1,2} d/a/R/s/3
    paths >"$ctl/before"
    # shellcheck disable=SC2086 # several PATHs
    start -r -j -e create,delete,move $order
    stop_reading
    fill $((queue_limit / 2 * 2 + 4))
    while_blocked 'mv d/a out/a; touch out/a/R/away out/a/R/s/away; mv out/a d/a; touch d/a/R/back'
    touch d/a/R/later d/a/R/s/later
    end
    wait "$reader"
    adds_up
    is "told of $order while it was away" "$(jq -r '.path | select(endswith("/away"))' "$ctl/records" | sort)" \
      $'d/a/R/away\nd/a/R/s/away'
  done
}

@test "a PATH that left the other one, and came back during the loss, is told with all that is in it" {
  local order
  for order in 'd/R d' 'd d/R'; do
    rm -rf d/R out
    mkdir -p d/R/s out
    touch d/R/1 d/R/s/2
    paths >"$ctl/before"
    # shellcheck disable=SC2086 # two PATHs
    start -r -j --resync -e create,delete,move $order
    stop_reading
    mv d/R out/R
    lose 'mv out/R d/R; touch d/R/new'
    touch d/R/later d/R/s/later
    end
    adds_up
  done
}

@test "a PATH that was renamed during a loss, and then leaves what it is in, is told of by no name" {
  local order reader
  TAP_STDOUT=
  for order in 'd/n1/R d' 'd d/n1/R'; do
    rm -rf d/n? d/many out
    mkdir -p d/n1/R/s d/many out
    touch d/n1/R/1
    paths >"$ctl/before"
    # shellcheck disable=SC2086 # two PATHs
    start -r -j --resync -g '!x' -e create,delete,move $order
    stop_reading
    fill $((queue_limit / 2 * 2 + 4))
    mv d/n1 d/n2
    # So much to tell that it takes longer than the pipe.
    /usr/bin/python3 -c '
import os
for i in range(400):
    os.mknod("d/many/" + "l" * 200 + str(i))'
    while_blocked 'mv d/n2 out/n2; touch out/n2/R/f out/n2/R/s/g'
    : >d/later
    end
    wait "$reader"
    adds_up
    is "told of what is outside with $order" "$(jq -r '.path | select(endswith("/f") or endswith("/g"))' "$ctl/records")" ""
  done
}

@test "directories made during the loss are told, with all that is in them, and watched" {
  watch
  lose 'mkdir -p d/new/{1,2}/deep
    touch d/new/f d/new/1/deep/f'
  touch d/new/later d/new/2/deep/later
  end
  is "what was found" "$(told_by_looking)" "$(printf '%s\n' 'CREATE,ISDIR d/new' 'CREATE,ISDIR d/new/1' \
    'CREATE,ISDIR d/new/1/deep' 'CREATE d/new/1/deep/f' 'CREATE,ISDIR d/new/2' 'CREATE,ISDIR d/new/2/deep' 'CREATE d/new/f')"
  is "what came afterwards" "$(afterwards | grep CREATE)" $'CREATE d/new/later\nCREATE d/new/2/deep/later'
  is "parents before children" "$(jq -r 'select(.synthetic) | .path' "$ctl/records" | head -n 1)" d/new
}

@test "a directory removed during the loss is told, and its watch is no more" {
  mkdir -p d/a/b d/c
  watch
  local base
  base=$(cat /proc/"$TAP_PID"/fdinfo/* | grep -c '^inotify wd:')
  lose 'rm -r d/a'
  is watches "$(cat /proc/"$TAP_PID"/fdinfo/* | grep -c '^inotify wd:')" $((base - 2))
  mkdir d/a
  : >d/c/later
  end
  has "$(told_by_looking)" "DELETE,ISDIR d/a"
  is "records but deletions" "$(told_by_looking | grep -v ^DELETE,ISDIR)" ""
  is "what came afterwards" "$(afterwards | grep CREATE)" $'CREATE,ISDIR d/a\nCREATE d/c/later'
}

@test "a directory renamed during the loss has its new path from then on" {
  mkdir -p d/a/in d/b
  : >d/a/in/f
  paths >"$ctl/before"
  watch
  lose 'mv d/a d/b/c'
  touch d/b/c/in/later
  end
  adds_up
  is "what came afterwards" "$(afterwards | grep CREATE)" "CREATE d/b/c/in/later"
}

@test "two directories that changed names during the loss are told apart" {
  mkdir -p d/{a,b}/in
  touch d/a/in/a d/b/in/b
  paths >"$ctl/before"
  watch
  lose 'mv d/a d/t
    mv d/b d/a
    mv d/t d/b'
  touch d/a/in/later d/b/in/later
  end
  adds_up
  is "what came afterwards" "$(afterwards | grep CREATE)" $'CREATE d/a/in/later\nCREATE d/b/in/later'
}

@test "a directory replaced during the loss by another of its name is watched anew" {
  mkdir -p d/a/in
  : >d/a/in/old
  paths >"$ctl/before"
  watch
  lose 'rm -r d/a
    mkdir -p d/a/in
    : >d/a/in/new'
  touch d/a/later d/a/in/later
  end
  adds_up
  is "what came afterwards" "$(afterwards | grep CREATE)" $'CREATE d/a/later\nCREATE d/a/in/later'
}

@test "a directory moved out during the loss is let go" {
  mkdir -p d/a/in out
  watch
  lose 'mv d/a out/a'
  touch out/a/f out/a/in/f
  : >d/later
  end
  has "$(told_by_looking)" "DELETE,ISDIR d/a"
  is "what came afterwards" "$(afterwards | grep CREATE)" "CREATE d/later"
}

@test "a rename whose second half was lost" {
  mkdir -p d/a/in d/b
  : >d/a/in/f
  paths >"$ctl/before"
  watch
  # Once nothing is queued, one event less than there is room for, so that MOVED_FROM is the last.
  mkfifo d/caught-up
  until_true told 1 CREATE
  stop_reading
  fill $((queue_limit - 1))
  mv d/a d/b/c
  mkdir d/fill/{1..10}
  kill -CONT "$TAP_PID"
  until_true told 1 RESYNCED
  : >d/b/c/in/later
  end
  adds_up
  is "what came afterwards" "$(afterwards | grep CREATE)" "CREATE d/b/c/in/later"
}

@test "without --resync files are not compared" {
  mkdir d/a
  touch d/a/{removed,changed}
  watch
  lose 'rm d/a/removed
    echo more >d/a/changed
    : >d/a/made'
  end
  is "what was found" "$(told_by_looking)" ""
}

@test "with --resync files made, removed, modified and changed in mode are told, the others are not" {
  mkdir -p d/a/b
  touch d/a/{untouched,removed,grown,mode,both} d/a/b/{untouched,removed,read}
  printf aa >d/a/b/rewritten
  watch --resync
  lose 'rm d/a/removed d/a/b/removed
    echo more >>d/a/grown
    echo more >>d/a/both
    printf bb >d/a/b/rewritten
    chmod 600 d/a/mode d/a/both
    cat d/a/b/read
    : >d/a/made
    ln -s nowhere d/a/b/link'
  echo more >>d/a/untouched
  end
  is "what was found" "$(told_by_looking | grep -v d/a/both)" "$(printf '%s\n' 'CREATE d/a/b/link' 'DELETE d/a/b/removed' \
    'MODIFY d/a/b/rewritten' 'MODIFY d/a/grown' 'CREATE d/a/made' 'ATTRIB d/a/mode' 'DELETE d/a/removed')"
  has "$(told_by_looking)" "MODIFY d/a/both"
  has "$(told_by_looking)" "ATTRIB d/a/both"
  is "what came afterwards" "$(afterwards)" "MODIFY d/a/untouched"
}

@test "with --resync a file replaced by another is modified, and one that became a directory is not the same" {
  mkdir d/a
  printf old >d/a/replaced
  touch d/a/became
  printf new >new
  paths >"$ctl/before"
  watch --resync
  lose 'touch -r d/a/replaced new
    mv new d/a/replaced
    rm d/a/became
    mkdir d/a/became
    : >d/a/became/f'
  end
  adds_up
  is "records of what was replaced" "$(told_by_looking | grep replaced)" "MODIFY d/a/replaced"
}

@test "with --resync a change of owner is told" {
  need_root "to give a file away"
  : >d/f
  : >d/g
  watch --resync
  lose 'chown 1 d/f'
  end
  is "what was found" "$(told_by_looking)" "ATTRIB d/f"
}

@test "with --resync everything in a directory that went is told" {
  mkdir -p d/a/b
  touch d/a/1 d/a/b/2
  watch --resync
  lose 'rm -r d/a'
  end
  is "what was found" "$(told_by_looking)" \
    "$(printf '%s\n' 'DELETE,ISDIR d/a' 'DELETE d/a/1' 'DELETE,ISDIR d/a/b' 'DELETE d/a/b/2')"
  is "children before parents" "$(jq -r 'select(.synthetic and .events == ["DELETE", "ISDIR"]) | .path' "$ctl/records")" \
    $'d/a/b\nd/a'
}

@test "what the records told before the loss is not told again after it" {
  mkdir d/a
  watch --resync
  mkdir -p d/b/c
  touch d/b/c/f d/a/g
  echo more >>d/a/g
  chmod 600 d/a/g
  mv d/b d/e
  : >d/caught-up
  until_true grep -qF '"d/caught-up"' "$ctl/records"
  local before
  before=$(told_by_looking)
  lose true
  end
  is "what was found" "$(told_by_looking)" "$before"
}

@test "another overflow is another Q_OVERFLOW, and another RESYNCED" {
  mkdir d/a
  watch --resync
  lose 'mkdir -p d/a/1/s; : >d/a/1/s/f'
  lose 'mkdir -p d/a/2/s; : >d/a/2/s/f; rm -r d/a/1'
  lose true
  : >d/a/2/s/later
  end
  is "what was said" "$(jq -r '.events[0]' "$ctl/records" | grep -E 'Q_OVERFLOW|RESYNCED' | xargs)" \
    "Q_OVERFLOW RESYNCED Q_OVERFLOW RESYNCED Q_OVERFLOW RESYNCED"
  is "what was found" "$(told_by_looking | LC_ALL=C sort -s)" "$(printf '%s\n' 'CREATE d/a/1/s/f' 'CREATE d/a/2/s/f' \
    'CREATE,ISDIR d/a/1' 'CREATE,ISDIR d/a/1/s' 'CREATE,ISDIR d/a/2' 'CREATE,ISDIR d/a/2/s' \
    'DELETE d/a/1/s/f' 'DELETE,ISDIR d/a/1' 'DELETE,ISDIR d/a/1/s')"
  is "what came afterwards" "$(afterwards)" "CREATE d/a/2/s/later"
}

# churn N: that many operations at random in d, of every kind.
churn() {
  /usr/bin/python3 - "$1" <<'PY'
import os, random, sys
seed = 5
print("seed", seed, file=sys.stderr)
random.seed(seed)
for i in range(int(sys.argv[1])):
    directories, files = [], []
    for path, names, leaves in os.walk("d"):
        if path == "d":
            names.remove("fill")
        directories.append(path)
        files += [f"{path}/{leaf}" for leaf in leaves]
    target = f"{random.choice(directories)}/n{random.randrange(60)}"
    kind = random.random()
    if kind < 0.25:
        if not os.path.lexists(target):
            os.mkdir(target)
    elif kind < 0.6:
        if not os.path.isdir(target):
            with open(target, "a") as file:
                file.write("more\n")
    elif kind < 0.8 and len(directories) > 1:
        source = random.choice(directories[1:])
        if not os.path.lexists(target) and not (target + "/").startswith(source + "/"):
            os.rename(source, target)
    elif kind < 0.9 and files:
        source = random.choice(files)
        if not os.path.isdir(target):
            os.rename(source, target)
    elif files:
        os.unlink(random.choice(files))
    leaf = random.choice(directories)
    if leaf != "d" and os.path.isdir(leaf) and not os.listdir(leaf) and random.random() < 0.3:
        os.rmdir(leaf)
PY
}

@test "with --resync applying the records gives the true tree, whatever was lost" {
  mkdir -p d/{a,b}/{1,2}
  paths >"$ctl/before"
  watch --resync
  churn 200
  lose 'churn "$(in_full 600 200)"'
  churn 200
  lose 'churn "$(in_full 600 200)"'
  : >d/caught-up
  until_true grep -qF '"d/caught-up"' "$ctl/records"
  find d -path d/fill -prune -o -type d -printf '%p/later\0' | xargs -0 touch
  end
  adds_up
}

@test "RESYNCED does not wait for another event, however full the buffer was" {
  # A read that fills the buffer does not tell whether more is queued, and this buffer is always full.
  watch --resync --buffer=272
  lose ': >d/new'
  end
  is "what was found" "$(told_by_looking)" "CREATE d/new"
}

@test "also if the tree goes on changing while it is looked through" {
  mkdir -p d/{a,b}/{1,2,3}/{x,y}
  paths >"$ctl/before"
  watch --resync
  stop_reading
  fill $((queue_limit / 2 * 2 + 4))
  churn 100
  kill -CONT "$TAP_PID"
  churn "$(in_full 1500 400)"
  until_true told 1 RESYNCED
  : >d/caught-up
  until_true grep -qF '"d/caught-up"' "$ctl/records"
  find d -path d/fill -prune -o -type d -printf '%p/later\0' | xargs -0 touch
  end
  adds_up
}

@test "a PATH that was removed during the loss is gone, and another one is resynchronised" {
  mkdir e
  watch e
  lose 'rmdir e
    mkdir d/new'
  until_true told 1 IGNORED
  : >d/new/later
  end
  is "what was found" "$(told_by_looking)" $'CREATE,ISDIR d/new\nIGNORED e'
  is "last record" "$(jq -r .path "$ctl/records" | tail -n 1)" d/new/later
}
