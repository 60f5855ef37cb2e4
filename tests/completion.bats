#!/usr/bin/env bats
# Completion of the command line: in each shell itself, at a terminal, with the files as they are installed.

load helper

setup_file() {
  DESTDIR=$BATS_FILE_TMPDIR/root cmake --install "$INOTAP_BUILD" --prefix /usr/local >/dev/null
}

local_setup() {
  share=$BATS_FILE_TMPDIR/root/usr/local/share
  PATH=$BATS_FILE_TMPDIR/root/usr/local/bin:$PATH # fish completes only commands that there are
  export LC_ALL=C.UTF-8 HOME=$ctl XDG_DATA_DIRS=$share ZDOTDIR=$ctl ANSWER=$ctl/answer
  unset XDG_DATA_HOME XDG_CONFIG_HOME BASH_COMPLETION_USER_DIR
  # Each shell says when it has a prompt, and for ^X^T what its line is by now; ^X^A puts in all that it could be.
  cat >"$ctl/bashrc" <<'END'
PS1='$ ' HISTFILE=
PROMPT_COMMAND='PROMPT_COMMAND=; printf "prompt\0" >"$ANSWER"'
tell() { printf '%s\0' "$READLINE_LINE" >"$ANSWER"; READLINE_LINE='' READLINE_POINT=0; }
bind 'set bell-style none' 'set completion-query-items 0' 'set page-completions off'
bind -x '"\C-x\C-t": tell'
bind '"\C-x\C-a": insert-completions'
END
  cat >"$ctl/.zshrc" <<'END'
PROMPT='$ ' RPROMPT= LISTMAX=1000
stty columns 200 rows 100
fpath=($XDG_DATA_DIRS/zsh/site-functions $fpath)
autoload -Uz compinit
compinit -u -D
zstyle ':completion:*' insert-tab false
zstyle ':completion:all-matches::::' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
zle -C all-matches complete-word _generic
bindkey '^X^A' all-matches
tell() { print -rn -- "$BUFFER"$'\0' >"$ANSWER"; BUFFER= }
zle -N tell
bindkey '^X^T' tell
zle-line-init() { zle -D zle-line-init; print -rn -- prompt$'\0' >"$ANSWER" }
zle -N zle-line-init
END
  cat >"$ctl/rc.fish" <<'END'
set -g fish_greeting
set -g fish_autosuggestion_enabled 0
function fish_prompt
    set -q prompted; or printf 'prompt\0' >$ANSWER
    set -g prompted
    echo '$ '
end
function tell
    printf '%s\0' (commandline | string collect) >$ANSWER
    commandline ''
end
bind \cx\ct tell
END
}

# in_shell COMMAND...: a shell at a terminal, where `typed` types.
in_shell() {
  mkfifo "$ctl/keys" "$ANSWER"
  exec {keys}<>"$ctl/keys" {answers}<>"$ANSWER"
  script -qfc "$*" /dev/null <"$ctl/keys" >"$ctl/screen" 2>&1 3>&- &
  others+=("$!")
  disown # nobody wants to read that it was killed
  next_answer
  is "the first that the shell said" "$answer" prompt
}

next_answer() {
  answer=
  IFS= read -r -d '' -t "$patience_s" -u "$answers" answer || {
    echo "the shell did not answer; on its screen:" >&2
    cat -v "$ctl/screen" >&2
    return 1
  }
}

in_bash() { in_shell "bash --noprofile --rcfile '$ctl/bashrc' -i"; }
in_zsh() {
  command -v zsh >/dev/null || cannot "needs zsh"
  in_shell 'zsh -d -i'
}
in_fish() {
  command -v fish >/dev/null || cannot "needs fish"
  in_shell "fish -C 'source $ctl/rc.fish'"
}

# bash takes the file of the name of the command by itself only with the package bash-completion.
bash_alone() { echo ". '$share/bash-completion/completions/inotap'" >>"$ctl/bashrc"; }

# typed LINE [KEYS]: the line, as it is after TAB (or these keys), as $answer.
typed() {
  printf '%s' "$1" "${2-$'\t'}" $'\x18\x14' >&"$keys"
  next_answer
}

# completes LINE INTO: TAB makes it that, but for a space at the end.
completes() {
  typed "$1"
  is "'$1' and TAB" "${answer% }" "$2"
}

# stays LINE: there is nothing that it could be completed to.
stays() {
  typed "$1"
  is "'$1' and TAB" "$answer" "$1"
}

