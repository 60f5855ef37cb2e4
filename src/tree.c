/* tree.c: what the tree is asked to do: take in a PATH, look at a name, move, let go, look through
 * everything. Neighbours: walk.c does the walking, leave.c lets go and moves, change.c knows from events what
 * is to be done. */
#include "tree.h"

#include "again.h"
#include "home.h"
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Without these a recursive watch does not learn what becomes of directories. MOVE_SELF tells how a rename
 * ended: it comes behind the MOVED_TO, or without one where the new place is not watched. */
#define NEEDS ((uint32_t)(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF))

/* With an index, when a stamp is to be taken anew. */
#define INDEX_NEEDS ((uint32_t)(IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE))

/* What a walk itself causes. */
#define NOISE ((uint32_t)(IN_OPEN | IN_ACCESS | IN_CLOSE_NOWRITE))

/* So long what was displaced may turn up elsewhere. */
#define DISPLACED_FOR_NS INT64_C(200000000)

uint32_t tree_needs(const struct tree *t)
{
    const bool with_gitignore = t->settings.choice && t->settings.choice->gitignore;

    return NEEDS | (t->settings.with_index ? INDEX_NEEDS : 0) | (with_gitignore ? IN_CLOSE_WRITE : 0);
}

uint32_t tree_noise(const struct tree *t)
{
    (void)t;
    return NOISE;
}

int tree_new(struct tree **result, const struct tree_settings *settings)
{
    struct tree *const t = calloc(1, sizeof(*t));

    *result = NULL;
    if (!t)
        return -ENOMEM;
    t->settings = *settings;
    t->reach.backend = settings->backend;
    t->reach.set = settings->set;
    t->reach.mask = (settings->events & ~NOISE) | settings->flags | tree_needs(t) | IN_ONLYDIR |
                    IN_DONT_FOLLOW | IN_MASK_ADD;
    t->reach.flags = O_RDONLY;
    *result = t;
    return 0;
}

void tree_free(struct tree *t)
{
    if (!t)
        return;
    reach_close(&t->reach);
    notes_free(&t->notes);
    free(t->todo.items);
    free(t->fresh.items);
    listing_free(&t->listing);
    free(t->reviewed);
    free(t);
}

/* ---- PATHs ---- */

int tree_add_root(struct tree *t, int wd, bool quietly)
{
    struct watch_set *const set = t->settings.set;
    uint32_t id = watch_find(set, wd);
    const bool known = id != WATCH_NONE;
    int err;

    if (!known) {
        id = watch_add(set, WATCH_NONE, "", 0, WATCH_DIR);
        if (!id)
            return -ENOMEM;
        watch_set_wd(set, id, wd);
    }
    watch_mark(set, id, quietly ? WATCH_ROOT | WATCH_MADE_HERE : WATCH_ROOT);
    watch_forget_path(set);
    if (known && t->settings.max_depth == 0)
        return 0;
    err = walk_later(t, id, quietly ? WALK_QUIETLY : WALK_AS_NEW);
    if (err == 0)
        err = walk(t);
    reach_close(&t->reach); /* what is held open is not told to be removed */
    return err;
}

int tree_drop_root(struct tree *t, int wd, bool and_itself)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t id = watch_find(set, wd);

    if (!id)
        return 0;
    watch_unmark(set, id, WATCH_ROOT);
    watch_forget_path(set);
    if (!watch_parent(set, id))
        return walk_unwatch(t, id, and_itself);
    watch_mark(set, id, WATCH_UNFIT); /* it is below another PATH now */
    return tree_fit(t, id);
}

/* ---- looking ---- */

int tree_look(struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    return walk_name(t, dir, name, name_len, WALK_AS_NEW, true);
}

int tree_look_later(struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    char *const copy = strndup(name, name_len); /* terminated */
    const int err = copy ? notes_owe(&t->notes, dir, copy, WALK_AS_NEW, false) : -ENOMEM;

    free(copy);
    return err;
}

