#!/usr/bin/env bats
# -e writes tells each complete file once, also one that gets its name by link(2), and one that a new directory had in it
# before it was watched; and no file before it is complete.

load helper

# Where a test needs to know that everything up to now was handled, it renames a file and waits for that record.
local_setup() {
  mkdir d t
}

# caught_up: everything that happened so far is told. `told` gets the records before this one.
caught_up() {
  : >t/sentinel
  mv t/sentinel d/sentinel
  told=()
  while next_line && [[ "$line" != *"d/sentinel" ]]; do told+=("$line"); done
  rm d/sentinel
}

# writes ARG...: watch with the columns events and path.
writes() {
  start -e writes --fields=events,path "$@"
}

# unnamed NAME: a Python program that makes a file without a name in d, gives it the name that is its argument, and goes on
# to write to it when it reads a line.
unnamed() {
  /usr/bin/python3 -c '
import ctypes, os, sys
fd = os.open("d", os.O_TMPFILE | os.O_WRONLY, 0o644)
os.write(fd, b"1")
os.fchmod(fd, 0o640)
libc = ctypes.CDLL(None)
assert libc.linkat(-100, b"/proc/self/fd/%d" % fd, -100, os.fsencode(sys.argv[1]), 0x400) == 0
print(flush=True)
sys.stdin.readline()
os.write(fd, b"2")' "$1"
}

as_nobody() {
  need_root "another user writes the files"
  start_as setpriv --reuid=65534 --regid=65534 --clear-groups "$INOTAP" -- "$@"
}

@test "a file that was written elsewhere and is linked is told once, by the CREATE that was seen, as synthetic" {
  start -e writes -j d
  echo x >t/a
  ln t/a d/a
  rm t/a
  echo x >t/b
  ln t/b d/b
  ln d/b d/c
  stop
  is records "$(json '[.events, .mask, .wd, .path, .synthetic]')" "$(printf '%s\n' \
    '[["CREATE"],256,1,"d/a",true]' '[["CREATE"],256,1,"d/b",true]' '[["CREATE"],256,1,"d/c",true]')"
}

@test "a file that open(2) makes is told by its CLOSE_WRITE alone, however long it is written to" {
  local file
  writes d
  exec {file}>d/slow
  echo x >&"$file"
  caught_up
  is "told while it is open" "${told[*]}" ""
  echo y >&"$file"
  : >d/fast
  caught_up
  is "told while it is open" "${told[*]}" $'CLOSE_WRITE\td/fast'
  exec {file}>&-
  stop
  lines_are $'CLOSE_WRITE\td/slow'
}

@test "each of thousands of files that are written as fast as inotap reads is told once" {
  TAP_STDOUT=$ctl/records
  writes d
  /usr/bin/python3 -c '
for i in range(5000):
    with open("d/%d" % i, "w") as f:
        f.write("x")'
  kill -TERM "$TAP_PID"
  reap
  is "records of CREATE" "$(grep -c CREATE "$ctl/records")" 0
  is records "$(cut -f 2 "$ctl/records" | sort)" "$(find d -type f | sort)"
}

@test "a file that gets a name while it is open for writing is told under it when it was closed" {
  local file
  writes d
  exec {file}>t/x
  echo x >&"$file"
  ln t/x d/one
  ln t/x d/two
  ln t/x d/gone
  caught_up
  is "told while it is open" "${told[*]}" ""
  rm d/gone
  mv d/two d/three
  exec {file}>&-
  stop
  lines_are $'MOVED_TO\td/three' $'CLOSE_WRITE\td/one'
  # The watch of the file ends with that.
  writes d
  exec {file}>t/x
  ln t/x d/four
  caught_up
  exec {file}>&-
  next_line
  is record "$line" $'CLOSE_WRITE\td/four'
  echo y >>t/x
  stop
  lines_are ""
}

@test "of two writers the last one makes a file complete" {
  local one two
  writes d
  exec {one}>t/x {two}>>t/x
  ln t/x d/x
  exec {one}>&-
  caught_up
  is "told while it is open" "${told[*]}" ""
  exec {two}>&-
  stop
  lines_are $'CLOSE_WRITE\td/x'
}

@test "a file without a name that is linked is told under the name that it gets, and never as # and a number" {
  local events
  for events in writes changes close_write,modify,attrib; do
    start -e "$events" --fields=events,path d
    unnamed d/core <<<""
    stop
    lacks "${lines[*]}" '#'
    [ "$events" = close_write,modify,attrib ] || has "${lines[*]}" d/core
    rm d/core
  done
  coproc WRITER { unnamed d/held; }
  writes d
  local in=${WRITER[1]} out=${WRITER[0]} pid=$WRITER_PID
  read -r -u "$out"
  others+=("$pid")
  rm d/held
  stop
  kill "$pid"
  lines_are ""
}

