/* report.h: from what is to be told to a record in the output: under which path, numbered, formatted.
 * tap.c and those around it decide what is told; format.c decides how it looks. */
#ifndef INOTAP_REPORT_H
#define INOTAP_REPORT_H

#include "events.h"
#include "format.h"
#include "output.h"
#include "paths.h"
#include "watch.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* All of it borrowed but the numbers. */
struct report {
    struct format *format;
    struct output *output;
    struct watch_set *watches; /* whose nodes are told of; or NULL */
    clockid_t clock;           /* of the time in records */
    uint64_t limit;            /* tell that many events and no more; 0: all */
    uint64_t seq;              /* of the last record */
    uint64_t told;             /* records of events: READY is not one */
};

/* All of these return 0 or -errno, see output_error(): if that is 0, something else failed. Once the limit is
 * reached they do nothing. */

/* The time of the records to come, once for each batch. */
void report_set_time(struct report *r);

/* An event in or on what a PATH names; p is NULL for one that concerns none (Q_OVERFLOW). synthetic: the
 * kernel did not say it. */
int report_path_event(struct report *r, const struct event *ev, const struct path *p, bool synthetic);

/* An event in or on a directory of the tree. */
int report_node_event(struct report *r, const struct event *ev, uint32_t node, bool synthetic);

/* A record of our own that concerns a PATH: GONE, BACK. */
int report_path_label(struct report *r, const char *label, const struct path *p);

/* Something cannot be watched: err is -errno. */
int report_error(struct report *r, const char *path, size_t path_len, int err);

/* A record of our own, such as READY, which does not count; and flush it. */
int report_announce(struct report *r, const char *label);

/* Has the limit been reached? */
bool report_is_full(const struct report *r);

/* Hand everything that was told to the kernel. */
int report_flush(struct report *r);

#endif
