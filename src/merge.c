/* merge.c: settling: which events may become one, and when and in which order that is told.
 * Neighbours: fate.c for what they come to, pending.c keeps the paths; tap.c before it, format.c behind it.
 */
#include "merge.h"

#include "fate.h"
#include "pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct merge {
    struct merge_settings settings;
    struct pending pending;
    int64_t now_ns;
    uint32_t directories_gone;
    bool emitting;
    char *path; /* of the event in hand */
    size_t path_len, path_size;
};

int merge_new(struct merge **result, const struct merge_settings *settings)
{
    struct merge *const m = calloc(1, sizeof(*m));

    *result = NULL;
    if (!m || pending_start(&m->pending, settings->memory_max) < 0) {
        free(m);
        return -ENOMEM;
    }
    m->settings = *settings;
    *result = m;
    return 0;
}

void merge_free(struct merge *m)
{
    if (!m)
        return;
    pending_end(&m->pending);
    free(m->path);
    free(m);
}

/* ---- entries ---- */

static const enum pending_list all_lists[PENDING_LISTS] = {PENDING_ORDER, PENDING_QUIET, PENDING_AGE};

/* at: before which entry of each list; NULL: at the end. */
static void enlist(struct merge *m, struct entry *e, struct entry *at)
{
    for (int i = 0; i < PENDING_LISTS; i++)
        pending_insert(&m->pending, all_lists[i], e, at);
}

static void delist(struct merge *m, struct entry *e)
{
    for (int i = 0; i < PENDING_LISTS; i++)
        pending_unlink(&m->pending, all_lists[i], e);
}

/* Its ghost vanishes with it. */
static void remove_entry(struct merge *m, struct entry *e)
{
    if (e->other)
        pending_remove(&m->pending, e->other);
    delist(m, e);
    pending_remove(&m->pending, e);
}

static struct entry *new_entry(struct merge *m)
{
    struct entry *const e = pending_add(&m->pending, m->path, m->path_len);

    if (!e)
        return NULL;
    e->flags = FATE_WAS_THERE | FATE_IS_THERE | FATE_SYNTHETIC;
    e->first_ns = e->last_ns = m->now_ns;
    enlist(m, e, NULL);
    return e;
}

static bool is_last(const struct merge *m, const struct entry *e)
{
    return m->pending.last[PENDING_ORDER] == e;
}

static void set_wait(struct merge *m, struct entry *e, const struct timespec *when)
{
    e->last_ns = m->now_ns;
    e->when_s = when->tv_sec;
    e->when_ns = (uint32_t)when->tv_nsec;
    pending_to_end(&m->pending, PENDING_QUIET, e);
}

static void unite(struct merge *m, struct entry *e, const struct news *n)
{
    fate_unite(e, n->r);
    set_wait(m, e, n->when);
}

/* Begin anew under the same path. */
static void forget(struct merge *m, struct entry *e)
{
    e->mask = e->cookie = e->count = 0;
    e->first_ns = m->now_ns;
    pending_to_end(&m->pending, PENDING_AGE, e);
    fate_set(e, FATE_SYNTHETIC, true);
    fate_set(e, FATE_KEPT | FATE_MOVED_IN | FATE_REPLACED, false);
}

/* ---- telling ---- */

static int emit(struct merge *m, const struct record *r, const struct timespec *when)
{
    int err;

    m->emitting = true;
    err = m->settings.emit(m->settings.context, r, when);
    m->emitting = false;
    return err < 0 ? err : 0;
}

static int tell_first(struct merge *m)
{
    struct entry *const e = m->pending.first[PENDING_ORDER];
    const struct timespec when = {.tv_sec = e->when_s, .tv_nsec = (long)e->when_ns};
    const size_t dir_len = e->path_len - e->name_len;
    const uint32_t mask = fate_mask(e);
    const struct record r = {
        .wd = e->wd,
        .mask = mask,
        .cookie = mask & IN_MOVE ? e->cookie : 0,
        .len = e->len,
        .label = e->other ? "RENAME" : NULL,
        .path = e->path,
        .path_len = dir_len,
        .name = e->path + dir_len,
        .name_len = e->name_len,
        .watched = e->path,
        .watched_len = e->watched_len,
        .synthetic = fate_has(e, FATE_SYNTHETIC),
        .count = e->count,
        .from = e->other ? e->other->path : NULL,
        .from_len = e->other ? e->other->path_len : 0,
    };
    const int err = emit(m, &r, &when);

    if (err == 0)
        remove_entry(m, e);
    return err;
}

static int tell_all(struct merge *m)
{
    int err = 0;

    while (err == 0 && m->pending.first[PENDING_ORDER])
        err = tell_first(m);
    return err;
}