@test "a file without a name that is linked before it is closed is told when it is closed" {
  writes d
  coproc WRITER { unnamed d/core; }
  local in=${WRITER[1]} out=${WRITER[0]} pid=$WRITER_PID
  others+=("$pid")
  read -r -u "$out"
  caught_up
  is "told while it is open" "${told[*]}" ""
  echo >&"$in"
  wait "$pid"
  stop
  lines_are $'CLOSE_WRITE\td/core'
}

@test "a file whose name is # and a number is told as any other, and -e all tells what the kernel says" {
  start -e changes --fields=events,path d
  echo x >'d/#12'
  rm 'd/#12'
  echo x >'d/#13'
  caught_up
  stop
  is records "$(printf '%s\n' "${told[@]}" | grep -F '#' | uniq)" "$(printf '%s\t%s\n' CREATE 'd/#12' MODIFY 'd/#12' \
    CLOSE_WRITE 'd/#12' DELETE 'd/#12' CREATE 'd/#13' MODIFY 'd/#13' CLOSE_WRITE 'd/#13')"
  start -e all --fields=events,path d
  unnamed d/core <<<""
  stop
  has "${lines[*]}" $'CLOSE_WRITE\td/#'
}

@test "an empty file that no writer has opened is told, and what is no file is not" {
  writes d
  /usr/bin/python3 -c 'import os; os.mknod("d/empty")'
  flock d/lock true
  ln -s empty d/link
  mkfifo d/fifo
  mkdir d/sub
  stop
  lines_are $'CREATE\td/empty' $'CREATE\td/lock'
}

@test "an empty file is told a moment later, without anything else that happens" {
  writes d
  /usr/bin/python3 -c 'import os; os.mknod("d/empty")'
  next_line
  is record "$line" $'CREATE\td/empty'
  stop
}

@test "complete files in new directories are told, whatever made them" {
  local how
  mkdir -p s/{a,b}/{1,2}/x
  find s -type d -printf '%p/f\0%p/g\0' | xargs -0 -I{} sh -c 'echo x >"{}"'
  ln s/a/f s/b/hard
  tar -C s -cf s.tar .
  for how in 'mkdir d/n; echo x >d/n/f' 'cp -r s d/n' 'mkdir d/n; tar -C d/n -xf s.tar' 'cp -r s t/n; mv t/n d/n' \
    'cp -rl s d/n'; do
    TAP_STDOUT=$ctl/records
    writes -r d
    kill -STOP "$TAP_PID"
    eval "$how"
    kill -CONT "$TAP_PID"
    kill -TERM "$TAP_PID"
    reap
    is "files told after: $how" "$(cut -f 2 "$ctl/records" | grep -vx d/n | sort)" "$(find d -type f | sort)"
    rm -r d/n
  done
}

@test "at full speed none is missed, and none is told twice" {
  local i
  for ((i = 0; i < $(in_full 40 10); i++)); do
    mkdir -p "s/$i/b/c"
    for j in 1 2 3 4 5; do echo x | tee "s/$i/$j" "s/$i/b/$j" >"s/$i/b/c/$j"; done
  done
  tar -C s -cf s.tar .
  TAP_STDOUT=$ctl/records
  writes -r d
  cp -r s d/copied
  mkdir d/unpacked
  tar -C d/unpacked -xf s.tar
  for ((i = 0; i < $(in_full 200 60); i++)); do
    mkdir "d/$i"
    echo x >"d/$i/f"
  done
  kill -TERM "$TAP_PID"
  reap
  is "files told" "$(cut -f 2 "$ctl/records" | sort)" "$(find d -type f | sort)"
}

@test "a file in a new directory that is still written to is told when it was closed" {
  local file held
  writes -r d
  kill -STOP "$TAP_PID"
  mkdir d/n
  exec {file}>d/n/open {held}>t/held
  ln t/held d/n/linked
  echo x >d/n/complete
  kill -CONT "$TAP_PID"
  caught_up
  is "told while they are open" "${told[*]}" $'CREATE\td/n/complete'
  exec {file}>&-
  caught_up
  is told "${told[*]}" $'CLOSE_WRITE\td/n/open'
  exec {held}>&-
  stop
  lines_are $'CLOSE_WRITE\td/n/linked'
}

@test "close_write or moved_to alone: what a new directory has in it is told, but no link" {
  local events
  for events in close_write moved_to close_write,delete; do
    start -r -e "$events" --fields=events,path d
    kill -STOP "$TAP_PID"
    mkdir d/n
    echo x >d/n/f
    kill -CONT "$TAP_PID"
    next_line
    is record "$line" $'CREATE\td/n/f'
    ln d/n/f d/link
    stop
    lines_are ""
    rm -r d/n d/link
  done
}

@test "with create CREATE is told as the kernel says it, and nothing besides" {
  start -e writes,create -j d
  echo x >t/a
  ln t/a d/a
  : >d/b
  stop
  is records "$(json '[.events[0], .path, .synthetic]')" \
    "$(printf '%s\n' '["CREATE","d/a",null]' '["CREATE","d/b",null]' '["CLOSE_WRITE","d/b",null]')"
}

