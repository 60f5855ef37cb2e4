#!/usr/bin/env bats
# -F: a PATH is a name, whatever is behind it: it may be missing, be replaced, go and come back.

load helper

# watch ARG...: with the records in a file, as EVENTS and PATH.
watch() {
  TAP_STDOUT=$ctl/records
  start -F --fields=events,path "$@"
}

# told N LINE: there are that many records like it by now.
told() {
  [ "$(grep -cxF "$2" "$ctl/records")" -ge "$1" ]
}

# end: it is still running, and ends by SIGTERM.
end() {
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
}

# story: what was told, but for the ends of watches.
story() {
  grep -v ^IGNORED "$ctl/records"
}

story_is() {
  is records "$(story)" "$(printf '%s\n' "$@")"
}

# modified FILE RECORD: is it reported when the file is written to? To be asked until it is.
modified() {
  echo x >>"$1"
  grep -qxF "$2" "$ctl/records"
}

@test "a file that is not there yet" {
  watch -e modify f
  : >f
  until_true told 1 $'BACK\tf'
  echo x >>f
  until_true told 1 $'MODIFY\tf'
  end
  story_is $'BACK\tf' $'MODIFY\tf'
  stderr_is ""
}

@test "--follow-name is the long name, and a PATH that is there is watched as without it" {
  : >f
  mkdir d
  start --follow-name -e create,modify --fields=events,path f d
  echo x >>f
  : >d/x
  stop
  lines_are $'MODIFY\tf' $'CREATE\td/x'
}

@test "several levels that are not there yet, made one after the other" {
  watch -e modify a/b/c/f
  mkdir a
  mkdir a/b
  mkdir a/b/c
  : >a/b/c/f
  until_true told 1 $'BACK\ta/b/c/f'
  echo x >>a/b/c/f
  end
  story_is $'BACK\ta/b/c/f' $'MODIFY\ta/b/c/f'
}

@test "several levels that come all at once" {
  watch -e modify a/b/c/f
  mkdir -p other/b/c
  : >other/b/c/f
  mv other a
  until_true told 1 $'BACK\ta/b/c/f'
  echo x >>a/b/c/f
  end
  story_is $'BACK\ta/b/c/f' $'MODIFY\ta/b/c/f'
}

@test "levels that come and go before the last one is there" {
  watch -e modify a/b/f
  local i
  for i in 1 2 3; do
    mkdir -p a/b
    rm -r a
  done
  mkdir -p a/b
  : >a/b/f
  until_true told 1 $'BACK\ta/b/f'
  echo x >>a/b/f
  end
  story_is $'BACK\ta/b/f' $'MODIFY\ta/b/f'
}

@test "while it waits it sleeps, and does not look again and again" {
  watch -e modify a/b/f g
  : >g
  until_true told 1 $'BACK\tg'
  rm g
  until_true told 1 $'GONE\tg'
  until_true sleeps_for_a_second
  asleep
  end
}

sleeps_for_a_second() {
  local before
  before=$(switches)
  pass_time 1
  [ "$(switches)" -eq "$before" ]
}

# asleep: is it in epoll_wait(2), without a time limit? The fourth argument is that.
asleep() {
  local line
  line=$(cat "/proc/$TAP_PID/syscall")
  [ "${line%% *}" = "$(syscall_number epoll_wait)" ] || return 1
  line=$(cut -d ' ' -f 5 <<<"$line")
  [ "${line: -8}" = ffffffff ]
}

# switches: how often it has gone to sleep so far.
switches() {
  sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$TAP_PID/status"
}

@test "GONE and BACK are inotap's own: mask 0, no descriptor, and PATH as it was given" {
  mkdir d
  : >d/f
  : >new
  TAP_STDOUT=$ctl/records
  start -F -j -e modify ./d//f
  mv new d/f
  until_true grep -qF '"events":["BACK"]' "$ctl/records"
  end
  is records "$(jq -c 'select(.mask == 0) | [.wd, .events, .cookie, .path, .name]' "$ctl/records")" \
    '[-1,["GONE"],0,"./d//f",""]
[-1,["BACK"],0,"./d//f",""]'
}

