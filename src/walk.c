/* walk.c: one directory after another: list it, read the queue to its end, compare, watch what is new.
 * Neighbours: reach.c opens directories, tree.c says which are to be walked and why. */
#include "walk.h"

#include "again.h"
#include "home.h"

#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many watches are added before the queue is read again, lest it overflow. */
#define READ_AHEAD_EVERY ((size_t)1024)

#define APPEARS ((uint32_t)(IN_CREATE | IN_MOVED_TO))

int walk_push(struct tasks *tasks, struct task task)
{
    if (notes_grow(&tasks->items, tasks->count, &tasks->capacity, sizeof(*tasks->items)) < 0)
        return -ENOMEM;
    tasks->items[tasks->count++] = task;
    return 0;
}

int walk_later(struct tree *t, uint32_t id, enum walk_mode mode)
{
    return walk_push(&t->todo, (struct task){.id = id, .mode = mode});
}

/* So many numbers may wait at any time. */
#define GONE_MAX ((size_t)64)

static void forget_gone_tasks(const struct watch_set *set, const struct tasks *tasks)
{
    for (size_t i = 0; i < tasks->count; i++)
        if (!watch_is_there(set, tasks->items[i].id))
            tasks->items[i].id = WATCH_NONE;
}

void walk_reuse(struct tree *t)
{
    struct watch_set *const set = t->settings.set;
    const size_t noted = notes_count(&t->notes) + t->todo.count + t->fresh.count + t->settling_count;

    if (watch_gone_count(set) < GONE_MAX + noted / 2)
        return;
    forget_gone_tasks(set, &t->todo);
    forget_gone_tasks(set, &t->fresh);
    for (size_t i = 0; i < t->settling_count; i++)
        if (!watch_is_there(set, t->settling[i].dir))
            t->settling[i].dir = WATCH_NONE;
    notes_forget_gone(&t->notes, set);
    watch_reuse(set);
}

int walk_is_blocked(const struct tree *t, enum walk_mode mode)
{
    return mode == WALK_QUIETLY ? 0 : queue_has_overflow(backend_queue(t->settings.backend));
}

/* A walk is blocked (1), or has failed. */
static int put_off(const struct tree *t, uint32_t dir, enum walk_mode mode, int why)
{
    if (mode == WALK_AS_NEW)
        watch_mark(t->settings.set, dir, WATCH_UNTOLD);
    return why < 0 ? why : 0;
}

/* ---- one directory ---- */

/* One name that is there now. What is pending tells whether it was there at the point that is handled. */
static int compare_found(struct tree *t, uint32_t dir, const struct found *f, enum walk_mode mode)
{
    const char *const name = t->listing.arena + f->name;
    struct watch_set *const set = t->settings.set;
    struct queue *const queue = backend_queue(t->settings.backend);
    int64_t pending = queue_meet(queue, watch_wd(set, dir), name, f->name_len);
    bool is_dir = f->is_dir;
    uint32_t child;
    int err;

    if (pending < 0)
        return pending == -EALREADY ? 0 : (int)pending;
    if (pending & APPEARS) {
        pending = queue_exchanged(queue, watch_wd(set, dir), name, f->name_len, true);
        if (pending == 0) {
            /* Its arrival will be told. In a directory that was told, the entry that it will replace is still
             * there, and its own events come first. */
            child = mode == WALK_AS_NEW ? WATCH_NONE : watch_child(set, dir, name, f->name_len);
            if (child)
                watch_mark(set, child, WATCH_SEEN);
            return 0;
        }
    }
    if (pending > 0)
        is_dir = pending & IN_ISDIR;
    child = walk_child_of(t, dir, name, f->name_len);
    if (child && watch_has(set, child, WATCH_DIR) != is_dir) {
        err = tree_displace(t, child);
        if (err < 0)
            return err;
        child = WATCH_NONE;
    }
    if (pending > 0) { /* it was still there, and goes: not to be looked at any more */
        if (child)
            watch_mark(set, child, WATCH_SEEN);
        return mode == WALK_AS_NEW ? walk_tell_new(t, dir, name, f->name_len, is_dir) : 0;
    }
    return is_dir ? walk_compare_directory(t, dir, name, f->name_len, mode, false)
                  : walk_compare_entry(t, dir, name, f->name_len, false, mode, false);
}

/* A name that was there at the point that is handled and is not there any more: mask is that of the first
 * event that is pending for it. */
