#!/usr/bin/env bats
# Completion of the command line, in the shells themselves.

load helper

# in_bash WORD...: what bash offers for the last word; no helper of the package bash-completion is there.
in_bash() {
  bash --norc -c '. "$1"; shift; COMP_WORDS=(inotap "$@"); COMP_CWORD=$#; _inotap || exit
    for i in "${COMPREPLY[@]}"; do printf "%s\n" "$i"; done' - "$INOTAP_BUILD/completion/inotap" "$@"
}

in_fish() {
  HOME=$ctl timeout 60 fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$INOTAP_BUILD/completion/inotap.fish" "$1" | cut -f 1
}

# in_zsh LINE: what zsh shows in a terminal of its own for a TAB at the end of the line.
in_zsh() {
  LINE=$1 DIR=$INOTAP_BUILD/completion timeout 60 zsh -f -c '
    zmodload zsh/zpty
    zpty z TERM=dumb zsh -f -i
    zpty -w z "PROMPT= RPROMPT=; unsetopt zle_bracketed_paste beep; fpath=(\$DIR \$fpath); autoload -Uz compinit; compinit -u -D"
    zpty -w z "zstyle \":completion:*\" insert-tab false; LISTMAX=1000; COLUMNS=200 LINES=200"
    zpty -w z "tell() { zle -I; print -r -- \"<<\$BUFFER>>\"; exit }; zle -N tell; bindkey \"^X\" tell; bindkey \"^I\" complete-word; print set\"\"up"
    zpty -r z out "*set""up*"
    zpty -n -w z "$LINE"$'"'\\t\\x18'"'
    while zpty -r z out; do print -rn -- "$out"; done' | tr -d '\r'
}

options_of_help() {
  "$INOTAP" --help | grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'
}

@test "bash completes every long option, and words, events and fields of lists" {
  local option
  for option in $(options_of_help); do has "$(in_bash "$option")" "$option"; done
  is time "$(in_bash --time = m)" mono
  is "a whole word" "$(in_bash --time=m)" --time=mono
  is color "$(in_bash --color = '' | sort | xargs)" "always auto never"
  is type "$(in_bash --type '' | xargs)" "f d"
  is events "$(in_bash -e delete,cr)" delete,create
  is "taken away" "$(in_bash -rme all,-cr)" all,-create
  is fields "$(in_bash --fields = seq,coo)" seq,cookie
  is number "$(in_bash -n '')" ""
}

@test "fish completes every long option, and words, events, fields and files with hostile names" {
  local option
  for option in $(options_of_help); do has "$(in_fish "inotap $option")" "$option"; done
  is time "$(in_fish 'inotap --time=m')" --time=mono
  has "$(in_fish 'inotap -e delete,cr')" "delete,create"
  has "$(in_fish 'inotap -e all,-cr')" "all,-create"
  has "$(in_fish 'inotap --fields seq,coo')" "seq,cookie"
  : >"a b'c"
  has "$(in_fish 'inotap -o a')" "a b'c"
  has "$(in_fish 'inotap a')" "a b'c"
  is number "$(in_fish 'inotap -n ')" ""
}

@test "zsh completes options, words, events, fields and files with hostile names" {
  : >"a b'c"
  has "$(in_zsh 'inotap --one-f')" "<<inotap --one-file-system"
  has "$(in_zsh 'inotap --time=m')" "<<inotap --time=mono"
  has "$(in_zsh 'inotap -e delete,cr')" "<<inotap -e delete,create"
  has "$(in_zsh 'inotap -e all,-cr')" "<<inotap -e all,-create"
  has "$(in_zsh 'inotap --fields seq,coo')" "<<inotap --fields seq,cookie"
  has "$(in_zsh 'inotap -o a')" "<<inotap -o a\\ b\\'c"
  has "$(in_zsh 'inotap a')" "<<inotap a\\ b\\'c"
}
