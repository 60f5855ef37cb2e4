# each_fails.bash: for the tests that have calls fail.
# shellcheck shell=bash
# shellcheck disable=SC2154 # what bats sets

# each_fails [--tree | --filters] FUNCTION FAILURE: a run of inotap for each of its calls of FUNCTION, of which that one fails
# so: see run.py.
each_fails() {
  local options=()
  [[ "$1" != --* ]] || {
    options=("$1")
    shift
  }
  run "$INOTAP_SOURCE/tests/faults/run.py" "${options[@]}" "$INOTAP" "$@"
  echo "$output" >&2
  is status "$status" 0
}
