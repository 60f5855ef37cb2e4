/* ahead.c: looking at what is queued without taking it: how renames go on that have begun.
 * Neighbours: queue.c keeps it; change.c and tap.c ask. */
#include "queue_inside.h"

#include <errno.h>

struct ahead {
    const struct chunk *chunk;
    struct event_cursor cursor;
};

static struct ahead look_ahead(const struct queue *q)
{
    return (struct ahead){.chunk = q->first, .cursor = q->cursor};
}

static int next_ahead(struct ahead *a, struct event *ev, const char **at)
{
    while (a->cursor.at == a->cursor.end && a->chunk->next) {
        a->chunk = a->chunk->next;
        a->cursor = (struct event_cursor){.at = a->chunk->bytes, .end = a->chunk->bytes + a->chunk->filled};
    }
    *at = a->cursor.at;
    return events_next(&a->cursor, ev);
}

enum queue_partner queue_next_leaves(const struct queue *q, const struct event *to, struct event *from,
                                     const char **at, bool *goes_back)
{
    enum { NEAR = 32 }; /* other directories, and files, may say something in between */
    struct ahead ahead = look_ahead(q);
    struct event ev;
    const char *ev_at;
    int i = 0;

    *goes_back = false;
    for (;; i++) {
        if (i == NEAR)
            return PARTNER_NONE;
        if (next_ahead(&ahead, from, at) <= 0)
            return PARTNER_UNKNOWN;
        if (from->mask & IN_Q_OVERFLOW)
            return PARTNER_NONE;
        if (from->wd == to->wd && (from->mask & QUEUE_NAMING))
            break; /* the lock of its directory is held for the whole of an exchange */
    }
    if (!(from->mask & IN_MOVED_FROM) || from->cookie == to->cookie ||
        !queue_is_same_name(from, to->wd, to->name, to->name_len))
        return PARTNER_NONE;
    while (q->last_from.cookie == to->cookie && ++i < NEAR && next_ahead(&ahead, &ev, &ev_at) > 0) {
        if (ev.wd != 0 && (ev.mask & IN_MOVED_TO) && ev.cookie == from->cookie) {
            *goes_back = queue_is_same_name(&ev, q->last_from.wd, q->last_from.name, q->last_from.name_len);
            break;
        }
    }
    return PARTNER_FOUND;
}

bool queue_left_last(const struct queue *q, int wd, const char *name, size_t name_len)
{
    return q->last_from.wd == wd && q->last_from.name_len == name_len &&
           memcmp(q->last_from.name, name, name_len) == 0;
}

int queue_peek(struct queue *q, struct event *ev)
{
    struct ahead ahead = look_ahead(q);
    const char *at;

    return next_ahead(&ahead, ev, &at);
}

enum queue_partner queue_find_partner(const struct queue *q, const struct event *from, bool near,
                                      struct event *to, const char **at)
{
    enum { NEAR = 32, FAR = 1024 }; /* they were seen to stand up to six events apart */
    struct ahead ahead = look_ahead(q);

    for (int i = 0; i < (near ? NEAR : FAR); i++) {
        if (next_ahead(&ahead, to, at) <= 0)
            return PARTNER_UNKNOWN;
        if (to->wd == 0 || to->cookie == from->cookie) {
            if (to->wd != 0 && (to->mask & IN_MOVED_TO))
                return PARTNER_FOUND;
        } else if ((to->mask & IN_Q_OVERFLOW) || ((to->mask & QUEUE_NAMING) && to->wd == from->wd)) {
            return PARTNER_NONE;
        }
    }
    return near ? PARTNER_UNKNOWN : PARTNER_NONE;
}

uint32_t queue_find_way_back(const struct queue *q, const struct event *from, const struct event *to,
                             bool *may_come)
{
    enum { NEAR = 32 };
    struct ahead ahead = look_ahead(q);
    struct event ev;
    uint32_t cookie = 0;
    const char *at;

    *may_come = false;
    for (int i = 0; i < NEAR; i++) {
        if (next_ahead(&ahead, &ev, &at) <= 0) {
            *may_come = true;
            return 0;
        }
        if (!(ev.mask & QUEUE_NAMING) || ev.cookie == from->cookie)
            continue;
        if (cookie == 0 && (ev.mask & IN_MOVED_FROM) &&
            queue_is_same_name(&ev, to->wd, to->name, to->name_len))
            cookie = ev.cookie;
        else if (cookie != 0 && ev.cookie == cookie)
            return queue_is_same_name(&ev, from->wd, from->name, from->name_len) ? cookie : 0;
        else if (ev.wd == from->wd || ev.wd == to->wd)
            return 0; /* their locks were free again */
    }
    return 0;
}

int queue_closing_near(const struct queue *q, int wd, const char *name, size_t name_len)
{
    enum { NEAR = 32 }; /* a file that is written in one go is closed a few events behind its CREATE */
    struct ahead ahead = look_ahead(q);
    struct event ev;
    const char *at;

    for (int i = 0; i < NEAR; i++) {
        if (next_ahead(&ahead, &ev, &at) <= 0)
            return 0;
        if ((ev.mask & IN_CLOSE_WRITE) && queue_is_same_name(&ev, wd, name, name_len))
            return 1;
    }
    return -EAGAIN;
}

const char *queue_find_echo(const struct queue *q, int wd, uint32_t mask, struct event *echo)
{
    enum { NEAR = 32 };
    struct ahead ahead = look_ahead(q);
    const char *at;

    for (int i = 0; i < NEAR && next_ahead(&ahead, echo, &at) > 0; i++) {
        if (echo->wd == wd && echo->mask == mask && echo->name_len == 0)
            return at;
    }
    return NULL;
}

int queue_find_rename(const struct queue *q, const struct event *from, int wd, int other_wd,
                      struct queue_rename *result)
{
    struct ahead ahead = look_ahead(q);
    struct event ev;
    enum { NEAR = 8 }; /* the kernel says all of it in a row, but others say something in between */
    unsigned distance = 0;
    const char *at;
    int got;

    *result = (struct queue_rename){0};
    while (!result->is_over && (got = next_ahead(&ahead, &ev, &at)) > 0) {
        if (ev.wd == 0 || ((ev.mask & IN_MOVED_FROM) && ev.cookie == from->cookie))
            continue; /* taken, or itself */
        distance++;
        if ((ev.mask & IN_MOVED_TO) && ev.cookie == from->cookie) {
            result->has_to = true;
            result->to = ev;
            result->to_at = at;
            distance = 0;
        } else if ((ev.mask & IN_MOVE_SELF) && (ev.wd == wd || ev.wd == other_wd)) {
            result->mover = ev.wd;
            result->self = ev;
            result->self_at = at;
            result->is_over = true;
        } else if ((ev.mask & IN_Q_OVERFLOW) || ((ev.mask & IN_IGNORED) && ev.wd == wd)) {
            result->is_over = true;
            result->is_lost = (ev.mask & IN_Q_OVERFLOW) && distance < NEAR;
        } else if ((ev.mask & QUEUE_NAMING) &&
                   (ev.wd == from->wd || (result->has_to && ev.wd == result->to.wd))) {
            result->is_over = true; /* the parent's lock was free again */
        }
    }
    return result->is_over ? 0 : got;
}
