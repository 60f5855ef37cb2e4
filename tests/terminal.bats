#!/usr/bin/env bats
# What a person sees: aligned columns, colour, and never a control character from a name.

load helper

# on_terminal ARG...: run inotap on a pseudo-terminal until it ends by itself, while `operations` makes events;
# what the terminal received goes into `lines`, without the carriage returns it adds.
on_terminal() {
  local ready
  mkfifo "$ctl/tty-ready"
  printf -v command '%q ' "$INOTAP" --ready-fd=9 "$@"
  script -qec "$command 9>'$ctl/tty-ready' 2>'$ctl/tty-err'" /dev/null >"$ctl/tty" 3>&- </dev/null &
  others+=($!)
  local script_pid=$!
  read -r -t "$patience_s" ready <"$ctl/tty-ready"
  is ready "$ready" READY=1
  operations
  wait "$script_pid"
  rm "$ctl/tty-ready"
  mapfile -t lines < <(tr -d '\r' <"$ctl/tty")
}

operations() {
  : >a
  mkdir d
  mv a b
}

@test "a terminal gets time, event and path in aligned columns" {
  on_terminal --color=never -n 4 -e create,move .
  local one
  for one in "${lines[@]}"; do
    [[ "$one" =~ ^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}'  '[A-Z_,]+' '+\./[abd]$ ]]
  done
  is "columns where the path begins" "$(printf '%s\n' "${lines[@]}" | awk '{ print index($0, "./") }' | sort -u)" \
    "$((12 + 2 + 16 + 2 + 1))"
}

@test "a terminal gets colour, unless NO_COLOR or TERM=dumb or --color=never says otherwise" {
  on_terminal -n 1 -e create .
  has "${lines[0]}" $'\e[32mCREATE'
  rm -r ./*
  NO_COLOR=1 on_terminal -n 1 -e create .
  lacks "${lines[0]}" $'\e'
  rm -r ./*
  TERM=dumb on_terminal -n 1 -e create .
  lacks "${lines[0]}" $'\e'
  rm -r ./*
  on_terminal --color=never -n 1 -e create .
  lacks "${lines[0]}" $'\e'
  rm -r ./*
  NO_COLOR=1 on_terminal --color=always -n 1 -e create .
  has "${lines[0]}" $'\e[32mCREATE'
}

@test "a pipe gets colour only with --color=always, and its columns stay TABs" {
  start -e create .
  : >a
  stop
  lacks "${lines[0]}" $'\e'
  start --color=always -e create .
  : >b
  stop
  lines_are $'1\t\e[32mCREATE\e[0m\t0\t\e[2m./\e[0mb'
}

@test "no form lets a control character of a name reach the terminal" {
  operations() {
    # clear the screen; C1 control; carriage return; right-to-left override; bell
    : >$'\e[2J\xc2\x9b2J\r\xe2\x80\xae\a"\n'
  }
  local form
  for form in --color=always --csv --json --format=%p:%f:%w -0 --csv\ -0 --format=%p\ -0; do
    # shellcheck disable=SC2086 # two options
    on_terminal $form -n 1 -e create .
    # What is left after the sequences of inotap's own is free of control characters and of reordering marks.
    sed 's/\x1b\[[0-9;]*m//g; s/\r*$//' "$ctl/tty" | tr -d '\n\0' >"$ctl/plain"
    LC_ALL=C run grep -aPc '[\x00-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' "$ctl/plain"
    is "control characters of $form" "$output" 0
    grep -q 2J "$ctl/plain"
    rm -- *2J*
  done
}

@test "once everything is watched a terminal's standard error says so, in one line, but not with -q" {
  operations() { : >x; }
  local command ready
  mkfifo "$ctl/r"
  for quiet in '' -q; do
    script -qec "'$INOTAP' $quiet --ready-fd=9 -n 1 . 9>'$ctl/r' >/dev/null" /dev/null >"$ctl/tty" 3>&- </dev/null &
    others+=($!)
    read -r -t "$patience_s" ready <"$ctl/r"
    : >x
    wait $!
    is "what the terminal shows" "$(tr -d '\r' <"$ctl/tty")" \
      "${quiet:-inotap: watching 1 PATH; Ctrl-C ends it}${quiet:+}" || [ "$quiet" = -q ]
    [ "$quiet" != -q ] || [ ! -s "$ctl/tty" ]
    rm x
  done
}

@test "elsewhere nothing is said unless -v asks" {
  start .
  stop
  stderr_is ""
  start -v . ..
  stop
  stderr_is "inotap: watching 2 PATHs; Ctrl-C ends it"
}
