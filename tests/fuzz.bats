#!/usr/bin/env bats
# libFuzzer, a little of it; CONTRIBUTING.md says how to run it for long.

load helper

@test "the fuzz targets find nothing in 50,000 inputs each" {
  cmake -S "$INOTAP_SOURCE" -B "$INOTAP_BUILD/fuzz" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DINOTAP_FUZZ=ON -DINOTAP_WERROR=ON >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
  cmake --build "$INOTAP_BUILD/fuzz" --parallel 2 >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
  local target runs count
  count=$(in_full 1000000 50000)
  for target in decode queue record arguments glob filter; do
    mkdir "$target"
    run "$INOTAP_BUILD/fuzz/tests/fuzz/fuzz_$target" -runs="$count" -seed=1 -print_final_stats=1 "$target"
    [ "$status" -eq 0 ] || { printf '%s\n' "$output" | tail -n 60 >&2; return 1; }
    # It did run: a target that is empty would come to the same end.
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' <<<"$output")
    [ "$runs" -ge "$count" ]
  done
}