static int compare_left(struct tree *t, uint32_t dir, const char *name, size_t len, uint32_t mask,
                        enum walk_mode mode)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t child = watch_child(set, dir, name, len);
    bool is_dir;

    if (mask & APPEARS)
        mask = queue_exchanged(backend_queue(t->settings.backend), watch_wd(set, dir), name, len, false);
    if (mask == 0)
        return 0;
    is_dir = mask & IN_ISDIR;
    if (child && watch_has(set, child, WATCH_DIR) != is_dir) {
        const int err = tree_displace(t, child);

        if (err < 0)
            return err;
    } else if (child) {
        watch_mark(set, child, WATCH_SEEN);
        if (mode != WALK_AS_NEW)
            return 0;
    } else if (mode == WALK_REVIEW) {
        return 0; /* a file that was told, or a directory that was left out as long as it was there */
    }
    return walk_tell_new(t, dir, name, len, is_dir);
}

/* In a review only what the set knows matters: much may be pending of all the others. */
static int compare_known_gone(struct tree *t, uint32_t dir)
{
    struct watch_set *const set = t->settings.set;
    int err = 0;

    for (uint32_t child = watch_first_child(set, dir), next; child && err == 0; child = next) {
        size_t len;
        const char *const name = watch_name(set, child, &len);
        int64_t mask;

        next = watch_sibling(set, child);
        if (watch_has(set, child, WATCH_SEEN))
            continue;
        mask = queue_unmet(backend_queue(t->settings.backend), watch_wd(set, dir), name, len);
        if (mask < 0)
            err = (int)mask;
        if (mask > 0) {
            char *const copy = strndup(name, len); /* the child may be displaced, and its name with it */

            err = copy ? compare_left(t, dir, copy, len, (uint32_t)mask, WALK_REVIEW) : -ENOMEM;
            free(copy);
        }
    }
    return err;
}

static int compare_gone(struct tree *t, uint32_t dir, enum walk_mode mode)
{
    struct queue *const queue = backend_queue(t->settings.backend);
    struct event ev;
    size_t position = 0;
    int got;

    if (mode == WALK_REVIEW)
        return compare_known_gone(t, dir);
    while ((got = queue_each_unmet(queue, watch_wd(t->settings.set, dir), &position, &ev)) > 0) {
        const int err = compare_left(t, dir, ev.name, ev.name_len, ev.mask, mode);

        if (err < 0)
            return err;
    }
    return got;
}

/* Children that the listing did not have are gone. */
static int drop_unseen(struct tree *t, uint32_t dir)
{
    struct watch_set *const set = t->settings.set;
    int err = 0;

    for (uint32_t child = watch_first_child(set, dir), next; child && err == 0; child = next) {
        next = watch_sibling(set, child);
        if (watch_has(set, child, WATCH_SEEN)) {
            watch_unmark(set, child, WATCH_SEEN);
            continue;
        }
        err = tree_displace(t, child);
    }
    return err;
}

/* What was queued since the watches are in place tells whether the names were still theirs. A directory whose
 * name is spoken of there may be another one than the event that comes next means: leave it to that event.
 * At the start whatever is not is walked without waiting for this, see list(). */
static int judge_fresh(struct tree *t)
{
    struct watch_set *const set = t->settings.set;
    struct queue *const queue = backend_queue(t->settings.backend);
    const bool is_silent = queue_is_empty(queue);
    int err = 0;

    for (size_t i = t->fresh.count; i > 0 && err == 0; i--) {
        const struct task *const task = &t->fresh.items[i - 1];
        const char *name;
        int64_t pending;
        size_t len;

        if (!watch_is_there(set, task->id) || (is_silent && task->mode == WALK_QUIETLY))
            continue;
        name = watch_name(set, task->id, &len);
        pending = is_silent ? 0 : queue_pending(queue, watch_wd(set, watch_parent(set, task->id)), name, len);

        if (pending < 0)
            err = (int)pending;
        else if (pending > 0 && task->made)
            err = tree_unwatch(t, task->id);
        else if (task->leaf)
            watch_unmark(set, task->id, WATCH_UNTOLD); /* there is nothing in it that a walk could tell */
        else if (task->mode != WALK_QUIETLY)
            err = walk_later(t, task->id, task->mode);
    }
    t->fresh.count = 0;
    return err;
}

static int keep_proven(struct tree *t)
{
    const int err = backend_catch_up(t->settings.backend);

    return err < 0 ? err : judge_fresh(t);
}

