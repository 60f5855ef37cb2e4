#!/usr/bin/env bats
# --time in all its forms. That a time is right is shown by clocks read before and after.

load helper

# one_time FORMAT: the time of one record, into `time`; the clock before and after, into `before` and `after`.
one_time() {
  start -j --time="$1" -e create .
  before=$(date +%s%N)
  rm -f a
  : >a
  stop
  after=$(date +%s%N)
  time=$(json -r .time)
}

@test "rfc3339 is the default, local time with its offset, and right to the nanosecond" {
  export TZ=XYZ-5:30
  one_time rfc3339
  [[ "$time" =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}\+05:30$ ]]
  local at
  at=$(date -d "$time" +%s%N)
  [ "$before" -le "$at" ]
  [ "$at" -le "$after" ]
  start -j -e create .
  : >b
  stop
  [[ "$(json -r .time)" =~ ^[-0-9]{10}T[:0-9]{8}\.[0-9]{9}\+05:30$ ]]
}

@test "unix is seconds since the epoch with nanoseconds" {
  one_time unix
  [[ "$time" =~ ^[0-9]+\.[0-9]{9}$ ]]
  [ "$before" -le "${time/./}" ]
  [ "${time/./}" -le "$after" ]
}

@test "mono is the monotonic clock" {
  local low high
  low=$(cut -d ' ' -f 1 /proc/uptime)
  one_time mono
  high=$(cut -d ' ' -f 1 /proc/uptime)
  [[ "$time" =~ ^[0-9]+\.[0-9]{9}$ ]]
  # Uptime includes suspended time, the monotonic clock does not; on a machine that never sleeps they agree.
  awk -v t="$time" -v high="$high" 'BEGIN { exit !(t <= high + 0.01) }'
  [ -n "$low" ]
}

@test "a strftime string, with %N and its first digits, and %:z" {
  export TZ=ABC+3
  one_time '%Y|%H:%M:%S.%3N|%N|%:z|%Z|100%%'
  [[ "$time" =~ ^20[0-9]{2}\|[0-9]{2}:[0-9]{2}:[0-9]{2}\.([0-9]{3})\|([0-9]{9})\|-03:00\|ABC\|100%$ ]]
  [[ "${BASH_REMATCH[2]}" == "${BASH_REMATCH[1]}"* ]]
}

@test "none leaves the time out of every form" {
  start -j --time=none -e create .
  : >a
  stop
  is keys "$(json -r 'keys_unsorted | join(" ")')" "seq wd mask events cookie path name"
  start --format='[%T]' --time=none -e create .
  : >b
  stop
  lines_are '[]'
}

@test "text has no time unless --time asks for one, and then in the first column" {
  start --time=unix -e create .
  : >a
  stop
  [[ "${lines[0]}" =~ ^[0-9]+\.[0-9]{9}$'\t1\tCREATE\t0\t./a'$ ]]
  start --time=none -e create .
  : >b
  stop
  lines_are $'1\tCREATE\t0\t./b'
}

@test "a time of nothing but control characters fits, in every form" {
  local long form
  long=$(printf '\001%.0s' {1..240})
  for form in --null --json --csv --format=%T; do
    start "$form" --time="$long%Y" --ready .
    kill -TERM "$TAP_PID"
    finish_raw
    is "status of $form" "$status" 143
    [ "$(wc -c <"$ctl/raw")" -gt 240 ]
  done
}

@test "a time format cannot break JSON or CSV" {
  start -j --time=$'"%S,\n\\' -e create .
  : >a
  stop
  [[ "$(json -r .time)" =~ ^\"[0-9]{2},$'\n'\\$ ]]
  start -c --no-header --time='"%Y",' --fields=time,wd -e create .
  : >b
  stop
  [[ "${lines[0]}" =~ ^'"""'[0-9]{4}'"","'',1'$'\r'$ ]]
}
