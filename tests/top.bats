#!/usr/bin/env bats
# --top in a real terminal, one of tmux: what it shows, what keys do, and that the terminal is itself again afterwards.

load helper

local_setup() {
  command -v tmux >/dev/null || cannot "needs tmux"
  "$INOTAP" --top . </dev/null 2>&1 | grep -q terminal || cannot "this build has no --top"
  export LC_ALL=C.UTF-8
  unset TMUX
  socket=$ctl/tmux
  ended=0
}

local_teardown() {
  tmux -S "$socket" kill-server 2>/dev/null || true
}

tm() {
  tmux -S "$socket" -f /dev/null "$@"
}

# end_terminal: the next one is of a server of its own, since this one may take a while to go.
end_terminal() {
  tm kill-server
  socket=$ctl/tmux$((++ended))
}

# on_screen COLUMNS ROWS ARG...: run inotap --top in a terminal of that size, and return once it watches. Behind it the
# shell says its status. What is in the array `before` comes before inotap.
on_screen() {
  local ready columns=$1 rows=$2
  shift 2
  mkfifo "$ctl/top-ready"
  printf -v command '%q ' "${before[@]}" "$INOTAP" --ready-fd=9 --top "$@"
  tm new-session -d -x "$columns" -y "$rows" \
    "trap : INT; stty -g >'$ctl/stty-before'; echo before; sh -c 'echo \$\$ >\"\$0\"; exec \"\$@\"' '$ctl/pid' $command 9>'$ctl/top-ready'
     echo status \$?; stty -g >'$ctl/stty-after'; echo >'$ctl/over'; exec sleep 1000" 3>&-
  read -r -t "$patience_s" ready <"$ctl/top-ready"
  is ready "$ready" READY=1
  rm "$ctl/top-ready"
  inotap=$(cat "$ctl/pid")
  until_true shows 'records'
}

before=(env)

screen() {
  tm capture-pane -p
}

# shows PATTERN: is it somewhere on the screen?
shows() {
  screen | grep -qE -e "$1"
}

keys() {
  tm send-keys "$@"
}

# terminal_is_itself: the settings, the cursor and what stood there are as they were.
terminal_is_itself() {
  until_true test -e "$ctl/over"
  cmp "$ctl/stty-before" "$ctl/stty-after"
  is "alternate screen, cursor" "$(tm display-message -p '#{alternate_on} #{cursor_flag}')" "0 1"
  is "the first line" "$(screen | head -n 1)" before
}

@test "it shows rates, the mix, directories and paths with bars, and how many watches there are" {
  mkdir -p d/sub
  on_screen 80 24 -r d
  for _ in {1..20}; do echo x >>d/sub/f; done
  echo y >d/g
  until_true shows '^█.* 4[0-9] +d/sub/f$'
  is title "$(screen | sed -n 1p | grep -oE '^ inotap d +[0-9,]+/s$' | wc -l)" 1
  shows '^4[0-9] records  2 watches  0 overflows'
  shows 'MODIFY [0-9]+%  CLOSE_WRITE [0-9]+%'
  shows '2 DIRECTORIES'
  shows '2 PATHS'
  shows '^█.* d/sub$'
  # The last minute, with something in its last seconds.
  shows '[▁▂▃▄▅▆▇█].* max [0-9]+/s'
  keys q
  terminal_is_itself
  shows '^status 0'
}

@test "a terminal that dies with it is itself again: crashes, signals, keys" {
  local signal
  for signal in SEGV ABRT BUS QUIT INT TERM HUP \
    USR2 ALRM XCPU VTALRM PROF IO PWR STKFLT RTMIN RTMAX; do
    on_screen 60 12 .
    kill -"$signal" "$inotap"
    terminal_is_itself
    shows "^status $((128 + $(kill -l "$signal")))"
    end_terminal
    rm "$ctl/over"
  done
  on_screen 60 12 .
  keys C-c
  terminal_is_itself
  shows '^status 130'
}

@test "SIGUSR1, which asks --stats for a table, does nothing to it" {
  on_screen 60 12 -e create .
  kill -USR1 "$inotap"
  : >a
  until_true shows '^1 record  '
  keys q
  terminal_is_itself
  shows '^status 0'
}

