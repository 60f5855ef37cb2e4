/* completion.c: a program of the build: writes what completes inotap's command line in bash, zsh and fish.
 * Neighbours: options.c and events.c, whose tables say everything; nothing is listed here again. */
#include "option_table.h"

#include "format.h"
#include "stats.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What the value of an option is. */
enum value_kind { VALUE_NONE, VALUE_FREE, VALUE_FILE, VALUE_WORD, VALUE_EVENTS, VALUE_FIELDS, VALUE_SORT };

/* By what its row calls it. A row whose argument is not here ends the build: nothing is forgotten. */
static const struct {
    const char *argument;
    enum value_kind kind;
} arguments[] = {
    {"FILE", VALUE_FILE},        {"FORMAT", VALUE_WORD},  {"KEY", VALUE_WORD},   {"WHEN", VALUE_WORD},
    {"f|d", VALUE_WORD},         {"LIST", VALUE_EVENTS},  {"N", VALUE_FREE},     {"[-]EVENT", VALUE_SORT},
    {"[=INTERVAL]", VALUE_FREE}, {"[!]GLOB", VALUE_FREE}, {"[!]RE", VALUE_FREE}, {"DURATION", VALUE_FREE},
    {"FD", VALUE_FREE},          {"FMT", VALUE_FREE},     {"NAME", VALUE_FREE},  {"SIZE", VALUE_FREE},
};

static int find_argument(const struct row *row)
{
    for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
        if (strcmp(arguments[i].argument, row->argument) == 0)
            return (int)i;
    return -1;
}

static enum value_kind kind_of(const struct row *row)
{
    if (!row->argument)
        return VALUE_NONE;
    if (strcmp(row->name, "fields") == 0)
        return VALUE_FIELDS;
    return arguments[find_argument(row)].kind;
}

static bool is_optional(const struct row *row)
{
    return row->argument && strncmp(row->argument, "[=", 2) == 0;
}

/* Is the value several words with commas between? May a '-' stand before each? */
static bool is_list(const struct row *row)
{
    return kind_of(row) == VALUE_EVENTS || kind_of(row) == VALUE_FIELDS;
}

static bool is_signed(const struct row *row)
{
    return kind_of(row) == VALUE_EVENTS || kind_of(row) == VALUE_SORT;
}

/* ---- the words that a value can be ---- */

typedef void put_word(const char *word, const char *help);

static bool takes(const struct row *row, const char *word)
{
    struct options o = {0};
    struct refusal refusal;
    const bool taken = row->take(&o, row, word, &refusal) == 0;

    options_free(&o);
    return taken;
}

/* Put the word in small letters, if the option takes it. */
static void offer(const struct row *row, const char *word, const char *help, put_word *put)
{
    char lower[64];
    size_t len = 0;

    while (word[len] && len < sizeof(lower) - 1) {
        lower[len] = (char)tolower((unsigned char)word[len]);
        len++;
    }
    lower[len] = '\0';
    if (takes(row, lower))
        put(lower, help);
}

/* The words of its argument (f|d), or else those of its help that it does take. */
static void offer_said(const struct row *row, put_word *put)
{
    const char *p = strchr(row->argument, '|') ? row->argument : row->help;
    char said[256] = " ", word[32], padded[40];

    while (*p) {
        size_t len = 0;

        while (isalnum((unsigned char)p[len]) || p[len] == '_' || p[len] == '-')
            len++;
        snprintf(word, sizeof(word), "%.*s", (int)len, p);
        snprintf(padded, sizeof(padded), " %s ", word);
        if (len > 0 && !strstr(said, padded)) {
            offer(row, word, "", put);
            strncat(said, padded + 1, sizeof(said) - strlen(said) - 1);
        }
        p += len + (p[len] != '\0');
    }
}

static void offer_sorts(const struct row *row, put_word *put)
{
    char name[STATS_NAME_MAX + 1];

    offer(row, "total", "", put);
    for (unsigned kind = 0; kind < STATS_KINDS; kind++) {
        *stats_put_name(name, kind) = '\0';
        if (strncmp(name, "0x", 2) != 0)
            offer(row, name, "", put);
    }
}

