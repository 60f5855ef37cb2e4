/* notes.h: what a tree keeps in mind of directories until the queue has got further: debts, which are looked
 * up later; claims, which are second places of what is being renamed; and what is displaced, which may turn
 * up elsewhere. Whatever happens meanwhile, each list is bounded by what is queued, and by how many
 * directories there are: its length does not depend on how long the queue has not been empty.
 *
 * Notes know nodes by their numbers. A number that is noted is not given to another node before
 * notes_forget_gone(): see watch_reuse(). Private to the tree room. Makes no system call. */
#ifndef INOTAP_NOTES_H
#define INOTAP_NOTES_H

#include "watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a walk does with what it finds. */
enum walk_mode {
    WALK_QUIETLY, /* the starting point: nobody is told */
    WALK_DEEPER,  /* it is known, and what is below it is to be told */
    WALK_REVIEW,  /* it is known, and directories in it that are not were left out until now */
    WALK_AS_NEW   /* everything is told */
};

/* Something to be looked up later, because its directory could not be reached. */
struct debt {
    uint32_t dir;        /* WATCH_NONE: it is settled */
    uint32_t older;      /* position of the next in its chain, from 1 on; 0: none */
    char *name;          /* owned; NULL: the directory itself is to be walked */
    enum walk_mode mode; /* how */
    bool announced;      /* its name was told */
    uint64_t position;   /* not before all that was read up to here is handled, of backend_bytes_read() */
};

/* A second place at which a directory was found. */
struct claim {
    uint32_t node, dir; /* node: WATCH_NONE: it is settled */
    char *name;         /* owned */
    uint64_t position;  /* its rename was read by then, of backend_bytes_read() */
};

struct displaced {
    uint32_t node; /* WATCH_NONE: it has a place again, or is gone */
    uint32_t from;
    uint32_t older;   /* as of a debt */
    int64_t since_ns; /* of CLOCK_MONOTONIC */
};

/* A directory that cannot be watched or read. */
struct blind {
    uint32_t node;
    int err; /* -errno */
};

/* All zero at the start; notes_free() it. Each list has its notes at [first, count). */
struct notes {
    struct debt *debts;
    size_t debt_count, debt_capacity;
    uint32_t *debt_chains; /* debt_capacity of them: positions, by directory and name */
    struct claim *claims;
    size_t claim_first, claim_count, claim_capacity;
    struct displaced *displaced;
    size_t displaced_first, displaced_count, displaced_capacity, displaced_live;
    uint32_t *displaced_chains;
    uint32_t *stale; /* entries whose stamp is to be taken anew */
    size_t stale_count, stale_capacity;
    struct blind *blind; /* while the tree is mute */
    size_t blind_count, blind_capacity;
};

void notes_free(struct notes *n);

/* How many notes there are, and the bytes that they take, without names. */
size_t notes_count(const struct notes *n);
size_t notes_memory(const struct notes *n);

/* Make room for one more in a growing array. Returns 0 or -ENOMEM. */
int notes_grow(void *items, size_t count, size_t *capacity, size_t size);

/* Note a debt, unless the same is noted already. The name is copied. Returns 0 or -ENOMEM. */
int notes_owe(struct notes *n, uint32_t dir, const char *name, enum walk_mode mode, bool announced);

/* Note that a directory itself is to be walked as new once all is handled that was read up to this position;
 * if that is noted already, not before. Returns 0 or -ENOMEM. */
int notes_await(struct notes *n, uint32_t dir, uint64_t position);

/* All debts, for the caller to settle and to free, with their names; NULL if there is none. */
struct debt *notes_take_debts(struct notes *n, size_t *count);

/* Note a claim, but for its name, which is copied. A directory that is walked more than once claims a node
 * once: the rename that is waited for is one. Returns 0 or -ENOMEM. */
int notes_claim(struct notes *n, struct watch_set *set, const struct claim *claim, const char *name);

/* Take the claim for a node, and the first of those that were made at up to this position. Returns whether
 * there is one; its name is the caller's to free. */
bool notes_take_claim_of(struct notes *n, const struct watch_set *set, uint32_t node, struct claim *claim);
bool notes_take_claim_until(struct notes *n, uint64_t position, struct claim *claim);

/* Take a node from its place, and note where that was. Returns 0 or -ENOMEM. */
int notes_displace(struct notes *n, struct watch_set *set, uint32_t node, int64_t now_ns);

/* A node gets a place, or is about to be removed: it is not displaced any more, if it was. */
void notes_place(struct notes *n, struct watch_set *set, uint32_t node);

/* The node that was displaced from this place last, or WATCH_NONE. */
uint32_t notes_displaced(const struct notes *n, const struct watch_set *set, uint32_t dir, const char *name,
                         size_t name_len);

/* Since when the first of them is, or INT64_MAX if there is none; and take the first of those that are since
 * up to then, or WATCH_NONE. */
int64_t notes_displaced_since(struct notes *n);
uint32_t notes_take_displaced(struct notes *n, struct watch_set *set, int64_t until_ns);

/* Nodes were removed: no note speaks of them any more. */
void notes_forget_gone(struct notes *n, const struct watch_set *set);

#endif
