/* completion.c: a program of the build: writes what completes inotap's command line in bash, zsh and fish.
 * Neighbours: options.c and events.c, whose tables say everything; nothing is listed here again. */
#include "option_table.h"

#include "format.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What the value of an option is, by what its row calls it. */
enum value_kind {
    VALUE_NONE,
    VALUE_OTHER,
    VALUE_FILE,
    VALUE_DIR,
    VALUE_COMMAND,
    VALUE_WORDS,
    VALUE_EVENTS,
    VALUE_FIELDS
};

static enum value_kind kind_of(const struct row *row)
{
    const char *const argument = row->argument;

    if (!argument)
        return VALUE_NONE;
    if (strcmp(argument, "LIST") == 0)
        return strcmp(row->name, "fields") == 0 ? VALUE_FIELDS : VALUE_EVENTS;
    if (strcmp(argument, "EVENT") == 0 || strcmp(argument, "[-]EVENT") == 0)
        return VALUE_EVENTS;
    if (strchr(argument, '|') || strcmp(argument, "WHEN") == 0 || strcmp(argument, "FORMAT") == 0)
        return VALUE_WORDS;
    if (strcmp(argument, "FILE") == 0)
        return VALUE_FILE;
    if (strcmp(argument, "DIR") == 0)
        return VALUE_DIR;
    return strncmp(argument, "COMMAND", strlen("COMMAND")) == 0 ? VALUE_COMMAND : VALUE_OTHER;
}

/* The words that an option takes: those of its argument (f|d), or else of its help, that it does take. */
static void put_words(const struct row *row)
{
    const char *p = strchr(row->argument, '|') ? row->argument : row->help;
    const char *separator = "";
    char said[256] = " ", word[32], padded[40];

    while (*p) {
        struct options o = {0};
        struct refusal refusal;
        size_t len = 0;

        while (isalnum((unsigned char)p[len]) || p[len] == '_' || p[len] == '-')
            len++;
        snprintf(word, sizeof(word), "%.*s", (int)len, p);
        snprintf(padded, sizeof(padded), " %s ", word);
        if (len > 0 && !strstr(said, padded) && row->take(&o, row, word, &refusal) == 0) {
            printf("%s%s", separator, word);
            separator = " ";
            strncat(said, padded + 1, sizeof(said) - strlen(said) - 1);
        }
        options_free(&o);
        p += len + (p[len] != '\0');
    }
}

/* Put the text, each of the characters in `special` with `escape` before it. */
static void put_escaped(const char *text, const char *special, const char *escape)
{
    for (; *text; text++) {
        if (strchr(special, *text))
            fputs(escape, stdout);
        putchar(*text);
    }
}

/* Inside '...' of a shell a quote ends the string and begins another one. */
static void put_quoted(const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\'", stdout);
        else if (strchr(special, *text))
            putchar('\\');
        putchar(*text);
    }
}

static void put_lower(const char *name)
{
    for (; *name; name++)
        putchar(tolower((unsigned char)*name));
}

/* ---- bash ---- */

static void bash_case(const struct row *row)
{
    printf("        --%s", row->name);
    if (row->letter)
        printf(" | -%c", row->letter);
    fputs(") ", stdout);
    switch (kind_of(row)) {
    case VALUE_EVENTS:
        fputs("list=$events ;;\n", stdout);
        break;
    case VALUE_FIELDS:
        fputs("list=$fields ;;\n", stdout);
        break;
    case VALUE_WORDS:
        fputs("words='", stdout);
        put_words(row);
        fputs("' ;;\n", stdout);
        break;
    case VALUE_COMMAND:
        fputs("mapfile -t COMPREPLY < <(compgen -c -- \"$cur\"); return ;;\n", stdout);
        break;
    case VALUE_FILE:
    case VALUE_DIR:
        fputs("return ;;\n", stdout);
        break;
    default:
        fputs("words= ;;\n", stdout);
    }
}