static void offer_words(const struct row *row, put_word *put)
{
    size_t count;
    const struct event_row *const events = events_table(&count);

    switch (kind_of(row)) {
    case VALUE_EVENTS:
        for (size_t i = 0; i < count; i++)
            offer(row, events[i].name, events[i].help, put);
        break;
    case VALUE_FIELDS:
        for (int i = 0; i < FIELD_COUNT; i++)
            offer(row, field_name((enum field)i), "", put);
        break;
    case VALUE_SORT:
        offer_sorts(row, put);
        break;
    case VALUE_WORD:
        offer_said(row, put);
        break;
    default:
        break;
    }
}

/* ---- text for shells ---- */

static void put_plain(const char *word, const char *help)
{
    (void)help;
    printf("%s ", word);
}

/* Put the text, each of the characters in `special` with a backslash before it. */
static void put_escaped(const char *text, const char *special)
{
    for (; *text; text++) {
        if (strchr(special, *text))
            putchar('\\');
        putchar(*text);
    }
}

/* The same inside '...' of bash and zsh, where a quote ends the string and begins another one. */
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

/* ---- bash ---- */

static void bash_case(const struct row *row)
{
    printf("        --%s", row->name);
    if (row->letter)
        printf(" | -%c", row->letter);
    fputs(") ", stdout);
    if (kind_of(row) == VALUE_FILE) {
        fputs("files=1 ;;\n", stdout);
        return;
    }
    if (is_list(row))
        fputs("commas=1 ", stdout);
    if (is_signed(row))
        fputs("sign=1 ", stdout);
    fputs("words='", stdout);
    offer_words(row, put_plain);
    fputs("' ;;\n", stdout);
}

static void bash_tables(void)
{
    fputs("    local options='", stdout);
    for (const struct row *r = options_table; r->name; r++) {
        printf("--%s%s ", r->name, r->argument && !is_optional(r) ? "=" : "");
        if (r->letter)
            printf("-%c ", r->letter);
    }
    fputs("'\n    local takes_next=' ", stdout);
    for (const struct row *r = options_table; r->name; r++) {
        if (!r->argument || is_optional(r))
            continue;
        printf("--%s ", r->name);
        if (r->letter)
            printf("-%c ", r->letter);
    }
    fputs("'\n", stdout);
}

static const char bash_start[] =
    "# Completion of inotap for bash. Made by the build from inotap's table of options.\n"
    "_inotap() {\n"
    "    local IFS=$' \\t\\n' cur=$2 option='' before='' words='' word files='' commas='' sign='' i=1 j\n";

static const char bash_find_option[] =
    "    COMPREPLY=()\n"
    "    # The option whose value this word is. Readline ends words at =, unless COMP_WORDBREAKS was "
    "changed.\n"
    "    while ((i < COMP_CWORD)); do\n"
    "        word=${COMP_WORDS[i]} option=''\n"
    "        ((++i))\n"
    "        case $word in\n"
    "            --) return 0 ;;\n"
    "            --*)\n"
    "                if [[ ${COMP_WORDS[i]-} == = ]]; then\n"
    "                    option=$word\n"
    "                    ((++i))\n"
    "                elif [[ $takes_next == *\" $word \"* ]]; then\n"
    "                    option=$word\n"
    "                fi\n"
    "                ;;\n"
    "            -*)\n"
    "                # Letters, up to one whose value follows at once, or is the next word.\n"
    "                for ((j = 1; j < ${#word}; j++)); do\n"
    "                    [[ $takes_next == *\" -${word:j:1} \"* ]] || continue\n"
    "                    ((j + 1 < ${#word})) || option=-${word:j:1}\n"
    "                    break\n"
    "                done\n"
    "                ;;\n"
    "        esac\n"
    "        if [[ $option ]] && ((i < COMP_CWORD)); then\n"
    "            option=''\n"
    "            ((++i))\n"
    "        fi\n"
    "    done\n"
    "    if [[ ! $option && $cur == --*=* ]]; then\n"
    "        option=${cur%%=*} before=${cur%%=*}= cur=${cur#*=}\n"
    "    elif [[ ! $option && $cur == -[!-]?* ]]; then\n"
    "        for ((j = 1; j + 1 < ${#cur}; j++)); do\n"
    "            [[ $takes_next == *\" -${cur:j:1} \"* ]] || continue\n"
    "            option=-${cur:j:1} before=${cur:0:j+1} cur=${cur:j+1}\n"
    "            break\n"
    "        done\n"
    "    fi\n"
    "    case $option in\n";

