#!/usr/bin/env bats
# --gitignore: what git leaves out is neither watched nor told, also when the rules change while inotap runs.

load helper

local_setup() {
  export HOME=$PWD/home GIT_CONFIG_NOSYSTEM=1
  unset XDG_CONFIG_HOME GIT_DIR GIT_WORK_TREE
  mkdir home
  TAP_STDOUT=$ctl/records
}

# The number of directories that inotap watches; the fewer watches of where PATHs lie do not count.
watches() {
  grep -c '^inotify wd:' /proc/"$TAP_PID"/fdinfo/* | sed 's/.*://' | sort -n | tail -n 1
}

watches_are() {
  [ "$(watches)" -eq "$1" ]
}

# settled DIRECTORY: all that was done until now is handled: rules are looked at when a batch is through, so two of them.
settled() {
  local one
  for one in 1 2; do
    sentinels=$((${sentinels:-0} + 1))
    : >"$1/sentinel$sentinels"
    until_true grep -q "/sentinel$sentinels\$" "$TAP_STDOUT"
  done
}

# told EXPECTED...: EVENTS PATH of all records; in any order, and without .gitignore itself and the sentinels.
told() {
  kill -TERM "$TAP_PID"
  reap
  is "the records" "$(cut -f 2,4 "$TAP_STDOUT" | tr '\t' ' ' | grep -v -e '/\.gitignore' -e /sentinel | LC_ALL=C sort)" \
    "$(printf '%s\n' "$@" | LC_ALL=C sort)"
}

@test "of thousands of paths in random trees exactly those are told of that git does not leave out" {
  export TMPDIR=$PWD
  run /usr/bin/python3 -B "$INOTAP_SOURCE/tests/ignore/end_to_end.py" "$INOTAP" --paths "$(in_full 10000 3000)"
  [ "$status" -eq 0 ] || { printf '%s\n' "$output" >&2; return 1; }
}

@test "a directory of a repository gets the rules from above, info/exclude and core.excludesFile" {
  git init -q top
  git config --file home/.gitconfig core.excludesFile "$PWD/mine"
  mkdir -p top/a/b/{above,exclude,user,own,kept}
  echo above >top/.gitignore
  echo '!kept' >top/a/.gitignore
  echo a/b/exclude >>top/.git/info/exclude
  printf '%s\n' user kept >mine
  echo own >top/a/b/.gitignore
  start -r --gitignore -e create top/a/b
  watches_are 2
  touch top/a/b/{above,exclude,user,own,kept}/x
  told 'CREATE top/a/b/kept/x'
}

@test "a repository below PATH starts afresh, and .git is left out" {
  git init -q top
  git init -q top/nested
  git init -q top/linked
  mkdir top/nested/out top/out top/nested/own
  printf '%s\n' out '*.o' >top/.gitignore
  echo own >top/nested/.gitignore
  start -r --gitignore -e create top
  watches_are 4
  touch top/a.o top/a.c top/nested/a.o top/nested/out/x top/nested/own/x top/.git/x top/nested/.git/x
  told 'CREATE top/a.c' 'CREATE top/nested/a.o' 'CREATE top/nested/out/x'
}

@test "a repository that is made below PATH starts afresh, whether cloned or initialised" {
  git init -q top
  git init -q --template= origin
  mkdir origin/out
  echo x >origin/out/a.o
  git -C origin add . && git -C origin -c user.name=a -c user.email=a@b commit -q -m one
  printf '%s\n' '*.o' out >top/.gitignore
  start -r --gitignore -e create top
  git clone -q origin top/cloned
  mkdir top/made
  git init -q top/made
  settled top
  until_true watches_are 4
  touch top/cloned/out/b.o top/made/b.o top/b.o
  told 'CREATE,ISDIR top/cloned' 'CREATE,ISDIR top/cloned/out' 'CREATE top/cloned/out/a.o' 'CREATE top/cloned/out/b.o' \
    'CREATE,ISDIR top/made' 'CREATE top/made/b.o'
}

@test "a .gitignore that is made lets go of what it leaves out, and removed frees it again" {
  mkdir -p d/out/in d/keep
  : >d/out/in/f
  start -r --gitignore -e create d
  watches_are 4
  echo out >d/.gitignore
  until_true watches_are 2
  : >d/out/in/unseen
  rm d/.gitignore
  until_true watches_are 4
  : >d/out/in/seen
  told 'CREATE,ISDIR d/out' 'CREATE,ISDIR d/out/in' 'CREATE d/out/in/f' 'CREATE d/out/in/unseen' 'CREATE d/out/in/seen'
}

@test "a .gitignore that is changed, in place or by a rename over it, counts at once" {
  mkdir -p d/a/1 d/b/2 d/c/3 new
  echo a >d/.gitignore
  start -r --gitignore -e create d
  watches_are 5
  echo b >d/.gitignore
  settled d
  touch d/a/1/x d/b/2/x
  echo c >new/.gitignore
  mv new/.gitignore d/.gitignore
  settled d
  until_true watches_are 5
  touch d/a/1/y d/b/2/y d/c/3/y
  told 'CREATE,ISDIR d/a' 'CREATE,ISDIR d/a/1' 'CREATE d/a/1/x' 'CREATE d/a/1/y' \
    'CREATE,ISDIR d/b' 'CREATE,ISDIR d/b/2' 'CREATE d/b/2/x' 'CREATE d/b/2/y'
}

@test "a .gitignore that is renamed away and back" {
  mkdir -p d/s/out
  echo out >d/s/.gitignore
  start -r --gitignore -e create d
  watches_are 2
  mv d/s/.gitignore d/s/other
  until_true watches_are 3
  mv d/s/other d/s/.gitignore
  until_true watches_are 2
  : >d/s/out/x
  told 'CREATE,ISDIR d/s/out'
}

@test "rules of files count at once, too, and those of directories above for all below" {
  mkdir -p d/a/b
  start -r --gitignore -e create d
  : >d/a/b/1.o
  echo '*.o' >d/.gitignore
  settled d
  : >d/a/b/2.o
  echo '!3.o' >d/a/b/.gitignore
  settled d
  touch d/a/b/3.o d/a/b/4.o
  told 'CREATE d/a/b/1.o' 'CREATE d/a/b/3.o'
}

@test "a tree that is moved in or unpacked has its rules from the start" {
  mkdir -p d src/s/out/in src/s/keep
  echo out >src/s/.gitignore
  touch src/s/out/in/x src/s/keep/y
  tar -C src -cf t.tar s/.gitignore s/out s/keep
  start -r --gitignore -e create,moved_to d
  mv src/s d/s
  until_true watches_are 3
  tar -C d --transform='s/^s/t/' -xf t.tar
  settled d
  until_true watches_are 5
  : >d/t/out/in/z
  : >d/t/keep/z
  kill -TERM "$TAP_PID"
  reap
  is "what is told of what is left out" "$(cut -f 2,4 "$TAP_STDOUT" | grep -F out)" ''
  is "what was moved in" "$(cut -f 2,4 "$TAP_STDOUT" | grep -F d/s/ | grep -v -F -e .gitignore -e sentinel)" $'CREATE,ISDIR\td/s/keep\nCREATE\td/s/keep/y'
  is "what was unpacked" "$(cut -f 2,4 "$TAP_STDOUT" | grep -F d/t/keep)" $'CREATE,ISDIR\td/t/keep\nCREATE\td/t/keep/y\nCREATE\td/t/keep/z'
}

@test "a directory moved to where other rules are" {
  mkdir -p d/a/x d/b
  echo x >d/b/.gitignore
  start -r --gitignore -e move,create d
  watches_are 4
  mv d/a/x d/b/x
  until_true watches_are 3
  : >d/b/x/f
  mv d/b/x d/a/y
  until_true watches_are 4
  told 'MOVED_FROM,ISDIR d/a/x' 'MOVED_TO,ISDIR d/a/y' 'CREATE d/a/y/f'
}

@test "a PATH that is left out of another one is not told again when that frees it" {
  mkdir -p d/out/s
  : >d/out/before
  echo out >d/.gitignore
  start -r --gitignore -e create d/out d
  : >d/out/f
  rm d/.gitignore
  : >d/sentinel
  : >d/out/s/g
  told 'CREATE d/out/f' 'CREATE d/out/s/g'
}

@test "a .gitignore that is a link, or a FIFO, is warned of once, and all goes on" {
  mkdir -p d/l/x d/p/x
  echo x >rules
  ln -s "$PWD/rules" d/l/.gitignore
  mkfifo d/p/.gitignore
  start -r --gitignore -e create d
  watches_are 5
  touch d/l/x/f d/p/x/f
  told 'CREATE d/l/x/f' 'CREATE d/p/x/f'
  LC_ALL=C sort "$ctl/err" >"$ctl/said"
  is "what was said" "$(cat "$ctl/said")" "$(printf '%s\n' \
    'inotap: d/l/.gitignore: it is a symbolic link, which is not followed; these ignore rules do not count' \
    'inotap: d/p/.gitignore: it is no regular file; these ignore rules do not count')"
}

@test "a .gitignore that may not be read is warned of once, and all goes on" {
  as_nobody
  mkdir -p d/x
  echo x >d/.gitignore
  chmod 0 d/.gitignore
  start_as "${nobody[@]}" "$INOTAP" -- -r --gitignore -e create d
  watches_are 2
  : >d/x/f
  told 'CREATE d/x/f'
  stderr_is 'inotap: d/.gitignore: Permission denied; these ignore rules do not count'
}

# as_other COMMAND...: run it as another user.
as_other() {
  setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

@test "what the repository of another user names is not opened, and its .gitignore counts" {
  need_root "to be somebody else"
  local writer
  chmod 755 . "$BATS_TEST_TMPDIR"
  mkdir t secret
  chmod 700 secret
  mkfifo secret/fifo
  chown 65534 t
  # shellcheck disable=SC2016 # the other shell is to expand it
  (cd t && as_other sh -c 'mkdir -p .git/objects .git/refs .git/info out in l && echo ref: refs/heads/x >.git/HEAD &&
    echo out >.gitignore && ln -s "$1/secret/fifo" .git/info/exclude && ln -s "$1/secret/fifo" in/.gitignore &&
    mkfifo l/.gitignore' sh "$OLDPWD")
  (echo precious >secret/fifo) 3>&- &
  writer=$!
  start -r --gitignore -e create t
  watches_are 3
  touch t/out/x t/in/x
  told 'CREATE t/in/x'
  kill -0 "$writer"
  kill "$writer"
  wait "$writer" || true
  LC_ALL=C sort "$ctl/err" >"$ctl/said"
  is "what was said" "$(cat "$ctl/said")" "$(printf '%s\n' \
    "inotap: $(realpath t)/.git: the repository belongs to somebody else (see safe.directory in git-config(1)); these ignore rules do not count" \
    'inotap: t/in/.gitignore: it is a symbolic link, which is not followed; these ignore rules do not count' \
    'inotap: t/l/.gitignore: it is no regular file; these ignore rules do not count')"
}

@test "the repository of another user counts if safe.directory names it" {
  need_root "to be somebody else"
  git init -q t
  mkdir t/out
  echo out >>t/.git/info/exclude
  chown -R 65534 t
  git config --file home/.gitconfig safe.directory "$(realpath t)"
  start -r --gitignore -e create t
  watches_are 1
  told
  stderr_is ''
}

@test "rules beyond the limit of all together do not count, and that is said; a file with many links is kept once" {
  local i
  mkdir -p d/linked d/many
  # Two megabytes, as few long rules: many short ones would take a sanitizer half a minute.
  seq -f "/$(printf 'a rule with some more text %.0s' {1..15})%.0f" 5000 >d/linked/rules
  for i in {1..40}; do
    mkdir "d/linked/$i" "d/many/$i"
    ln d/linked/rules "d/linked/$i/.gitignore"
  done
  start -r --gitignore -e create d
  told
  stderr_is ''
  for i in {1..40}; do
    { cat d/linked/rules; echo "/number$i"; } >"d/many/$i/.gitignore"
  done
  start -r --gitignore -e create d
  told
  grep -q '/\.gitignore: all ignore rules together would take more than 64 MiB; these ignore rules do not count$' "$ctl/err"
  is "files that are named" "$(grep -c ': all ignore rules together' "$ctl/err")" 10
  is "the last line" "$(tail -n 1 "$ctl/err")" "inotap: more ignore rules do not count; -v names all of them"
}

@test "a .gitignore that is changed reports the files that it frees, each once" {
  mkdir -p d/a/b d/c
  touch d/1.o d/a/2.o d/a/b/3.o d/a/b/4.c d/c/5.o d/c/6.o
  echo '*.o' >d/.gitignore
  echo '!5.o' >d/c/.gitignore
  start -r --gitignore -e create,delete d
  rm d/.gitignore
  settled d
  : >d/a/7.o
  rm d/1.o
  : >d/1.o
  settled d
  printf '%s\n' '*.c' '*.o' >d/a/.gitignore
  settled d
  # Renamed, since a file that is written to has no rules for a moment, which frees all.
  for _ in 1 2; do
    echo '*.c' >rules
    mv rules d/a/.gitignore
  done
  settled d
  told 'CREATE d/1.o' 'CREATE d/a/2.o' 'CREATE d/a/b/3.o' 'CREATE d/c/6.o' 'CREATE d/a/7.o' 'DELETE d/1.o' 'CREATE d/1.o' \
    'CREATE d/a/2.o' 'CREATE d/a/b/3.o' 'CREATE d/a/7.o'
}

@test "files are freed exactly once however fast rules and files change" {
  local i
  mkdir -p d/s
  for i in {1..300}; do : >"d/s/$i.o"; done
  echo '*.o' >d/.gitignore
  start -r --gitignore --fields=events,path -e create,delete d
  for i in {1..100}; do rm "d/s/$i.o"; done
  rm d/.gitignore
  for i in {101..200}; do
    rm "d/s/$i.o"
    : >"d/s/$i.o"
  done
  settled d
  kill -TERM "$TAP_PID"
  reap
  # What is there was created once more often than deleted, or as often if it was told to be gone before it was freed.
  awk -F '\t' '$2 ~ /\.o$/ { n[$2] += $1 == "CREATE" ? 1 : -1; if (n[$2] > 1) bad = 1; if ($1 == "DELETE" && n[$2] < 0) n[$2] = 0 }
    END { for (p in n) if (n[p] == 1) there++; print (bad ? "told twice" : "told once"), there }' "$TAP_STDOUT" >"$ctl/sum"
  is "files" "$(cat "$ctl/sum")" "told once 200"
}

@test "an ignore file that cannot be used is warned of once, until it can and cannot again" {
  mkdir -p d/a/b
  mkfifo d/a/.gitignore
  start -r --gitignore -e create d
  for _ in 1 2 3; do
    echo x >d/.gitignore
    settled d
    echo y >d/.gitignore
    settled d
  done
  is "what was said" "$(cat "$ctl/err")" 'inotap: d/a/.gitignore: it is no regular file; these ignore rules do not count'
  rm d/a/.gitignore
  settled d
  ln -s nowhere d/a/.gitignore
  settled d
  rm d/a/.gitignore
  settled d
  mkfifo d/a/.gitignore
  settled d
  told
  is "lines" "$(grep -c 'd/a/.gitignore: it is no regular file' "$ctl/err")" 2
  is "lines of the link" "$(grep -c 'd/a/.gitignore: it is a symbolic link' "$ctl/err")" 1
}
