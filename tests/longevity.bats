#!/usr/bin/env bats
# What must not grow while it runs for long: the memory that it holds, and its watches.

load helper

local_setup() {
  # In memory, if there is room for it: half a million changes of directories take long on a disk.
  tree=$(mktemp -d /dev/shm/inotap.XXXXXX || mktemp -d)
}

local_teardown() {
  rm -rf "$tree"
}

@test "200,000 renames of directories leave as many bytes held, and as many watches, as there were before" {
  run /usr/bin/python3 "$INOTAP_SOURCE/tests/longevity/renames.py" "$INOTAP" "$INOTAP_BUILD/tests/longevity/held.so" \
    "$ctl/account" "$tree"
  echo "$output" >&2
  is status "$status" 0
}
