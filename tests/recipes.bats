#!/usr/bin/env bats
# docs/recipes.md: each script, as it stands there, does what is said of it.
# A recipe runs until its inotap is told to end, which prints what is queued: so its loop has then done all it is to do.

load helper

# The recipes call inotap. This one tells when it watches, and who it is.
local_setup() {
  mkdir "$ctl/bin"
  mkfifo "$ctl/ready" "$ctl/out"
  cat >"$ctl/bin/inotap" <<EOF
#!/bin/sh
echo "\$\$" >"$ctl/pid"
exec "$INOTAP" --ready-fd=9 "\$@" 9>"$ctl/ready"
EOF
  chmod +x "$ctl/bin/inotap"
  export PATH=$ctl/bin:$PATH
  unset MAKEFLAGS MAKELEVEL
}

local_teardown() {
  kill -KILL "$(cat "$ctl/pid" 2>/dev/null)" 2>/dev/null || true
}

# write_recipe TITLE [N]: the n-th script below that heading, into $ctl/recipe.
write_recipe() {
  awk -v title="## $1" -v wanted="${2:-1}" '
    /^## / { inside = $0 == title; n = 0 }
    /^```$/ { copying = 0 }
    copying { print }
    inside && /^```sh$/ { n++; copying = n == wanted }' "$INOTAP_SOURCE/docs/recipes.md" >"$ctl/recipe"
  [ -s "$ctl/recipe" ]
}

# recipe TITLE ARG...: run it in the background, and return once it watches. Its output is read by `ends` or next_line.
recipe() {
  local line=
  write_recipe "$1"
  bash "$ctl/recipe" "${@:2}" >"$ctl/out" 2>"$ctl/err" 3>&- &
  TAP_PID=$!
  exec {TAP_OUT}<"$ctl/out"
  IFS= read -r -t "$patience_s" line <"$ctl/ready" || true
  is "what says that it watches" "$line" READY=1
}

# ends: end its inotap, and read what it still prints.
ends() {
  kill -TERM "$(cat "$ctl/pid")"
  finish
}

