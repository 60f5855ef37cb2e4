/* options.c: the one table of options, and what takes the value of each.
 * Neighbours: command_line.c goes through argv and prints --help by its rows; values.c, events.c, timestamp.c
 * and format.c understand the values. */
#include "option_table.h"

#include "nearest.h"
#include "utf8.h"
#include "values.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int options_refuse(struct refusal *refusal, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(refusal->why, sizeof(refusal->why), format, args);
    va_end(args);
    return -EINVAL;
}

static int read_duration(const char *value, int64_t *duration_ns, struct refusal *refusal)
{
    const int err = values_duration(value, duration_ns);

    if (err == -ERANGE)
        return options_refuse(refusal, "'%s' is longer than 292 years", value);
    if (err < 0)
        return options_refuse(
            refusal, "'%s' is not a duration: a decimal number, then ms, s (default), m or h", value);
    return 0;
}

/* ---- watching ---- */

static int take_events(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row;
    return events_list_add(&o->list, value, refusal->why, sizeof(refusal->why));
}

static int take_no_dereference(struct options *o, const struct row *row, const char *value,
                               struct refusal *refusal)
{
    (void)row, (void)value, (void)refusal;
    o->flags |= IN_DONT_FOLLOW;
    return 0;
}

static int take_paths_from(struct options *o, const struct row *row, const char *value,
                           struct refusal *refusal)
{
    struct path_source *more;

    if (*value == '\0')
        return options_refuse(refusal, "the name of a file is needed, or - for standard input");
    for (size_t i = 0; i < o->source_count; i++)
        if (strcmp(value, "-") == 0 && strcmp(o->sources[i].file, "-") == 0)
            return options_refuse(refusal, "standard input can be read only once");
    more = reallocarray(o->sources, o->source_count + 1, sizeof(*more));
    if (!more)
        return -ENOMEM;
    o->sources = more;
    o->sources[o->source_count++] = (struct path_source){.file = value, .null = row->variant};
    return 0;
}

enum which_switch {
    SWITCH_RECURSIVE,
    SWITCH_ONE_FILE_SYSTEM,
    SWITCH_FOLLOW_NAME,
    SWITCH_RESYNC,
    SWITCH_PARTIAL,
    SWITCH_RENAME,
    SWITCH_GITIGNORE,
    SWITCH_NO_HEADER,
    SWITCH_TOP
};

static int take_switch(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    bool *const switches[] = {
        [SWITCH_RECURSIVE] = &o->recursive,     [SWITCH_ONE_FILE_SYSTEM] = &o->one_file_system,
        [SWITCH_FOLLOW_NAME] = &o->follow_name, [SWITCH_RESYNC] = &o->resync,
        [SWITCH_PARTIAL] = &o->partial,         [SWITCH_RENAME] = &o->rename,
        [SWITCH_GITIGNORE] = &o->gitignore,     [SWITCH_TOP] = &o->top,
        [SWITCH_NO_HEADER] = &o->no_header,
    };

    (void)value, (void)refusal;
    *switches[row->variant] = true;
    return 0;
}

static int take_max_depth(struct options *o, const struct row *row, const char *value,
                          struct refusal *refusal)
{
    (void)row;
    if (values_number(value, INT32_MAX, &o->max_depth) < 0 || o->max_depth == 0)
        return options_refuse(refusal, "'%s' is not a number of levels from 1 up", value);
    return 0;
}

#define BUFFER_MAX ((uint64_t)1 << 30)

static int take_buffer(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    uint64_t size;

    (void)row;
    if (values_size(value, BUFFER_MAX, &size) < 0 || size < EVENT_USUAL_SIZE)
        return options_refuse(refusal,
                              "'%s' is not a size from %zu (one event) to 1G bytes; K, M and G may follow",
                              value, EVENT_USUAL_SIZE);
    o->buffer_size = (size_t)size;
    return 0;
}

/* ---- filtering ---- */

