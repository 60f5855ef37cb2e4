#!/usr/bin/env bats
# Text and templates, to a pipe.

load helper

# A name of every byte that a name can have, in pieces of at most 200 bytes.
make_every_byte() {
  /usr/bin/python3 -c '
import os
for part in range(0, 256, 64):
    name = bytes(b for b in range(part, part + 64) if b not in (0, 47))
    open(name, "w").close()'
}

@test "a record is wd, events, cookie and path, separated by TABs" {
  start -e create,moved_from,moved_to .
  : >a
  mv a b
  stop
  [ "${lines[0]}" = $'1\tCREATE\t0\t./a' ]
  [[ "${lines[1]}" =~ ^$'1\tMOVED_FROM\t'([1-9][0-9]*)$'\t./a'$ ]]
  [ "${lines[2]}" = $'1\tMOVED_TO\t'"${BASH_REMATCH[1]}"$'\t./b' ]
}

@test "a name cannot break or forge a line" {
  start -e create .
  : >$'x\n1\tDELETE\t0\t.\\etc'
  : >$'\e[2J\r\x7f'
  : >$'\xc2\x9b31m\xe2\x80\xa8'
  stop
  lines_are $'1\tCREATE\t0\t./x\\n1\\tDELETE\\t0\\t.\\\\etc' \
    $'1\tCREATE\t0\t./\\x1b[2J\\x0d\\x7f' \
    $'1\tCREATE\t0\t./\\xc2\\x9b31m\\xe2\\x80\\xa8'
}

@test "printf %b turns every byte of an escaped path back" {
  start -e create .
  make_every_byte
  stop
  is count "${#lines[@]}" 4
  local one path
  for one in "${lines[@]}"; do
    path=$(cut -f 4 <<<"$one")
    printf -v path %b "$path"
    [ -e "$path" ]
    rm -- "$path"
  done
}

@test "UTF-8 is printed as it is, and what is not UTF-8 byte by byte" {
  start -e create .
  : >'grün 漢字 🎉'
  : >$'\xff\xc3(\xe2\x82'
  stop
  lines_are $'1\tCREATE\t0\t./grün 漢字 🎉' $'1\tCREATE\t0\t./\\xff\\xc3(\\xe2\\x82'
}

@test "-0 ends records with NUL and leaves paths raw" {
  start -0 -e create .
  : >$'a\nb\\\xff'
  : >c
  kill -TERM "$TAP_PID"
  finish_raw
  printf '1\tCREATE\t0\t./a\nb\\\xff\0%s\0' $'1\tCREATE\t0\t./c' | cmp - "$ctl/raw"
}

@test "-0 with a template feeds xargs -0" {
  start -0 --format=%p -e create .
  make_every_byte
  kill -TERM "$TAP_PID"
  finish_raw
  xargs -0 rm -- <"$ctl/raw"
  is "what is left" "$(ls -A)" ""
}

@test "a template has every letter" {
  mkdir d
  start --host=here --time=unix --format='%w|%f|%p|%P|%e|%:e|%c|%d|%m|%q|%h|%u|%i|%C|%%|%n%T' -e create d
  mkdir d/e
  stop
  is "first line" "${lines[0]}" 'd/|e|d/e||CREATE,ISDIR|CREATE:ISDIR|0|1|0x40000100|1|here|?|?|?|%|'
  [[ "${lines[1]}" =~ ^[0-9]{10}\.[0-9]{9}$ ]]
}

@test "%w is the watched file, and the watched directory with one slash" {
  mkdir d
  : >f
  start --format='%w %f %p' -e attrib f d//
  chmod 600 f
  chmod 700 d
  : >d/x
  chmod 600 d/x
  stop
  lines_are 'f  f' 'd/  d//' 'd/ x d/x'
}

@test "a template escapes as printf(1) does, and %0 is a NUL" {
  start --format='\101\x42\u00e9\t%f\\\e%0' -e create .
  : >n
  kill -TERM "$TAP_PID"
  finish_raw
  printf 'AB\xc3\xa9\tn\\\033\0\n' | cmp - "$ctl/raw"
}

@test "the separator of %Xe may be any character, or an escape" {
  start --format='%ée %\te % e %%e' -e create .
  mkdir d
  stop
  lines_are $'CREATEéISDIR CREATE\tISDIR CREATE ISDIR %e'
}

@test "a template escapes names as text does" {
  start --format='%f %p' -e create .
  : >$'a\nb'
  stop
  lines_are 'a\nb ./a\nb'
}