@test "each script of the page is run by a test, and shellcheck has nothing to say about them" {
  local titles title n
  titles=$(awk '/^## / { title = substr($0, 4) } /^```sh$/ { print title }' "$INOTAP_SOURCE/docs/recipes.md" | sort)
  [ "$(wc -l <<<"$titles")" -ge 9 ]
  is "scripts that tests run" \
    "$(sed -nE 's/^ +(write_)?recipe "([^"$]+)".*/\2/p' "$BATS_TEST_FILENAME" | sort | uniq)" "$(uniq <<<"$titles")"
  while IFS= read -r title; do
    for n in 1 2; do
      write_recipe "$title" "$n" || [ "$n" -gt 1 ]
      run shellcheck -s bash "$ctl/recipe"
      is "what shellcheck says about '$title'" "$output" ""
    done
  done <<<"$titles"
}

@test "it is built at the start, after a save and after a save meanwhile, and not because of what is built" {
  local steps go
  mkdir project
  mkfifo steps go
  exec {steps}<>steps {go}<>go
  printf 'all:\n\t@echo begin >../steps; read -r _ <../go; cat main.c >main.o; echo end >../steps\n' >project/Makefile
  echo '*.o' >project/.gitignore
  echo 1 >project/main.c
  step() {
    local got
    IFS= read -r -t "$patience_s" -u "$steps" got
    is "the step" "$got" "$1"
  }
  recipe "Rebuild on save" project
  step begin
  # By rename, as editors do, while the first build is busy. Stopped, so that it tells both at once.
  echo 2 >main.new
  : >other.new
  kill -STOP "$(cat "$ctl/pid")"
  mv main.new project/main.c
  mv other.new project/other.c
  kill -CONT "$(cat "$ctl/pid")"
  echo >&"$go"
  step end
  step begin
  echo >&"$go"
  step end
  is "what is built" "$(cat project/main.o)" 2
  # Should there be more, none is to hang.
  printf '\n\n\n\n' >&"$go"
  ends
  echo last >&"$steps"
  step last
}

@test "an upload is waited for until it is complete" {
  local upload
  mkdir incoming
  recipe "Wait until an upload is complete" incoming 'a [b]*' 10m
  echo x >'incoming/a bb'
  exec {upload}>'incoming/a [b]*'
  echo y >&"$upload"
  exec {upload}>&-
  finish
  is status "$status" 0
  recipe "Wait until an upload is complete" incoming report.pdf 10m
  mv 'incoming/a [b]*' incoming/report.pdf
  finish
  is status "$status" 0
}

@test "an upload that is not complete in time, or cannot be any more, is a failure" {
  local upload
  mkdir incoming
  exec {upload}>incoming/report.pdf
  recipe "Wait until an upload is complete" incoming report.pdf 500ms
  echo x >incoming/report.pdf.sum
  echo y >&"$upload"
  finish
  exec {upload}>&-
  is status "$status" 1
  stderr_is "no report.pdf within 500ms"
  recipe "Wait until an upload is complete" incoming report.pdf 10m
  rm -r incoming
  finish
  is status "$status" 1
}

@test "what is uploaded is taken once it is complete, and what was there before" {
  mkdir incoming taken
  echo 1 >incoming/first
  echo 2 >$'incoming/first\n'
  : >incoming/early.part
  recipe "Take what is uploaded, file by file" incoming taken
  until_true [ ! -e incoming/first ]
  until_true [ ! -e $'incoming/first\n' ]
  echo 3 >incoming/.name.x7Qa
  mv incoming/.name.x7Qa $'incoming/na\\me\t'
  echo 4 >incoming/late.part
  mv incoming/early.part $'incoming/new\nline'
  mkdir incoming/directory
  echo 5 >incoming/-n
  echo 6 >incoming/.unfinished
  ends
  is taken "$(find taken -type f -printf '%P\0' | LC_ALL=C sort -z | tr '\0\n' '/|')" $'-n/first/first|/na\\me\t/new|line/'
  is "left there" "$(find incoming -mindepth 1 -printf '%P\n' | LC_ALL=C sort)" "$(printf '%s\n' .unfinished directory late.part)"
  is "a content" "$(cat $'taken/na\\me\t')" 3
}

@test "the mirror is the same as the tree" {
  mkdir -p src/a/b
  echo 1 >src/a/b/f
  echo 2 >src/gone
  recipe "Mirror a tree with rsync" src mirror
  until_true cmp -s src/gone mirror/gone
  rm src/gone
  echo 3 >src/a/b/f
  mv src/a $'src/new\nname'
  mkdir -p src/x/y
  ln -s nowhere src/x/y/link
  ends
  is differences "$(diff -r --no-dereference src mirror 2>&1)" ""
  is "the mirror" "$(cat mirror/new*/b/f)" 3
}

@test "a configuration is loaded again each time it is swapped" {
  local n
  mkdir -p conf/..1
  echo one >conf/..1/app.conf
  ln -s ..1 conf/..data
  ln -s ..data/app.conf conf/app.conf
  recipe "Follow a configuration that is swapped by a symbolic link" conf/app.conf
  next_line
  is "at the start" "$line" "reload: one"
  for n in 2 3; do
    mkdir "conf/..$n"
    echo "number $n" >"conf/..$n/app.conf"
    ln -s "..$n" conf/..data_tmp
    mv -T conf/..data_tmp conf/..data
    rm -r "conf/..$((n - 1))"
    next_line
    is "after a swap" "$line" "reload: number $n"
  done
  echo edited >conf/..3/app.conf
  next_line
  is "after an edit" "$line" "reload: edited"
  ends
  is "further lines" "${#lines[@]}" 0
}

@test "the journal has one record for each file that was changed, and goes on in a new file" {
  mkdir -p etc/app
  echo 'a = 1' >etc/app/conf
  : >etc/passwd
  recipe "A journal of /etc" etc log pid
  finish
  is status "$status" 0
  cp pid "$ctl/pid"
  mv log log.1
  kill -HUP "$(cat pid)"
  until_true [ -e log ]
  # Stopped, so that it reads all of it at once: no second passes between two events.
  kill -STOP "$(cat pid)"
  echo 'a = 1' >etc/app/conf.dpkg-new
  echo 'a = 2' >>etc/app/conf.dpkg-new
  mv etc/app/conf.dpkg-new etc/app/conf
  echo new >etc/group
  echo x >etc/group~
  mv etc/passwd etc/passwd.old
  echo x >etc/passwd.new
  mv etc/passwd.new etc/shadow
  kill -CONT "$(cat pid)"
  kill -TERM "$(cat pid)"
  until_true [ ! -e pid ]
  is "the old file" "$(cat log.1)" ""
  is hosts "$(jq -r .host log | sort -u)" "$(uname -n)"
  write_recipe "A journal of /etc" 2
  run bash "$ctl/recipe" log
  is "what is read" "$(sed -E 's/^[0-9-]{10}T[0-9:]{8} //' <<<"$output")" "$(printf '%s\n' 'MODIFY etc/app/conf' \
    'CLOSE_WRITE,CREATE,MODIFY etc/group' 'RENAME etc/passwd -> etc/passwd.old' \
    'CLOSE_WRITE,MODIFY,MOVED_TO etc/shadow')"
}

@test "jq gets each record at once" {
  mkdir src
  recipe "Feed jq" src
  : >src/a.h
  : >$'src/a\n.c'
  next_line
  is first "$line" "CLOSE_WRITE src/a"
  next_line
  is "its second line" "$line" .c
  rm $'src/a\n.c'
  ends
  lines_are "DELETE src/a" .c
}

@test "the loop gets any name as it is" {
  local name
  mkdir in
  recipe "Feed a while-read loop" in
  for name in $' \t two  words\t ' $'a\nCLOSE_WRITE' 'back\slash\n' '*' $'\377'; do
    : >"in/$name"
  done
  ends
  lines_are "CLOSE_WRITE of \$'in/ \\t two  words\\t '" "CLOSE_WRITE of \$'in/a\\nCLOSE_WRITE'" \
    'CLOSE_WRITE of in/back\\slash\\n' 'CLOSE_WRITE of in/\*' "CLOSE_WRITE of \$'in/\\377'"
}

@test "xargs gets any name, at once, and not what its command writes" {
  mkdir logs
  recipe "Give names to xargs" logs
  echo one >$'logs/it\'s \n"1"'
  until_true gzip -tq $'logs/it\'s \n"1".gz'
  echo two >'logs/\2'
  ends
  is files "$(find logs -type f -printf '%P\0' | LC_ALL=C sort -z | tr '\0\n' '/|')" "\\2/\\2.gz/it's |\"1\"/it's |\"1\".gz/"
  is "what is in one" "$(gzip -dc 'logs/\2.gz')" two
}