# offers LINE WORD...: all that could stand for its last word, in any order.
offers() {
  local line=$1
  shift
  typed "$line" $'\x18\x01'
  is "what '$line' offers" "$(tr ' ' '\n' <<<"${answer#"${line% *} "}" | sed '/^$/d' | sort)" "$(printf '%s\n' "$@" | sort)"
}

# shows LINE TEXT: below the line, after TAB TAB.
shows() {
  printf '%s\t\t' "$1" >&"$keys"
  until_true grep -qF -e "$2" "$ctl/screen"
  typed '' ''
}

# in_words SHELL LINE: what the shell passes for that line, each word ended by NUL, in bash's words.
in_words() {
  local -a words
  case $1 in
    bash) mapfile -d '' words < <(bash -c "printf '%s\0' $2") ;;
    zsh) mapfile -d '' words < <(zsh -fc "print -rNC1 -- $2") ;;
    fish) mapfile -d '' words < <(fish --no-config -c "printf '%s\0' -- $2" | tail -z -n +2) ;;
  esac
  printf '%s ' "${words[@]@Q}"
}

# names_complete SHELL: files whatever their names hold, as PATH and as value.
names_complete() {
  local -a names=('my dir' "quo'te" 'two"' 'back\slash' $'new\nline' 'dol$lar' 'star*' 'ünïcode' '#hash' 'semi;colon' '~tilde' 'eq=b:c')
  local name
  for name in "${names[@]}"; do
    : >"$name"
    # As much as can be typed without a quote.
    local start=${name:0:2}
    case $name in
      '#hash' | '~tilde') start=./${name:0:1} name=./$name ;;
    esac
    [[ $start != './'? ]] || start=./\\${start:2}
    typed "inotap -r $start"
    is "-r $start" "$(in_words "$1" "${answer#inotap }")" "$(printf '%s ' -r "${name@Q}" | sed "s/^-r/'-r'/")"
    typed "inotap -o $start"
    is "-o $start" "$(in_words "$1" "${answer#inotap -o }")" "${name@Q} "
  done
  : >-r-x
  typed 'inotap -- -r'
  is "after --" "$(in_words "$1" "${answer#inotap -- }")" "'-r-x' "
  # Without that it would be an option.
  stays 'inotap -r-'
  completes 'inotap --output=my' 'inotap --output=my\ dir'
  mkdir 'a dir'
  : >'a dir/file'
  completes "inotap -r 'my d" "inotap -r 'my dir'"
  completes 'inotap -r a\ dir/f' 'inotap -r a\ dir/file'
  completes 'inotap -r -e create a\ dir/f' 'inotap -r -e create a\ dir/file'
  completes 'inotap --paths-from a\ dir/f' 'inotap --paths-from a\ dir/file'
}

# The table as --help prints it: names, and what they take.
options() { "$INOTAP" --help | sed -nE 's/^  (-., |    )--([a-z0-9-]+)([^ ]*) .*/\2 \3/p'; }
letters() { "$INOTAP" --help | sed -nE 's/^  (-.), --.*/\1/p'; }
options_with() { options | sed -nE "s/ $1\$//p"; }
words_of_events() { "$INOTAP" --help | awk '/^Events for|^Groups|^Watch flags/ {on = 1; next} /^$|^Said/ {on = 0} on {print $1}'; }

fields=(seq time wd mask events cookie path name len from synthetic count host error)
sorts=(total access attrib close_write close_nowrite create delete delete_self modify move_self moved_from moved_to open
  ignored q_overflow unmount rename resynced gone back error other)

# values_complete: what each of the shells does alike.
values_complete() {
  local name
  : >0file
  for name in $(options_with '=(N|DURATION|SIZE|FD|NAME|FMT|\[!\]GLOB|\[!\]RE)'); do
    stays "inotap --$name "
    stays "inotap --$name="
    stays "inotap --$name=0"
  done
  stays 'inotap -n '
  stays 'inotap -t 0'
  stays 'inotap -g '
  offers 'inotap --color ' always auto never
  offers 'inotap --type ' d f
  offers 'inotap --by ' dir event path
  offers 'inotap --time ' mono none rfc3339 unix
  offers 'inotap --fields ' "${fields[@]}"
  offers 'inotap --sort ' "${sorts[@]}"
  mapfile -t words < <(words_of_events)
  [ "${#words[@]}" -eq 23 ]
  offers 'inotap -e ' "${words[@]}"
  offers 'inotap --events ' "${words[@]}"
  completes 'inotap --time=m' 'inotap --time=mono'
  completes 'inotap --color=ne' 'inotap --color=never'
  completes 'inotap --by=e' 'inotap --by=event'
  completes 'inotap -e delete,cr' 'inotap -e delete,create'
  completes 'inotap -e all,-cr' 'inotap -e all,-create'
  completes 'inotap -e wr' 'inotap -e writes'
  completes 'inotap -e onl' 'inotap -e onlydir'
  completes 'inotap --events=delete,cr' 'inotap --events=delete,create'
  completes 'inotap --events=-cr' 'inotap --events=-create'
  completes 'inotap -ewr' 'inotap -ewrites'
  completes 'inotap -rjewr' 'inotap -rjewrites'
  completes 'inotap -rje wr' 'inotap -rje writes'
  completes 'inotap --fields seq,coo' 'inotap --fields seq,cookie'
  completes 'inotap --fields=seq,coo' 'inotap --fields=seq,cookie'
  completes 'inotap --sort=-mod' 'inotap --sort=-modify'
  completes 'inotap --sort tot' 'inotap --sort total'
  # A value that looks like an option, and one that has its value already.
  : >zebra
  completes 'inotap -ecreate z' 'inotap -ecreate zebra'
  completes 'inotap -e create z' 'inotap -e create zebra'
  completes 'inotap --time=mono z' 'inotap --time=mono zebra'
  # A value that may be left out is not looked for in the next word.
  completes 'inotap --stats z' 'inotap --stats zebra'
  stays 'inotap --stats='
  stays 'inotap --stats=0'
}

@test "bash completes every option" {
  bash_alone
  in_bash
  local name
  local -a all
  # With an = where a value must follow, so not for --stats[=INTERVAL].
  mapfile -t all < <(options | sed -E 's/ $//; s/ \[=.*//; s/ =.*/=/; s/^/--/'; letters)
  [ "${#all[@]}" -gt 60 ]
  offers 'inotap -' "${all[@]}"
  completes inotap\ --one 'inotap --one-file-system'
  completes inotap\ --glo 'inotap --glob='
  completes inotap\ --stat 'inotap --stats'
}

@test "bash completes values as the options take them" {
  bash_alone
  in_bash
  values_complete
  completes 'inotap -e -cr' 'inotap -e -create'
  completes 'inotap -e "all,-cr' 'inotap -e "all,-create"'
  typed 'inotap --color=' $'\x18\x01'
  is "what --color= offers" "${answer% }" 'inotap --color=always auto never'
}

@test "bash completes files whatever their names hold" {
  bash_alone
  in_bash
  names_complete bash
}

@test "bash completes where = does not end a word, too" {
  bash_alone
  echo "COMP_WORDBREAKS=\${COMP_WORDBREAKS//=}" >>"$ctl/bashrc"
  in_bash
  : >'my dir'
  completes 'inotap --time=m' 'inotap --time=mono'
  completes 'inotap --events=all,-cr' 'inotap --events=all,-create'
  completes 'inotap --output=my' 'inotap --output=my\ dir'
  completes 'inotap -omy' 'inotap -omy\ dir'
  completes 'inotap --time=mono my' 'inotap --time=mono my\ dir'
  stays 'inotap --count='
}

@test "bash finds the completion by itself where bash-completion is installed" {
  local package=/usr/share/bash-completion/bash_completion
  [ -e "$package" ] || cannot "needs the package bash-completion"
  echo ". $package" >>"$ctl/bashrc"
  in_bash
  : >'my dir'
  completes 'inotap --one-f' 'inotap --one-file-system'
  completes 'inotap -r my' 'inotap -r my\ dir'
  completes 'inotap --output=my' 'inotap --output=my\ dir'
  completes 'inotap --time=m' 'inotap --time=mono'
  completes 'inotap -rje all,-cr' 'inotap -rje all,-create'
  stays 'inotap -n '
}

@test "zsh completes every option, with its help" {
  in_zsh
  local -a all
  mapfile -t all < <(options | sed 's/ .*//; s/^/--/')
  offers 'inotap --' "${all[@]}"
  mapfile -t all < <(letters)
  for letter in "${all[@]}"; do
    typed "inotap $letter"
    is "a letter and TAB" "${answer% }" "inotap $letter"
  done
  completes 'inotap --one' 'inotap --one-file-system'
  shows 'inotap --paths' 'read further PATHs, one a line; - is standard input'
  shows 'inotap --ready' 'write READY=1 to the file descriptor FD then, and close it'
  shows 'inotap -e clos' 'close_write, close_nowrite'
  # The = goes again where nothing follows it.
  typed 'inotap --stat' $'\t zebra'
  is "--stat, TAB and another word" "$answer" 'inotap --stats zebra'
}

@test "zsh completes values as the options take them" {
  in_zsh
  values_complete
  completes 'inotap -e -cr' 'inotap -e -create'
}

@test "zsh completes files whatever their names hold" {
  in_zsh
  names_complete zsh
}

@test "fish completes every option, with its help" {
  command -v fish >/dev/null || cannot "needs fish"
  fish -c 'complete -C "inotap --"; complete -C "inotap -"' >list
  is options "$(cut -f 1 list | sort -u)" "$({ options | sed 's/ .*//; s/^/--/'; letters; } | sort)"
  has "$(<list)" $'--paths0-from\tthe same, each PATH ended by NUL'
  has "$(fish -c 'complete -C "inotap -e clo"')" $'close\tclose_write, close_nowrite'
}

@test "fish completes values as the options take them" {
  command -v fish >/dev/null || cannot "needs fish"
  # Its way to show all is a list below the line.
  offers() {
    is "what '$1' offers" "$(fish -c 'complete -C $argv' "$1" | cut -f 1 | sort)" "$(printf '%s\n' "${@:2}" | sort)"
  }
  in_fish
  values_complete
}

@test "fish completes files whatever their names hold" {
  in_fish
  names_complete fish
}
