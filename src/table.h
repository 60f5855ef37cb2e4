/* table.h: counts as a table: text for people, JSON Lines and CSV for programs. Part of the formatting room:
 * makes no system call but for what output.h does with a full buffer. */
#ifndef INOTAP_TABLE_H
#define INOTAP_TABLE_H

#include "format.h"
#include "output.h"
#include "stats.h"
#include "timestamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* How tables are to look. */
struct table_spec {
    enum format_kind kind; /* FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV */
    enum stats_by by;      /* what the counts are of */
    int key;               /* what they are sorted by: see stats_query */
    bool ascending;
    size_t limit;           /* rows of paths or events; 0: all */
    uint64_t columns;       /* of CSV: a set of STATS_KIND_BIT() */
    struct timestamp *time; /* owned by the caller; NULL: none */
    bool terminal;
};

struct table {
    struct table_spec spec;
    uint64_t number; /* of the last table */
    bool titled;     /* CSV: the titles of the columns are written */
};

/* Write a table to the output, without flushing that. when: the time of the clock of spec.time; passed_ns:
 * since everything was watched. Returns 0 or -errno. */
int table_write(struct table *t, const struct stats *s, const struct timespec *when, int64_t passed_ns,
                struct output *output);

/* The output is another file now: the next table is the first in it. */
void table_begin_file(struct table *t);

#endif
