/* merge.h: settling: the records of one path become one, told when the path has been quiet for a while.
 *
 * What was created and is gone again is not told; what went and came again is one MODIFY; renames are
 * chained. Records come out in the order of the last event of each path, but for what would then say
 * something that is not so: a directory that came, a path that went and a RENAME keep the place of that
 * event, and a record that cannot be merged truly makes others be told early. So whoever applies the records
 * to what was there has at each moment a tree that was possible, and in the end the one that is.
 *
 * Reads no clock and makes no system call. Neighbours: pending.c keeps the paths; tap.c before it, format.c
 * behind it. */
#ifndef INOTAP_MERGE_H
#define INOTAP_MERGE_H

#include "record.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct merge;

/* Tell one record; its texts live until this returns. `when` is that of its last event. A negative result
 * ends what is being done, and the record stays pending; others are ignored. */
typedef int merge_emit(void *context, const struct record *r, const struct timespec *when);

struct merge_settings {
    int64_t settle_ns;    /* so long must a path be quiet */
    int64_t max_delay_ns; /* no event waits longer than this */
    size_t memory_max;    /* bytes for all that is pending; more is told early */
    merge_emit *emit;
    void *context;
};

/* Returns 0 or -ENOMEM. *result is the caller's. */
int merge_new(struct merge **result, const struct merge_settings *settings);

/* What is pending is not told. */
void merge_free(struct merge *m);

/* Was there anything of the name that something was moved to? MERGE_UNKNOWN counts as absent. */
enum merge_presence {
    MERGE_UNKNOWN,
    MERGE_WAS_ABSENT,
    MERGE_WAS_THERE,
};

/* Take one event. `before` counts with MOVED_TO and RENAME; now_ns is of a clock that does not go back, and
 * `when` of any, to be handed to emit. What is due by now is told first. The `watched` of an event must be
 * how its path begins, perhaps with one slash more. Records of our own, but for RENAME, and what the kernel
 * says of no path (Q_OVERFLOW, UNMOUNT) are told at once, after all that is pending, and have a count of 0.
 *
 * An exchange of two names is two moves that each put something in the place of the other: as two RENAMEs it
 * would be taken for one and its way back. It must come as MOVED_FROM and MOVED_TO.
 *
 * Returns 0, -ENOMEM, what emit returned, or -EBUSY if called by emit; the event is not merged then. */
int merge_add(struct merge *m, const struct record *r, enum merge_presence before, int64_t now_ns,
              const struct timespec *when);

/* Tell what is due, and what comes before it in the order; or everything. Returns 0, what emit returned, or
 * -EBUSY. */
int merge_flush_due(struct merge *m, int64_t now_ns);
int merge_flush(struct merge *m);

/* When merge_flush_due() will have something to do; -1: nothing is pending. */
int64_t merge_next_due(const struct merge *m);

#endif
