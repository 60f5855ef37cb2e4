# packages.sh: what the commands need from the distribution, and getting it. Sourced by the scripts.
# shellcheck shell=bash
# shellcheck disable=SC2034 # the lists are for those who source it

# To build the release. libncurses-dev: the live view, --top.
build_packages=(cmake gcc libbsd-dev libc6-dev libncurses-dev libpcre2-dev make pkg-config)

# To run every test besides.
# bash-completion, fish, zsh: completion. bats: the tests. bindfs: a small FUSE file system. clang, libclang-rt-dev:
# another compiler and libFuzzer. clang-format, clang-tidy, mandoc, shellcheck: checks of the tree. dpkg-dev, file,
# lintian: cpack's .deb. git: storms of it, and what its ignore rules say. inotify-tools: what set-up is compared with.
# jq, python3-jsonschema: reading JSON. musl-tools: another C library. nano, vim-tiny: how editors save
# (tests/settle.bats). ntfs-3g: a file system with names of more than 255 bytes. procps: bats' own time limit. rsync: a
# recipe. strace: counting system calls, holding them up. tmux: a terminal that can be looked at. util-linux, bsdutils:
# namespaces, pseudo-terminals. valgrind: counting instructions.
test_packages=(bash-completion bats bindfs bsdutils clang clang-format clang-tidy coreutils dpkg-dev file fish git
  inotify-tools jq lintian mandoc musl-tools nano ntfs-3g procps python3 python3-jsonschema rsync shellcheck strace tmux
  util-linux valgrind vim-tiny zsh)
# What gcc says where long has 32 bits.
[ "$(uname -m)" != x86_64 ] || test_packages+=(gcc-multilib)

# To run scripts/bench: binutils: strip. fatrace, fswatch, inotify-tools, python3-inotify, watchman: what inotap is compared
# with. gnuplot-nox: the plot. python3: the benchmark. strace, valgrind: counting system calls and instructions.
# util-linux, mount: a file system in memory that nobody else uses.
bench_packages=(binutils coreutils fatrace fswatch gnuplot-nox inotify-tools mount python3 python3-inotify strace
  util-linux valgrind watchman)

# The sanitizers' and the fuzzer's libraries are packaged by the version of clang.
clang_runtime_package() {
  dpkg-query -W -f '${Depends}' clang | sed -n 's/.*clang-\([0-9]\+\).*/libclang-rt-\1-dev/p'
}

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    return 127
  fi
}

# quietly COMMAND...: its output is shown only if it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || {
    status=$?
    cat "$log" >&2
  }
  rm -f "$log"
  return "$status"
}

install_packages() {
  as_root apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# Install what is missing of the packages named. Quick when nothing is.
need_packages() {
  local missing
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "$0: this is not Debian or Ubuntu: install what these packages of theirs hold, then build with cmake as" >&2
    echo "$0: CONTRIBUTING.md says: $*" >&2
    return 1
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  as_root true 2>/dev/null || {
    echo "$0: these packages are missing, and installing them needs root or sudo: ${missing[*]}" >&2
    return 1
  }
  echo "$0: installing ${missing[*]}" >&2
  quietly install_packages "${missing[@]}" || {
    echo "$0: installing failed; what is needed: apt-get install ${missing[*]}" >&2
    return 1
  }
}

# Configure the preset once; after that the build notices by itself when it must be done again.
build_preset() {
  if ! { [ -f "build/$1/CMakeCache.txt" ] || quietly cmake --preset "$1"; } ||
    ! quietly cmake --build --preset "$1" --parallel "$(nproc)"; then
    echo "$0: building build/$1 failed; if it is of another machine or compiler, remove it and try again" >&2
    return 1
  fi
}
