/* fate.h: what the events of one path come to: was it there, is it there, and what is told of that.
 * Neighbours: merge.c, which decides when and in which order; pending.h has the entry. */
#ifndef INOTAP_FATE_H
#define INOTAP_FATE_H

#include "events.h"
#include "merge.h"
#include "pending.h"

#include <stdbool.h>

#define FATE_CAME   ((uint32_t)(IN_CREATE | IN_MOVED_TO))
#define FATE_WENT   ((uint32_t)(IN_DELETE | IN_MOVED_FROM))
#define FATE_NAMING (FATE_CAME | FATE_WENT)

/* A RENAME is pending under its new path. The old one has an entry as well, which is in no list, so that it
 * is noticed when it is spoken of: a ghost. entry->other leads from each to the other, and the last_ns of a
 * ghost is how many directories had gone when its RENAME got its place. */
enum {
    FATE_WAS_THERE = 1 << 0, /* before all of this */
    FATE_IS_THERE = 1 << 1,
    FATE_NAMED = 1 << 2,    /* came or went, so that the two above are told by that */
    FATE_REPLACED = 1 << 3, /* what was there went, even if there is something again */
    FATE_SYNTHETIC = 1 << 4,
    FATE_MOVED_IN = 1 << 5, /* a directory that came with its contents, by MOVED_TO */
    FATE_KEPT = 1 << 6,     /* keeps its place in the order */
    FATE_GHOST = 1 << 7,
    FATE_KIND_KNOWN = 1 << 8, /* file or directory: IN_ISDIR of the mask */
};

/* An event, with what every step needs of it. */
struct news {
    const struct record *r;
    const struct timespec *when;
    enum merge_presence before;
    bool is_dir;
};

static inline bool fate_has(const struct entry *e, unsigned flag)
{
    return e->flags & flag;
}

static inline void fate_set(struct entry *e, unsigned flags, bool on)
{
    e->flags = (uint16_t)(on ? e->flags | flags : e->flags & ~flags);
}

static inline bool fate_is_dir(const struct entry *e)
{
    return e->mask & IN_ISDIR;
}

/* Add to the number of events, which stops at the largest there is. */
void fate_count(struct entry *e, uint32_t more);

/* Is the event about a directory where the entry is about another file, or the reverse? */
bool fate_is_other_kind(const struct entry *e, const struct record *r);

/* Where a directory's contents went, or came from, is only told by the cookie: so such an event cannot be
 * merged with what is known. */
bool fate_is_move_of_contents(const struct entry *e, const struct news *n);

/* A path begins with `watched`, of which there may be one slash more. */
void fate_set_texts(struct entry *e, int wd, size_t name_len, size_t watched_len, uint32_t len);

/* Take over what the last event decides, and what all of them add up to; not its meaning for what is there.
 */
void fate_unite(struct entry *e, const struct record *r);

/* It came, or went: the meaning of that. */
void fate_comes(struct entry *e, const struct news *n);
void fate_goes(struct entry *e);

/* The mask that says all of it. */
uint32_t fate_mask(const struct entry *e);

#endif
