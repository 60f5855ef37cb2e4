#!/usr/bin/env bats
# The same as faults.bats in a tree: in a file of its own, so that all of them run at the same time.

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
