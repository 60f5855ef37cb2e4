/* queue.c: a queue of raw events in chunks, and an index of those that name something, built when asked for.
 * Neighbours: inotify.c fills it, change.c and tree.c ask what is pending; ahead.c looks further. */
#include "queue_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A read ahead goes behind what is queued if there is at least that much room. */
#define ROOM_WORTH_READING ((size_t)16 * 1024)
#define FIRST_LISTS        ((size_t)1024)

static struct chunk *chunk_new(struct queue *q)
{
    struct chunk *c = q->spare;

    q->spare = NULL;
    if (c && c->size != q->chunk_size) {
        free(c);
        c = NULL;
    }
    if (!c)
        c = malloc(sizeof(*c) + q->chunk_size); /* pages that are never filled cost nothing */
    if (!c)
        return NULL;
    c->next = NULL;
    c->size = q->chunk_size;
    c->filled = 0;
    return c;
}

static void point_cursor(struct queue *q)
{
    q->cursor = (struct event_cursor){.at = q->first->bytes, .end = q->first->bytes + q->first->filled};
}

int queue_new(struct queue **result, size_t chunk_size)
{
    struct queue *const q = calloc(1, sizeof(*q));

    *result = NULL;
    if (!q)
        return -ENOMEM;
    q->chunk_size = chunk_size;
    q->first = q->last = chunk_new(q);
    if (!q->first) {
        free(q);
        return -ENOMEM;
    }
    point_cursor(q);
    *result = q;
    return 0;
}

