/* options.h: the command line as data. One table of rows in options.c makes the parser and --help of
 * command_line.c. Touches nothing but its arguments; prints only usage errors, --help and --version. */
#ifndef INOTAP_OPTIONS_H
#define INOTAP_OPTIONS_H

#include "choice.h"
#include "compat.h"
#include "events.h"
#include "format.h"
#include "stats.h"
#include "timestamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* A file to read PATHs from. */
struct path_source {
    const char *file;
    bool null;
};

/* Strings are borrowed from argv. */
struct options {
    /* watching */
    uint32_t events;
    uint32_t flags; /* for inotify_add_watch(2) */
    bool all;       /* the events as raw as the kernel says them */
    bool recursive;
    uint64_t max_depth; /* 0: no limit */
    bool one_file_system;
    bool follow_name;
    bool resync;
    bool partial;
    size_t buffer_size;
    struct path_source *sources;
    size_t source_count;
    char **paths;
    size_t path_count;

    /* filtering */
    struct filter_pattern *patterns; /* in the order given */
    size_t pattern_count;
    struct filter *filter; /* what they compile to; owned, or NULL */
    const char **ignore_files;
    size_t ignore_file_count;
    bool gitignore;
    enum choice_type type;

    /* output */
    bool kind_given;
    enum format_kind kind;
    const char *template;
    bool null;
    bool time_given;
    struct timestamp *time; /* owned; NULL: --time=none, or not given */
    enum field fields[FIELD_COUNT];
    size_t field_count; /* 0: not given */
    bool no_header;     /* of CSV */
    bool rename;
    int64_t settle_ns;     /* -1: none */
    int64_t max_delay_ns;  /* with settle_ns: at least as long; else -1 */
    const char *settle;    /* as given, or NULL */
    const char *max_delay; /* likewise */
    const char *host;
    const char *output; /* NULL: standard output */
    enum color_when color;
    int verbosity; /* -1, 0, 1: see message.h */

    /* ending */
    uint64_t count;     /* 0: no limit */
    int64_t timeout_ns; /* -1: none; likewise idle_ns */
    int64_t idle_ns;

    /* being started */
    bool ready;
    int ready_fd; /* -1: none */
    bool daemon;
    const char *pid_file;

    /* counting */
    bool stats, top;
    int64_t stats_interval_ns; /* -1: none */
    const char *by_given;      /* as given, or NULL; likewise sort_given, limit_given, memory_given */
    enum stats_by by;
    const char *sort_given;
    int sort_key; /* see stats_query */
    bool sort_ascending;
    const char *limit_given;
    uint64_t limit; /* 0: all */
    const char *memory_given;
    size_t memory_max;

    struct compat compat; /* as another program */

    struct event_list list; /* what -e has added up to; options_parse() makes events and flags of it */
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_USAGE, OPTIONS_FAILED };

/* Parse. OPTIONS_RUN: go on with *o, to be freed with options_free(); OPTIONS_DONE: --help or --version is
 * printed; OPTIONS_USAGE: an error was printed; OPTIONS_FAILED: no memory, or standard output failed, and
 * that was printed. *o needs options_free() in any case. */
enum options_result options_parse(struct options *o, int argc, char **argv);
void options_free(struct options *o);

#endif
