/* change.h: what an event means for the watch set of a recursive watch: directories that come, go and move.
 * It is asked about every event, after that was told. */
#ifndef INOTAP_CHANGE_H
#define INOTAP_CHANGE_H

#include "events.h"
#include "tree.h"

#include <stdbool.h>
#include <stdint.h>

/* A name in a directory of the set. */
struct change_place {
    uint32_t dir; /* WATCH_NONE: none */
    size_t name_len;
    char name[EVENT_NAME_MAX];
};

/* Two renames of files in a row that may be an exchange: a to b, where something was, and b to a. */
struct change_exchange {
    struct change_place a, b;
    bool b_is_dir;    /* what came to b is */
    bool b_was_there; /* as far as the set knows */
    uint32_t cookie;  /* of the rename in hand */
    enum { EXCHANGE_NONE, EXCHANGE_FROM_A, EXCHANGE_TO_B, EXCHANGE_FROM_B } stage;
};

struct change {
    struct tree *tree; /* all borrowed */
    struct backend *backend;
    struct watch_set *set;
    struct choice *choice; /* what is told; NULL: everything */
    /* Tell an event out of its turn: the MOVED_TO of a directory follows its MOVED_FROM at once. was_there:
     * the set knew something of that name before. synthetic: the kernel did not say it. Returns 0 or a
     * negative value, which ends the handling. */
    int (*say)(void *context, const struct event *ev, bool was_there, bool synthetic);
    /* Handle the MOVE_SELF of a PATH out of its turn. Returns as say(). */
    int (*root_left)(void *context, const struct event *ev);
    void *context;
    struct change_exchange exchange;
    struct change_place visited; /* what came here leaves next, in a rename with this cookie */
    uint32_t visitor_leaves;
};

/* Names were exchanged with one that is not watched, or not told of: the kernel says MOVED_TO for what came
 * before MOVED_FROM for what left the same name, as if the latter had been overwritten. Is `to`, in `dir`,
 * the first half of that? Then *from is the other, which is to be handled before, and will not come any more.
 * Returns 1, 0, or -errno. */
int change_is_swapped(struct change *c, const struct event *to, uint32_t dir, struct event *from);

/* An event in the directory `dir` or on it (without a name) is being handled. Returns 0, -ENOMEM, or what
 * say(), root_left() or the listener of the tree returned. */
int change_apply(struct change *c, const struct event *ev, uint32_t dir);

#endif
