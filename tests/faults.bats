#!/usr/bin/env bats
# The n-th call of something fails, for every n of a short run: see tests/faults/run.py.

load helper

each_fails() {
  run "$INOTAP_SOURCE/tests/faults/run.py" "$INOTAP" "$@"
  echo "$output" >&2
  is status "$status" 0
}

@test "memory runs out" {
  local function
  for function in malloc calloc realloc reallocarray; do
    each_fails "$function" 12 # ENOMEM
  done
}

@test "the kernel has no instance or no watch to give" {
  each_fails inotify_init1 24      # EMFILE
  each_fails inotify_add_watch 28  # ENOSPC
  each_fails inotify_add_watch 13  # EACCES
}

@test "reading or waiting fails" {
  each_fails read 5       # EIO
  each_fails epoll_wait 9 # EBADF
}

@test "writing fails" {
  each_fails write 28 # ENOSPC
}

@test "an interruption is not a failure, nor is a short write" {
  each_fails read 4 # EINTR
  each_fails epoll_wait 4
  each_fails write 4
  each_fails write short
}