/* Is what is there by this name now what the set has there? 1, 0 or -errno. */
static int is_still_there(struct tree *t, uint32_t dir, const char *name, uint32_t child)
{
    const int fd = reach_enter(&t->reach, dir);
    struct file_system met;
    int wd;

    if (fd < 0)
        return fd;
    wd = walk_is_to_be_watched(t, dir, name, strlen(name), &met);
    if (wd <= 0)
        return wd < 0 ? wd : watch_wd(t->settings.set, child) < 0;
    if (watch_wd(t->settings.set, child) < 0)
        return 0;
    wd = reach_watch(&t->reach, name);
    return wd < 0 ? wd : wd == watch_wd(t->settings.set, child);
}

/* The set does not know the directories that are not watched: left out, or too deep. A mount point was a
 * directory before, and is one: it is another. */
static int tell_unwatched_gone(struct tree *t, uint32_t dir, const char *name)
{
    struct queue *const queue = backend_queue(t->settings.backend);
    const int fd = reach_enter(&t->reach, dir);
    struct stat st;
    const bool is_there = fd >= 0 && fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0;
    int64_t pending;

    home_return();
    if (!is_there || !S_ISDIR(st.st_mode))
        return fd == -ENOMEM ? fd : 0;
    pending = backend_catch_up(t->settings.backend);
    if (pending == 0)
        pending = queue_pending(queue, watch_wd(t->settings.set, dir), name, strlen(name));
    if (pending != 0)
        return pending < 0 ? (int)pending : 0; /* its end is in the queue */
    return walk_tell(t, dir, name, strlen(name), IN_DELETE, true);
}

int tree_look_again(struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    const uint32_t child = watch_child(t->settings.set, dir, name, name_len);
    char *const copy = strndup(name, name_len); /* terminated */
    bool is_told = false;
    int err = 0;

    if (!copy)
        return -ENOMEM;
    if (child) {
        err = is_still_there(t, dir, copy, child);
        home_return();
        is_told = watch_wd(t->settings.set, child) < 0;
        if (err == 0 && !is_told) {
            err = walk_tell_gone(t, child);
            if (err == 0)
                err = tree_displace(t, child);
        }
    }
    if (!child)
        err = tell_unwatched_gone(t, dir, copy);
    if (err == 0)
        err = walk_name(t, dir, copy, name_len, WALK_AS_NEW, is_told);
    free(copy);
    return err == -ENOMEM ? err : 0; /* 1: nothing has changed; or it is gone again, which the queue tells */
}

int tree_look_behind(struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    struct queue *const queue = backend_queue(t->settings.backend);
    char whole[EVENT_NAME_MAX + 1];
    struct stat st;
    bool is_there, is_dir;
    int64_t pending;
    int err;

    if (name_len > EVENT_NAME_MAX || watch_child(t->settings.set, dir, name, name_len))
        return 0;
    memcpy(whole, name, name_len);
    whole[name_len] = '\0';
    is_there = reach_enter(&t->reach, dir) >= 0 && fstatat(AT_FDCWD, whole, &st, AT_SYMLINK_NOFOLLOW) == 0;
    home_return();
    err = backend_catch_up(t->settings.backend);
    pending = err < 0 ? err : queue_pending(queue, watch_wd(t->settings.set, dir), whole, name_len);
    if (pending < 0 || (pending & (IN_CREATE | IN_MOVED_TO)) ||
        (pending == 0 && (!is_there || queue_has_overflow(queue))))
        return pending < 0 ? (int)pending : 0;
    is_dir = pending > 0 ? pending & IN_ISDIR : S_ISDIR(st.st_mode);
    if (is_dir)
        return walk_name(t, dir, whole, name_len, WALK_AS_NEW, false);
    err = tree_entry_came(t, dir, whole, name_len);
    return err < 0 ? err : walk_tell(t, dir, whole, name_len, IN_CREATE, false);
}