static void write_bash(void)
{
    size_t count;
    const struct event_row *const events = events_table(&count);

    fputs("# Completion of inotap for bash. Made by the build from inotap's table of options.\n"
          "_inotap() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} option='' before='' words='' list='' events fields "
          "options i\n"
          "    events='",
          stdout);
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind != EVENT_TOLD) {
            put_lower(events[i].name);
            putchar(' ');
        }
    }
    fputs("'\n    fields='", stdout);
    for (int i = 0; i < FIELD_COUNT; i++)
        printf("%s ", field_name((enum field)i));
    fputs("'\n    options='", stdout);
    for (const struct row *r = options_table; r->name; r++) {
        printf("--%s%s ", r->name, r->argument && r->argument[0] != '[' ? "=" : "");
        if (r->letter)
            printf("-%c ", r->letter);
    }
    fputs("'\n"
          "    COMPREPLY=()\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        [[ ${COMP_WORDS[i]} != -- ]] || return 0\n"
          "    done\n"
          "    # Readline takes = for the end of a word, unless COMP_WORDBREAKS was changed.\n"
          "    if [[ $cur == --*=* ]]; then\n"
          "        option=${cur%%=*} before=${cur%%=*}= cur=${cur#*=}\n"
          "    elif [[ $cur == = ]]; then\n"
          "        option=${COMP_WORDS[COMP_CWORD - 1]} cur=''\n"
          "    elif ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then\n"
          "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    elif ((COMP_CWORD > 1)); then\n"
          "        option=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "        # The last of several letters.\n"
          "        [[ $option != -[!-]* ]] || option=-${option: -1}\n"
          "    fi\n"
          "    case $option in\n",
          stdout);
    for (const struct row *r = options_table; r->name; r++)
        if (r->argument)
            bash_case(r);
    fputs("        *)\n"
          "            # Readline completes files itself, whatever their names hold.\n"
          "            [[ $cur == -* ]] || return 0\n"
          "            mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
          "            [[ ${#COMPREPLY[@]} -ne 1 || $COMPREPLY != *= ]] || compopt -o nospace 2>/dev/null\n"
          "            return 0\n"
          "            ;;\n"
          "    esac\n"
          "    compopt +o default +o bashdefault 2>/dev/null\n"
          "    if [[ $list ]]; then\n"
          "        compopt -o nospace 2>/dev/null\n"
          "        words=$list\n"
          "        [[ $cur != *,* ]] || before+=${cur%,*}, cur=${cur##*,}\n"
          "        [[ $cur != -* ]] || before+=- cur=${cur#-}\n"
          "    fi\n"
          "    for i in $words; do\n"
          "        [[ $i != \"$cur\"* ]] || COMPREPLY+=(\"$before$i\")\n"
          "    done\n"
          "    return 0\n"
          "}\n"
          "complete -o bashdefault -o default -F _inotap inotap\n",
          stdout);
}

/* ---- zsh ---- */

static void zsh_option(const struct row *row)
{
    fputs("    '*'", stdout);
    if (row->letter)
        printf("{-%c%s,--%s%s}", row->letter, row->argument ? "+" : "", row->name, row->argument ? "=" : "");
    else
        printf("--%s%s", row->name, row->argument ? "=" : "");
    fputs("'[", stdout);
    put_quoted(row->help, "[]\\");
    putchar(']');
    if (row->argument) {
        putchar(':');
        put_quoted(row->argument, ":\\");
        putchar(':');
    }
    switch (kind_of(row)) {
    case VALUE_EVENTS:
        fputs("_inotap_events", stdout);
        break;
    case VALUE_FIELDS:
        fputs("_inotap_fields", stdout);
        break;
    case VALUE_WORDS:
        putchar('(');
        put_words(row);
        putchar(')');
        break;
    case VALUE_COMMAND:
        fputs("_command_names -e", stdout);
        break;
    case VALUE_FILE:
        fputs("_files", stdout);
        break;
    case VALUE_DIR:
        fputs("_files -/", stdout);
        break;
    case VALUE_OTHER:
        putchar(' ');
        break;
    default:
        break;
    }
    fputs("' \\\n", stdout);
}

