/* change.h: what an event means for the watch set of a recursive watch: directories that come, go and move.
 * It is asked about every event, after that was told. */
#ifndef INOTAP_CHANGE_H
#define INOTAP_CHANGE_H

#include "events.h"
#include "tree.h"

#include <stdbool.h>
#include <stdint.h>

struct change {
    struct tree *tree; /* all borrowed */
    struct backend *backend;
    struct watch_set *set;
    /* Tell an event out of its turn: the MOVED_TO of a directory follows its MOVED_FROM at once. synthetic:
     * the kernel did not say it. Returns 0 or a negative value, which ends the handling. */
    int (*say)(void *context, const struct event *ev, bool synthetic);
    void *context;
};

/* An event in the directory `dir` or on it (without a name) is being handled. Returns 0, -ENOMEM, or what
 * say() or the listener of the tree returned. */
int change_apply(struct change *c, const struct event *ev, uint32_t dir);

#endif