int tree_is_exchange(struct tree *t, uint32_t dir, const char *name, size_t name_len, bool is_dir)
{
    struct queue *const queue = backend_queue(t->settings.backend);
    char whole[EVENT_NAME_MAX + 1];
    struct stat st;
    bool is_there;
    int err;

    if (name_len > EVENT_NAME_MAX)
        return 0;
    if ((is_dir || t->settings.with_index) && !watch_child(t->settings.set, dir, name, name_len))
        return 0; /* nothing was there before */
    memcpy(whole, name, name_len);
    whole[name_len] = '\0';
    err = backend_catch_up(t->settings.backend);
    if (err == 0)
        err = queue_mark(queue);
    is_there = reach_enter(&t->reach, dir) >= 0 && fstatat(AT_FDCWD, whole, &st, AT_SYMLINK_NOFOLLOW) == 0;
    home_return();
    if (err == 0)
        err = backend_catch_up(t->settings.backend);
    if (err == 0)
        err = queue_stays(queue, watch_wd(t->settings.set, dir), whole, name_len, is_there);
    /* A file is often overwritten by a rename, a directory hardly ever is. */
    return err == -EAGAIN ? is_dir : err;
}

int tree_tell_later(struct tree *t, uint32_t dir)
{
    watch_mark(t->settings.set, dir, WATCH_UNTOLD);
    return notes_owe(&t->notes, dir, NULL, WALK_AS_NEW, true);
}

int walk_await(struct tree *t, uint32_t root)
{
    watch_mark(t->settings.set, root, WATCH_UNTOLD);
    return notes_await(&t->notes, root, backend_bytes_read(t->settings.backend));
}

int tree_await_root(struct tree *t, int wd)
{
    const uint32_t id = watch_find(t->settings.set, wd);
    const int err = id && !watch_parent(t->settings.set, id) ? backend_catch_up(t->settings.backend) : 0;

    return err == 0 && id && !watch_parent(t->settings.set, id) ? walk_await(t, id) : err;
}

bool tree_owes(const struct tree *t, size_t at_most)
{
    return t->notes.debt_count > 0 && t->notes.debt_count <= at_most;
}

bool tree_owes_contents(const struct tree *t)
{
    const struct watch_set *const set = t->settings.set;

    for (size_t i = 0; i < t->notes.debt_count; i++) {
        const struct debt *const d = &t->notes.debts[i];

        if (!watch_is_there(set, d->dir) || d->name)
            continue;
        /* A PATH that cannot be reached is gone, which is not for the tree to say. */
        if (d->position > 0 || (!watch_has(set, d->dir, WATCH_ROOT) && watch_path_given(set, d->dir)))
            return true;
    }
    return false;
}

static int settle(struct tree *t, const struct debt *d)
{
    const struct watch_set *const set = t->settings.set;
    const uint32_t listed_by = d->name ? d->dir : watch_parent(set, d->dir);
    bool is_told;

    if (listed_by && watch_is_untold(set, listed_by))
        return 0; /* looking there will come to it */
    if (d->name) {
        /* What was told of it may have been told to have left since. */
        is_told =
            d->announced && (d->mode != WALK_AS_NEW || watch_child(set, d->dir, d->name, strlen(d->name)));
        return walk_name(t, d->dir, d->name, strlen(d->name), d->mode, is_told);
    }
    if (d->mode == WALK_AS_NEW && !watch_has(set, d->dir, WATCH_UNTOLD))
        return 0; /* it was walked meanwhile */
    return walk_later(t, d->dir, d->mode) < 0 ? -ENOMEM : walk(t);
}

/* Those that are to wait until more is handled than up to this position are noted again. */
static int settle_up_to(struct tree *t, uint64_t handled)
{
    struct debt *debts;
    size_t count;
    int err = 0;

    if (t->notes.debt_count > 0)
        err = queue_has_overflow(backend_queue(t->settings.backend));
    if (t->notes.debt_count == 0 || err != 0)
        return err < 0 ? err : 0;
    debts = notes_take_debts(&t->notes, &count);
    t->settling = debts;
    t->settling_count = count;
    for (size_t i = 0; i < count; i++) {
        if (err == 0 && watch_is_there(t->settings.set, debts[i].dir))
            err = debts[i].position > handled ? notes_await(&t->notes, debts[i].dir, debts[i].position)
                                              : settle(t, &debts[i]);
        free(debts[i].name);
        debts[i].name = NULL;
    }
    t->settling = NULL;
    t->settling_count = 0;
    free(debts);
    return err;
}

int tree_settle(struct tree *t)
{
    return settle_up_to(t, 0);
}

