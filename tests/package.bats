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

# pack DIR: the Debian package, as $deb. What one test has packed into DIR serves all.
pack() {
  local dir=$BATS_FILE_TMPDIR/$1
  [ -e "$dir/done" ] || {
    run cpack --config "$INOTAP_BUILD/CPackConfig.cmake" -B "$dir"
    is "status of cpack, which says $output" "$status" 0
    : >"$dir/done"
  }
  deb=$(echo "$dir"/*.deb)
}

@test "cpack makes a .deb that installs and runs" {
  need_root "to install a package"
  local deb root=$PWD/root library
  pack pack
  # No library is embedded: the distribution's updates of them reach the program.
  for library in libc6 libncursesw6 libtinfo6 libpcre2-8-0; do
    has "$(dpkg-deb --field "$deb" Depends)" "$library "
  done
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
  gunzip -c root/usr/share/man/man1/inotap.1.gz | cmp - "$INOTAP_SOURCE/man/inotap.1"
  # In one of the directories where Debian's zsh looks.
  [ -s root/usr/share/zsh/vendor-completions/_inotap ]
  has "$(root/usr/libexec/inotap/inotifywait --help || true)" "usage: inotifywait"
}

@test "lintian has neither an error nor a warning for the .deb, and its size and changelog are right" {
  local deb version
  # Of Debian 12 and 13; another one may find more.
  version=$(lintian --print-version) || cannot "needs lintian"
  case $version in
    2.116.* | 2.122.*) ;;
    *) skip "needs lintian 2.116 or 2.122, and finds $version" ;;
  esac
  pack pack
  run lintian --profile debian --allow-root --fail-on error,warning "$deb"
  is "what lintian says" "$output" ""
  is status "$status" 0
  # As dpkg itself counts it.
  dpkg-deb --extract "$deb" root
  printf 'Source: x\n\nPackage: x\nArchitecture: any\nDescription: x\n' >control
  printf 'x (1) x; urgency=low\n\n  * x\n\n -- x <x@x>  Thu, 01 Jan 1970 00:00:00 +0000\n' >changelog
  dpkg-gencontrol -ccontrol -lchangelog -ffiles -Proot -Ocounted
  is Installed-Size "$(dpkg-deb --field "$deb" Installed-Size)" "$(sed -n 's/^Installed-Size: //p' counted)"
  # Every change is in the changelog.
  gunzip -c root/usr/share/doc/inotap/changelog.gz >changelog
  is "complaints about the changelog" "$(dpkg-parsechangelog --file changelog 2>&1 >parsed)" ""
  is version "inotap $(sed -n 's/^Version: //p' parsed)" "$("$INOTAP" --version | head -n 1)"
  is changes "$(grep -c '^   \* ' parsed)" "$(grep -c -e '^- ' -e '^The first version' "$INOTAP_SOURCE/CHANGELOG.md")"
}

@test "Debian's changelog has the versions of CHANGELOG.md, each with its day" {
  mkdir -p source/man
  cp "$INOTAP_SOURCE/LICENSE" source
  echo '.Dd March 4, 2027' >source/man/inotap.1
  printf '%s\n' '# Changes' '' 'Not a change.' '' '## 1.1.0, not yet released' '' '- One [change](docs/x.md),' '  in two lines.' \
    '- Another.' '' '## 1.0.0, 2027-01-31' '' 'The first.' >source/CHANGELOG.md
  "$INOTAP_SOURCE/cmake/debian-documents" source 1.1.0 'A B <a@b.example>' made
  is changelog "$(gunzip -c made/changelog.gz)" "$(printf '%s\n' 'inotap (1.1.0) UNRELEASED; urgency=medium' '' \
    '  * One change, in two lines.' '  * Another.' '' ' -- A B <a@b.example>  Thu, 04 Mar 2027 00:00:00 +0000' '' \
    'inotap (1.0.0) unstable; urgency=medium' '' '  * The first.' '' ' -- A B <a@b.example>  Sun, 31 Jan 2027 00:00:00 +0000')"
  is "complaints about the changelog" "$(dpkg-parsechangelog --all --file made/changelog 2>&1 >/dev/null)" ""
  SOURCE_DATE_EPOCH=86400 "$INOTAP_SOURCE/cmake/debian-documents" source 1.1.0 'A B <a@b.example>' made
  is "days" "$(sed -n 's/^ -- .*> *//p' made/changelog)" $'Fri, 02 Jan 1970 00:00:00 +0000\nSun, 31 Jan 2027 00:00:00 +0000'
  run "$INOTAP_SOURCE/cmake/debian-documents" source 1.2.0 'A B <a@b.example>' made
  is status "$status" 1
  is message "$output" "debian-documents: CHANGELOG.md begins with version 1.1.0 and not 1.2.0, which is packed"
}

@test "a .deb that is packed again is the same to the byte, whatever the time, the umask and the directory" {
  local deb first
  pack pack
  first=$deb
  umask 077
  mkdir -m 2700 "$BATS_FILE_TMPDIR/other"
  pack other
  cmp "$first" "$deb"
}

@test "the source tarball holds what the build needs, and builds" {
  run cpack --config "$INOTAP_BUILD/CPackSourceConfig.cmake" -B "$PWD/pack"
  is status "$status" 0
  mkdir source
  tar xzf pack/inotap-*.tar.gz -C source --strip-components=1
  [ ! -e source/build ]
  [ ! -e source/.git ]
  cmake -S source -B built -DCMAKE_BUILD_TYPE=Debug -DBUILD_TESTING=OFF >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
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