@test "a file that is replaced by a rename, and then written to" {
  : >f
  : >new
  watch -e modify f
  mv new f
  until_true told 1 $'BACK\tf'
  echo x >>f
  end
  story_is $'GONE\tf' $'BACK\tf' $'MODIFY\tf'
}

@test "a file that is removed and comes back, again and again" {
  : >f
  watch -e modify f
  local i
  for i in 1 2 3; do
    rm f
    until_true told "$i" $'GONE\tf'
    : >f
    until_true told "$i" $'BACK\tf'
    echo x >>f
    until_true told "$i" $'MODIFY\tf'
  done
  end
  local -a once=($'GONE\tf' $'BACK\tf' $'MODIFY\tf')
  story_is "${once[@]}" "${once[@]}" "${once[@]}"
}

@test "a file that is moved away: what happens to it there is not reported, and its successor is" {
  : >f
  watch -e modify f
  mv f f.1
  until_true told 1 $'GONE\tf'
  echo x >>f.1
  : >f
  until_true told 1 $'BACK\tf'
  echo x >>f.1
  echo x >>f
  until_true told 1 $'MODIFY\tf'
  end
  story_is $'GONE\tf' $'BACK\tf' $'MODIFY\tf'
}

@test "a file that is replaced hundreds of times is followed to the last" {
  : >f
  watch -e modify f
  /usr/bin/python3 -c '
import os
for i in range(500):
    open("new", "w").close()
    os.rename("new", "f")'
  until_true modified f $'MODIFY\tf'
  end
  # It goes and comes in turn, and what is there in the end was said to be.
  is "records in a wrong place" "$(story | grep -v MODIFY | uniq -d)" ""
  is "first" "$(story | head -n 1)" $'GONE\tf'
  is "last" "$(story | grep -v MODIFY | tail -n 1)" $'BACK\tf'
}

@test "a directory that is removed and comes back has its entries reported" {
  mkdir d
  : >d/old
  watch -e create,delete d
  rm -r d
  until_true told 1 $'GONE\td'
  mkdir -p other/s
  touch other/f other/s/below
  mv other d
  until_true told 1 $'CREATE\td/f'
  until_true told 1 $'CREATE,ISDIR\td/s'
  touch d/later d/s/later
  end
  is "up to its return" "$(story | head -n 3)" "$(printf '%s\n' $'DELETE\td/old' $'GONE\td' $'BACK\td')"
  is "then" "$(story | tail -n +4 | sort)" "$(printf '%s\n' $'CREATE\td/f' $'CREATE\td/later' $'CREATE,ISDIR\td/s')"
}

@test "with -r it has everything below reported, and watched" {
  mkdir -p d/old
  TAP_STDOUT=$ctl/records
  start -F -r --fields=events,path,synthetic -e create,delete d
  rm -r d
  until_true grep -q ^GONE "$ctl/records"
  mkdir -p other/s/t
  touch other/f other/s/t/f
  mv other d
  until_true grep -q $'\td/s/t/f\t' "$ctl/records"
  touch d/s/t/later
  end
  is "up to its return" "$(story | head -n 3)" "$(printf '%s\n' $'DELETE,ISDIR\td/old\t' $'GONE\td\t' $'BACK\td\t')"
  is "then" "$(story | tail -n +4 | sort)" "$(printf '%s\n' $'CREATE\td/f\ttrue' $'CREATE\td/s/t/f\ttrue' \
    $'CREATE\td/s/t/later\t' $'CREATE,ISDIR\td/s\ttrue' $'CREATE,ISDIR\td/s/t\ttrue' | sort)"
}

