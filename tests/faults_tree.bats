#!/usr/bin/env bats
# The same as faults.bats in a tree, and with filters: in a file of its own, so that both run at the same time.

load helper
load faults/each_fails

@test "in a tree memory runs out" {
  local function
  for function in malloc calloc realloc reallocarray; do
    each_fails --tree "$function" 12 # ENOMEM
  done
}

@test "in a tree a directory cannot be watched, opened or listed" {
  each_fails --tree inotify_add_watch 28 # ENOSPC
  each_fails --tree inotify_add_watch 13 # EACCES
  each_fails --tree openat64 24          # EMFILE
  each_fails --tree openat64 13          # EACCES
  each_fails --tree syscall 5            # EIO of getdents64(2)
}

@test "in a tree reading is interrupted" {
  each_fails --tree read 4 # EINTR
}

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
