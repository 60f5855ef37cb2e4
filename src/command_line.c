/* command_line.c: argv by the table of options: parsing, refusals, what options say together, --help.
 * Neighbours: options.c has the table; main.c uses the result. */
#include "option_table.h"

#include "hints.h"
#include "message.h"
#include "nearest.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* ---- help ---- */

/* Print a result of --help or --version, and see that it got out. */
static int finish_stdout(void)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        message(MESSAGE_ERROR, "standard output: %s", strerror(errno));
        return -EIO;
    }
    return 1;
}

static void print_events_of(enum event_kind kind, const char *title)
{
    size_t count;
    const struct event_row *const table = events_table(&count);

    printf("\n%s:\n", title);
    for (size_t i = 0; i < count; i++) {
        char name[32];

        if (table[i].kind != kind)
            continue;
        snprintf(name, sizeof(name), "%s", table[i].name);
        for (char *c = name; *c; c++)
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c | 32);
        printf("  %-14s %s\n", name, table[i].help);
    }
}

/* May the value of an option be left out? */
static bool is_optional(const struct row *row)
{
    return row->argument && strncmp(row->argument, "[=", 2) == 0;
}

int options_print_help(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)o, (void)row, (void)value, (void)refusal;
    printf("usage: inotap [OPTION]... PATH...\n"
           "Watch the PATHs and print one record for every file-system event until stopped.\n");
    for (const struct row *r = options_table; r->name; r++) {
        char left[64];

        if (r->section)
            printf("\n%s:\n", r->section);
        snprintf(left, sizeof(left), "%c%c%c --%s%s%s", r->letter ? '-' : ' ', r->letter ? r->letter : ' ',
                 r->letter ? ',' : ' ', r->name, r->argument && !is_optional(r) ? "=" : "",
                 r->argument ? r->argument : "");
        printf("  %-24s %s\n", left, r->help);
    }
    print_events_of(EVENT_REPORTED, "Events for -e, separated by commas; -NAME takes away");
    print_events_of(EVENT_GROUP, "Groups of them");
    print_events_of(EVENT_FLAG, "Watch flags, handed to inotify_add_watch(2)");
    print_events_of(EVENT_TOLD, "Said by the kernel without being asked");
    printf("\nStatus: 0 ended as asked, 1 something failed, 2 usage, 3 the timeout passed first,\n"
           "4 nothing is left to watch; after SIGINT or SIGTERM it dies of that signal.\n");
    return finish_stdout();
}

int options_print_version(struct options *o, const struct row *row, const char *value,
                          struct refusal *refusal)
{
    (void)o, (void)row, (void)value, (void)refusal;
    printf("inotap %s\n", INOTAP_VERSION);
    return finish_stdout();
}

/* ---- parsing ---- */

#define LONG_ONLY 0x100 /* getopt_long(3)'s value for the row i is LONG_ONLY + i */

static void make_getopt(char *letters, struct option *longs)
{
    int count = 0;

    *letters++ = ':';
    for (const struct row *r = options_table; r->name; r++, count++) {
        longs[count] = (struct option){
            .name = r->name,
            .has_arg = is_optional(r) ? optional_argument
                       : r->argument  ? required_argument
                                      : no_argument,
            .val = LONG_ONLY + count,
        };
        if (r->letter) {
            *letters++ = r->letter;
            if (r->argument)
                *letters++ = ':';
            if (is_optional(r))
                *letters++ = ':';
        }
    }
    *letters = '\0';
    longs[count] = (struct option){0};
}

static const struct row *row_of(int value)
{
    if (value >= LONG_ONLY)
        return &options_table[value - LONG_ONLY];
    for (const struct row *r = options_table; r->name; r++)
        if (value != 0 && r->letter == value)
            return r;
    return NULL;
}