@test "it ends as ever: by --count, --timeout, and when nothing is left" {
  on_screen 60 12 -n 1 -e create .
  : >a
  terminal_is_itself
  shows '^status 0'
  end_terminal
  rm "$ctl/over"
  mkdir d
  on_screen 60 12 d
  rmdir d
  terminal_is_itself
  shows '^status 4'
}

@test "a terminal that goes away ends it" {
  on_screen 60 12 .
  end_terminal
  until_true eval '! kill -0 "$inotap" 2>/dev/null'
}

@test "it is suspended and goes on" {
  before=()
  tm new-session -d -x 60 -y 12 "PS1='$ ' bash --norc --noprofile" 3>&-
  until_true shows '^\$'
  keys "'$INOTAP' --top -e create ." Enter
  until_true shows 'records'
  keys C-z
  until_true shows Stopped
  is "alternate screen, cursor" "$(tm display-message -p '#{alternate_on} #{cursor_flag}')" "0 1"
  : >a
  keys fg Enter
  until_true shows '^1 record  '
  is "alternate screen, cursor" "$(tm display-message -p '#{alternate_on} #{cursor_flag}')" "1 0"
  keys q
  until_true eval '[ "$(tm display-message -p "#{alternate_on}")" = 0 ]'
}

# in_a_shell COMMAND...: type it to an interactive shell.
in_a_shell() {
  tm new-session -d -x 60 -y 12 "PS1='$ ' bash --norc --noprofile" 3>&-
  until_true shows '^\$'
  keys "$*" Enter
}

# is_the_shells: the view is not on the terminal.
is_the_shells() {
  is "alternate screen, cursor" "$(tm display-message -p '#{alternate_on} #{cursor_flag}')" "0 1"
}

# job_in_a_shell ARG...: the same of a view, whose process ID goes to `inotap` by and by.
job_in_a_shell() {
  rm -f "$ctl/pid"
  in_a_shell "sh -c 'echo \$\$ >\"\$0\"; exec \"\$@\"' '$ctl/pid' '$INOTAP' --top -e create" "$@"
  until_true test -s "$ctl/pid"
  inotap=$(cat "$ctl/pid")
}

# the_job_was WORD: it is no more, and the shell says how it ended.
the_job_was() {
  until_true eval '! kill -0 "$inotap" 2>/dev/null'
  keys Enter
  until_true shows "$1"
  is_the_shells
}

@test "a view that is suspended, or was started in the background, ends by SIGTERM" {
  job_in_a_shell .
  until_true shows 'records'
  keys C-z
  until_true shows Stopped
  keys 'kill %1' Enter
  the_job_was Terminated
  end_terminal
  mkfifo "$ctl/ready-in-background"
  exec {told}<>"$ctl/ready-in-background"
  job_in_a_shell "--ready-fd=9 . 9>'$ctl/ready-in-background' &"
  read -r -t "$patience_s" -u "$told" _
  keys 'kill %1' Enter
  the_job_was Terminated
}

@test "in the background it counts and draws nothing, until it is in the foreground" {
  mkfifo "$ctl/ready-in-background"
  in_a_shell "'$INOTAP' --ready-fd=9 --top -e create . 9>'$ctl/ready-in-background' &"
  read -r -t "$patience_s" _ <"$ctl/ready-in-background"
  : >a
  keys 'echo the $((40 + 2))' Enter
  until_true shows '^the 42'
  is_the_shells
  keys fg Enter
  until_true shows '^1 record  '
  keys C-z
  until_true shows Stopped
  keys 'bg; echo in the background' Enter
  until_true shows '^in the background'
  : >b
  # It has gone on, and was asked for a picture several times.
  pass_time 1.2
  is_the_shells
  keys fg Enter
  until_true shows '^2 records  '
  keys q
  until_true eval '[ "$(tm display-message -p "#{alternate_on}")" = 0 ]'
}

@test "one that was stopped by SIGSTOP leaves the terminal to the shell that has it" {
  job_in_a_shell .
  until_true shows 'records'
  kill -STOP "$inotap"
  until_true shows Stopped
  kill -CONT "$inotap"
  until_true is_the_shells 2>/dev/null
  : >a
  keys 'echo the $((40 + 2))' Enter
  until_true shows '^the 42'
  pass_time 1.2
  is_the_shells
  run shows records
  is "status of looking for the view" "$status" 1
  keys fg Enter
  until_true shows '^1 record  '
  keys q
  until_true is_the_shells 2>/dev/null
  # The shell's line editor has the terminal that it knows.
  keys 'echo the $((50 + 2))' Enter
  until_true shows '^the 52'
}

