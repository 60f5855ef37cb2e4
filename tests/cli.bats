#!/usr/bin/env bats
# The command line: what is accepted, and what is said of the rest.

load helper

# refused STATUS-2 ARG... with a message on standard error that has every part given before --.
refused() {
  local -a parts=()
  local part
  while [ "$1" != -- ]; do
    parts+=("$1")
    shift
  done
  shift
  run --separate-stderr "$INOTAP" "$@"
  is status "$status" 2
  is "standard output" "$output" ""
  # shellcheck disable=SC2154 # set by run
  for part in "${parts[@]}"; do has "$stderr" "$part"; done
  # Whatever is said, each line says who says it.
  is "lines without inotap's name" "$(grep -v '^inotap: ' <<<"$stderr")" ""
}

@test "without a PATH it is a usage error" {
  refused "no PATH" --
}

@test "an unknown option is named, with the nearest there is" {
  refused "--jsn" "--json" -- --jsn .
  refused "there is no option --rm" -- --rm .
  lacks "$stderr" nearest
  refused "-k" -- -k .
  refused "-k" -- -jk .
  refused "there is no option -k" -- --json -kj .
  refused "--paths could be any of: --paths-from --paths0-from" -- --paths=x .
}

@test "options of other tools are answered with what does the same here" {
  local option
  while read -r option ours; do
    refused "there is no option $option; " "$ours" -- "$option" .
  done <<'END'
--exclude -g '!GLOB'
--excludei --iglob='!GLOB'
--exclude-from --ignore-file=FILE
--include -g GLOB
--monitor inotap goes on
-m inotap goes on
--debounce --settle=DURATION
--latency --settle=DURATION
--timefmt --time=FORMAT
--fromfile --paths-from=FILE
--depth --max-depth=N
--log -o FILE
--outfile -o FILE
-w PATHs
END
}

@test "options of later versions do not exist yet, rather than being ignored" {
  local option
  for option in --backend=inotify \
    --who --control=x -x --exec; do
    refused "there is no option ${option%%=*}" -- "$option" .
  done
}

@test "a value that is not whole and valid is refused, with the option and the value" {
  refused "--count" "'0'" -- -n 0 .
  refused "--count" "'1x'" -- --count=1x .
  refused "--count" "'-1'" -- -n -1 .
  refused "--count" "'99999999999999999999'" -- -n 99999999999999999999 .
  refused "--timeout" "'5x'" -- -t 5x .
  refused "--timeout" "''" -- -t '' .
  refused "--timeout" "'1e3'" -- -t 1e3 .
  refused "--timeout" "'9999999999h'" -- -t 9999999999h .
  refused "--idle" "'5 s'" -- --idle='5 s' .
  refused "--buffer" "'271'" "272" -- --buffer=271 .
  refused "--buffer" "'1T'" -- --buffer=1T .
  refused "--color" "'blue'" "always" -- --color=blue .
  refused "--ready-fd" "'1'" -- --ready-fd=1 .
  refused "--ready-fd" "not an open" -- --ready-fd=77 .
  refused "--fields" "'nmae'" "'name'" -- --fields=wd,nmae .
  refused "--fields" "twice" -- --fields=wd,wd .
  refused "--fields" "--host" -- --fields=host .
  refused "--settle" "'0'" "longer than 0" -- --settle=0 .
  refused "--settle" "'0.0ms'" "longer than 0" -- --settle=0.0ms .
  refused "--settle" "'1d'" "ms, s (default), m or h" -- --settle=1d .
  refused "--settle" "''" -- --settle= .
  refused "--settle" "'9999999999h'" -- --settle=9999999999h .
  refused "--max-delay" "'0'" "longer than 0" -- --settle=1 --max-delay=0 .
  refused "--max-delay" "'x'" "ms, s (default), m or h" -- --settle=1 --max-delay=x .
  refused "--max-delay" "'99ms'" "--settle=0.1" "at least as long" -- --settle=0.1 --max-delay=99ms .
  refused "--max-delay" "'99ms'" "--settle=0.1" "at least as long" -- --max-delay=99ms --settle=0.1 .
  refused "--max-delay" "'5s'" "--settle=DURATION" -- --max-delay=5s .
  refused "--time" "'%!'" -- --time='%!' .
  refused "--time" "'iso'" -- --time=iso .
  refused "--format" "'%z'" "byte 3" -- --format='ab%z' .
  refused "--format" "escape" -- --format='\q' .
  refused "--host" -- --host= .
  refused "--output" -- --output= .
  refused "a PATH is empty" -- ''
}

@test "options that take a value say so when there is none, and the others when there is one" {
  refused "-t needs a value" "--timeout=DURATION" -- . -t
  refused "--count needs a value" -- . --count
  refused "--settle needs a value" "--settle=DURATION" -- . --settle
  refused "--json takes no value" -- --json=yes .
  refused "--rename takes no value" -- --rename=yes .
}

@test "options that contradict each other are refused" {
  refused "exclude each other" -- -j -c .
  refused "exclude each other" -- -j --format=%p .
  refused "--fields" -- --format=%p --fields=wd .
  refused "--time=none" -- --fields=time --time=none .
  refused "oneshot" -- -r -e create,oneshot .
  refused "mask_create" -- -F -e create,mask_create .
  refused "only once" -- --paths-from=- --paths0-from=- .
}

@test "--settle is taken up to the longest time there is, and then --max-delay as well" {
  # Ten times as long would overflow.
  start --settle=2562047h .
  stop
  start --settle=2562047h --max-delay=2562047h .
  stop
  start --max-delay=50ms --settle=50ms .
  stop
}

@test "options may follow the PATHs, and letters may be joined" {
  : >f
  start . -jn1
  echo x >>f
  finish
  is status "$status" 0
  is path "$(json -r .path)" ./f
}

@test "--help prints every option and event to standard output, and is a success" {
  run --separate-stderr "$INOTAP" --help
  is status "$status" 0
  is "standard error" "$stderr" ""
  local word
  for word in --events= --paths0-from= --ready-fd= --idle= close_nowrite mask_create writes q_overflow; do
    has "$output" "$word"
  done
}

@test "--version prints the version" {
  run "$INOTAP" -V
  is status "$status" 0
  is version "$output" "inotap $(sed -n 's/^  VERSION \([0-9.]*\)$/\1/p' "$INOTAP_SOURCE/CMakeLists.txt")"
}

@test "--help into a full device is a failure" {
  run bash -c '"$INOTAP" --help >/dev/full'
  is status "$status" 1
  has "$output" "No space left"
}

@test "a message shows the control characters of a name, and does not send them" {
  run --separate-stderr "$INOTAP" $'no\e[2Jsuch\nfile'
  is status "$status" 1
  is message "$stderr" 'inotap: no\x1b[2Jsuch\nfile: No such file or directory'
}

@test "a closed standard output is an error, and no watched file takes its place" {
  run bash -c '"$INOTAP" . 2>&1 >&-'
  is status "$status" 1
  has "$output" "standard output: Bad file descriptor"
}