/* A long option that is none, or the beginning of several. */
static void refuse_long_option(const char *argument)
{
    const size_t len = strcspn(argument, "=");
    char candidates[256] = "";
    size_t used = 0;
    struct nearest nearest;
    char name[64];

    snprintf(name, sizeof(name), "%.*s", (int)len, argument);
    nearest_start(&nearest, name);
    for (const struct row *r = options_table; r->name; r++) {
        nearest_offer(&nearest, r->name);
        if (strncmp(r->name, argument, len) == 0 && used < sizeof(candidates))
            used += (size_t)snprintf(candidates + used, sizeof(candidates) - used, " --%s", r->name);
    }
    if (used > strlen(name) + strlen(" --") && strchr(candidates + 1, ' '))
        message(MESSAGE_ERROR, "--%s could be any of:%s", name, candidates);
    else if (hint_for_option(name))
        message(MESSAGE_ERROR, "there is no option --%s; %s", name, hint_for_option(name));
    else if (nearest_is_slip(&nearest))
        message(MESSAGE_ERROR, "there is no option --%s; the nearest name is --%s", name, nearest.best);
    else
        message(MESSAGE_ERROR, "there is no option --%s", name);
}

static void refuse_letter(int letter)
{
    const char name[] = {(char)letter, '\0'};
    const char *const hint = hint_for_option(name);

    message(MESSAGE_ERROR, "there is no option -%c%s%s", letter, hint ? "; " : "", hint ? hint : "");
}

/* getopt_long(3) has returned '?' or ':'. optopt is the letter, or the value of the row, or 0 for a long
 * option that is none; argument is then the one it stands in. */
static enum options_result refuse_option(int result, const char *argument)
{
    const struct row *const row = row_of(optopt);

    if (optopt == 0)
        refuse_long_option(argument + strspn(argument, "-"));
    else if (!row)
        refuse_letter(optopt);
    else if (result == ':')
        message(MESSAGE_ERROR, "%s needs a value: --%s=%s", argument, row->name, row->argument);
    else
        message(MESSAGE_ERROR, "--%s takes no value: %s", row->name, argument);
    message(MESSAGE_ERROR, "'inotap --help' lists the options");
    return OPTIONS_USAGE;
}

static enum options_result refuse_value(const struct row *row, int err, const struct refusal *refusal)
{
    if (err == -ENOMEM || err == -EIO) {
        if (err == -ENOMEM)
            message(MESSAGE_ERROR, "--%s: %s", row->name, strerror(ENOMEM));
        return OPTIONS_FAILED;
    }
    message(MESSAGE_ERROR, "--%s: %s", row->name, refusal->why);
    return OPTIONS_USAGE;
}

static enum options_result take_all(struct options *o, int argc, char **argv)
{
    struct option longs[OPTION_ROWS_MAX + 1];
    char letters[2 * OPTION_ROWS_MAX + 2];
    struct refusal refusal;
    int value;

    make_getopt(letters, longs);
    opterr = 0;
    optind = 1;
    for (;;) {
        /* getopt_long(3) moves the operands behind the options, so the argument it failed at is the one
         * before optind, or at it while a cluster of letters is not yet through. */
        value = getopt_long(argc, argv, letters, longs, NULL);
        if (value == -1)
            break;
        if (value == '?' || value == ':')
            return refuse_option(value, argv[optind - 1]);

        const struct row *const row = row_of(value);
        const int err = row->take(o, row, optarg, &refusal);

        if (err == 1)
            return OPTIONS_DONE;
        if (err < 0)
            return refuse_value(row, err, &refusal);
    }
    o->paths = argv + optind;
    o->path_count = (size_t)(argc - optind);
    return OPTIONS_RUN;
}

static bool field_given(const struct options *o, enum field field)
{
    for (size_t i = 0; i < o->field_count; i++)
        if (o->fields[i] == field)
            return true;
    return false;
}

/* Can there be events that a table is to be sorted by? */
static bool is_counted(const struct options *o, int key)
{
    if (key < STATS_RENAME)
        return ((uint64_t)o->events | IN_Q_OVERFLOW | IN_UNMOUNT | IN_IGNORED) & STATS_KIND_BIT(key);
    switch (key) {
    case STATS_RENAME:
        return o->rename;
    case STATS_GONE:
    case STATS_BACK:
        return o->follow_name;
    case STATS_ERROR:
        return o->partial;
    case STATS_RESYNCED:
        return o->recursive || o->follow_name;
    default:
        return true;
    }
}