@test "a suspended view that crashes dies of that" {
  job_in_a_shell .
  until_true shows 'records'
  keys C-z
  until_true shows Stopped
  keys 'kill -SEGV %1; kill -CONT %1' Enter
  the_job_was 'Segmentation fault'
  end_terminal
  job_in_a_shell .
  until_true shows 'records'
  kill -STOP "$inotap"
  until_true shows Stopped
  keys 'kill -SEGV %1; kill -CONT %1' Enter
  the_job_was 'Segmentation fault'
}

@test "keys sort, filter, look into a directory, go back, pause, clear, and explain themselves" {
  mkdir -p d/one d/two
  on_screen 80 24 -r -e create,modify d
  touch d/one/{a,b,c} d/two/x
  until_true shows '^4 records'
  keys s
  until_true shows 'CREATE\*'
  keys S
  until_true shows 'per s\*'
  keys /
  keys two
  until_true shows '^/two'
  until_true shows "1 PATHS with 'two'"
  keys Enter
  lacks "$(screen)" d/one
  keys Escape
  until_true shows 'd/one'
  keys Enter
  until_true shows '3 PATHS in d/one'
  shows ' a$'
  lacks "$(screen)" two
  keys Left
  until_true shows 'd/two'
  keys p
  until_true shows PAUSED
  : >d/two/new
  keys p
  until_true shows '^5 records'
  keys c
  until_true shows '^0 records'
  keys '?'
  until_true shows 'Backspace Left +go back'
  keys x
  until_true shows '^0 records'
  keys q
  terminal_is_itself
}

@test "behind a filter of any characters stands the directory that is looked into" {
  local filter
  mkdir -p d/sub
  on_screen 100 24 -r -e create d
  : >'d/sub/grün 漢字'
  until_true shows '^1 record '
  keys Tab
  for filter in 'ün' '漢字'; do
    keys /
    keys "$filter" Enter
    until_true shows "1 PATHS with '$filter'\$"
    keys Enter
    until_true shows "1 PATHS with '$filter' in d/sub\$"
    keys Left
    keys Escape
    until_true shows '1 PATHS$'
  done
}

@test "it follows another size, down to next to nothing" {
  on_screen 80 24 -e create .
  : >a-file
  until_true shows '^1 record  '
  local size
  for size in 40x10 200x60 20x5 10x3 5x1 100x18; do
    tm resize-window -x "${size%x*}" -y "${size#*x}"
    until_true eval '[ "$(screen | sed -n 1p | cut -c 2-4)" = ino ]'
    [ "${size#*x}" -lt 5 ] || until_true shows '  \.(/a-file)?$'
    kill -0 "$inotap"
  done
  keys q
  terminal_is_itself
}

@test "a terminal of 40 by 10 has room for all that matters" {
  on_screen 40 10 -e create .
  : >a-file
  until_true shows '^1 record  1 watch  0 overflows'
  shows 'CREATE 100%'
  shows '1 DIRECTORIES'
  keys Tab
  until_true shows '  \./a-file$'
  is "rows that are full" "$(screen | sed -n 10p)" 'q end  s sort  / filter  ? help'
}

@test "no name does harm, and columns stay where they are" {
  on_screen 70 24 -e create .
  : >$'\e[2J\e[31mred\r\n\xff'
  : >'漢字かな'
  : >$'gru\u0308n'
  : >"$(printf 'x%.0s' {1..250})"
  until_true shows '^4 records'
  shows '  \./\\x1b\[2J\\x1b\[31mred\\x0d\\n\\xff$'
  shows '  \./漢字かな$'
  shows '  …x+$'
  is "where paths begin" "$(screen | sed -n '/PATHS/,$p' | grep -E ' (\./|…)' | sed -E 's/(\.\/|…).*//; s/./x/g' | sort -u | wc -l)" 1
}

