#!/usr/bin/env bats
# The man page says what the program does: every option, event and field, and examples that run.

load helper

page() {
  cat "$INOTAP_SOURCE/man/inotap.1"
}

@test "every option of --help is in the man page, and every option of the man page in --help" {
  local program manual
  program=$("$INOTAP" --help | grep -oE '^ +(-[A-Za-z0-9],)? +--[a-z0-9-]+' | grep -oE -e '--[a-z0-9-]+' | sort)
  manual=$(page | grep -E '^\.It Fl' | grep -oE 'Fl -[a-z0-9-]+' | sed 's/^Fl /-/' | sort)
  [ "$(wc -l <<<"$program")" -gt 20 ]
  is "options of the man page" "$manual" "$program"
}

@test "every letter of --help is in the man page" {
  local program manual
  program=$("$INOTAP" --help | grep -oE '^ +-[A-Za-z0-9], --[a-z0-9-]+' | sed -E 's/^ +-(.), --(.*)$/\1 \2/' | sort)
  manual=$(page | sed -nE 's/^\.It Fl ([A-Za-z0-9]) , Fl -([a-z0-9-]+).*$/\1 \2/p' | sort)
  [ -n "$program" ]
  is "letters of the man page" "$manual" "$program"
}

@test "every event, group and flag of --help is in the man page" {
  local names name
  names=$("$INOTAP" --help | sed -n '/^Events for/,/^Status/s/^  \([a-z_]\+\) .*$/\1/p')
  [ "$(wc -l <<<"$names")" -ge 27 ]
  for name in $names; do
    page | grep -qiE "^\.It (Cm|Dv|Sy|Li) $name( |\$)" || {
      echo "not in the man page: $name" >&2
      return 1
    }
  done
}

@test "every field is in the man page" {
  local field fields
  fields=$(sed -n '/^static .* field_names/,/^};/p' "$INOTAP_SOURCE/src/program.c" | grep -oE '"[a-z]+"' | tr -d '"')
  [ "$(wc -l <<<"$fields")" -ge 11 ]
  for field in $fields; do
    page | grep -qE "^\.It (Cm|Dv|Sy|Li|Va) $field( |\$)" || {
      echo "not in the man page: $field" >&2
      return 1
    }
  done
}

@test "every letter of a template is in the man page" {
  local letter
  for letter in w f p P e c d m q T h u i C 0 n; do
    page | grep -qE "^\.It (Cm|Li|Sy) (\\\\&)?%$letter( |\$)" || {
      echo "not in the man page: %$letter" >&2
      return 1
    }
  done
}

@test "every example of the man page prints what it shows" {
  # A block is run in an empty directory: "$ " begins a command, "> " goes on with it, the rest is what they print.
  local count=0 block
  page | awk -v dir="$ctl" '
    /^\.Sh/ { examples = $2 == "EXAMPLES" }
    examples && /^\.Bd -literal/ { n++; inside = 1; next }
    /^\.Ed/ { inside = 0 }
    inside { gsub(/\\e/, "\\"); gsub(/\\\(aq/, "\047"); print > (dir "/example-" n) }'
  mkdir bin
  ln -s "$INOTAP" bin/inotap
  export PATH=$PWD/bin:$PATH
  for block in "$ctl"/example-*; do
    count=$((count + 1))
    mkdir "example-$count"
    sed -n 's/^[$>] //p' "$block" >"$ctl/commands"
    grep -v '^[$>] ' "$block" >"$ctl/expected" || true
    is "what $(cat "$ctl/commands") prints" \
      "$(cd "example-$count" && timeout "$patience_s" bash "$ctl/commands" 2>&1 3>&-)" "$(cat "$ctl/expected")"
  done
  [ "$count" -ge 10 ]
}