@test "filters, -n, --settle, --rename and --stats do with it what they do with any record" {
  echo x >t/a
  writes -g '*.c' -g '!no*' d
  ln t/a d/a.c
  ln t/a d/no.c
  ln t/a d/a.h
  stop
  lines_are $'CREATE\td/a.c'
  writes --type=d d
  ln t/a d/b.c
  stop
  lines_are ""
  writes -n 2 d
  ln t/a d/1
  ln t/a d/2
  ln t/a d/3
  finish
  is status "$status" 0
  lines_are $'CREATE\td/1' $'CREATE\td/2'
  start -e writes --rename --settle=10m -j d
  ln t/a d/4
  until_asleep # or else the file may be open again as inotap looks
  echo y >>d/4
  stop
  is records "$(json '[.events, .path, .count]')" '[["CLOSE_WRITE","CREATE"],"d/4",2]'
  start -e writes,moved_from --rename -j d
  ln t/a d/5
  mv d/5 d/6
  stop
  is records "$(json '[.events[0], .from, .path]')" "$(printf '%s\n' '["CREATE",null,"d/5"]' '["RENAME","d/5","d/6"]')"
  start -e writes --stats -c d
  ln t/a d/7
  stop
  has "${lines[*]}" CREATE
}

@test "what is linked with -F, below --max-depth and in a directory that was renamed has its true path" {
  echo x >t/a
  writes -F d late
  mkdir late
  next_line
  is record "$line" $'BACK\tlate'
  ln t/a late/a
  stop
  lines_are $'CREATE\tlate/a'
  mkdir -p d/x/y
  writes -r --max-depth=2 d
  ln t/a d/x/a
  ln t/a d/x/y/a
  mv d/x d/z
  ln t/a d/z/b
  stop
  lines_are $'CREATE\td/x/a' $'MOVED_TO,ISDIR\td/z' $'CREATE\td/z/b'
}

@test "the output of inotap in what is watched is not told, nor a new one after SIGHUP" {
  start -e writes -o d/out d
  kill -STOP "$TAP_PID"
  mv d/out d/old
  kill -HUP "$TAP_PID"
  kill -CONT "$TAP_PID"
  until_true test -e d/out
  echo x >t/a
  ln t/a d/a
  stop
  is "the new file" "$(cut -f 2,4 d/out)" $'CREATE\td/a'
}

@test "a oneshot watch is not spent on what nobody asked for" {
  start -e writes,oneshot --fields=events,path d
  echo x >t/a
  ln t/a d/a
  : >d/b
  finish
  lines_are $'CLOSE_WRITE\td/b' $'IGNORED\td'
}

@test "after an overflow with --resync files that came or changed are told, if they are complete" {
  local file
  keep_queue_limit
  echo x >d/changed
  echo x >d/same
  writes -r --resync d
  kill -STOP "$TAP_PID"
  overfill d/nothing
  echo y >>d/changed
  echo x >d/new
  exec {file}>d/open
  kill -CONT "$TAP_PID"
  while next_line && [[ "$line" != RESYNCED* ]]; do [[ "$line" == Q_OVERFLOW* ]] || lines+=("$line"); done
  is "told by RESYNCED" "$(printf '%s\n' "${lines[@]}" | sort)" "$(printf '%s\t%s\n' CREATE d/new MODIFY d/changed)"
  exec {file}>&-
  stop
  lines_are $'CLOSE_WRITE\td/open'
}

@test "another user's files: a link is told, and what is being written is told when it was closed" {
  local file
  as_nobody -e writes --fields=events,path d
  exec {file}>d/slow
  echo x >&"$file"
  caught_up
  is "told while it is open" "${told[*]}" ""
  exec {file}>&-
  echo x >t/a
  chmod 600 t/a
  ln t/a d/secret
  echo x >t/b
  ln t/b d/link
  stop
  is records "$(printf '%s\n' "${lines[@]}" | sort)" \
    "$(printf '%s\t%s\n' CLOSE_WRITE d/slow CREATE d/link CREATE d/secret)"
}

@test "another user's file that is not known to be complete is told once it has been quiet for a second" {
  as_nobody -e writes --fields=events,path d
  # Made by one call, so that it looks as one does that is being written.
  /usr/bin/python3 -c 'import os; os.mknod("d/unknown")'
  next_line
  is record "$line" $'CREATE\td/unknown'
  stop
}

@test "as inotifywait: what a new directory has in it is told, what is linked is not" {
  ln -s "$INOTAP" "$ctl/inotifywait"
  mkdir w
  "$ctl/inotifywait" -m -r -e close_write -e moved_to --format %e:%w%f w >"$ctl/records" 2>"$ctl/err" &
  TAP_PID=$!
  until_true grep -q established "$ctl/err"
  kill -STOP "$TAP_PID"
  mkdir w/n
  echo x >w/n/f
  echo x >t/a
  ln t/a w/a
  kill -CONT "$TAP_PID"
  kill -TERM "$TAP_PID"
  reap
  is records "$(cat "$ctl/records")" CREATE:w/n/f
}
