#!/usr/bin/env bats
# JSON Lines.

load helper

validate() {
  printf '%s\n' "${lines[@]}" | "$INOTAP_SOURCE/tests/validate.py" "$INOTAP_SOURCE/docs/record.schema.json"
}

@test "a record has the keys of the interface, in its order" {
  start -j -e create up
  : >up/a.txt
  stop
  is keys "$(json -r 'keys_unsorted | join(" ")')" "seq time wd mask events cookie path name"
  is record "$(json 'del(.time)')" \
    '{"seq":1,"wd":1,"mask":256,"events":["CREATE"],"cookie":0,"path":"up/a.txt","name":"a.txt"}'
}

local_setup() {
  mkdir up
}

@test "any byte in a name gives a valid record that holds the exact bytes" {
  start -j -e create .
  /usr/bin/python3 -c '
import itertools
bad = [b"\xff", b"\xc3", b"\xc3(", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\x80", b"\xf0\x9f\x8e"]
names = [bytes([b]) for b in range(1, 256) if b not in (46, 47)]
names += [b"x" + b for b in bad] + [a + b for a, b in itertools.product(bad, bad)]
names += ["gr\u00fcn \u6f22 \U0001f389".encode(), b"\xc2\x9b31m", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"a" * 255, b"\xff" * 255]
for name in sorted(set(names)):
    open(name, "w").close()'
  stop
  is count "$(validate)" "$(find . -type f -printf x | wc -c)"
  # Every name that was made is there, byte for byte.
  is names "$(json -r 'if .name_b64 then .name_b64 else .name | @base64 end' | sort)" \
    "$(/usr/bin/python3 -c 'import base64, os
for entry in os.scandir(b"."):
    if entry.is_file(): print(base64.b64encode(entry.name).decode())' | sort)"
}

@test "every kind of record is valid" {
  : >f
  ln f g
  mkdir d
  start -j --host=h --ready -e all . d f g
  touch d/x
  mv d e
  chmod 600 f
  rm g f
  rmdir -p e/nothing 2>/dev/null || true
  stop
  validate
  has "$(json -r '.events[0]' | sort -u)" READY
  has "$(json -r '.events[0]' | sort -u)" IGNORED
}

@test "a synthetic record is valid" {
  : >f
  ln f g
  start -j -e modify f g
  rm f
  next_line
  stop
  lines=("$line")
  validate
  is synthetic "$(json .synthetic)" true
}

@test "the validator itself notices what is wrong" {
  start -j -e create .
  : >a
  stop
  validate
  local good=${lines[0]} change
  for change in '.seq = 0' 'del(.wd)' '.events = []' '.events = ["NONSENSE"]' '.extra = 1' '.path = "b"' \
    '.name_b64 = "YQ=="' '.cookie = -1' '{wd} + .' '.synthetic = false'; do
    lines=("$(jq -c "$change" <<<"$good")")
    run validate
    [ "$status" -ne 0 ] || {
      echo "accepted: ${lines[0]}" >&2
      return 1
    }
  done
}

@test "-0 ends JSON records with NUL" {
  start -j -0 --time=none -e create .
  : >a
  kill -TERM "$TAP_PID"
  finish_raw
  printf '{"seq":1,"wd":1,"mask":256,"events":["CREATE"],"cookie":0,"path":"./a","name":"a"}\0' | cmp - "$ctl/raw"
}