/* The variants of rows of patterns: a kind, and whether case counts. */
#define FOLD_CASE 2

static int take_pattern(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    struct filter_pattern *const more = reallocarray(o->patterns, o->pattern_count + 1, sizeof(*more));

    (void)refusal;
    if (!more)
        return -ENOMEM;
    o->patterns = more;
    o->patterns[o->pattern_count++] = (struct filter_pattern){
        .kind = (enum filter_kind)(row->variant & ~FOLD_CASE),
        .fold_case = row->variant & FOLD_CASE,
        .text = value,
    };
    return 0;
}

static int take_ignore_file(struct options *o, const struct row *row, const char *value,
                            struct refusal *refusal)
{
    const char **more;

    (void)row;
    if (*value == '\0')
        return options_refuse(refusal, "the name of a file is needed");
    more = reallocarray(o->ignore_files, o->ignore_file_count + 1, sizeof(*more));
    if (!more)
        return -ENOMEM;
    o->ignore_files = more;
    o->ignore_files[o->ignore_file_count++] = value;
    return 0;
}

static int take_type(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row;
    if (strcmp(value, "f") != 0 && strcmp(value, "d") != 0)
        return options_refuse(refusal, "'%s' is not f (files) or d (directories)", value);
    o->type = *value == 'f' ? CHOICE_FILES : CHOICE_DIRECTORIES;
    return 0;
}

/* ---- output ---- */

static int take_kind(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    const enum format_kind kind = (enum format_kind)row->variant;

    if (o->kind_given && o->kind != kind)
        return options_refuse(refusal, "--json, --csv and --format exclude each other");
    o->kind_given = true;
    o->kind = kind;
    o->template = value;
    return 0;
}

static int take_null(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row, (void)value, (void)refusal;
    o->null = true;
    return 0;
}

static int take_time(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row;
    timestamp_free(o->time);
    o->time_given = true;
    return timestamp_parse(value, &o->time, refusal->why, sizeof(refusal->why));
}

static int refuse_field(const char *name, struct refusal *refusal)
{
    struct nearest nearest;

    nearest_start(&nearest, name);
    for (int i = 0; i < FIELD_COUNT; i++)
        nearest_offer(&nearest, field_name((enum field)i));
    if (nearest_is_slip(&nearest))
        return options_refuse(refusal, "there is no field '%s'; the nearest name is '%s'", name,
                              nearest.best);
    return options_refuse(refusal, "there is no field '%s'; inotap(1) lists them under RECORDS", name);
}

static int take_fields(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    bool seen[FIELD_COUNT] = {false};
    char name[32];

    (void)row;
    o->field_count = 0;
    for (;;) {
        const size_t len = strcspn(value, ",");
        int field;

        snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name)), value);
        field = field_find(name);
        if (field < 0)
            return refuse_field(name, refusal);
        if (seen[field])
            return options_refuse(refusal, "the field '%s' is named twice", name);
        seen[field] = true;
        o->fields[o->field_count++] = (enum field)field;
        if (value[len] == '\0')
            return 0;
        value += len + 1;
    }
}

enum which_merging { MERGING_SETTLE, MERGING_MAX_DELAY };

static int take_merging(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    const bool settle = row->variant == MERGING_SETTLE;
    int64_t *const duration_ns = settle ? &o->settle_ns : &o->max_delay_ns;
    const int err = read_duration(value, duration_ns, refusal);

    if (err == 0 && *duration_ns == 0)
        return options_refuse(refusal, "'%s' is no time at all: a duration longer than 0 is needed", value);
    *(settle ? &o->settle : &o->max_delay) = value;
    return err;
}

static int take_host(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row;
    if (*value == '\0' || !utf8_valid(value, strlen(value)))
        return options_refuse(refusal, "a name in UTF-8 is needed");
    o->host = value;
    return 0;
}

static int take_output(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row;
    if (*value == '\0')
        return options_refuse(refusal, "the name of a file is needed");
    o->output = strcmp(value, "-") == 0 ? NULL : value;
    return 0;
}

