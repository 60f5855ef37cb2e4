/* index.c: with --resync, files are in the watch set too, with stamps that tell later whether they have
 * changed. Neighbours: change.c tells what events say, resync.c compares. */
#include "home.h"
#include "walk.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static int make_stale(struct tree *t, uint32_t id)
{
    if (watch_has(t->settings.set, id, WATCH_STALE))
        return 0;
    if (notes_grow(&t->notes.stale, t->notes.stale_count, &t->notes.stale_capacity, sizeof(*t->notes.stale)) <
        0)
        return -ENOMEM;
    watch_mark(t->settings.set, id, WATCH_STALE);
    t->notes.stale[t->notes.stale_count++] = id;
    return 0;
}

int tree_entry_came(struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    struct watch_set *const set = t->settings.set;
    uint32_t id = watch_child(set, dir, name, name_len);
    int err = 0;

    if (id && watch_has(set, id, WATCH_DIR)) { /* an exchange, or an event that was lost */
        err = tree_displace(t, id);
        id = WATCH_NONE;
    }
    if (err < 0 || !t->settings.with_index)
        return err;
    if (!id)
        id = watch_add(set, dir, name, name_len, 0);
    return id ? make_stale(t, id) : -ENOMEM;
}

void tree_entry_went(struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    const uint32_t id =
        t->settings.with_index ? watch_child(t->settings.set, dir, name, name_len) : WATCH_NONE;

    if (!id || watch_has(t->settings.set, id, WATCH_DIR))
        return;
    watch_remove(t->settings.set, id);
    walk_reuse(t);
}

int tree_entry_changed(struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    const uint32_t id =
        t->settings.with_index ? watch_child(t->settings.set, dir, name, name_len) : WATCH_NONE;

    return id ? make_stale(t, id) : 0;
}

int tree_entry_exchanged(struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    struct queue *const queue = backend_queue(t->settings.backend);
    struct watch_stamp stamp;
    char whole[EVENT_NAME_MAX + 1];
    bool is_gone;
    int err;

    if (!t->settings.with_index || name_len > EVENT_NAME_MAX)
        return 0;
    memcpy(whole, name, name_len);
    whole[name_len] = '\0';
    is_gone = reach_enter(&t->reach, dir) >= 0 && walk_stamp(whole, &stamp) == -ENOENT;
    home_return();
    err = backend_catch_up(t->settings.backend);
    if (err == 0 && is_gone && !queue_has_overflow(queue) &&
        queue_pending(queue, watch_wd(t->settings.set, dir), name, name_len) == 0)
        return t->settings.listener->found(t->settings.context, dir, name, name_len, IN_DELETE);
    return err < 0 ? err : tree_entry_came(t, dir, name, name_len);
}

static void take_stamp(struct tree *t, uint32_t id)
{
    struct watch_set *const set = t->settings.set;
    char whole[PATH_MAX];
    size_t path_len, name_len;
    const char *const path = watch_path(set, watch_parent(set, id), &path_len);
    const char *const name = watch_name(set, id, &name_len);

    if (!path || path_len + name_len >= sizeof(whole))
        return;
    memcpy(whole, path, path_len);
    memcpy(whole + path_len, name, name_len + 1);
    if (walk_stamp(whole, watch_stamp(set, id)) == 0)
        watch_unmark(set, id, WATCH_STALE);
}

/* One look for every entry that changed since the queue was empty last, however often it did. */
void walk_take_stamps(struct tree *t)
{
    for (size_t i = 0; i < t->notes.stale_count; i++)
        if (watch_is_there(t->settings.set, t->notes.stale[i]) &&
            watch_has(t->settings.set, t->notes.stale[i], WATCH_STALE) &&
            watch_parent(t->settings.set, t->notes.stale[i]))
            take_stamp(t, t->notes.stale[i]);
    t->notes.stale_count = 0;
}
