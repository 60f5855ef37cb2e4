#!/usr/bin/env bats
# The same as faults.bats with filters: in a file of its own, so that all of them run at the same time.

load helper
load faults/each_fails

@test "with filters memory runs out, or a file of rules cannot be opened or read" {
  local function
  export GIT_CONFIG_NOSYSTEM=1
  for function in malloc calloc realloc reallocarray; do
    each_fails --filters "$function" 12 # ENOMEM
  done
  each_fails --filters openat64 13 # EACCES
  each_fails --filters openat64 24 # EMFILE
  each_fails --filters read 4      # EINTR
}