static void write_zsh(void)
{
    size_t count;
    const struct event_row *const events = events_table(&count);

    fputs("#compdef inotap\n"
          "# Completion of inotap for zsh. Made by the build from inotap's table of options.\n"
          "_inotap_events() {\n    local -a events=(\n",
          stdout);
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == EVENT_TOLD)
            continue;
        fputs("        '", stdout);
        put_lower(events[i].name);
        putchar(':');
        put_quoted(events[i].help, "");
        fputs("'\n", stdout);
    }
    fputs("    )\n"
          "    compset -P '*,'\n    compset -S ',*'\n    compset -P -\n"
          "    _describe -t events event events -S ''\n}\n"
          "_inotap_fields() {\n    local -a fields=(",
          stdout);
    for (int i = 0; i < FIELD_COUNT; i++)
        printf(" %s", field_name((enum field)i));
    fputs(" )\n"
          "    compset -P '*,'\n    compset -S ',*'\n"
          "    _describe -t fields field fields -S ''\n}\n"
          "_inotap() {\n    _arguments -s -S : \\\n",
          stdout);
    for (const struct row *r = options_table; r->name; r++)
        zsh_option(r);
    fputs("    '*:PATH:_files'\n}\n_inotap \"$@\"\n", stdout);
}

/* ---- fish ---- */

static void fish_option(const struct row *row)
{
    fputs("complete -c inotap", stdout);
    if (row->letter)
        printf(" -s %c", row->letter);
    printf(" -l %s", row->name);
    switch (kind_of(row)) {
    case VALUE_EVENTS:
        fputs(" -x -a '(__inotap_list $__inotap_events)'", stdout);
        break;
    case VALUE_FIELDS:
        fputs(" -x -a '(__inotap_list $__inotap_fields)'", stdout);
        break;
    case VALUE_WORDS:
        fputs(" -x -a '", stdout);
        put_words(row);
        putchar('\'');
        break;
    case VALUE_COMMAND:
        fputs(" -x -a '(__fish_complete_command)'", stdout);
        break;
    case VALUE_FILE:
        fputs(" -r -F", stdout);
        break;
    case VALUE_DIR:
        fputs(" -x -a '(__fish_complete_directories)'", stdout);
        break;
    case VALUE_OTHER:
        fputs(" -x", stdout);
        break;
    default:
        break;
    }
    fputs(" -d '", stdout);
    put_escaped(row->help, "'\\", "\\");
    fputs("'\n", stdout);
}

static void write_fish(void)
{
    size_t count;
    const struct event_row *const events = events_table(&count);

    fputs("# Completion of inotap for fish. Made by the build from inotap's table of options.\n"
          "set -g __inotap_events",
          stdout);
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == EVENT_TOLD)
            continue;
        fputs(" \\\n    '", stdout);
        put_lower(events[i].name);
        putchar('\t');
        put_escaped(events[i].help, "'\\", "\\");
        putchar('\'');
    }
    fputs("\nset -g __inotap_fields", stdout);
    for (int i = 0; i < FIELD_COUNT; i++)
        printf(" %s", field_name((enum field)i));
    fputs("\nfunction __inotap_list\n"
          "    set -l token (commandline -ct | string replace -r -- '^--[^=]*=' '')\n"
          "    set -l before (string match -r -- '^(?:.*,)?-?' \"$token\")\n"
          "    printf '%s\\n' $before$argv\n"
          "end\n",
          stdout);
    for (const struct row *r = options_table; r->name; r++)
        fish_option(r);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *shell;
        void (*write)(void);
    } shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

    for (size_t i = 0; argc == 3 && i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(argv[1], shells[i].shell) != 0)
            continue;
        if (!freopen(argv[2], "w", stdout)) {
            perror(argv[2]);
            return 1;
        }
        shells[i].write();
        if (ferror(stdout) || fclose(stdout) != 0) {
            perror(argv[2]);
            return 1;
        }
        return 0;
    }
    fputs("usage: inotap-completion bash|zsh|fish FILE\n", stderr);
    return 2;
}