static const char bash_end[] =
    "        '')\n"
    "            # Readline completes files itself, whatever their names hold.\n"
    "            [[ $cur == -* ]] || return 0\n"
    "            words=$options\n"
    "            ;;\n"
    "    esac\n"
    "    [[ ! $files || $before ]] || return 0\n"
    "    compopt +o default +o bashdefault\n"
    "    if [[ $files ]]; then\n"
    "        compopt -o filenames -o nospace\n"
    "        mapfile -t COMPREPLY < <(compgen -f -P \"$before\" -- \"$cur\")\n"
    "        return 0\n"
    "    fi\n"
    "    [[ ! $commas ]] || compopt -o nospace\n"
    "    [[ ! $commas || $cur != *,* ]] || before+=${cur%,*}, cur=${cur##*,}\n"
    "    [[ ! $sign || $cur != -* ]] || before+=- cur=${cur#-}\n"
    "    for word in $words; do\n"
    "        [[ $word != \"$cur\"* ]] || COMPREPLY+=(\"$before$word\")\n"
    "    done\n"
    "    [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace\n"
    "    return 0\n"
    "}\n"
    "complete -o bashdefault -o default -F _inotap inotap\n";

static void write_bash(void)
{
    fputs(bash_start, stdout);
    bash_tables();
    fputs(bash_find_option, stdout);
    for (const struct row *r = options_table; r->name; r++)
        if (r->argument && kind_of(r) != VALUE_FREE)
            bash_case(r);
    fputs(bash_end, stdout);
}

/* ---- zsh ---- */

static void zsh_word(const char *word, const char *help)
{
    fputs("        '", stdout);
    put_quoted(word, ":\\");
    if (*help) {
        putchar(':');
        put_quoted(help, "\\");
    }
    fputs("'\n", stdout);
}

/* The function for values that are more than one of some words. */
static void zsh_function(const struct row *row)
{
    printf("_inotap_%s() {\n    local -a words=(\n", row->name);
    offer_words(row, zsh_word);
    fputs("    )\n", stdout);
    if (is_list(row))
        fputs("    compset -P '*,'\n    compset -S ',*'\n", stdout);
    if (is_signed(row))
        fputs("    compset -P -\n", stdout);
    printf("    _describe -t %s %s words%s\n}\n", row->name, row->name, is_list(row) ? " -S ''" : "");
}

/* How the name ends: where its value may be. */
static const char *zsh_suffix(const struct row *row)
{
    if (is_optional(row))
        return "=-";
    return row->argument ? "=" : "";
}

static void zsh_value(const struct row *row)
{
    if (is_optional(row)) {
        printf("::%.*s: ", (int)strlen(row->argument) - 3, row->argument + 2);
        return;
    }
    putchar(':');
    put_quoted(row->argument, ":\\");
    putchar(':');
    switch (kind_of(row)) {
    case VALUE_WORD:
        putchar('(');
        offer_words(row, put_plain);
        putchar(')');
        break;
    case VALUE_FILE:
        fputs("_files", stdout);
        break;
    case VALUE_FREE:
        putchar(' ');
        break;
    default:
        printf("_inotap_%s", row->name);
    }
}

static void zsh_option(const struct row *row)
{
    fputs("        '*'", stdout);
    if (row->letter)
        printf("{-%c%s,--%s%s}", row->letter, row->argument ? "+" : "", row->name, zsh_suffix(row));
    else
        printf("--%s%s", row->name, zsh_suffix(row));
    fputs("'[", stdout);
    put_quoted(row->help, "[]\\");
    putchar(']');
    if (row->argument)
        zsh_value(row);
    fputs("' \\\n", stdout);
}

