/* queue.h: what was read from the kernel and is not handled yet. Reading ahead of the handling is what tells
 * whether a name that is looked up now is still the one that an event spoke of: if nothing about that name is
 * pending, it is. Makes no system call; the backend fills it. */
#ifndef INOTAP_QUEUE_H
#define INOTAP_QUEUE_H

#include "events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The events that make or take away a name in a directory. */
#define QUEUE_NAMING ((uint32_t)(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO))

struct queue;

/* An empty queue that asks the kernel for up to chunk_size bytes at once (at least EVENT_USUAL_SIZE).
 * *result is the caller's. Returns 0 or -ENOMEM. */
int queue_new(struct queue **result, size_t chunk_size);
void queue_free(struct queue *q);

/* Room behind what is queued, for at least one event of EVENT_USUAL_SIZE; NULL without memory. *size gets its
 * bytes. queue_commit() tells how many of them were filled. */
char *queue_room(struct queue *q, size_t *size);
void queue_commit(struct queue *q, size_t size);

/* The next event does not fit into that room: the room that queue_room() finds next is larger, in the end
 * EVENT_MAX_SIZE. Returns 0, -ENOMEM, or -EINVAL: it was as large already. */
int queue_widen(struct queue *q);

/* Take the first event. Its name stays valid until the next is taken. Returns 1, 0 if the queue is empty, or
 * -EBADMSG: what comes next cannot be decoded, from byte queue_offset() of its read on. */
int queue_next(struct queue *q, struct event *ev);
size_t queue_offset(const struct queue *q);
bool queue_is_empty(const struct queue *q);

/* How many bytes are queued, and how many bytes the queue takes: whatever was queued before, no more than
 * some times the size of what is, chunks included. */
size_t queue_size(const struct queue *q);
size_t queue_memory(const struct queue *q);

/* The first pending event of QUEUE_NAMING on a name in the directory of a descriptor: its mask; 0: there is
 * none; -ENOMEM. O(1), after an index of what is queued is built at the first call. */
int64_t queue_pending(struct queue *q, int wd, const char *name, size_t name_len);

/* Is a CLOSE_WRITE of a name pending? Returns 1, 0 or -ENOMEM. O(1), as queue_pending(). Only after
 * queue_index_closing(), which is called once, before anything is queued. */
void queue_index_closing(struct queue *q);
int queue_closing(struct queue *q, int wd, const char *name, size_t name_len);

/* The first pending event of a name is a MOVED_TO: is it half of an exchange of two names, which is two
 * renames in a row? The name was there before, then. is_listed: it was found by the listing that began
 * after queue_mark(). Returns the mask of
 * its MOVED_FROM, or 0. */
uint32_t queue_exchanged(const struct queue *q, int wd, const char *name, size_t name_len, bool is_listed);

/* The first pending event of a name is a MOVED_FROM, the second half of what may be an exchange with what is
 * not watched. Was something at the name behind it all the same? is_there: something was there after
 * queue_mark(). Returns 1, 0, -EAGAIN: what is queued does not tell, or -ENOMEM. */
int queue_stays(struct queue *q, int wd, const char *name, size_t name_len, bool is_there);

/* How often a directory that is watched by wd moves in what is queued: 0, 1, 2 (or more), or -ENOMEM. */
int queue_moves(struct queue *q, int wd);

/* A directory is about to be listed: what is queued now happened before. Returns 0 or -ENOMEM. */
int queue_mark(struct queue *q);

/* For the listing of a directory: forget which names were met; then meet each that was listed, which
 * returns as queue_pending(), or -EALREADY for a name that was listed twice (readdir(3) may do that with one
 * that is removed and made again); then walk the first pending events of all other names
 * that were pending when it began. Start with
 * *position 0. Return 1 for an event, 0 (at the end), or -ENOMEM. Nothing may be taken or added during the
 * walk. */
int queue_begin_listing(struct queue *q);
int64_t queue_meet(struct queue *q, int wd, const char *name, size_t name_len);
int queue_each_unmet(struct queue *q, int wd, size_t *position, struct event *ev);

/* The same of one name that was not met, in O(1): as queue_pending(), or 0 if it was. The walk costs as much
 * as is pending in the directory. */
int64_t queue_unmet(struct queue *q, int wd, const char *name, size_t name_len);

/* How a rename of a directory goes on that is watched by wd, or perhaps by other_wd (0: no such): the kernel
 * says MOVED_FROM, MOVED_TO where the new parent is watched, and then MOVE_SELF of the directory, all while
 * it holds both parents locked (Linux, fsnotify_move()). */
struct queue_rename {
    bool has_to; /* its MOVED_TO is queued: */
    struct event to;
    const char *to_at; /* for queue_take() */
    int mover;         /* the wd whose MOVE_SELF is queued: */
    struct event self; /* if that is not 0 */
    const char *self_at;
    bool is_over; /* no more will come ... */
    bool is_lost; /* ... because the queue overflowed */
};

/* Look for the rest of the rename that begins with the event `from` among what is queued. Returns 0, or
 * -EBADMSG. */
int queue_find_rename(const struct queue *q, const struct event *from, int wd, int other_wd,
                      struct queue_rename *result);

/* The first event, which stays; its name is valid as long as it does. Returns as queue_next(). */
int queue_peek(struct queue *q, struct event *ev);

/* Is the MOVED_TO of a MOVED_FROM queued, the first event or one that was taken? near: it is looked for only
 * among the few events behind it, else among as many as could ever be. The kernel says both while it holds
 * the parent of the first one locked, so once that says something else of names there is none. */
enum queue_partner {
    PARTNER_NONE,    /* there is none, or not in what is watched */
    PARTNER_FOUND,   /* *to is it, for queue_take() at *at */
    PARTNER_UNKNOWN, /* it may come yet */
};
enum queue_partner queue_find_partner(const struct queue *q, const struct event *from, bool near,
                                      struct event *to, const char **at);

/* Is a MOVED_FROM, which was just taken, with its MOVED_TO `to`, the first half of an exchange of two names?
 * That is two renames in a row, and so is a rename away and back again: the second one goes from where the
 * first one went to where it came from. Returns the cookie of the second, or 0; *may_come: what is queued
 * does not tell yet. */
uint32_t queue_find_way_back(const struct queue *q, const struct event *from, const struct event *to,
                             bool *may_come);

/* Is the next event that names something in the directory of `to`, a MOVED_TO, a MOVED_FROM of the same name
 * in another rename? Then *from is that, for queue_take() at *at. *goes_back: it goes where `to` came from.
 * Unknown: what is queued does not tell yet. */
enum queue_partner queue_next_leaves(const struct queue *q, const struct event *to, struct event *from,
                                     const char **at, bool *goes_back);

/* Did the MOVED_FROM that was taken last take this name? */
bool queue_left_last(const struct queue *q, int wd, const char *name, size_t name_len);

/* What a file says of an event that its directory has said, with the same mask: right behind it, unless
 * another processor was in between. Returns where it is, for queue_take(), or NULL. */
const char *queue_find_echo(const struct queue *q, int wd, uint32_t mask, struct event *echo);

/* Take an event out of its turn: it will not be returned by queue_next(). */
void queue_take(struct queue *q, const char *at);

/* Is a Q_OVERFLOW queued? Then what is found by looking now cannot be told by what is pending. Returns 1, 0
 * or -ENOMEM. */
int queue_has_overflow(struct queue *q);

#endif