static int take_color(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    static const char *const names[] = {"auto", "always", "never"};

    (void)row;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            o->color = (enum color_when)i;
            return 0;
        }
    }
    return options_refuse(refusal, "'%s' is not auto, always or never", value);
}

static int take_verbosity(struct options *o, const struct row *row, const char *value,
                          struct refusal *refusal)
{
    (void)value, (void)refusal;
    o->verbosity = row->variant;
    return 0;
}

/* ---- counting ---- */

/* What comes more often nobody can read, and it would be all that is done. */
#define INTERVAL_MIN_NS INT64_C(10000000)

static int take_stats(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    int err;

    (void)row;
    o->stats = true;
    o->stats_interval_ns = -1;
    if (!value)
        return 0;
    err = read_duration(value, &o->stats_interval_ns, refusal);
    if (err == 0 && o->stats_interval_ns < INTERVAL_MIN_NS)
        return options_refuse(refusal, "'%s' is too short: a duration from 10ms up is needed", value);
    return err;
}

static int take_by(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    static const struct {
        const char *name;
        enum stats_by by;
    } names[] = {{"path", STATS_BY_PATH}, {"dir", STATS_BY_DIR}, {"event", STATS_BY_EVENT}};

    (void)row;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i].name) == 0) {
            o->by_given = value;
            o->by = names[i].by;
            return 0;
        }
    }
    return options_refuse(refusal, "'%s' is not path, dir or event", value);
}

static int refuse_sort(const char *name, struct refusal *refusal)
{
    char names[STATS_KINDS][STATS_NAME_MAX + 1];
    struct nearest nearest;

    if (events_group(name))
        return options_refuse(refusal, "'%s' is several events: name one of them, or total", name);
    nearest_start(&nearest, name);
    nearest_offer(&nearest, "total");
    for (unsigned kind = 0; kind < STATS_KINDS; kind++) {
        char *const known = names[kind];

        *stats_put_name(known, kind) = '\0';
        for (char *c = known; *c; c++)
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c | 32);
        if (strncmp(known, "0x", 2) != 0)
            nearest_offer(&nearest, known);
    }
    if (!nearest_is_slip(&nearest))
        return options_refuse(refusal, "'%s' is neither total nor the name of one event", name);
    return options_refuse(refusal, "'%s' is neither total nor the name of one event; the nearest is '%s'",
                          name, nearest.best);
}

static int take_sort(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    const char *const name = value + (*value == '-');

    (void)row;
    o->sort_given = value;
    o->sort_ascending = *value == '-';
    o->sort_key = strcasecmp(name, "total") == 0 ? STATS_TOTAL : stats_find_kind(name);
    return o->sort_key < 0 ? refuse_sort(name, refusal) : 0;
}

static int take_limit(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row;
    o->limit_given = value;
    if (values_number(value, SIZE_MAX, &o->limit) < 0 || o->limit == 0)
        return options_refuse(refusal, "'%s' is not a number of rows from 1 up", value);
    return 0;
}

#define MEMORY_MIN ((uint64_t)64 << 10)
#define MEMORY_MAX ((uint64_t)1 << 40)

static int take_limit_memory(struct options *o, const struct row *row, const char *value,
                             struct refusal *refusal)
{
    uint64_t size;

    (void)row;
    o->memory_given = value;
    if (values_size(value, MEMORY_MAX < SIZE_MAX ? MEMORY_MAX : SIZE_MAX, &size) < 0 || size < MEMORY_MIN)
        return options_refuse(refusal, "'%s' is not a size from 64K up; K, M and G may follow", value);
    o->memory_max = (size_t)size;
    return 0;
}

/* ---- ending ---- */

static int take_count(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row;
    if (values_number(value, INT64_MAX, &o->count) < 0 || o->count == 0)
        return options_refuse(refusal, "'%s' is not a number of records from 1 up", value);
    return 0;
}

