#!/usr/bin/env bats
# What users get: an installation, a Debian package, a source tarball.

load helper

@test "cmake --install puts the program, the documents and the schema where they belong" {
  DESTDIR=$PWD/root run cmake --install "$INOTAP_BUILD" --prefix /usr
  is status "$status" 0
  # Where zsh looks; see CMakeLists.txt.
  local zsh=site-functions
  [ ! -e /etc/debian_version ] || zsh=vendor-completions
  local documents
  mapfile -t documents < <(cd "$INOTAP_SOURCE" && find docs -type f | LC_ALL=C sort)
  is files "$(find root -type f -printf '%P\n' | LC_ALL=C sort)" "$(printf '%s\n' usr/bin/inotap \
    usr/share/bash-completion/completions/inotap usr/share/doc/inotap/CHANGELOG.md usr/share/doc/inotap/README.md \
    usr/share/doc/inotap/copyright "${documents[@]/#/usr/share/doc/inotap/}" \
    usr/share/fish/vendor_completions.d/inotap.fish usr/share/inotap/record.schema.json \
    usr/share/inotap/table.schema.json usr/share/man/man1/inotap.1 usr/share/zsh/$zsh/_inotap)"
  root/usr/bin/inotap --version
  # README.md links to each of them.
  local link
  while read -r link; do
    [ -f "root/usr/share/doc/inotap/$link" ] || { echo "$link is not there" >&2; return 1; }
  done < <(grep -o '](docs/[^)]*' root/usr/share/doc/inotap/README.md | cut -c3-)
  # The other names, each a link to it that holds wherever the root is.
  is links "$(find root -type l -printf '%P %l\n' | sort)" "$(printf 'usr/libexec/inotap/%s ../../bin/inotap\n' \
    fsnotifywait fsnotifywatch inotifywait inotifywatch)"
  local name
  for name in fsnotifywait fsnotifywatch inotifywait inotifywatch; do
    run "root/usr/libexec/inotap/$name" -t x .
    is status "$status" 1
    has "$output" "'x' is not a valid timeout value."
  done
}

@test "cpack makes a .deb that installs and runs" {
  need_root "to install a package"
  run cpack --config "$INOTAP_BUILD/CPackConfig.cmake" -B "$PWD/pack"
  is status "$status" 0
  local deb root=$PWD/root
  deb=$(echo pack/*.deb)
  has "$(dpkg-deb --field "$deb" Depends)" libc6
  is architecture "$(dpkg-deb --field "$deb" Architecture)" "$(dpkg --print-architecture)"
  # Into a root of its own, where the libraries it depends on are not.
  mkdir -p root/var/lib/dpkg/updates root/var/lib/dpkg/info
  : >root/var/lib/dpkg/status
  run dpkg --root="$root" --force-depends --force-script-chrootless --install "$deb"
  is status "$status" 0
  has "$(dpkg --root="$root" --status inotap)" "Status: install ok installed"
  INOTAP=$root/usr/bin/inotap
  start -n 1 -e create --fields=name .
  : >x
  finish
  is status "$status" 0
  lines_are x
  [ -s root/usr/share/man/man1/inotap.1 ]
  # In one of the directories where Debian's zsh looks.
  [ -s root/usr/share/zsh/vendor-completions/_inotap ]
  has "$(root/usr/libexec/inotap/inotifywait --help || true)" "usage: inotifywait"
}

@test "the source tarball holds what the build needs, and builds" {
  run cpack --config "$INOTAP_BUILD/CPackSourceConfig.cmake" -B "$PWD/pack"
  is status "$status" 0
  mkdir source
  tar xzf pack/inotap-*.tar.gz -C source --strip-components=1
  [ ! -e source/build ]
  [ ! -e source/.git ]
  cmake -S source -B built -DBUILD_TESTING=OFF >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
  cmake --build built --parallel 2 >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
  run ./built/inotap --version
  is status "$status" 0
}

# build_with OPTION...: the program alone, into the directory `built`.
build_with() {
  cmake -S "$INOTAP_SOURCE" -B built -DCMAKE_BUILD_TYPE=Debug -DBUILD_TESTING=OFF "$@" >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
  cmake --build built --target inotap --parallel 2 >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
}

@test "a build with -DINOTAP_STATIC=ON needs no shared library, and watches" {
  build_with -DINOTAP_STATIC=ON
  has "$(file -b built/inotap)" "static-pie linked"
  is "shared libraries that it names" "$(readelf --dynamic built/inotap | grep -c NEEDED)" 0
  INOTAP=$PWD/built/inotap
  mkdir -p d/sub
  # What the C library brings with it: conversion of times, and looking for compiled-in terminals.
  TZ=Europe/Berlin start -r -j --regex '^sub/[ab]$' -n 2 -e create d
  touch d/sub/a d/sub/c d/sub/b
  finish
  is status "$status" 0
  is paths "$(json -r .path)" $'d/sub/a\nd/sub/b'
  run built/inotap --top . </dev/null
  has "$output" "--top: standard input and output must be a terminal"
}

@test "a build without ncurses has all but --top, and says so" {
  build_with -DINOTAP_TOP=OFF
  run ./built/inotap --top .
  is status "$status" 2
  is message "$output" \
    'inotap: --top: this inotap was built without ncurses, and has no live view; --stats counts without one'
  run ./built/inotap -t 1ms --stats .
  is status "$status" 3
}