/* At the start, when nothing that is read is handled yet, the next listing's read tells. */
static int prove_later(struct tree *t)
{
    int err = 0;

    for (size_t i = t->fresh.count; i > 0 && err == 0; i--)
        if (watch_is_there(t->settings.set, t->fresh.items[i - 1].id) && !t->fresh.items[i - 1].leaf)
            err = walk_later(t, t->fresh.items[i - 1].id, WALK_QUIETLY);
    return err;
}

/* Is a directory, which cannot be entered, on a file system of the kernel's? There what is gone was not
 * renamed, and no event will tell. */
static bool is_kernels(struct tree *t, uint32_t dir)
{
    struct file_system fs = {.kind = FILE_SYSTEM_ORDINARY};
    uint32_t id = watch_parent(t->settings.set, dir);

    while (id && reach_enter(&t->reach, id) < 0)
        id = watch_parent(t->settings.set, id);
    if (id)
        file_system_of(".", &fs);
    return fs.kind == FILE_SYSTEM_KERNEL;
}

/* A directory may not be entered: its parent tells when that changes, of a PATH itself it does. Was
 * permission given before that was asked for? */
static bool is_entered_now(struct tree *t, uint32_t dir)
{
    const struct watch_set *const set = t->settings.set;
    const uint32_t parent = watch_parent(set, dir);
    const char *path;
    char *copy; /* terminated */
    size_t len;

    if (parent && reach_enter(&t->reach, parent) >= 0)
        walk_heed_permissions(t, parent);
    home_return();
    path = watch_has(set, dir, WATCH_ROOT) ? watch_path(t->settings.set, dir, &len) : NULL;
    copy = path ? strndup(path, len) : NULL;
    if (copy)
        backend_add(t->settings.backend, copy, IN_ATTRIB | IN_ONLYDIR | IN_MASK_ADD);
    free(copy);
    return reach_enter(&t->reach, dir) >= 0;
}

/* A directory that cannot be entered: later, or never. */
static int not_entered(struct tree *t, uint32_t dir, const char *name, enum walk_mode mode, bool announced,
                       int err)
{
    if (reach_is_race(err) && !name && is_kernels(t, dir))
        return tree_unwatch(t, dir);
    if (reach_is_race(err) || ((err == -EACCES || err == -EPERM) &&
                               !watch_has(t->settings.set, dir, WATCH_BLIND) && is_entered_now(t, dir))) {
        if (!name)
            put_off(t, dir, mode, 0);
        return notes_owe(&t->notes, dir, name, mode, announced);
    }
    if (!watch_has(t->settings.set, dir, WATCH_ROOT))
        tree_unwatch(t, dir); /* half of what happens in it would be worse */
    return walk_tell_blind(t, dir, err);
}

/* What the set has in a directory that is told as new: its directories are told when they are walked, or
 * where they turn up if they are about to move; all else is found anew. */
static int mark_untold(struct tree *t, uint32_t dir)
{
    struct watch_set *const set = t->settings.set;
    int err = 0;

    for (uint32_t id = watch_first_child(set, dir), next; id && err == 0; id = next) {
        next = watch_sibling(set, id);
        if (watch_has(set, id, WATCH_DIR) && watch_wd(set, id) >= 0)
            watch_mark(set, id, WATCH_UNTOLD);
        else
            err = tree_drop(t, id);
    }
    return err;
}

/* Was the directory opened by its name the one that the set means? The queue is read up to after the opening.
 */
static int prove(struct tree *t, uint32_t id)
{
    struct queue *const queue = backend_queue(t->settings.backend);
    const uint32_t parent = watch_parent(t->settings.set, id);
    size_t len;
    const char *const name = watch_name(t->settings.set, id, &len);
    const int64_t pending =
        queue_is_empty(queue) ? 0 : queue_pending(queue, watch_wd(t->settings.set, parent), name, len);

    if (watch_wd(t->settings.set, id) < 0)
        return REACH_ELSEWHERE; /* judged before */
    return pending < 0 ? (int)pending : pending == 0 ? 0 : reach_prove(&t->reach, id);
}

struct complainant {
    const struct tree *tree;
    uint32_t dir;
};

static void complain(void *context, const char *path, int err)
{
    const struct complainant *const c = context;

    c->tree->settings.listener->complain(c->tree->settings.context, c->dir, path, err);
}

/* What was told of this directory, as far as that is in another set. */
static const struct rules *rules_told(const struct tree *t, uint32_t id)
{
    const uint32_t told = t->told ? watch_find(t->told, watch_wd(t->settings.set, id)) : WATCH_NONE;

    return told ? watch_rules(t->told, told) : NULL;
}