@test "without colour there is none: NO_COLOR, vt100; and no block is drawn where there is no UTF-8" {
  local coloured=$'\e\\[[0-9;]*3[0-7]m'
  before=(env NO_COLOR=1)
  on_screen 60 12 -e create .
  : >a
  until_true shows '^1 record  '
  run grep -cE "$coloured" <<<"$(tm capture-pane -pe)"
  is "lines with colour" "$output" 0
  end_terminal
  before=(env TERM=vt100 LC_ALL=C)
  on_screen 60 12 -e create .
  : >$'\xe6\xbc\xa2'
  until_true shows '^2 records|^1 record  '
  run grep -cE "$coloured" <<<"$(tm capture-pane -pe)"
  is "lines with colour" "$output" 0
  shows '^#'
  keys Tab
  until_true shows '\\xe6\\xbc\\xa2'
  LC_ALL=C run grep -cP '[\x80-\xff]' <<<"$(screen)"
  is "lines with more than ASCII" "$output" 0
  end_terminal
  before=(env)
  on_screen 60 12 -e create .
  : >b
  until_true shows '^1 record  '
  grep -qE "$coloured" <<<"$(tm capture-pane -pe)"
}

@test "a warning is shown at the bottom, and said once more when the terminal is back" {
  mkdir d
  on_screen 80 24 -r --regex '(a+)+$' d
  : >"d/$(printf 'a%.0s' {1..200})!"
  until_true eval 'screen | tail -n 1 | grep -q "takes too long"'
  keys q
  terminal_is_itself
  shows '^inotap: --regex='
}

@test "of many messages the newest are said at the end, and how many others there were" {
  mkdir d
  on_screen 80 24 -v -r --gitignore d
  /usr/bin/python3 -c '
import os
for i in range(1000):
    os.mkdir("new")
    os.symlink("x", "new/.gitignore")
    os.rename("new", "d/%d" % i)'
  until_true shows ' 1,001 watches'
  until_true eval 'screen | tail -n 1 | grep -q "^inotap: d/.*/.gitignore: "'
  keys q
  until_true test -e "$ctl/over"
  local said left_out
  # On one line what was one line.
  said=$(tm capture-pane -pJS -)
  left_out=$(sed -nE 's/^inotap: ([0-9]+) messages before these are left out$/\1/p' <<<"$said")
  [ "$left_out" -gt 0 ]
  is "messages, and those left out" "$((left_out + $(grep -c '^inotap: d/.*/.gitignore: ' <<<"$said")))" 1000
}

@test "an overflow is seen" {
  keep_queue_limit
  on_screen 80 24 -e create,delete .
  kill -STOP "$inotap"
  overfill x
  kill -CONT "$inotap"
  until_true shows '  1 overflow'
}

@test "what is no terminal is a usage error, and so are options that have no say" {
  run "$INOTAP" --top . </dev/null
  is status "$status" 2
  is message "$output" 'inotap: --top: standard input and output must be a terminal; --stats counts without one'
  local -A why=(
    [--stats]='--stats and --top exclude each other'
    [-d]='--top needs a terminal, and --daemon leaves it'
    [--output=x]='--output: with --top nothing is printed that could go there'
    [-j]='--json, --csv and --format are for what is printed, and --top prints nothing'
    [-0]='--null is for records, and --top prints none'
    [--fields=wd]='--fields is for records, and --top prints none'
    [--host=h]='--host is for records, and --top prints none'
    [--time=unix]='--time is for what is printed, and --top prints nothing'
    [--ready]='--ready prints a record, and --top prints none: --ready-fd=FD tells without one'
    [--paths-from=-]='--top reads keys from standard input, which --paths-from=- would read as well'
    [--by=dir]='--by is for --stats'
    [--sort=total]='--sort is for --stats'
    [--limit=3]='--limit is for --stats; --count=N ends after N records'
  )
  local option
  for option in "${!why[@]}"; do
    run "$INOTAP" --top "$option" . </dev/null
    is "status of $option" "$status" 2
    is "message of $option" "${lines[0]}" "inotap: ${why[$option]}"
  done
}

@test "a terminal that nobody has described, or that cannot move its cursor, is an error that names it" {
  local term
  for term in nonesuch dumb unknown; do
    tm new-session -d -x 120 -y 12 "TERM=$term timeout --foreground 60 '$INOTAP' --top .; echo status \$?; exec sleep 1000" 3>&-
    until_true shows '^status'
    is "the screen" "$(screen | sed '/^$/d; /; Ctrl-C ends it$/d')" \
      "$(printf '%s\n' "inotap: --top: the terminal '$term' of \$TERM is not one that is known to move its cursor; --stats counts without one" "status 1")"
    end_terminal
  done
}