void queue_free(struct queue *q)
{
    if (!q)
        return;
    for (struct chunk *c = q->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(q->spare);
    free(q->entries);
    free(q->names);
    free(q->wds);
    free(q);
}

/* ---- the index ---- */

static size_t mix(uint64_t hash, const struct queue *q)
{
    hash *= UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(hash >> 32) & (q->list_count - 1);
}

static struct list *list_of_wd(const struct queue *q, int wd)
{
    return &q->wds[mix((uint64_t)wd, q)];
}

static struct list *list_of_name(const struct queue *q, int wd, const char *name, size_t name_len)
{
    uint64_t hash = (uint64_t)wd;

    for (size_t i = 0; i < name_len; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001B3);
    return &q->names[mix(hash, q)];
}

/* In the index a CLOSE_WRITE belongs to the negative descriptor, so that whoever asks about names does not
 * meet it. */
static struct event event_at(const char *at)
{
    struct event_cursor cursor = {.at = at, .end = at + EVENT_MAX_SIZE};
    struct event ev = {0};
    uint32_t len;

    memcpy(&len, at + EVENT_HEADER_SIZE - sizeof(len), sizeof(len));
    cursor.end = at + EVENT_HEADER_SIZE + len;
    events_next(&cursor, &ev);
    if (ev.mask & IN_CLOSE_WRITE)
        ev.wd = -ev.wd;
    return ev;
}

static void append(struct entry *entries, struct list *list, size_t position, bool by_name)
{
    if (!list->first)
        list->first = position;
    else if (by_name)
        entries[list->last - 1].next_of_name = position;
    else
        entries[list->last - 1].next_of_wd = position;
    list->last = position;
}

static void link_entry(struct queue *q, size_t position)
{
    struct entry *const e = &q->entries[position - 1];
    const struct event ev = event_at(e->at);

    e->next_of_name = e->next_of_wd = 0;
    append(q->entries, list_of_name(q, ev.wd, ev.name, ev.name_len), position, true);
    append(q->entries, list_of_wd(q, ev.wd), position, false);
}

/* Have this many lists, and link all entries anew. */
static int set_lists(struct queue *q, size_t count)
{
    struct list *const names = calloc(count, sizeof(*names)), *const wds = calloc(count, sizeof(*wds));

    if (!names || !wds) {
        free(names);
        free(wds);
        return -ENOMEM;
    }
    free(q->names);
    free(q->wds);
    q->names = names;
    q->wds = wds;
    q->list_count = count;
    for (size_t i = q->first_entry; i < q->entry_count; i++)
        if (q->entries[i].at)
            link_entry(q, i + 1);
    return 0;
}

static size_t moved_down(size_t position, size_t by)
{
    return position > by ? position - by : 0;
}

/* The entries that are left move to where those were that are gone. */
static void move_entries_down(struct queue *q)
{
    const size_t by = q->first_entry;

    memmove(q->entries, q->entries + by, (q->entry_count - by) * sizeof(*q->entries));
    q->first_entry = 0;
    q->entry_count -= by;
    q->marked = moved_down(q->marked, by);
    q->listing_end = moved_down(q->listing_end, by);
    for (size_t i = 0; i < q->entry_count; i++) {
        q->entries[i].next_of_name = moved_down(q->entries[i].next_of_name, by);
        q->entries[i].next_of_wd = moved_down(q->entries[i].next_of_wd, by);
    }
    for (size_t i = 0; i < q->list_count; i++) {
        struct list *const lists[] = {&q->names[i], &q->wds[i]};

        for (size_t which = 0; which < 2; which++) {
            lists[which]->first = moved_down(lists[which]->first, by);
            lists[which]->last = moved_down(lists[which]->last, by);
        }
    }
}

/* A long queue has become short, and may never be empty. Without memory all stays as it is. */
static void shrink_index(struct queue *q)
{
    size_t capacity = q->entry_capacity;
    struct entry *fewer;

    while (capacity > FIRST_LISTS && q->entry_count < capacity / 8)
        capacity /= 2;
    fewer = capacity < q->entry_capacity ? reallocarray(q->entries, capacity, sizeof(*fewer)) : NULL;
    if (!fewer)
        return;
    q->entries = fewer;
    q->entry_capacity = capacity;
    if (q->list_count > capacity)
        set_lists(q, capacity);
}

/* Room for one more entry. A queue that is never empty reuses the room of entries that are gone: what is
 * moved is never more than what has gone since the last time. */
static int make_room_for_entry(struct queue *q)
{
    const size_t capacity = q->entry_capacity ? 2 * q->entry_capacity : FIRST_LISTS;
    struct entry *more;

    if (q->entry_count < q->entry_capacity)
        return 0;
    if (q->entry_capacity > 0 && q->first_entry >= q->entry_capacity / 2) {
        move_entries_down(q);
        shrink_index(q);
        return 0;
    }
    more = reallocarray(q->entries, capacity, sizeof(*more));
    if (!more)
        return -ENOMEM;
    q->entries = more;
    q->entry_capacity = capacity;
    return 0;
}

static int add_entry(struct queue *q, const char *at)
{
    if (q->first_entry == q->entry_count) /* all were taken: the numbers begin again */
        q->first_entry = q->entry_count = q->listing_end = q->marked = 0;
    if (make_room_for_entry(q) < 0)
        return -ENOMEM;
    q->entries[q->entry_count++] = (struct entry){.at = at};
    if (q->entry_count - q->first_entry > q->list_count) {
        /* Which links all of them. */
        const int err = set_lists(q, q->list_count ? 2 * q->list_count : FIRST_LISTS);

        q->entry_count -= err < 0;
        return err;
    }
    link_entry(q, q->entry_count);
    return 0;
}

static bool is_of_index(const struct queue *q, const struct event *ev)
{
    const uint32_t named = QUEUE_NAMING | (q->with_closing ? IN_CLOSE_WRITE : 0);

    return ev->wd > 0 && (ev->mask & (ev->name_len > 0 ? named : IN_MOVE_SELF)) != 0;
}

/* Bring the index up to the end of what is queued. */
static int extend_index(struct queue *q)
{
    if (!q->indexed) {
        q->indexed = true;
        q->index_chunk = q->first;
        q->index_at = q->cursor.at;
    }
    for (;;) {
        struct event_cursor cursor = {.at = q->index_at,
                                      .end = q->index_chunk->bytes + q->index_chunk->filled};
        struct event ev;
        const char *at = cursor.at;

        while (events_next(&cursor, &ev) > 0) {
            if (is_of_index(q, &ev) && add_entry(q, at) < 0)
                return -ENOMEM;
            q->overflows += (ev.mask & IN_Q_OVERFLOW) != 0;
            at = q->index_at = cursor.at;
        }
        if (!q->index_chunk->next)
            return 0;
        q->index_chunk = q->index_chunk->next;
        q->index_at = q->index_chunk->bytes;
    }
}

/* The first entry leaves both of its lists. */
static void drop_first_entry(struct queue *q)
{
    const struct event ev = event_at(q->entries[q->first_entry].at);
    struct list *const name = list_of_name(q, ev.wd, ev.name, ev.name_len);
    struct list *const wd = list_of_wd(q, ev.wd);
    const struct entry *const e = &q->entries[q->first_entry++];

    name->first = e->next_of_name;
    wd->first = e->next_of_wd;
}

static void drop_index(struct queue *q)
{
    q->indexed = false;
    for (size_t i = q->first_entry; i < q->entry_count; i++) {
        if (q->entries[i].at) {
            const struct event ev = event_at(q->entries[i].at);

            *list_of_name(q, ev.wd, ev.name, ev.name_len) = (struct list){0};
            *list_of_wd(q, ev.wd) = (struct list){0};
        }
    }
    q->first_entry = q->entry_count = q->listing_end = q->marked = q->overflows = 0;
    if (q->entry_capacity > FIRST_LISTS) { /* the storm is over */
        free(q->entries);
        free(q->names);
        free(q->wds);
        q->entries = NULL;
        q->names = q->wds = NULL;
        q->entry_capacity = q->list_count = 0;
    }
}

/* The next entry of a name, from position on. */
static size_t find_name(const struct queue *q, size_t position, int wd, const char *name, size_t name_len)
{
    for (size_t i = position; i; i = q->entries[i - 1].next_of_name) {
        const struct event ev = event_at(q->entries[i - 1].at);

        if (queue_is_same_name(&ev, wd, name, name_len))
            return i;
    }
    return 0;
}

/* Is there something to be found in the index? 1, 0 or -ENOMEM. */
static int has_entries(struct queue *q)
{
    if (queue_is_empty(q))
        return 0;
    if (extend_index(q) < 0)
        return -ENOMEM;
    return q->first_entry < q->entry_count;
}

/* The first entry of a name; 0 or -ENOMEM. */
static int64_t first_of_name(struct queue *q, int wd, const char *name, size_t name_len)
{
    const int has = has_entries(q);

    if (has <= 0)
        return has;
    return (int64_t)find_name(q, list_of_name(q, wd, name, name_len)->first, wd, name, name_len);
}

int64_t queue_pending(struct queue *q, int wd, const char *name, size_t name_len)
{
    const int64_t position = first_of_name(q, wd, name, name_len);

    return position <= 0 ? position : event_at(q->entries[position - 1].at).mask;
}

/* Behind a MOVED_FROM at *from, go on as long as something comes to the name and leaves it next: if a name is
 * there behind several of those, each was an exchange, for it must have been there before each of them.
 * Returns the entry behind, or 0, and moves *from to the last MOVED_FROM. */
static size_t behind_visits(const struct queue *q, size_t *from)
{
    const struct event left = event_at(q->entries[*from - 1].at);
    size_t to, next;

    for (;;) {
        to = find_name(q, q->entries[*from - 1].next_of_name, left.wd, left.name, left.name_len);
        if (!to || !(event_at(q->entries[to - 1].at).mask & IN_MOVED_TO))
            return to;
        next = find_name(q, q->entries[to - 1].next_of_name, left.wd, left.name, left.name_len);
        if (!next || !(event_at(q->entries[next - 1].at).mask & IN_MOVED_FROM) ||
            event_at(q->entries[to - 1].at).cookie == event_at(q->entries[next - 1].at).cookie)
            return to;
        *from = next;
    }
}

int queue_stays(struct queue *q, int wd, const char *name, size_t name_len, bool is_there)
{
    const int64_t first = first_of_name(q, wd, name, name_len);
    size_t from = first > 0 ? (size_t)first : 0, behind;
    uint32_t left;

    if (first <= 0 || !(event_at(q->entries[from - 1].at).mask & IN_MOVED_FROM))
        return first < 0 ? -ENOMEM : 0;
    behind = behind_visits(q, &from);
    left = event_at(q->entries[from - 1].at).mask;
    if (behind) {
        const uint32_t mask = event_at(q->entries[behind - 1].at).mask;

        /* rename(2) puts no file over a directory, and no directory over a file. */
        if (mask & IN_MOVED_TO)
            return (mask ^ left) & IN_ISDIR ? 0 : -EAGAIN;
        return (mask & (IN_DELETE | IN_MOVED_FROM)) != 0;
    }
    return from > q->marked || q->overflows > 0 ? -EAGAIN : is_there;
}

void queue_index_closing(struct queue *q)
{
    q->with_closing = true;
}

int queue_closing(struct queue *q, int wd, const char *name, size_t name_len)
{
    const int near = queue_closing_near(q, wd, name, name_len);
    const int64_t pending = near >= 0 ? near : queue_pending(q, -wd, name, name_len);

    return pending < 0 ? (int)pending : pending > 0;
}

int queue_moves(struct queue *q, int wd)
{
    const int64_t position = first_of_name(q, wd, "", 0);

    if (position <= 0)
        return (int)position;
    return find_name(q, q->entries[position - 1].next_of_name, wd, "", 0) ? 2 : 1;
}

int64_t queue_meet(struct queue *q, int wd, const char *name, size_t name_len)
{
    const int64_t position = first_of_name(q, wd, name, name_len);

    if (position <= 0)
        return position;
    if (q->entries[position - 1].met_in == q->listing)
        return -EALREADY;
    q->entries[position - 1].met_in = q->listing;
    return event_at(q->entries[position - 1].at).mask;
}

/* The event of a rename near a position, which is in it too; false if there is none. */
static bool find_half(const struct queue *q, size_t position, uint32_t cookie, uint32_t half,
                      struct event *ev)
{
    enum { NEAR = 32 }; /* the kernel writes the four in a row, but others write between them */
    const size_t begin = position > q->first_entry + NEAR ? position - NEAR : q->first_entry;
    const size_t end = position + NEAR < q->entry_count ? position + NEAR : q->entry_count;

    for (size_t i = begin; i < end; i++) {
        if (!q->entries[i].at)
            continue;
        *ev = event_at(q->entries[i].at);
        if ((ev->mask & half) && ev->cookie == cookie)
            return true;
    }
    return false;
}

uint32_t queue_exchanged(const struct queue *q, int wd, const char *name, size_t name_len, bool is_listed)
{
    struct event to, from, other_from, other_to;
    size_t first, second, last_from, behind;

    if (q->first_entry == q->entry_count)
        return 0;
    first = find_name(q, list_of_name(q, wd, name, name_len)->first, wd, name, name_len);
    second = first ? find_name(q, q->entries[first - 1].next_of_name, wd, name, name_len) : 0;
    if (!second)
        return 0;
    to = event_at(q->entries[first - 1].at);
    from = event_at(q->entries[second - 1].at);
    if (!(to.mask & IN_MOVED_TO) || !(from.mask & IN_MOVED_FROM) || to.cookie == from.cookie)
        return 0;
    if ((to.mask ^ from.mask) & IN_ISDIR)
        return from.mask; /* what left is not what came */
    last_from = second;
    behind = behind_visits(q, &last_from);
    if (behind ? (event_at(q->entries[behind - 1].at).mask & (IN_DELETE | IN_MOVED_FROM)) != 0
               : is_listed && last_from <= q->marked)
        return from.mask; /* and yet it is there */
    if (!find_half(q, first, to.cookie, IN_MOVED_FROM, &other_from) ||
        !find_half(q, second, from.cookie, IN_MOVED_TO, &other_to))
        return 0;
    return queue_is_same_name(&other_to, other_from.wd, other_from.name, other_from.name_len) ? from.mask : 0;
}

/* Is an entry the first that speaks of its name? */
static bool is_first_of_name(const struct queue *q, size_t position)
{
    const struct event ev = event_at(q->entries[position - 1].at);

    return find_name(q, list_of_name(q, ev.wd, ev.name, ev.name_len)->first, ev.wd, ev.name, ev.name_len) ==
           position;
}

int queue_mark(struct queue *q)
{
    const int has = has_entries(q);

    q->marked = q->entry_count;
    return has < 0 ? has : 0;
}

int queue_begin_listing(struct queue *q)
{
    const int has = has_entries(q);

    q->listing++;
    q->listing_end = q->entry_count;
    return has < 0 ? has : 0;
}

int64_t queue_unmet(struct queue *q, int wd, const char *name, size_t name_len)
{
    const int64_t position = first_of_name(q, wd, name, name_len);

    if (position <= 0)
        return position;
    if ((size_t)position > q->listing_end || q->entries[position - 1].met_in == q->listing)
        return 0;
    return event_at(q->entries[position - 1].at).mask;
}

int queue_each_unmet(struct queue *q, int wd, size_t *position, struct event *ev)
{
    const int has = has_entries(q);
    size_t i;

    if (has <= 0)
        return has;
    i = *position ? q->entries[*position - 1].next_of_wd : list_of_wd(q, wd)->first;
    for (; i && i <= q->listing_end; i = q->entries[i - 1].next_of_wd) {
        *ev = event_at(q->entries[i - 1].at);
        if (ev->wd == wd && ev->name_len > 0 && q->entries[i - 1].met_in != q->listing) {
            *position = i;
            if (is_first_of_name(q, i))
                return 1;
        }
    }
    return 0;
}

/* ---- filling and taking ---- */

/* The first chunk is used up: keep one for the next reads. */
static void next_chunk(struct queue *q)
{
    struct chunk *const used = q->first;

    q->first = used->next;
    point_cursor(q);
    if (q->index_chunk == used) {
        q->index_chunk = q->first;
        q->index_at = q->first->bytes;
    }
    free(q->spare);
    q->spare = used;
}

static int add_chunk(struct queue *q)
{
    struct chunk *const c = chunk_new(q);

    if (!c)
        return -ENOMEM;
    q->last->next = c;
    q->last = c;
    return 0;
}

/* With less room than this the rest of a chunk stays unused. */
static size_t least_room(const struct queue *q)
{
    const size_t half = q->chunk_size / 2;

    if (half < EVENT_USUAL_SIZE)
        return EVENT_USUAL_SIZE;
    return half < ROOM_WORTH_READING ? half : ROOM_WORTH_READING;
}

char *queue_room(struct queue *q, size_t *size)
{

    if (queue_is_empty(q) && !q->in_use) {
        if (q->indexed)
            drop_index(q);
        while (q->first != q->last)
            next_chunk(q);
        q->last->filled = 0;
        point_cursor(q);
    }
    if (q->last->filled > 0 && q->last->size - q->last->filled < least_room(q) && add_chunk(q) < 0)
        return NULL;
    *size = q->last->size - q->last->filled;
    return q->last->bytes + q->last->filled;
}

int queue_widen(struct queue *q)
{
    if (q->last->size - q->last->filled >= EVENT_MAX_SIZE)
        return -EINVAL;
    if (q->last->filled == 0) /* a whole chunk is too small */
        q->chunk_size = EVENT_MAX_SIZE;
    return add_chunk(q);
}

void queue_commit(struct queue *q, size_t size)
{
    q->last->filled += size;
    if (q->first == q->last)
        q->cursor.end = q->first->bytes + q->first->filled;
}

bool queue_is_empty(const struct queue *q)
{
    const struct chunk *c = q->first->next;

    if (q->cursor.at != q->cursor.end)
        return false;
    while (c && c->filled == 0) /* added for a read that brought nothing, or that needed more room */
        c = c->next;
    return !c;
}

size_t queue_size(const struct queue *q)
{
    size_t size = (size_t)(q->cursor.end - q->cursor.at);

    for (const struct chunk *c = q->first->next; c; c = c->next)
        size += c->filled;
    return size;
}

int queue_next(struct queue *q, struct event *ev)
{
    const char *at;
    int got;

    while (q->cursor.at == q->cursor.end && q->first != q->last)
        next_chunk(q);
    at = q->cursor.at;
    got = events_next(&q->cursor, ev);
    q->in_use = got > 0;
    if (got > 0 && (ev->mask & IN_MOVED_FROM) && ev->name_len <= EVENT_NAME_MAX) {
        q->last_from.wd = ev->wd;
        q->last_from.cookie = ev->cookie;
        q->last_from.name_len = ev->name_len;
        memcpy(q->last_from.name, ev->name, ev->name_len);
    }
    if (q->indexed && got > 0) {
        while (q->first_entry < q->entry_count && !q->entries[q->first_entry].at)
            q->first_entry++;
        if (q->first_entry < q->entry_count && q->entries[q->first_entry].at == at)
            drop_first_entry(q);
        if (q->index_at == at)
            q->index_at = q->cursor.at; /* it had not got that far */
        else if (ev->mask & IN_Q_OVERFLOW)
            q->overflows--;
    }
    return got;
}

size_t queue_offset(const struct queue *q)
{
    return (size_t)(q->cursor.at - q->first->bytes);
}

/* ---- taking out of turn ---- */

/* The bytes become an event of no watch, which those who take it drop. */
void queue_take(struct queue *q, const char *at)
{
    struct event ev = event_at(at);
    const uint32_t nothing[2] = {0, IN_IGNORED}; /* wd, mask */

    if (q->indexed && q->names) {
        struct list *const lists[] = {list_of_name(q, ev.wd, ev.name, ev.name_len), list_of_wd(q, ev.wd)};

        for (size_t which = 0; which < 2; which++) {
            size_t before = 0, i = lists[which]->first, next;

            while (i && q->entries[i - 1].at != at) {
                before = i;
                i = which == 0 ? q->entries[i - 1].next_of_name : q->entries[i - 1].next_of_wd;
            }
            if (!i)
                break; /* behind what is indexed */
            next = which == 0 ? q->entries[i - 1].next_of_name : q->entries[i - 1].next_of_wd;
            if (!before)
                lists[which]->first = next;
            else if (which == 0)
                q->entries[before - 1].next_of_name = next;
            else
                q->entries[before - 1].next_of_wd = next;
            if (lists[which]->last == i)
                lists[which]->last = before;
            if (which == 1)
                q->entries[i - 1].at = NULL;
        }
    }
    for (struct chunk *c = q->first; c; c = c->next)
        if (at >= c->bytes && at < c->bytes + c->filled)
            memcpy(c->bytes + (at - c->bytes), nothing, sizeof(nothing));
}

size_t queue_memory(const struct queue *q)
{
    const size_t chunk_size = sizeof(struct chunk) + q->chunk_size;
    size_t size = sizeof(*q) + (q->spare ? chunk_size : 0);

    for (const struct chunk *c = q->first; c; c = c->next)
        size += chunk_size;
    return size + q->entry_capacity * sizeof(*q->entries) + 2 * q->list_count * sizeof(*q->names);
}

int queue_has_overflow(struct queue *q)
{
    const int err = queue_is_empty(q) ? 0 : extend_index(q);

    return err < 0 ? err : q->overflows > 0;
}