int walk_read_rules(struct tree *t, uint32_t id, int fd, enum walk_mode mode)
{
    struct complainant who = {.tree = t, .dir = id};
    struct watch_set *const set = t->settings.set;
    struct rules *rules = watch_rules(set, id);
    const struct rules_place place = {.fd = fd,
                                      .is_top = !watch_parent(set, id),
                                      .is_live = mode != WALK_QUIETLY,
                                      .keeps_before = mode == WALK_REVIEW,
                                      .told = rules_told(t, id),
                                      .complain = complain,
                                      .context = &who};
    int err;

    if (!t->settings.choice || !t->settings.choice->gitignore)
        return 0;
    if (place.keeps_before) {
        if (notes_grow(&t->reviewed, t->reviewed_count, &t->reviewed_capacity, sizeof(*t->reviewed)) < 0)
            return -ENOMEM;
        t->reviewed[t->reviewed_count++] = id;
    }
    watch_set_rules(set, id, NULL);
    err = rules_read(&rules, rules, &place);
    if (err == 0 && place.keeps_before && !rules_have_changed(rules)) {
        rules_settle(&rules);
        t->reviewed_count--;
    }
    if (err == 0)
        err = watch_set_rules(set, id, rules);
    if (err < 0)
        rules_free(rules);
    return err;
}

/* Numbers that were used again meanwhile are of others, whose rules have none before them. */
void walk_end_review(struct tree *t)
{
    struct watch_set *const set = t->settings.set;

    while (t->reviewed_count > 0) {
        const uint32_t id = t->reviewed[--t->reviewed_count];
        struct rules *rules = watch_is_there(set, id) ? watch_rules(set, id) : NULL;

        if (!rules)
            continue;
        watch_set_rules(set, id, NULL);
        rules_settle(&rules);
        watch_set_rules(set, id, rules); /* there is room: it had some */
    }
}