@test "with -r a directory that is replaced by another leaves no watch of the old one" {
  mkdir -p d/{1,2,3}/{x,y} new/s
  watch -r -e create d
  local base
  watches() { cat /proc/"$TAP_PID"/fdinfo/* | grep -c '^inotify wd:' || true; }
  base=$(watches)
  mv d old
  mv new d
  until_true told 1 $'CREATE,ISDIR\td/s'
  # Ten directories before, two now.
  fewer() { [ "$(watches)" -le $((base - 8)) ]; }
  until_true fewer
  touch old/1/x/f d/s/f
  until_true told 1 $'CREATE\td/s/f'
  end
  story_is $'GONE\td' $'BACK\td' $'CREATE,ISDIR\td/s' $'CREATE\td/s/f'
}

@test "with -r a directory that is not there yet" {
  watch -r -e create d
  mkdir -p other/s
  mv other d
  until_true told 1 $'CREATE,ISDIR\td/s'
  : >d/s/f
  until_true told 1 $'CREATE\td/s/f'
  end
  story_is $'BACK\td' $'CREATE,ISDIR\td/s' $'CREATE\td/s/f'
}

@test "with -r a tree that is made step by step at full speed is reported whole, each entry once" {
  watch -r -e create a/d
  local i
  for i in {1..20}; do
    mkdir -p "a/d/$i/s/t"
    touch "a/d/$i/f" "a/d/$i/s/f" "a/d/$i/s/t/f"
  done
  : >a/d/last
  until_true told 1 $'CREATE\ta/d/last'
  find a/d -type d -printf '%p/later\0' | xargs -0 touch
  end
  is first "$(story | head -n 1)" $'BACK\ta/d'
  is "what was created" "$(story | tail -n +2 | cut -f 2 | sort)" "$(find a/d -mindepth 1 | sort)"
}

@test "a symbolic link that is pointed elsewhere" {
  : >one
  : >two
  ln -s one l
  watch -e modify l
  ln -s two new
  mv -T new l
  until_true told 1 $'BACK\tl'
  echo x >>one
  echo x >>two
  until_true told 1 $'MODIFY\tl'
  end
  story_is $'GONE\tl' $'BACK\tl' $'MODIFY\tl'
}

@test "a symbolic link whose target is not there yet, and goes" {
  mkdir there
  ln -s there/f l
  watch -e modify l
  : >there/f
  until_true told 1 $'BACK\tl'
  rm there/f
  until_true told 1 $'GONE\tl'
  mv there away
  mkdir there
  : >there/f
  until_true told 2 $'BACK\tl'
  echo x >>there/f
  end
  story_is $'BACK\tl' $'GONE\tl' $'BACK\tl' $'MODIFY\tl'
}

@test "a link in the middle of PATH that is pointed elsewhere" {
  mkdir -p v1/conf v2/conf
  touch v1/conf/f v2/conf/f
  ln -s v1 current
  watch -e modify current/conf/f
  ln -s v2 next
  mv -T next current
  until_true told 1 $'BACK\tcurrent/conf/f'
  echo x >>v1/conf/f
  echo x >>v2/conf/f
  end
  story_is $'GONE\tcurrent/conf/f' $'BACK\tcurrent/conf/f' $'MODIFY\tcurrent/conf/f'
}

@test "a volume of Kubernetes, whose files are links through ..data, which is swapped" {
  mkdir -p dir/..v1
  echo 1 >dir/..v1/app.conf
  ln -s ..v1 dir/..data
  ln -s ..data/app.conf dir/app.conf
  watch -e modify,attrib dir/app.conf
  local i
  for i in 2 3; do
    mkdir "dir/..v$i"
    echo "$i" >"dir/..v$i/app.conf"
    ln -s "..v$i" dir/..data_tmp
    mv -T dir/..data_tmp dir/..data
    rm -r "dir/..v$((i - 1))"
    until_true told $((i - 1)) $'BACK\tdir/app.conf'
    echo more >>"dir/..v$i/app.conf"
    until_true told $((i - 1)) $'MODIFY\tdir/app.conf'
  done
  end
  is "records" "$(story | grep -v ATTRIB)" "$(for i in 2 3; do printf '%s\tdir/app.conf\n' GONE BACK MODIFY; done)"
}

@test "an ancestor that is renamed away and back" {
  mkdir -p top/middle/low
  : >top/middle/low/f
  watch -e modify top/middle/low/f
  mv top other
  until_true told 1 $'GONE\ttop/middle/low/f'
  echo x >>other/middle/low/f
  mv other top
  until_true told 1 $'BACK\ttop/middle/low/f'
  echo x >>top/middle/low/f
  until_true told 1 $'MODIFY\ttop/middle/low/f'
  mv top/middle top/other
  until_true told 2 $'GONE\ttop/middle/low/f'
  end
  story_is $'GONE\ttop/middle/low/f' $'BACK\ttop/middle/low/f' $'MODIFY\ttop/middle/low/f' $'GONE\ttop/middle/low/f'
}

@test "an ancestor that is removed with everything in it, and made anew" {
  mkdir -p top/middle
  : >top/middle/f
  watch -e modify top/middle/f
  rm -r top
  until_true told 1 $'GONE\ttop/middle/f'
  mkdir -p top/middle
  : >top/middle/f
  until_true told 1 $'BACK\ttop/middle/f'
  echo x >>top/middle/f
  end
  story_is $'GONE\ttop/middle/f' $'BACK\ttop/middle/f' $'MODIFY\ttop/middle/f'
}

@test "a directory in the place of a file, and a file in the place of a directory" {
  : >p
  watch -e create,modify p
  rm p
  until_true told 1 $'GONE\tp'
  mkdir p
  until_true told 1 $'BACK\tp'
  : >p/entry
  until_true told 1 $'CREATE\tp/entry'
  mv p away
  until_true told 2 $'GONE\tp'
  : >p
  until_true told 2 $'BACK\tp'
  echo x >>p
  end
  story_is $'GONE\tp' $'BACK\tp' $'CREATE\tp/entry' $'GONE\tp' $'BACK\tp' $'MODIFY\tp'
}

@test "what is there goes on while another PATH is missing" {
  : >f
  watch -e modify missing f
  echo x >>f
  until_true told 1 $'MODIFY\tf'
  : >missing
  until_true told 1 $'BACK\tmissing'
  rm f
  until_true told 1 $'GONE\tf'
  echo x >>missing
  end
  story_is $'MODIFY\tf' $'BACK\tmissing' $'GONE\tf' $'MODIFY\tmissing'
}

@test "two PATHs in one directory that come in one rename each" {
  watch -e modify d/f d/g e/f
  mkdir other
  touch other/f other/g
  mv other d
  until_true told 1 $'BACK\td/f'
  until_true told 1 $'BACK\td/g'
  mv d e
  until_true told 1 $'BACK\te/f'
  until_true told 1 $'GONE\td/f'
  until_true told 1 $'GONE\td/g'
  echo x >>e/f
  end
  is "last record" "$(story | tail -n 1)" $'MODIFY\te/f'
}

@test "a file whose other name stays is gone all the same" {
  : >f
  ln f other
  watch -e modify f
  rm f
  until_true told 1 $'GONE\tf'
  echo x >>other
  ln other f
  until_true told 1 $'BACK\tf'
  echo x >>other
  until_true told 1 $'MODIFY\tf'
  end
  story_is $'GONE\tf' $'BACK\tf' $'MODIFY\tf'
}

@test "it never ends because nothing is left, and without -F it does" {
  mkdir d
  : >f
  watch -e modify d f
  rm -r d f
  until_true told 1 $'GONE\td'
  until_true told 1 $'GONE\tf'
  end
  : >f
  TAP_STDOUT='' start -e modify --fields=events,path f
  rm f
  finish
  is status "$status" 4
  lines_are $'IGNORED\tf'
}

@test "while it waits it ends by SIGTERM, and by --timeout with status 3" {
  start -F nosuch also/not
  stop
  is status "$status" 143
  is "number of records" "${#lines[@]}" 0
  stderr_is ""
  run --separate-stderr "$INOTAP" -F -t 0.1 nosuch
  is status "$status" 3
  is "standard output" "$output" ""
}

@test "what came before the SIGTERM is reported, also if it was just found to be there" {
  watch -e modify f
  kill -STOP "$TAP_PID"
  : >f
  kill -CONT "$TAP_PID"
  end
  story_is $'BACK\tf'
}

# watch_as_other ARG...: as `watch`, by an unprivileged user.
watch_as_other() {
  as_nobody
  TAP_STDOUT=$ctl/records
  start_as "${nobody[@]}" "$INOTAP" -- -F --fields=events,path "$@"
}

# warned PATH: once, that it may not be read.
warned() {
  is warnings "$(grep -c "^inotap: $1: Permission denied" "$ctl/err")" 1
}

@test "a file that may not be read yet is watched once chmod, or chown, allows it" {
  : >old
  : >f
  : >g
  chmod 644 f g
  watch_as_other -e modify f g
  mv f f.1
  mv g g.1
  (umask 077 && : >f && : >g)
  until_true told 1 $'GONE\tf'
  until_true warned "f"
  until_true warned "g"
  touch -d yesterday f g # an ATTRIB that allows nothing, and is no reason to warn again
  chmod 644 f
  until_true told 1 $'BACK\tf'
  chown 65534 g
  until_true told 1 $'BACK\tg'
  echo x >>f
  echo x >>g
  end
  is "last records" "$(story | tail -n 2)" $'MODIFY\tf'$'\nMODIFY\tg'
  warned "f"
  warned "g"
}

@test "a directory on the way that may not be searched yet, nor read" {
  mkdir -m 700 a
  mkdir -m 711 b
  mkdir -m 700 b/c
  watch_as_other -e modify a/d/f b/c/f
  warned "a/d/f"
  mkdir a/d
  : >a/d/f
  chown 65534 a
  until_true told 1 $'BACK\ta/d/f'
  # No event tells of what is in b, which may be searched only.
  : >b/c/f
  chmod 711 b/c
  until_true told 1 $'BACK\tb/c/f'
  mv b/c/f b/c/g
  until_true told 1 $'GONE\tb/c/f'
  end
}

@test "a directory on the way that is closed while what is in it is replaced, and opened again" {
  mkdir -m 755 a
  : >a/f
  watch_as_other -e modify "a/f"
  chmod 700 a
  mv a/f a/g
  : >a/f
  chmod 755 a
  until_true told 1 $'BACK\ta/f'
  echo x >>a/g
  echo x >>a/f
  until_true told 1 $'MODIFY\ta/f'
  end
  is records "$(story | sort -u)" "$(printf '%s\t%s\n' BACK "a/f" GONE "a/f" MODIFY "a/f")"
}

@test "while a permission is missing it sleeps, too" {
  mkdir -m 700 a
  watch_as_other "a/f"
  until_true sleeps_for_a_second
  asleep
  end
}

@test "a circle of links is waited for at the start, and is the end of what was there before" {
  ln -s l l
  watch -e modify l
  rm l
  : >l
  until_true told 1 $'BACK\tl'
  ln -s l new
  /usr/bin/python3 -c 'import os; os.rename("new", "l")'
  until_true told 1 $'GONE\tl'
  rm l
  : >l
  until_true told 2 $'BACK\tl'
  end
  story_is $'BACK\tl' $'GONE\tl' $'BACK\tl'
  stderr_is ""
}

@test "with -r what is made in the tree of another PATH, and is a PATH itself, is reported once" {
  keep_queue_limit
  mkdir in
  TAP_STDOUT=$ctl/records
  start -F -r --fields=events,path,synthetic -e create in in/a/d in/a/d/e
  local i
  for i in 1 2 3 4 5; do
    kill -STOP "$TAP_PID"
    : >in/busy
    chmod 600 in/busy
    mkdir -p in/a/d/e
    touch in/a/d/f in/a/d/e/f
    kill -CONT "$TAP_PID"
    until_true back $((2 * i))
    rm -r in/a
    until_true gone $((2 * i))
  done
  end
  is "what was created, five times each" "$(grep CREATE "$ctl/records" | cut -f 2 | grep -v busy | sort | uniq -c | sed 's/^ *//')" \
    "$(printf '5 %s\n' in/a in/a/d in/a/d/e in/a/d/e/f in/a/d/f)"
}

back() {
  [ "$(grep -c ^BACK "$ctl/records")" -eq "$1" ]
}

gone() {
  [ "$(grep -c ^GONE "$ctl/records")" -eq "$1" ]
}

@test "thousands of files that are removed at once: other events are reported, and SIGTERM ends it" {
  keep_queue_limit
  mkdir p q
  local count=3000
  (cd p && seq $count | xargs touch)
  { seq $count | sed 's#^#p/#'; echo q; } >list
  watch -e create --paths-from=list
  kill -STOP "$TAP_PID"
  overfill q/many
  find p -type f -delete
  kill -CONT "$TAP_PID"
  until_true gone $count
  : >q/now
  until_true told 1 $'CREATE\tq/now'
  end
}
