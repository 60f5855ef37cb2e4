/* report.h: from what happened to a record in the output: under which path, whether it is chosen, as half of
 * a RENAME or both, settled, numbered, formatted. tap.c and those around it tell it what happened; format.c
 * decides how it looks. */
#ifndef INOTAP_REPORT_H
#define INOTAP_REPORT_H

#include "choice.h"
#include "events.h"
#include "format.h"
#include "merge.h"
#include "output.h"
#include "paths.h"
#include "record.h"
#include "watch.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A MOVED_FROM that is held back until it is known whether its other half follows. */
struct report_half {
    bool is_held;
    struct record record; /* its texts are in `text` */
    char *text;
    size_t text_size;
};

/* Borrowed, but for the numbers and the half, which report_free() frees. */
struct report {
    struct format *format;
    struct output *output;
    struct watch_set *watches; /* whose nodes are told of; or NULL */
    struct choice *choice;     /* NULL: everything is told */
    struct merge *merge;       /* NULL: at once; else report_settled() is what it tells */
    int (*sink)(void *context,
                const struct record *record); /* takes records in place of the output; or NULL */
    void *sink_context;
    struct ere *ere;      /* NULL: every path is told */
    uint32_t hidden;      /* bits that are not told unless others stand beside them: they go to `unasked` */
    uint32_t unasked;     /* hidden bits that were said of PATHs, or of none; not the IGNORED of one let go */
    bool only_kernel;     /* no records of our own */
    bool with_renames;    /* two halves are one record */
    bool with_index;      /* the watches know files, too */
    clockid_t clock;      /* of the time in records */
    struct timespec when; /* of the batch in hand */
    int64_t now_ns;       /* the same of CLOCK_MONOTONIC */
    struct report_half half;
    uint32_t unsettled[2]; /* cookies of renames that are told as they are: an exchange cannot be merged */
    uint64_t limit;        /* end with that many records that count; 0: go on */
    uint32_t counted;      /* records with one of these bits count; of our own only RENAME and BACK do */
    uint64_t seq;          /* of the last record */
    uint64_t told;         /* records that count */
    uint64_t happened;     /* events that were chosen */
};

void report_free(struct report *r);

/* All of these return 0 or -errno, see output_error(): if that is 0, something else failed. Once the limit is
 * reached they do nothing. */

/* The time of the records to come, once for each batch. */
void report_set_time(struct report *r);

/* An event in or on what a PATH names; p is NULL for one that concerns none (Q_OVERFLOW). synthetic: the
 * kernel did not say it. */
int report_path_event(struct report *r, const struct event *ev, const struct path *p, bool synthetic);

/* Is an event in a directory of the tree (node), or else in or on what a PATH names, to be told as far as
 * filters go? Returns 1, 0 or -errno. */
int report_keeps(struct report *r, const struct event *ev, uint32_t node, const struct path *p);

/* An event in or on a directory of the tree. before: what was known of the name that something was moved to.
 */
int report_node_event(struct report *r, const struct event *ev, uint32_t node, enum merge_presence before,
                      bool synthetic);

/* Is a MOVED_FROM held back? Its other half is to be told next, or it is to be released. */
bool report_holds_half(const struct report *r);
int report_release_half(struct report *r);

/* A record of our own that concerns a PATH: GONE, BACK. */
int report_path_label(struct report *r, const char *label, const struct path *p);

/* Something cannot be watched: err is -errno. */
int report_error(struct report *r, const char *path, size_t path_len, int err);

/* A record of our own, such as READY, which does not count; and flush it. */
int report_announce(struct report *r, const char *label);

/* Has the limit been reached? */
bool report_is_full(const struct report *r);

/* Tell what has settled by now, and hand everything that was told to the kernel. */
int report_flush(struct report *r);

/* The same behind what had the result err, which is returned unless flushing fails. */
int report_flush_after(struct report *r, int err);

/* The same of all that is pending, at the end. */
int report_finish(struct report *r);

/* When something will have settled, of CLOCK_MONOTONIC; -1: nothing is pending. */
int64_t report_next_due(const struct report *r);

/* What merge.c tells, with a struct report as its context. */
int report_settled(void *context, const struct record *record, const struct timespec *when);

#endif