/* Read the names in the working directory, which is open as fd. */
static int read_listing(struct tree *t, int fd, bool is_new, bool only_directories)
{
    int listable, err;

    if (t->reach.flags != O_PATH)
        return listing_read(&t->listing, fd, is_new, only_directories);
    listable = AGAIN(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (listable < 0)
        return -errno;
    err = listing_read(&t->listing, listable, true, only_directories);
    close(listable);
    return err;
}

/* List a directory, and read the queue to its end. Returns 1, 0 if it is not to be compared now, or -errno.
 */
static int list(struct tree *t, struct task task)
{
    struct queue *const queue = backend_queue(t->settings.backend);
    const bool is_quiet = task.mode == WALK_QUIETLY;
    const bool only_directories = !t->settings.with_index && (is_quiet || t->is_mute);
    struct reach_step step;
    int fd, err;

    fd = is_quiet ? reach_step(&t->reach, task.id, &step) : reach_enter(&t->reach, task.id);
    if (fd < 0)
        return not_entered(t, task.id, NULL, task.mode, true, fd);
    err = task.mode == WALK_AS_NEW ? backend_catch_up(t->settings.backend) : 0;
    if (err == 0)
        err = queue_mark(queue);
    if (err < 0)
        return err;
    if (task.mode != WALK_REVIEW || !watch_has(t->settings.set, task.id, WATCH_REVIEW))
        err = walk_read_rules(t, task.id, fd, task.mode);
    watch_unmark(t->settings.set, task.id, WATCH_REVIEW);
    if (err < 0)
        return err;
    err = read_listing(t, fd, is_quiet && step.is_new, only_directories);
    if (err < 0)
        return err == -ENOMEM ? err : not_entered(t, task.id, NULL, task.mode, true, err);
    err = backend_catch_up(t->settings.backend);
    if (err == 0)
        err = judge_fresh(t);
    if (err == 0 && is_quiet && !step.is_proven)
        err = prove(t, task.id);
    if (err == 0)
        return 1;
    reach_forget(&t->reach, task.id);
    if (watch_wd(t->settings.set, task.id) < 0)
        return err == -ENOMEM ? err : 0; /* it is what another event will speak of */
    return err == -ENOMEM ? err : not_entered(t, task.id, NULL, task.mode, true, err);
}

static int compare_listing(struct tree *t, struct task task)
{
    struct watch_set *const set = t->settings.set;
    int err = queue_begin_listing(backend_queue(t->settings.backend));

    watch_unmark(set, task.id, WATCH_UNTOLD | WATCH_DEEPEST | WATCH_BLIND | WATCH_REFUSED);
    t->was_empty = !watch_first_child(set, task.id);
    if (err == 0 && task.mode == WALK_AS_NEW)
        err = mark_untold(t, task.id);
    for (size_t i = 0; i < t->listing.count && err == 0; i++) {
        err = compare_found(t, task.id, &t->listing.items[i], task.mode);
        if (err == 0 && i % READ_AHEAD_EVERY == READ_AHEAD_EVERY - 1) {
            err = backend_catch_up(t->settings.backend);
            if (err == 0)
                err = t->settings.listener->progress(t->settings.context, watch_count(set));
        }
    }
    t->was_empty = false;
    if (err == 0 && task.mode != WALK_QUIETLY)
        err = compare_gone(t, task.id, task.mode);
    if (err == 0)
        err = drop_unseen(t, task.id);
    if (err == 0)
        err = task.mode == WALK_QUIETLY ? prove_later(t) : keep_proven(t);
    return err;
}

static int walk_one(struct tree *t, struct task task)
{
    int err = walk_is_blocked(t, task.mode);

    if (err != 0)
        return put_off(t, task.id, task.mode, err);
    err = list(t, task);
    if (err <= 0)
        return err;
    err = walk_is_blocked(t, task.mode);
    if (err != 0)
        return put_off(t, task.id, task.mode, err);
    err = compare_listing(t, task);
    if (err == 0 && ++t->walked % 16 == 0)
        err = t->settings.listener->progress(t->settings.context, watch_count(t->settings.set));
    return err;
}

int walk(struct tree *t)
{
    int err = 0;

    while (t->todo.count > 0 && err == 0) {
        const struct task task = t->todo.items[--t->todo.count];

        if (watch_is_there(t->settings.set, task.id))
            err = walk_one(t, task);
    }
    if (err == 0 && t->fresh.count > 0)
        err = keep_proven(t); /* of the last directory at the start */
    t->todo.count = t->fresh.count = 0;
    walk_end_review(t);
    home_return();
    return err;
}

/* A directory was perhaps in the working directory, which is `dir`, at the point that is handled, without
 * having been told. Returns 1 if it was and still is, 0 if not, or if all of it is done, or -errno. */
static int find_untold(struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    struct stat st;
    const bool is_there =
        AGAIN(fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW)) == 0 && S_ISDIR(st.st_mode);
    int err = backend_catch_up(t->settings.backend);
    const int64_t pending = err < 0 ? err
                                    : queue_pending(backend_queue(t->settings.backend),
                                                    watch_wd(t->settings.set, dir), name, name_len);

    if (pending < 0)
        return (int)pending;
    if (watch_child(t->settings.set, dir, name, name_len))
        return 0; /* told meanwhile */
    if (pending == 0)
        return is_there;
    if (!(pending & IN_ISDIR) || (pending & APPEARS))
        return 0;
    return walk_tell_and_owe(t, dir, name);
}

static int walk_one_name(struct tree *t, uint32_t dir, const char *name, size_t name_len, enum walk_mode mode,
                         bool announced)
{
    int err = reach_enter(&t->reach, dir);
    uint32_t child;

    if (err < 0)
        return not_entered(t, dir, name, mode, announced, err);
    err = announced ? 1 : find_untold(t, dir, name, name_len);
    if (err <= 0)
        return err;
    err = walk_compare_directory(t, dir, name, name_len, mode, announced);
    if (err == 0)
        err = keep_proven(t);
    child = watch_child(t->settings.set, dir, name, name_len);
    if (child)
        watch_unmark(t->settings.set, child, WATCH_SEEN);
    return err < 0 ? err : walk(t);
}

int walk_name(struct tree *t, uint32_t dir, const char *name, size_t name_len, enum walk_mode mode,
              bool announced)
{
    struct queue *const queue = backend_queue(t->settings.backend);
    const int64_t pending = queue_pending(queue, watch_wd(t->settings.set, dir), name, name_len);
    char *copy;
    int err = pending < 0 ? (int)pending : walk_is_blocked(t, mode);

    if (err != 0)
        return err < 0 ? err : 0;
    copy = strndup(name, name_len); /* terminated */
    if (!copy)
        return -ENOMEM;
    if (pending == 0 || !announced)
        err = walk_one_name(t, dir, copy, name_len, mode, announced);
    else if (pending & IN_MOVED_FROM) /* it is there no more then, unless names were exchanged: look later */
        err = notes_owe(&t->notes, dir, copy, mode, announced);
    home_return();
    free(copy);
    return err;
}