/* What was read and is not queued any more. */
static uint64_t handled_up_to(const struct tree *t)
{
    const struct backend *const backend = t->settings.backend;

    return backend_bytes_read(backend) - queue_size(backend_queue(backend));
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The queue may never be empty. What was displaced long enough ago is as good as gone once everything is
 * handled that was there to be read by now. */
static int expire(struct tree *t)
{
    struct backend *const backend = t->settings.backend;
    const int64_t since_ns = notes_displaced_since(&t->notes);
    uint64_t handled;
    int err = 0;

    if (t->expires_at == 0 && since_ns != INT64_MAX) {
        t->expires_ns = now_ns() - DISPLACED_FOR_NS;
        if (since_ns <= t->expires_ns) {
            err = backend_catch_up(backend);
            t->expires_at = backend_bytes_read(backend);
        }
    }
    handled = handled_up_to(t);
    if (err == 0)
        err = walk_settle_claims(t, handled);
    if (err == 0 && t->expires_at > 0 && t->expires_at <= handled) {
        t->expires_at = 0;
        err = walk_drop_displaced(t, t->expires_ns);
    }
    return err;
}

int tree_rest(struct tree *t, bool drained)
{
    int err = settle_up_to(t, handled_up_to(t));

    if (err == 0 && drained && queue_is_empty(backend_queue(t->settings.backend))) {
        err = walk_settle_claims(t, UINT64_MAX);
        if (err == 0)
            err = tree_settle(t);
        if (err == 0 && t->notes.displaced_count > 0)
            err = walk_drop_displaced(t, now_ns() - DISPLACED_FOR_NS);
        walk_take_stamps(t);
    } else if (err == 0) {
        err = expire(t);
    }
    reach_close(&t->reach);
    return err;
}

void tree_close(struct tree *t)
{
    reach_close(&t->reach);
}

int tree_look_into(struct tree *t, uint32_t root)
{
    return notes_owe(&t->notes, root, NULL, WALK_DEEPER, true);
}

bool tree_is_limited(const struct tree *t)
{
    return t->is_limited;
}

int tree_retry(struct tree *t)
{
    struct watch_set *const set = t->settings.set;
    int err = 0;

    t->is_limited = false;
    for (uint32_t id = watch_each(set, WATCH_NONE); id && err == 0 && !t->is_limited;
         id = watch_each(set, id)) {
        const uint32_t dir = watch_parent(set, id);
        size_t len;

        if (!watch_has(set, id, WATCH_BLIND | WATCH_REFUSED))
            continue;
        err = dir ? notes_owe(&t->notes, dir, watch_name(set, id, &len), WALK_AS_NEW, true)
                  : tree_look_into(t, id);
        if (err == 0)
            err = tree_settle(t);
    }
    reach_close(&t->reach);
    return err;
}

/* ---- the rest ---- */

int tree_enter(struct tree *t, uint32_t dir)
{
    const int fd = reach_enter(&t->reach, dir);

    return fd < 0 ? fd : 0;
}

int tree_wd_at(struct tree *t, const char *path)
{
    const int fd = reach_open(path, strlen(path), O_PATH | O_DIRECTORY | O_CLOEXEC);
    int wd = -1;

    if (fd < 0)
        return -1;
    if (AGAIN(fchdir(fd)) == 0)
        wd = reach_watch(&t->reach, ".");
    if (wd >= 0 && !watch_find(t->settings.set, wd)) {
        backend_remove(t->settings.backend, wd);
        wd = -1;
    }
    close(fd);
    home_return();
    return wd < 0 ? -1 : wd;
}

int tree_add_noise(struct tree *t)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t noise = t->settings.events & NOISE;
    const struct target *target;
    size_t position = 0;
    int err = 0;

    if (!noise)
        return 0;
    reach_close(&t->reach);
    t->reach.mask |= noise;
    t->reach.flags = O_PATH; /* opening with it is no event, here and from here on */
    while (err == 0 && (target = target_each(t->settings.targets, &position))) {
        const uint32_t top = watch_find(set, target->wd);

        if (!top || watch_parent(set, top))
            continue;
        for (uint32_t id = top; id && err == 0; id = watch_next(set, top, id))
            if (watch_wd(set, id) >= 0 && reach_enter(&t->reach, id) == -ENOMEM)
                err = -ENOMEM;
    }
    reach_close(&t->reach);
    home_return();
    return err;
}
