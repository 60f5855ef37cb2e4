/* queue_inside.h: what a queue is made of. Private to queue.c and ahead.c. */
#ifndef INOTAP_QUEUE_INSIDE_H
#define INOTAP_QUEUE_INSIDE_H

#include "queue.h"

#include <string.h>

struct chunk {
    struct chunk *next;
    size_t size, filled;
    char bytes[];
};

/* One event of QUEUE_NAMING that is queued, or a MOVE_SELF, which has no name, or a CLOSE_WRITE of a name.
 * Entries are taken in the order in which they were added, so the first of all is the first of its two lists
 * as well. Positions count from 1; 0 is none. */
struct entry {
    const char *at;
    size_t next_of_name, next_of_wd;
    size_t met_in; /* the number of the listing in which queue_meet() met it last */
};

struct list {
    size_t first, last;
};

struct queue {
    size_t chunk_size;
    struct chunk *first, *last;
    struct chunk *spare;
    struct event_cursor cursor; /* in the first chunk */
    size_t overflows;           /* indexed and not yet taken */
    struct {
        int wd;
        uint32_t cookie;
        size_t name_len;
        char name[EVENT_NAME_MAX];
    } last_from; /* the MOVED_FROM taken last */
    bool in_use; /* the event taken last is being handled: its bytes must stay */

    /* The index; entries is NULL or holds those of [first_entry, entry_count). */
    bool indexed;
    bool with_closing; /* CLOSE_WRITE is in it, too */
    struct entry *entries;
    size_t first_entry, entry_count, entry_capacity;
    size_t marked;            /* entries when queue_mark() was called */
    size_t listing_end;       /* entries when a listing began: later ones speak of what happened since */
    size_t listing;           /* its number, from 1 on */
    struct list *names, *wds; /* list_count each */
    size_t list_count;
    struct chunk *index_chunk; /* indexed up to here */
    const char *index_at;
};

/* The same as queue_closing(), for the few events that come next: 1, 0: there are no more than these, or
 * -EAGAIN: it is not among them. */
int queue_closing_near(const struct queue *q, int wd, const char *name, size_t name_len);

static inline bool queue_is_same_name(const struct event *ev, int wd, const char *name, size_t name_len)
{
    return ev->wd == wd && ev->name_len == name_len && memcmp(ev->name, name, name_len) == 0;
}

#endif
