#!/usr/bin/env bats
# --fields, --host, and the sequence number.

load helper

@test "--fields chooses and orders the columns of text and CSV" {
  start --fields=name,len,mask,events -e create .
  : >a
  mkdir bb
  stop
  lines_are $'a\t16\t256\tCREATE' $'bb\t16\t1073742080\tCREATE,ISDIR'
  rm -rf ./*
  start --csv --no-header --fields=events,name -e create .
  mkdir bb
  stop
  lines_are $'"CREATE,ISDIR",bb\r'
}

@test "--fields chooses and orders the keys of JSON, len and host among them" {
  start -j --host=example --fields=host,len,name,seq -e create .
  : >a
  stop
  lines_are '{"host":"example","len":16,"name":"a","seq":1}'
}

@test "a JSON object whose first field does not apply is still one" {
  start -j --fields=synthetic,name -e create .
  : >a
  stop
  lines_are '{"name":"a"}'
}

@test "--host adds the field to every record of every form" {
  start --host='a "b"' -j --ready .
  : >a
  stop
  is hosts "$(json -r .host | sort -u)" 'a "b"'
  start --host=h -e create .
  : >b
  stop
  lines_are $'1\tCREATE\t0\t./b\th'
  start --host='h,i' -c --no-header --time=none -e create .
  : >c
  stop
  lines_are $'1,1,256,CREATE,0,./c,c,"h,i"\r'
}

@test "--host adds the field also to those of --fields, last if they do not name it" {
  start --host=h --fields=name,wd -e create .
  : >a
  stop
  lines_are $'a\t1\th'
}

@test "the fields from and count need the options that fill them" {
  run --separate-stderr "$INOTAP" --fields=path,from .
  is status "$status" 2
  # shellcheck disable=SC2154 # set by run
  has "$stderr" "'from' needs --rename"
  run --separate-stderr "$INOTAP" --fields=count --rename .
  is status "$status" 2
  has "$stderr" "'count' needs --settle=DURATION"
}

@test "from and count are empty, and no keys of JSON, where they do not apply" {
  start -j --rename --fields=from,name -e create .
  : >a
  stop
  lines_are '{"name":"a"}'
  start -c --no-header --time=none --rename -e create .
  : >b
  stop
  lines_are $'1,1,256,CREATE,0,./b,b,\r'
  start --rename --fields=from,name,wd -e create .
  : >c
  stop
  lines_are $'\tc\t1'
}

@test "seq counts every record from 1 without a gap" {
  start -j --ready -e all . .
  touch a b c
  rm a b c
  stop
  is seqs "$(json .seq)" "$(seq "${#lines[@]}")"
}