/* The same of what goes with --top. */
static const char *check_live(const struct options *o)
{
    if (o->stats)
        return "--stats and --top exclude each other";
    if (o->daemon)
        return "--top needs a terminal, and --daemon leaves it";
    if (o->output)
        return "--output: with --top nothing is printed that could go there";
    if (o->kind_given || o->null || o->field_count > 0 || o->host || o->time_given || o->ready)
        return o->kind_given ? "--json, --csv and --format are for what is printed, and --top prints nothing"
               : o->null     ? "--null is for records, and --top prints none"
               : o->field_count > 0 ? "--fields is for records, and --top prints none"
               : o->host            ? "--host is for records, and --top prints none"
               : o->time_given
                   ? "--time is for what is printed, and --top prints nothing"
                   : "--ready prints a record, and --top prints none: --ready-fd=FD tells without one";
    for (size_t i = 0; i < o->source_count; i++)
        if (strcmp(o->sources[i].file, "-") == 0)
            return "--top reads keys from standard input, which --paths-from=- would read as well";
    return NULL;
}

/* The same of what goes with --stats. */
static const char *check_counting(const struct options *o)
{
    if (o->top && !o->by_given && !o->sort_given && !o->limit_given)
        return check_live(o);
    if (!o->stats)
        return o->by_given       ? "--by is for --stats"
               : o->sort_given   ? "--sort is for --stats"
               : o->limit_given  ? "--limit is for --stats; --count=N ends after N records"
               : o->memory_given ? "--limit-memory is for --stats and --top"
                                 : NULL;
    if (o->kind == FORMAT_TEMPLATE)
        return "--format is for records; --stats prints text, JSON (--json) or CSV (--csv)";
    if (o->field_count > 0 || o->null || o->host)
        return o->field_count > 0 ? "--fields is for records, and --stats prints none"
               : o->null          ? "--null is for records, and --stats prints none"
                                  : "--host is for records, and --stats prints none";
    if (o->ready)
        return "--ready prints a record, and --stats prints none: --ready-fd=FD tells without one";
    if (o->by == STATS_BY_EVENT && o->sort_key != STATS_TOTAL)
        return "--sort: with --by=event the rows are events: they are sorted by total, or -total";
    if (!is_counted(o, o->sort_key))
        return "--sort: there will be no such event; --events and other options say what there is";
    return NULL;
}

#define DELAY_SETTLES ((int64_t)10) /* the default of --max-delay, in durations of --settle */

/* What only shows once all options are known. Returns a complaint or NULL. */
static const char *check_together(const struct options *o)
{
    if (o->path_count == 0 && o->source_count == 0)
        return "no PATH is given: name what to watch";
    if (o->kind == FORMAT_TEMPLATE && o->field_count > 0)
        return "--fields is for text, CSV and JSON; a --format names its fields itself";
    if (field_given(o, FIELD_HOST) && !o->host)
        return "--fields: the field 'host' needs --host=NAME";
    if (field_given(o, FIELD_FROM) && !o->rename)
        return "--fields: the field 'from' needs --rename";
    if (field_given(o, FIELD_EVENT_COUNT) && !o->settle)
        return "--fields: the field 'count' needs --settle=DURATION";
    if (field_given(o, FIELD_TIME) && o->time_given && !o->time)
        return "--fields: there is no field 'time' with --time=none";
    if (!o->recursive && (o->max_depth > 0 || o->one_file_system || o->resync))
        return o->max_depth > 0     ? "--max-depth is for --recursive"
               : o->one_file_system ? "--one-file-system is for --recursive"
                                    : "--resync is for --recursive";
    if ((o->recursive || o->follow_name) && (o->flags & (IN_ONESHOT | IN_MASK_CREATE)))
        return "the flags oneshot and mask_create are not for --recursive or --follow-name";
    for (size_t i = 0; i < o->path_count; i++)
        if (o->paths[i][0] == '\0')
            return "a PATH is empty";
    return check_counting(o);
}

