#!/usr/bin/env bats
# libFuzzer, a little of it; CONTRIBUTING.md says how to run it for long.

load helper

@test "the fuzz targets find nothing" {
  cmake -S "$INOTAP_SOURCE" -B "$INOTAP_BUILD/fuzz" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DINOTAP_FUZZ=ON -DINOTAP_WERROR=ON >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
  cmake --build "$INOTAP_BUILD/fuzz" --parallel 2 >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
  local target runs count
  count=$(in_full 1000000 20000)
  # Two at a time.
  printf '%s\n' decode queue record arguments glob filter | xargs -P 2 -I {} sh -c 'mkdir {} &&
    "$0/fuzz_{}" -runs="$1" -seed=1 -print_final_stats=1 {} >{}.log 2>&1; echo $? >{}.status' \
    "$INOTAP_BUILD/fuzz/tests/fuzz" "$count"
  for target in decode queue record arguments glob filter; do
    [ "$(cat "$target.status")" = 0 ] || { tail -n 60 "$target.log" >&2; return 1; }
    # It did run: a target that is empty would come to the same end.
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$target.log")
    [ "$runs" -ge "$count" ]
  done
}