static void write_zsh(void)
{
    fputs("#compdef inotap\n"
          "# Completion of inotap for zsh. Made by the build from inotap's table of options.\n",
          stdout);
    for (const struct row *r = options_table; r->name; r++)
        if (is_list(r) || is_signed(r))
            zsh_function(r);
    fputs("_inotap_path() {\n"
          "    # What begins with - is an option, unless -- stands before it.\n"
          "    [[ $PREFIX != -* || ${words[(i)--]} -lt $CURRENT ]] && _files\n"
          "}\n"
          "_inotap() {\n    _arguments -s -S : \\\n",
          stdout);
    for (const struct row *r = options_table; r->name; r++)
        zsh_option(r);
    fputs("        '*:PATH:_inotap_path'\n}\n_inotap \"$@\"\n", stdout);
}

/* ---- fish ---- */

static void fish_word(const char *word, const char *help)
{
    printf(" \\\n    '%s", word);
    if (*help)
        putchar('\t');
    put_escaped(help, "'\\");
    putchar('\'');
}

static void fish_option(const struct row *row)
{
    fputs("complete -c inotap", stdout);
    if (row->letter)
        printf(" -s %c", row->letter);
    printf(" -l %s", row->name);
    switch (kind_of(row)) {
    case VALUE_NONE:
        break;
    case VALUE_FREE:
        fputs(is_optional(row) ? "" : " -x", stdout);
        break;
    case VALUE_FILE:
        fputs(" -r -F", stdout);
        break;
    case VALUE_WORD:
        fputs(" -x -a '", stdout);
        offer_words(row, put_plain);
        putchar('\'');
        break;
    default:
        printf(" -x -a '(__inotap_value \"^%s%s\" $__inotap_%s)'", is_list(row) ? "(?:.*,)?" : "",
               is_signed(row) ? "-?" : "", row->name);
    }
    fputs(" -d '", stdout);
    put_escaped(row->help, "'\\");
    fputs("'\n", stdout);
}

/* What a value is put together of is completed as a whole, so what stands in front of a word is told with it.
 */
static void fish_function(void)
{
    char flags[OPTION_ROWS_MAX] = "", letters[OPTION_ROWS_MAX] = "";
    size_t flag_count = 0, letter_count = 0;

    for (const struct row *r = options_table; r->name; r++) {
        if (r->letter && !r->argument)
            flags[flag_count++] = r->letter;
        if (r->letter && (is_list(r) || is_signed(r)))
            letters[letter_count++] = r->letter;
    }
    printf("function __inotap_value\n"
           "    # Without the option, where that is in this word, too.\n"
           "    set -l value (commandline -ct | string replace -r -- '^(--[^=]*=|-[%s]*[%s])' '')\n"
           "    printf '%%s\\n' (string match -r -- $argv[1] \"$value\")$argv[2..]\n"
           "end\n",
           flags, letters);
}

static void write_fish(void)
{
    fputs("# Completion of inotap for fish. Made by the build from inotap's table of options.\n", stdout);
    for (const struct row *r = options_table; r->name; r++) {
        if (!is_list(r) && !is_signed(r))
            continue;
        printf("set -g __inotap_%s", r->name);
        offer_words(r, fish_word);
        putchar('\n');
    }
    fish_function();
    fputs("# What begins with - is an option, and not a PATH, unless -- stands before it.\n"
          "complete -c inotap -f -n 'string match -q -- \"-*\" (commandline -ct);"
          " and not contains -- -- (commandline -opc)'\n",
          stdout);
    for (const struct row *r = options_table; r->name; r++)
        fish_option(r);
}

/* ---- all of it ---- */

/* Is the value of every option of a kind that is known? */
static bool table_is_known(void)
{
    for (const struct row *r = options_table; r->name; r++) {
        if (r->argument && find_argument(r) < 0) {
            fprintf(stderr, "inotap-completion: --%s: say in completion.c what %s is\n", r->name,
                    r->argument);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *shell;
        void (*write)(void);
    } shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

    if (!table_is_known())
        return 1;
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