enum which_duration { DURATION_TIMEOUT, DURATION_IDLE };

static int take_duration(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    return read_duration(value, row->variant == DURATION_TIMEOUT ? &o->timeout_ns : &o->idle_ns, refusal);
}

/* ---- being started ---- */

static int take_ready(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row, (void)value, (void)refusal;
    o->ready = true;
    return 0;
}

static int take_ready_fd(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    uint64_t fd;

    (void)row;
    if (values_number(value, INT_MAX, &fd) < 0 || fd < 3)
        return options_refuse(
            refusal, "'%s' is not a file descriptor from 3 up (0, 1 and 2 are the standard streams)", value);
    o->ready_fd = (int)fd;
    return 0;
}

static int take_daemon(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row, (void)value, (void)refusal;
    o->daemon = true;
    return 0;
}

static int take_pid_file(struct options *o, const struct row *row, const char *value, struct refusal *refusal)
{
    (void)row;
    if (*value == '\0')
        return options_refuse(refusal, "the name of a file is needed");
    o->pid_file = value;
    return 0;
}

/* ---- the table ---- */

const struct row options_table[] = {
    {"Watching", 'e', "events", "LIST", "what to report (see Events below); default: changes", take_events,
     0},
    {NULL, 'r', "recursive", NULL, "each PATH that is a directory, with everything below it", take_switch,
     SWITCH_RECURSIVE},
    {NULL, 0, "max-depth", "N", "with -r: no deeper than N levels below PATH", take_max_depth, 0},
    {NULL, 0, "one-file-system", NULL, "with -r: do not cross mount points", take_switch,
     SWITCH_ONE_FILE_SYSTEM},
    {NULL, 'P', "no-dereference", NULL, "watch a PATH that is a symbolic link itself, not what it names",
     take_no_dereference, 0},
    {NULL, 'F', "follow-name", NULL, "follow PATH by name: wait for it, and re-arm when it comes back",
     take_switch, SWITCH_FOLLOW_NAME},
    {NULL, 0, "paths-from", "FILE", "read further PATHs, one a line; - is standard input", take_paths_from,
     false},
    {NULL, 0, "paths0-from", "FILE", "the same, each PATH ended by NUL", take_paths_from, true},
    {NULL, 0, "partial", NULL, "go on, with a warning for each, when something cannot be watched",
     take_switch, SWITCH_PARTIAL},
    {NULL, 0, "resync", NULL, "with -r: after lost events report every difference found", take_switch,
     SWITCH_RESYNC},
    {NULL, 0, "buffer", "SIZE", "bytes asked of the kernel by one read(2); default 256K", take_buffer, 0},

    {"Filtering", 'g', "glob", "[!]GLOB", "keep only paths that match; with ! leave out; the last match wins",
     take_pattern, FILTER_GLOB},
    {NULL, 0, "iglob", "[!]GLOB", "the same, capitals and small letters alike", take_pattern,
     FILTER_GLOB | FOLD_CASE},
    {NULL, 0, "regex", "[!]RE", "the same with a regular expression (PCRE2)", take_pattern, FILTER_REGEX},
    {NULL, 0, "iregex", "[!]RE", "the same, capitals and small letters alike", take_pattern,
     FILTER_REGEX | FOLD_CASE},
    {NULL, 0, "gitignore", NULL, "leave out what .gitignore files leave out, and .git itself", take_switch,
     SWITCH_GITIGNORE},
    {NULL, 0, "ignore-file", "FILE", "leave out what FILE says, in the syntax of .gitignore",
     take_ignore_file, 0},
    {NULL, 0, "type", "f|d", "only events on files, or only on directories", take_type, 0},

    {"Output", 'j', "json", NULL, "JSON Lines", take_kind, FORMAT_JSON},
    {NULL, 'c', "csv", NULL, "CSV as of RFC 4180, with a header line", take_kind, FORMAT_CSV},
    {NULL, 0, "no-header", NULL, "CSV without that line", take_switch, SWITCH_NO_HEADER},
    {NULL, 0, "format", "FMT", "a template: %w %f %p %e %c %d %m %q %T %h ... (see inotap(1))", take_kind,
     FORMAT_TEMPLATE},
    {NULL, '0', "null", NULL, "end each record with NUL; paths in text and templates are raw", take_null, 0},
    {NULL, 0, "time", "FORMAT", "rfc3339, unix, mono, none, or a strftime(3) string with %N", take_time, 0},
    {NULL, 0, "fields", "LIST", "which fields text, CSV and JSON print, in that order", take_fields, 0},
    {NULL, 0, "rename", NULL, "one RENAME record instead of a MOVED_FROM, MOVED_TO pair", take_switch,
     SWITCH_RENAME},
    {NULL, 0, "settle", "DURATION", "merge what happens to one path until it is quiet that long",
     take_merging, MERGING_SETTLE},
    {NULL, 0, "max-delay", "DURATION", "with --settle: hold nothing longer; default 10 times as long",
     take_merging, MERGING_MAX_DELAY},
    {NULL, 0, "host", "NAME", "add the field host to every record", take_host, 0},
    {NULL, 'o', "output", "FILE", "append to FILE; SIGHUP reopens it", take_output, 0},
    {NULL, 0, "color", "WHEN", "auto, always or never; auto honours NO_COLOR", take_color, 0},
    {NULL, 'q', "quiet", NULL, "print errors, but no warnings", take_verbosity, -1},
    {NULL, 'v', "verbose", NULL, "say once everything is watched, and more", take_verbosity, 1},

    {"Counting", 0, "stats", "[=INTERVAL]", "count instead: a table at the end, on SIGUSR1, every INTERVAL",
     take_stats, 0},
    {NULL, 0, "by", "KEY", "rows of --stats: path (default), dir or event", take_by, 0},
    {NULL, 0, "sort", "[-]EVENT", "sort them by an event, or total (default); with - the smallest first",
     take_sort, 0},
    {NULL, 0, "limit", "N", "no more rows than N in a table", take_limit, 0},
    {NULL, 0, "top", NULL, "count, live, on the terminal", take_switch, SWITCH_TOP},
    {NULL, 0, "limit-memory", "SIZE", "what counting may take; more paths are one row; default 256M",
     take_limit_memory, 0},

    {"Ending", 'n', "count", "N", "stop after N records", take_count, 0},
    {NULL, 't', "timeout", "DURATION", "stop that long after everything was watched: 5, 0.5, 500ms, 2m, 1h",
     take_duration, DURATION_TIMEOUT},
    {NULL, 0, "idle", "DURATION", "stop once nothing has happened for that long", take_duration,
     DURATION_IDLE},

    {"Being started", 0, "ready", NULL, "print a READY record once everything is watched", take_ready, 0},
    {NULL, 0, "ready-fd", "FD", "write READY=1 to the file descriptor FD then, and close it", take_ready_fd,
     0},
    {NULL, 'd', "daemon", NULL, "go to the background once everything is watched", take_daemon, 0},
    {NULL, 0, "pid-file", "FILE", "keep the process ID in FILE, locked, while running", take_pid_file, 0},

    {"Help", 'h', "help", NULL, "print this", options_print_help, 0},
    {NULL, 'V', "version", NULL, "print the version", options_print_version, 0},

    {.name = NULL},
};

_Static_assert(sizeof(options_table) / sizeof(options_table[0]) - 1 <= OPTION_ROWS_MAX,
               "the room of all rows");

void options_free(struct options *o)
{
    timestamp_free(o->time);
    if (o->compat.program)
        free(o->paths); /* else they are argv's */
    compat_free(&o->compat);
    free(o->sources);
    free(o->patterns);
    free(o->ignore_files);
    filter_free(o->filter);
    o->patterns = NULL;
    o->ignore_files = NULL;
    o->filter = NULL;
    o->time = NULL;
    o->sources = NULL;
}
