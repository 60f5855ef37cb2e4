#!/usr/bin/env bats
# The n-th call of something fails, for every n of a short run: see tests/faults/run.py.

load helper
load faults/each_fails

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

@test "under the name inotifywait memory runs out, and that is said, and none leaks" {
  export ASAN_OPTIONS=detect_leaks=1:exitcode=99:allocator_may_return_null=1 LSAN_OPTIONS=exitcode=98
  local function count
  mkdir -p d/s d/o
  printf '%s\n' d @d/o >list
  for function in malloc calloc realloc reallocarray; do
    for ((count = 1; count < 300; count++)); do
      rm -f "$ctl/mark" "$ctl/said" log
      INOTAP_FAULT=$function:$count:12 INOTAP_FAULT_MARK=$ctl/mark "$INOTAP" inotifywait -r --fromfile list --include x --timefmt %Y \
        --format '%T %w%f' -o log -e create >"$ctl/got" 2>"$ctl/said" 3>&- &
      TAP_PID=$!
      # Until it has ended, which one event is enough for.
      while kill -0 "$TAP_PID" 2>/dev/null; do
        mkdir d/s/x 2>/dev/null || rmdir d/s/x
      done
      status=0
      wait "$TAP_PID" || status=$?
      TAP_PID=
      [ "$status" -le 1 ] || { echo "$function, call $count: status $status" >&2; cat "$ctl/said" >&2; return 1; }
      [ -e "$ctl/mark" ] || break
      [ "$status" -eq 0 ] || grep -qE 'Cannot allocate memory|^Failed to open output file log$' "$ctl/said" ||
        { echo "$function, call $count" >&2; cat "$ctl/said" >&2; return 1; }
    done
    is "status of a run without a failure" "$status" 0
    [[ "$(cat log)" =~ ^20..\ d/s/x$ ]]
    [ "$count" -lt 300 ]
  done
}

@test "in ignore rules memory runs out, and none leaks" {
  export ASAN_OPTIONS=detect_leaks=1 HOME=$PWD GIT_CONFIG_NOSYSTEM=1
  local function count failed=0 verdicts=$INOTAP_BUILD/tests/ignore/verdicts
  git init -q top
  mkdir -p top/a/b
  echo x >top/.gitignore
  echo '!y' >top/a/.gitignore
  echo a/b/z >>top/.git/info/exclude
  echo v >mine
  # shellcheck disable=SC2088 # git expands it
  git -C top config core.excludesFile '~/mine'
  for function in malloc calloc realloc reallocarray; do
    for ((count = 1; count < 200; count++)); do
      status=0
      printf 'x\0y\0z\0v\0' | INOTAP_FAULT=$function:$count:12 "$verdicts" top/a/b >"$ctl/got" 2>"$ctl/said" || status=$?
      [ "$status" -eq 2 ] || break
      failed=$((failed + 1))
    done
    cat "$ctl/said" >&2
    is "status" "$status" 0
    is "the verdicts" "$(tr '\0' ' ' <"$ctl/got")" "x out y kept z out v out "
  done
  [ "$failed" -ge 10 ]
}

@test "in filters memory runs out, and none leaks" {
  export ASAN_OPTIONS=detect_leaks=1 INOTAP_FAULT_MARK=$PWD/mark
  local function count path got failed=0 lost=0
  # Longer than what there is room for at first; the regex needs the slash behind it.
  path=$(printf 'directory/%.0s' {1..500})y
  for function in malloc calloc realloc; do
    for ((count = 1; count < 200; count++)); do
      status=0
      got=$(INOTAP_FAULT=$function:$count:12 "$INOTAP_BUILD/tests/unit/test_filter" --once "$path" \
        'g:!*.o' 'R:(Y/)+$' 'r:!(*NO_JIT)^(x|y)+$' 'G:a/**/b') || status=$?
      [ -e mark ] || break
      rm mark
      case $status:$got in
        2:) failed=$((failed + 1)) ;;
        # Compiling to machine code failed.
        0:kept) ;;
        # So did matching.
        0:'kept overrun') lost=$((lost + 1)) ;;
        *) echo "$function call $count: status $status, '$got'" >&2; return 1 ;;
      esac
    done
    is status "$status" 0
    is "the verdict" "$got" kept
  done
  [ "$failed" -ge 10 ]
  [ "$lost" -ge 1 ]
}

@test "nothing is allocated for an event" {
  # A hundred times the events, and as many calls for memory.
  local count
  for count in 50 5000; do
    INOTAP_FAULT_ALLOCATIONS=$PWD/allocations.$count start -j -n "$count" -e create .
    /usr/bin/python3 -c 'import os, sys
for i in range(int(sys.argv[1])): os.mknod(f"n{i}")' "$count"
    finish
    is status "$status" 0
    is records "${#lines[@]}" "$count"
    rm n*
  done
  [ "$(cat allocations.50)" -gt 0 ]
  is "calls for memory" "$(cat allocations.5000)" "$(cat allocations.50)"
}