/* Fill in how long --settle may hold a record. */
static int finish_settling(struct options *o, struct refusal *refusal)
{
    if (!o->settle)
        return o->max_delay
                   ? options_refuse(refusal, "'%s' bounds what --settle=DURATION holds, which is not given",
                                    o->max_delay)
                   : 0;
    if (!o->max_delay && __builtin_mul_overflow(o->settle_ns, DELAY_SETTLES, &o->max_delay_ns))
        o->max_delay_ns = INT64_MAX;
    if (o->max_delay_ns < o->settle_ns)
        return options_refuse(refusal, "'%s' is shorter than --settle=%s: at least as long is needed",
                              o->max_delay, o->settle);
    return 0;
}

/* A template is compiled by main.c, when it knows the terminal; here only to refuse it before anything
 * happens. */
static int check_template(const struct options *o, struct refusal *refusal)
{
    const struct format_spec spec = {.kind = FORMAT_TEMPLATE, .template = o->template, .host = o->host};
    struct format *format;
    const int err = format_new(&format, &spec, refusal->why, sizeof(refusal->why));

    format_free(format);
    return err;
}

static const struct row *row_named(const char *name)
{
    const struct row *row = options_table;

    while (strcmp(row->name, name) != 0)
        row++;
    return row;
}

/* The option that a pattern was given with. */
static const struct row *row_of_pattern(const struct filter_pattern *p)
{
    if (p->kind == FILTER_GLOB)
        return row_named(p->fold_case ? "iglob" : "glob");
    return row_named(p->fold_case ? "iregex" : "regex");
}

static enum options_result compile_patterns(struct options *o)
{
    struct refusal refusal;
    size_t bad = 0;
    int err;

    if (o->pattern_count == 0)
        return OPTIONS_RUN;
    err = filter_new(&o->filter, o->patterns, o->pattern_count, &bad, refusal.why, sizeof(refusal.why));
    return err < 0 ? refuse_value(row_of_pattern(&o->patterns[bad]), err, &refusal) : OPTIONS_RUN;
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
    struct refusal refusal;
    enum options_result result;
    const char *complaint;
    uint32_t flags;
    int err, other;

    *o = (struct options){
        .settle_ns = -1,
        .max_delay_ns = -1,
        .timeout_ns = -1,
        .idle_ns = -1,
        .stats_interval_ns = -1,
        .sort_key = STATS_TOTAL,
        .memory_max = (size_t)256 << 20,
        .ready_fd = -1,
        .buffer_size = (size_t)256 << 10,
    };
    other = compat_parse(o, argc, argv);
    if (other >= 0)
        return (enum options_result)other;
    result = take_all(o, argc, argv);
    if (result != OPTIONS_RUN)
        return result;
    err = events_list_finish(&o->list, &o->events, &flags, refusal.why, sizeof(refusal.why));
    if (err < 0)
        return refuse_value(row_named("events"), err, &refusal);
    o->flags |= flags;
    o->all = o->list.all;
    err = finish_settling(o, &refusal);
    if (err < 0)
        return refuse_value(row_named("max-delay"), err, &refusal);
    if (o->kind == FORMAT_TEMPLATE) {
        err = check_template(o, &refusal);
        if (err < 0)
            return refuse_value(row_named("format"), err, &refusal);
    }
    result = compile_patterns(o);
    if (result != OPTIONS_RUN)
        return result;
    complaint = check_together(o);
    if (complaint) {
        message(MESSAGE_ERROR, "%s", complaint);
        message(MESSAGE_ERROR, "'inotap --help' lists the options");
        return OPTIONS_USAGE;
    }
    if (o->host && o->field_count > 0 && !field_given(o, FIELD_HOST))
        o->fields[o->field_count++] = FIELD_HOST;
    message_verbosity(o->verbosity);
    return OPTIONS_RUN;
}