static int tell_through(struct merge *m, const struct entry *e)
{
    bool more = true;
    int err = 0;

    while (err == 0 && more) {
        more = m->pending.first[PENDING_ORDER] != e;
        err = tell_first(m);
    }
    return err;
}

static bool is_due(const struct merge *m)
{
    const struct entry *const quiet = m->pending.first[PENDING_QUIET];
    const struct entry *const oldest = m->pending.first[PENDING_AGE];

    return quiet && (m->now_ns - quiet->last_ns >= m->settings.settle_ns ||
                     m->now_ns - oldest->first_ns >= m->settings.max_delay_ns);
}

static int tell_due(struct merge *m, int64_t now_ns)
{
    int err = 0;

    if (now_ns > m->now_ns)
        m->now_ns = now_ns;
    while (err == 0 && is_due(m))
        err = tell_first(m);
    return err;
}

static int64_t sum(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

int64_t merge_next_due(const struct merge *m)
{
    const struct entry *const quiet = m->pending.first[PENDING_QUIET];
    const struct entry *const oldest = m->pending.first[PENDING_AGE];
    int64_t by_settle, by_delay;

    if (!quiet)
        return -1;
    by_settle = sum(quiet->last_ns, m->settings.settle_ns);
    by_delay = sum(oldest->first_ns, m->settings.max_delay_ns);
    return by_settle < by_delay ? by_settle : by_delay;
}

int merge_flush_due(struct merge *m, int64_t now_ns)
{
    return m->emitting ? -EBUSY : tell_due(m, now_ns);
}

int merge_flush(struct merge *m)
{
    return m->emitting ? -EBUSY : tell_all(m);
}

/* ---- what came and what went ---- */

/* The ghost of a RENAME becomes an entry by itself, which says all that the RENAME's did, in its place. */
static struct entry *part_from_ghost(struct merge *m, struct entry *e, unsigned flags)
{
    struct entry *const ghost = e->other;

    ghost->other = e->other = NULL;
    ghost->first_ns = e->first_ns;
    ghost->last_ns = e->last_ns;
    ghost->when_s = e->when_s;
    ghost->when_ns = e->when_ns;
    ghost->count = e->count;
    ghost->cookie = e->cookie;
    ghost->mask = e->mask & ~FATE_NAMING;
    ghost->flags = (uint16_t)(flags | (e->flags & (FATE_SYNTHETIC | FATE_KIND_KNOWN)));
    enlist(m, ghost, e);
    return ghost;
}

/* What was renamed to this path is gone. So what is told is that it went from where it was before. */
static struct entry *undo_rename(struct merge *m, struct entry *e, uint32_t how)
{
    struct entry *const ghost =
        part_from_ghost(m, e, FATE_NAMED | FATE_WAS_THERE | FATE_REPLACED | FATE_KEPT);

    ghost->mask |= how;
    forget(m, e);
    return ghost;
}

/* Something that was renamed to this path within the window goes from it. */
static void end_rename(struct merge *m, struct entry *e, const struct news *n)
{
    struct entry *const ghost = undo_rename(m, e, n->r->mask & FATE_WENT);

    if (fate_has(e, FATE_WAS_THERE))
        return;
    fate_count(ghost, 1);
    fate_set(ghost, FATE_SYNTHETIC, fate_has(ghost, FATE_SYNTHETIC) && n->r->synthetic);
    if (n->r->cookie != 0)
        ghost->cookie = n->r->cookie;
    set_wait(m, ghost, n->when);
}

/* A path that is there, or was, has one event more. */
static void note_event(struct merge *m, struct entry *e, const struct news *n)
{
    const uint32_t mask = n->r->mask;
    bool stays;

    if (e->other && (mask & FATE_CAME))
        undo_rename(m, e, IN_MOVED_FROM);
    else if (e->other && (mask & FATE_WENT))
        end_rename(m, e, n);
    stays =
        fate_has(e, FATE_KEPT) && !(mask & FATE_WENT) && !((mask & FATE_CAME) && !fate_has(e, FATE_IS_THERE));
    if (mask & FATE_CAME)
        fate_comes(e, n);
    else if (mask & FATE_WENT)
        fate_goes(e);
    unite(m, e, n);
    if (fate_has(e, FATE_NAMED) && !fate_has(e, FATE_WAS_THERE) && !fate_has(e, FATE_IS_THERE))
        remove_entry(m, e);
    else if (!stays)
        pending_to_end(&m->pending, PENDING_ORDER, e);
}

/* ---- what cannot be merged ---- */

/* A directory that came has a place before everything that happened in it. If anything did, no later event
 * can take its coming back. */
static bool has_followers(const struct merge *m, const struct entry *e)
{
    return fate_is_dir(e) && fate_has(e, FATE_NAMED) && fate_has(e, FATE_IS_THERE) && !is_last(m, e);
}

static int make_way(struct merge *m, const struct news *n)
{
    struct entry *const e = pending_find(&m->pending, m->path, m->path_len);

    if (n->is_dir && (n->r->mask & IN_MOVED_TO) && n->before == MERGE_WAS_THERE)
        return tell_all(m); /* names in the directory that was there may come again in the new one */
    if (!e)
        return 0;
    if (fate_has(e, FATE_GHOST))
        return tell_through(m, e->other);
    if (fate_is_other_kind(e, n->r) || fate_is_move_of_contents(e, n))
        return tell_through(m, e);
    return (n->r->mask & FATE_WENT) && has_followers(m, e) ? tell_all(m) : 0;
}

static int add_event(struct merge *m, const struct news *n)
{
    struct entry *e;
    const int err = make_way(m, n);

    if (err < 0)
        return err;
    e = pending_find(&m->pending, m->path, m->path_len);
    if (!e)
        e = new_entry(m);
    if (!e)
        return -ENOMEM;
    if (n->is_dir && (n->r->mask & FATE_WENT))
        m->directories_gone++;
    note_event(m, e, n);
    return 0;
}

/* ---- renames ---- */

static struct entry *find_source(const struct merge *m, const struct record *r)
{
    return pending_find(&m->pending, r->from, r->from_len);
}

/* The source's entry cannot go on under a new path: it is a ghost itself, or gone, or what is told of it
 * would be told after a directory it depends on has gone. */
static int make_way_from(struct merge *m, const struct news *n)
{
    struct entry *const e = find_source(m, n->r);

    if (!e)
        return 0;
    if (fate_has(e, FATE_GHOST))
        return tell_through(m, e->other);
    if (fate_is_other_kind(e, n->r) || !fate_has(e, FATE_IS_THERE) || fate_has(e, FATE_MOVED_IN) ||
        (e->other && e->other->last_ns != m->directories_gone))
        return tell_through(m, e);
    return has_followers(m, e) ? tell_all(m) : 0;
}

static int make_way_to(struct merge *m, const struct news *n)
{
    struct entry *const e = pending_find(&m->pending, m->path, m->path_len);

    if (n->is_dir && n->before == MERGE_WAS_THERE)
        return tell_all(m);
    if (!e)
        return 0;
    if (fate_has(e, FATE_GHOST))
        return e->other == find_source(m, n->r) ? 0 : tell_through(m, e->other);
    return fate_is_other_kind(e, n->r) || (n->is_dir && fate_has(e, FATE_NAMED)) ? tell_through(m, e) : 0;
}

/* What was renamed to this path has been renamed again. If it had replaced something, that has gone. */
static void end_replaced(struct merge *m, struct entry *e)
{
    e->other = NULL;
    if (!fate_has(e, FATE_WAS_THERE)) {
        remove_entry(m, e);
        return;
    }
    e->mask = IN_DELETE | (e->mask & IN_ISDIR);
    e->cookie = 0;
    e->count = 1;
    fate_goes(e);
}

/* Renamed away and back: only what else happened is told. */
static void rename_back(struct merge *m, struct entry *e, const struct news *n)
{
    struct entry *const back = part_from_ghost(m, e, FATE_WAS_THERE | FATE_IS_THERE);

    back->count -= fate_has(e, FATE_WAS_THERE);
    unite(m, back, n);
    back->mask &= ~FATE_NAMING;
    if ((back->mask & ~(uint32_t)IN_ISDIR) == 0)
        remove_entry(m, back);
    else
        pending_to_end(&m->pending, PENDING_ORDER, back);
    end_replaced(m, e);
}

/* The old path of a RENAME, of which nothing is pending. */
static struct entry *new_ghost(struct merge *m, const struct record *r)
{
    struct entry *const e = pending_add(&m->pending, r->from, r->from_len);
    const char *const slash = e ? memrchr(e->path, '/', r->from_len) : NULL;
    const size_t dir_len = slash ? (size_t)(slash - e->path) + 1 : 0;
    bool same_dir;

    if (!e)
        return NULL;
    same_dir = dir_len == r->path_len && memcmp(e->path, r->path, dir_len) == 0;
    fate_set_texts(e, same_dir ? r->wd : -1, r->from_len - dir_len, dir_len, 0);
    return e;
}

static void set_ghost(struct merge *m, struct entry *e, struct entry *ghost)
{
    e->other = ghost;
    ghost->other = e;
    ghost->flags = FATE_GHOST;
    ghost->last_ns = m->directories_gone;
}

/* What is pending of the old path is told of the new one. Returns the ghost; NULL: it is no RENAME, as the
 * old path was never told. */
static struct entry *carry_over(struct merge *m, struct entry *e, struct entry *source)
{
    struct entry *ghost = source->other;

    e->mask |= source->mask & ~FATE_NAMING;
    if (!ghost && fate_has(source, FATE_WAS_THERE) && fate_has(source, FATE_REPLACED))
        e->mask |= IN_MODIFY;
    fate_count(e, source->count - (ghost && fate_has(source, FATE_WAS_THERE)));
    fate_set(e, FATE_SYNTHETIC, fate_has(e, FATE_SYNTHETIC) && fate_has(source, FATE_SYNTHETIC));
    if (source->first_ns < e->first_ns) {
        e->first_ns = source->first_ns;
        pending_unlink(&m->pending, PENDING_AGE, e);
        pending_insert(&m->pending, PENDING_AGE, e, source);
    }
    if (ghost || !fate_has(source, FATE_WAS_THERE)) {
        end_replaced(m, source);
        return ghost;
    }
    delist(m, source);
    return source;
}

/* The entry of what is to be replaced by a RENAME, emptied of what is not to be told any more. */
static struct entry *take_target(struct merge *m, const struct news *n)
{
    struct entry *e = pending_find(&m->pending, m->path, m->path_len);

    if (!e && !(e = new_entry(m)))
        return NULL;
    if (e->other)
        undo_rename(m, e, IN_MOVED_FROM);
    if (!fate_has(e, FATE_NAMED))
        fate_set(e, FATE_WAS_THERE, n->before == MERGE_WAS_THERE);
    e->mask &= fate_has(e, FATE_WAS_THERE) ? ~FATE_NAMING : 0;
    return e;
}

static int add_rename(struct merge *m, const struct news *n)
{
    struct entry *source, *target, *ghost = NULL;
    int err = make_way_from(m, n);

    if (err == 0)
        err = make_way_to(m, n);
    if (err < 0)
        return err;
    source = find_source(m, n->r);
    target = pending_find(&m->pending, m->path, m->path_len);
    m->directories_gone += n->is_dir;
    if (target && fate_has(target, FATE_GHOST)) {
        rename_back(m, source, n);
        return 0;
    }
    if (!source && !(ghost = new_ghost(m, n->r)))
        return -ENOMEM;
    target = take_target(m, n);
    if (!target) {
        if (ghost)
            pending_remove(&m->pending, ghost);
        return -ENOMEM;
    }
    if (source)
        ghost = carry_over(m, target, source);
    if (ghost)
        set_ghost(m, target, ghost);
    fate_set(target, FATE_REPLACED, fate_has(target, FATE_WAS_THERE));
    fate_set(target, FATE_NAMED | FATE_IS_THERE, true);
    fate_set(target, FATE_KEPT, n->is_dir || ghost);
    unite(m, target, n);
    pending_to_end(&m->pending, PENDING_ORDER, target);
    return 0;
}

/* ---- what comes in ---- */

static int join_path(struct merge *m, const struct record *r)
{
    const size_t len = r->path_len + r->name_len;

    if (len > m->path_size || !m->path) {
        char *const larger = realloc(m->path, 2 * len + 64);

        if (!larger)
            return -ENOMEM;
        m->path = larger;
        m->path_size = 2 * len + 64;
    }
    memcpy(m->path, r->path, r->path_len);
    memcpy(m->path + r->path_len, r->name, r->name_len);
    m->path_len = len;
    return 0;
}

static bool is_rename(const struct record *r)
{
    return strcmp(r->label, "RENAME") == 0 && r->from;
}

/* It has no path, or is not an event of one. */
static bool is_apart(const struct record *r)
{
    return (r->label && !is_rename(r)) || (r->mask & (IN_Q_OVERFLOW | IN_UNMOUNT));
}

int merge_add(struct merge *m, const struct record *r, enum merge_presence before, int64_t now_ns,
              const struct timespec *when)
{
    const struct news n = {.r = r, .when = when, .before = before, .is_dir = r->mask & IN_ISDIR};
    int err = m->emitting ? -EBUSY : tell_due(m, now_ns);

    if (err < 0)
        return err;
    if (is_apart(r)) {
        err = tell_all(m);
        return err < 0 ? err : emit(m, r, when);
    }
    err = join_path(m, r);
    if (err == 0 && r->label && r->from_len == m->path_len && memcmp(r->from, m->path, m->path_len) == 0)
        return 0; /* nothing happened */
    if (err == 0)
        err = r->label ? add_rename(m, &n) : add_event(m, &n);
    while (err == 0 && m->pending.used_bytes > m->settings.memory_max && m->pending.first[PENDING_ORDER])
        err = tell_first(m);
    return err;
}
