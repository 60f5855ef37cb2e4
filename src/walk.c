/* walk.c: one directory after another: list it, read the queue to its end, compare, watch what is new.
 * Neighbours: reach.c opens directories, tree.c says which are to be walked and why. */
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIRENTS_SIZE ((size_t)64 * 1024)

/* So many watches are added before the queue is read again, lest it overflow. */
#define READ_AHEAD_EVERY ((size_t)1024)

#define APPEARS ((uint32_t)(IN_CREATE | IN_MOVED_TO))

int walk_grow(void *items, size_t count, size_t *capacity, size_t size)
{
    void **const array = items;
    const size_t larger = *capacity ? 2 * *capacity : 16;
    void *more;

    if (count < *capacity)
        return 0;
    more = reallocarray(*array, larger, size);
    if (!more)
        return -ENOMEM;
    *array = more;
    *capacity = larger;
    return 0;
}

static int push(struct tasks *tasks, struct task task)
{
    if (walk_grow(&tasks->items, tasks->count, &tasks->capacity, sizeof(*tasks->items)) < 0)
        return -ENOMEM;
    tasks->items[tasks->count++] = task;
    return 0;
}

void walk_free_notes(struct notes *notes)
{
    for (size_t i = 0; i < notes->debt_count; i++)
        free(notes->debts[i].name);
    for (size_t i = 0; i < notes->claim_count; i++)
        free(notes->claims[i].name);
    free(notes->debts);
    free(notes->claims);
    free(notes->displaced);
    free(notes->stale);
    free(notes->blind);
}

int walk_later(struct tree *t, uint32_t id, enum walk_mode mode)
{
    return push(&t->todo, (struct task){.id = id, .mode = mode});
}

void walk_forget(struct tree *t, uint32_t id)
{
    struct tasks *const lists[] = {&t->todo, &t->fresh};

    for (size_t which = 0; which < 2; which++)
        for (size_t i = 0; i < lists[which]->count; i++)
            if (lists[which]->items[i].id == id)
                lists[which]->items[i].id = WATCH_NONE;
}

/* ---- listing ---- */

static int add_found(struct listing *l, const char *name, size_t len, bool is_dir)
{
    if (walk_grow(&l->items, l->count, &l->capacity, sizeof(*l->items)) < 0)
        return -ENOMEM;
    while (l->arena_len + len + 1 > l->arena_size) {
        const size_t larger = l->arena_size ? 2 * l->arena_size : 4096;
        char *const more = realloc(l->arena, larger);

        if (!more)
            return -ENOMEM;
        l->arena = more;
        l->arena_size = larger;
    }
    l->items[l->count++] = (struct found){.name = l->arena_len, .name_len = (uint16_t)len, .is_dir = is_dir};
    memcpy(l->arena + l->arena_len, name, len + 1);
    l->arena_len += len + 1;
    return 0;
}

/* The layout of getdents64(2). */
struct raw_dirent {
    uint64_t ino;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* Does a file system leave the type to stat(2)? A name that is gone by then has its end in the queue. */
static bool is_directory(uint8_t type, const char *name)
{
    struct stat st;

    if (type != DT_UNKNOWN)
        return type == DT_DIR;
    return fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static bool is_dot(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* The names in the working directory; only directories where nothing else is of interest. Returns 0 or
 * -errno. */
static int list(struct tree *t, int fd, bool only_directories)
{
    struct listing *const l = &t->listing;
    long n;

    l->count = 0;
    l->arena_len = 0;
    if (!t->dirents && !(t->dirents = malloc(DIRENTS_SIZE)))
        return -ENOMEM;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    while ((n = syscall(SYS_getdents64, fd, t->dirents, DIRENTS_SIZE)) > 0) {
        for (long at = 0; at < n;) {
            const struct raw_dirent *const d = (const void *)(t->dirents + at);
            bool is_dir;

            at += d->size;
            if (is_dot(d->name))
                continue;
            is_dir = is_directory(d->type, d->name);
            if ((is_dir || !only_directories) && add_found(l, d->name, strlen(d->name), is_dir) < 0)
                return -ENOMEM;
        }
    }
    return n < 0 ? -errno : 0;
}

/* Events are lost between what is handled and now: nothing is compared until that loss is handled, which
 * looks through everything. At the start nobody was told anything yet, so there it does not matter. */
static bool is_blocked(const struct tree *t, enum walk_mode mode)
{
    return mode != WALK_QUIETLY && queue_has_overflow(backend_queue(t->settings.backend)) != 0;
}

static void put_off(const struct tree *t, uint32_t dir, enum walk_mode mode)
{
    if (mode == WALK_AS_NEW)
        watch_mark(t->settings.set, dir, WATCH_UNTOLD);
}

/* ---- telling ---- */

int walk_tell(const struct tree *t, uint32_t dir, const char *name, size_t len, uint32_t mask, bool is_dir)
{
    return t->is_mute ? 0
                      : t->settings.listener->found(t->settings.context, dir, name, len,
                                                    mask | (is_dir ? IN_ISDIR : 0));
}

/* The first child of a node that anybody was told of. */
static uint32_t first_told(const struct watch_set *set, uint32_t id)
{
    return watch_has(set, id, WATCH_UNTOLD) ? WATCH_NONE : watch_first_child(set, id);
}

int walk_tell_gone(const struct tree *t, uint32_t top)
{
    const struct watch_set *const set = t->settings.set;
    uint32_t id = top;

    for (;;) {
        while (first_told(set, id))
            id = first_told(set, id);
        while (true) {
            size_t len;
            const char *const name = watch_name(set, id, &len);
            const int err =
                walk_tell(t, watch_parent(set, id), name, len, IN_DELETE, watch_has(set, id, WATCH_DIR));

            if (err < 0 || id == top)
                return err;
            if (watch_sibling(set, id))
                break;
            id = watch_parent(set, id);
        }
        id = watch_sibling(set, id);
    }
}

/* Tell that an entry is there, and keep it in mind: a directory also where it is not watched (yet). */
static int tell_new(const struct tree *t, uint32_t dir, const char *name, size_t len, bool is_dir)
{
    struct watch_set *const set = t->settings.set;
    uint32_t node = watch_child(set, dir, name, len);

    if (!node && (is_dir || t->settings.with_index)) {
        node = watch_add(set, dir, name, len, is_dir ? WATCH_DIR : 0);
        if (!node)
            return -ENOMEM;
    }
    if (node)
        watch_mark(set, node, WATCH_SEEN);
    return walk_tell(t, dir, name, len, IN_CREATE, is_dir);
}

/* A directory cannot be watched, or not be read. */
static int tell_blind(struct tree *t, uint32_t node, int err)
{
    watch_mark(t->settings.set, node, WATCH_BLIND);
    if (!t->is_mute)
        return t->settings.listener->blind(t->settings.context, node, "", 0, err);
    if (walk_grow(&t->notes.blind, t->notes.blind_count, &t->notes.blind_capacity, sizeof(*t->notes.blind)) <
        0)
        return -ENOMEM;
    t->notes.blind[t->notes.blind_count++] = (struct blind){.node = node, .err = err};
    return 0;
}

/* The node of a name that is being compared. A listing has each name once, so where the set knew of nothing
 * when it began there is no need to search. */
static uint32_t child_of(const struct tree *t, uint32_t dir, const char *name, size_t len)
{
    return t->was_empty ? WATCH_NONE : watch_child(t->settings.set, dir, name, len);
}

/* ---- the index ---- */

int walk_stamp(const char *name, struct watch_stamp *stamp)
{
    struct stat st;

    if (fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    *stamp = (struct watch_stamp){
        .ino = st.st_ino,
        .size = st.st_size,
        .mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
        .owner_and_mode = (uint32_t)st.st_mode ^ (uint32_t)st.st_uid * UINT32_C(2654435769) ^
                          (uint32_t)st.st_gid * UINT32_C(2246822519),
    };
    return 0;
}

/* Is it news that a name is there? */
static bool is_to_be_said(enum walk_mode mode, bool announced)
{
    return mode != WALK_QUIETLY && mode != WALK_DEEPER && !announced;
}

/* An entry that is not walked: a file, or a directory that is not to be watched. Only the index knows it. */
static int compare_entry(struct tree *t, uint32_t dir, const char *name, size_t len, bool is_dir,
                         enum walk_mode mode, bool announced)
{
    struct watch_set *const set = t->settings.set;
    uint32_t node = t->settings.with_index ? watch_child(set, dir, name, len) : WATCH_NONE;

    if (t->settings.with_index) {
        if (!node)
            node = watch_add(set, dir, name, len, is_dir ? WATCH_DIR : 0);
        if (!node)
            return -ENOMEM;
        watch_mark(set, node, WATCH_SEEN);
        if (walk_stamp(name, watch_stamp(set, node)) < 0)
            *watch_stamp(set, node) = (struct watch_stamp){0};
    }
    return is_to_be_said(mode, announced) ? walk_tell(t, dir, name, len, IN_CREATE, is_dir) : 0;
}

/* ---- directories ---- */

/* Is the directory `name` the root of another mount? */
static bool is_mount_point(const char *name)
{
    struct statx info, here;

    if (statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &info) < 0)
        return false;
    if (info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) /* Linux 5.8 */
        return info.stx_attributes & STATX_ATTR_MOUNT_ROOT;
    return statx(AT_FDCWD, ".", 0, STATX_TYPE, &here) == 0 &&
           (info.stx_dev_major != here.stx_dev_major || info.stx_dev_minor != here.stx_dev_minor);
}

bool walk_is_to_be_watched(const struct tree *t, uint32_t dir, const char *name)
{
    if (t->settings.max_depth > 0 && watch_depth(t->settings.set, dir) + 1 >= t->settings.max_depth)
        return false;
    return !(t->settings.one_file_system && is_mount_point(name));
}

/* Does st_nlink tell how many directories are in one, on this device? Measured to be exact on these. */
static bool tells_leaves(struct tree *t, const char *name, dev_t device)
{
    enum { EXT4 = 0xEF53, TMPFS = 0x01021994, CGROUP2 = 0x63677270 };
    struct statfs fs;

    if (!t->leaf_known || t->leaf_device != device) {
        t->leaf_device = device;
        t->leaf_known = true;
        t->leaf_told =
            statfs(name, &fs) == 0 && (fs.f_type == EXT4 || fs.f_type == TMPFS || fs.f_type == CGROUP2);
    }
    return t->leaf_told;
}

/* Need it not be opened? Only where nothing but directories is of interest, and the set knows of none. */
static bool is_leaf(struct tree *t, uint32_t node, const char *name, enum walk_mode mode)
{
    struct stat st;

    if ((mode == WALK_AS_NEW && !t->is_mute) || t->settings.with_index ||
        watch_first_child(t->settings.set, node))
        return false;
    return fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink == 2 &&
           tells_leaves(t, name, st.st_dev);
}

/* A directory is watched, and is to be walked once its name has proven true. made: its node is new. */
static int add_fresh(struct tree *t, uint32_t node, const char *name, enum walk_mode mode, bool made)
{
    return push(&t->fresh,
                (struct task){.id = node, .mode = mode, .made = made, .leaf = is_leaf(t, node, name, mode)});
}

static int claim(struct tree *t, uint32_t node, uint32_t dir, const char *name)
{
    char *const copy = strdup(name);

    if (!copy || walk_grow(&t->notes.claims, t->notes.claim_count, &t->notes.claim_capacity,
                           sizeof(*t->notes.claims)) < 0) {
        free(copy);
        return -ENOMEM;
    }
    t->notes.claims[t->notes.claim_count++] = (struct claim){.node = node, .dir = dir, .name = copy};
    return 0;
}

/* What it means that a directory of the set was found at another place. */
enum second_place {
    PLACE_IS_NEW,
    PLACE_IS_SECOND,
    PLACE_IS_CLAIMED, /* the kernel will say where it was moved from, and not where to */
    PLACE_IS_LATER    /* of a rename that is pending: it is watched anew then */
};

/* Returns which, or -errno. */
static int judge_place(struct tree *t, uint32_t node, uint32_t dir, const char *name, bool was_told)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t parent = watch_parent(set, node);
    struct reach apart = t->reach;
    int here, fd;
    int64_t pending;
    size_t len;
    const char *const own_name = watch_name(set, node, &len);

    if (watch_is_below(set, dir, node))
        return PLACE_IS_SECOND; /* a mount of what is above */
    if (parent == WATCH_NONE)
        return PLACE_IS_NEW; /* displaced, or the directory of a PATH */
    pending = queue_pending(backend_queue(t->settings.backend), watch_wd(set, parent), own_name, len);
    if (pending < 0)
        return (int)pending;
    if (pending > 0) {
        const int moves = queue_moves(backend_queue(t->settings.backend), watch_wd(set, node));

        /* It may have been outside, by itself or in what it is in. */
        if (moves > 1 || was_told || !watch_has(set, dir, WATCH_MADE_HERE))
            return PLACE_IS_LATER;
        return moves < 0 || claim(t, node, dir, name) < 0 ? -ENOMEM : PLACE_IS_CLAIMED;
    }
    /* A bind mount is at both places. */
    here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (here < 0)
        return -errno;
    apart.open_count = 0;
    fd = reach_enter(&apart, node);
    reach_close(&apart);
    if (fchdir(here) < 0)
        fd = 0;
    close(here);
    return fd < 0 ? PLACE_IS_NEW : PLACE_IS_SECOND;
}

/* Put a directory that is watched already at its new place. */
static int take_over(struct tree *t, uint32_t node, uint32_t dir, const char *name, size_t len,
                     enum walk_mode mode)
{
    const struct watch_set *const set = t->settings.set;
    const uint32_t parent = watch_parent(set, node);
    const bool was_told = parent && watch_path_given(set, node) && !watch_is_untold(set, parent);
    int err = 0;

    if (mode != WALK_QUIETLY && was_told)
        err = walk_tell_gone(t, node);
    if (err == 0 && mode != WALK_QUIETLY)
        err = tree_scatter(t, node);
    return err < 0 ? err : tree_move(t, node, dir, name, len);
}

/* A directory without a watch. Returns 0 or what the listener said. */
static int leave_blind(struct tree *t, uint32_t dir, const char *name, size_t len, int why)
{
    struct watch_set *const set = t->settings.set;
    uint32_t node = watch_child(set, dir, name, len);

    if (!node)
        node = watch_add(set, dir, name, len, WATCH_DIR);
    if (!node)
        return -ENOMEM;
    watch_mark(set, node, WATCH_SEEN);
    if (watch_has(set, node, WATCH_BLIND))
        return 0; /* said before */
    return tell_blind(t, node, why);
}

/* How to walk what a walk found to be new. */
static enum walk_mode below(enum walk_mode mode)
{
    return mode == WALK_QUIETLY ? mode : WALK_AS_NEW;
}

int walk_owe(struct tree *t, uint32_t dir, const char *name, enum walk_mode mode, bool announced)
{
    char *const copy = name ? strdup(name) : NULL;

    if ((name && !copy) || walk_grow(&t->notes.debts, t->notes.debt_count, &t->notes.debt_capacity,
                                     sizeof(*t->notes.debts)) < 0) {
        free(copy);
        return -ENOMEM;
    }
    t->notes.debts[t->notes.debt_count++] =
        (struct debt){.dir = dir, .name = copy, .mode = mode, .announced = announced};
    return 0;
}

int walk_tell_and_owe(struct tree *t, uint32_t dir, const char *name)
{
    const int err = tell_new(t, dir, name, strlen(name), true);
    const uint32_t node = watch_child(t->settings.set, dir, name, strlen(name));

    if (node)
        watch_unmark(t->settings.set, node, WATCH_SEEN);
    return err < 0 ? err : walk_owe(t, dir, name, WALK_AS_NEW, true);
}

/* Another directory has got the name meanwhile. The one that was there before is told; all else is pending.
 */
static int leave_to_queue(struct tree *t, uint32_t dir, const char *name, uint32_t child, enum walk_mode mode,
                          bool say, int64_t pending)
{
    int err = 0;

    if (child)
        watch_mark(t->settings.set, child, WATCH_SEEN);
    if (say && (mode == WALK_AS_NEW || !child))
        err = tell_new(t, dir, name, strlen(name), true);
    if (err == 0 && (pending & IN_MOVED_FROM))
        err = walk_owe(t, dir, name, mode, true);
    return err;
}

/* A directory that is not to be watched: too deep, or on another file system. */
static int compare_unwatched(struct tree *t, uint32_t dir, const char *name, size_t len, enum walk_mode mode,
                             bool announced)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t child = watch_child(set, dir, name, len);
    int err = 0;

    if (child && (watch_wd(set, child) >= 0 || !t->settings.with_index))
        err = tree_displace(t, child);
    return err < 0 ? err : compare_entry(t, dir, name, len, true, mode, announced);
}

/* The directory of this name is the one that the set has there, or there is no watching it. */
static int compare_same(struct tree *t, uint32_t dir, const char *name, size_t len, uint32_t child, int wd,
                        enum walk_mode mode, bool say)
{
    struct watch_set *const set = t->settings.set;
    const bool was_blind = child && watch_has(set, child, WATCH_BLIND);
    int err = 0;

    if (child)
        watch_mark(set, child, WATCH_SEEN);
    if (say && (mode == WALK_AS_NEW || !child))
        err = tell_new(t, dir, name, len, true);
    if (err < 0 || reach_is_race(wd)) /* how it went on is in the queue */
        return err;
    if (wd < 0)
        return leave_blind(t, dir, name, len, wd);
    if (mode == WALK_AS_NEW && !say && !was_blind)
        return 0; /* known, and nothing new */
    watch_unmark(set, child, WATCH_BLIND);
    return add_fresh(t, child, name, mode, false);
}

/* What the set has under this name, if anything, is not what is watched by wd, which has come in its place.
 */
static int compare_other(struct tree *t, uint32_t dir, const char *name, size_t len, uint32_t child, int wd,
                         enum walk_mode mode, bool announced)
{
    struct watch_set *const set = t->settings.set;
    const bool say = is_to_be_said(mode, announced);
    const uint32_t known = watch_find(set, wd);
    /* It was told, and could not be watched until now. */
    const bool was_told = child && watch_wd(set, child) < 0 && !watch_has(set, child, WATCH_DEAD);
    uint32_t node = known;
    int err = 0;

    if (child && (!was_told || known))
        err = tree_displace(t, child);
    if (err == 0 && known)
        err = take_over(t, known, dir, name, len, mode);
    if (err < 0)
        return err;
    if (!known) {
        node = was_told ? child : watch_add(set, dir, name, len, WATCH_DIR);
        if (!node)
            return -ENOMEM;
        watch_set_wd(set, node, wd);
        if (!announced && watch_has(set, dir, WATCH_MADE_HERE))
            watch_mark(set, node, WATCH_MADE_HERE);
    }
    watch_mark(set, node, WATCH_SEEN);
    watch_unmark(set, node, WATCH_BLIND);
    if (t->settings.with_index)
        walk_stamp(name, watch_stamp(set, node));
    if (say && !was_told)
        err = walk_tell(t, dir, name, len, IN_CREATE, true);
    if (err < 0 || (mode == WALK_QUIETLY && watch_has(set, node, WATCH_ROOT)))
        return err; /* a PATH was walked before */
    return add_fresh(t, node, name, below(mode), !known);
}

/* An entry of the working directory, which is `dir`, is a directory: watch it. Adds it to t->fresh if it is
 * to be walked. */
static int compare_directory(struct tree *t, uint32_t dir, const char *name, size_t len, enum walk_mode mode,
                             bool announced)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t child = child_of(t, dir, name, len);
    const bool say = is_to_be_said(mode, announced);
    uint32_t known;
    int64_t pending;
    int wd, err;

    if (!walk_is_to_be_watched(t, dir, name))
        return compare_unwatched(t, dir, name, len, mode, announced);
    wd = reach_watch(&t->reach, name);
    known = wd < 0 ? WATCH_NONE : watch_find(set, wd);
    if (wd < 0 || (known && known == child))
        return compare_same(t, dir, name, len, child, wd, mode, say);
    if (known) {
        err = backend_catch_up(t->settings.backend);
        pending =
            err < 0 ? err : queue_pending(backend_queue(t->settings.backend), watch_wd(set, dir), name, len);
        if (pending > 0 || is_blocked(t, mode)) /* it has come since the name was looked at */
            return leave_to_queue(t, dir, name, child, mode, say, pending);
        err = pending < 0 ? (int)pending : judge_place(t, known, dir, name, child || announced);
        if (err == PLACE_IS_LATER)
            return leave_to_queue(t, dir, name, child, mode, say, IN_MOVED_FROM);
        if (err == PLACE_IS_SECOND && child)
            watch_mark(set, child, WATCH_SEEN);
        if (err == PLACE_IS_SECOND && !child && say)
            return tell_new(t, dir, name, len, true);
        if (err != PLACE_IS_NEW)
            return err < 0 ? err : 0;
    }
    return compare_other(t, dir, name, len, child, wd, mode, announced);
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
        if (pending == 0)
            return 0; /* it will be told */
    }
    if (pending > 0)
        is_dir = pending & IN_ISDIR;
    child = child_of(t, dir, name, f->name_len);
    if (child && watch_has(set, child, WATCH_DIR) != is_dir) {
        err = tree_displace(t, child);
        if (err < 0)
            return err;
        child = WATCH_NONE;
    }
    if (pending > 0) { /* it was still there, and goes: not to be looked at any more */
        if (child)
            watch_mark(set, child, WATCH_SEEN);
        return mode == WALK_AS_NEW ? tell_new(t, dir, name, f->name_len, is_dir) : 0;
    }
    return is_dir ? compare_directory(t, dir, name, f->name_len, mode, false)
                  : compare_entry(t, dir, name, f->name_len, false, mode, false);
}

/* Names that were there at the point that is handled and are not there any more. */
static int compare_gone(struct tree *t, uint32_t dir, enum walk_mode mode)
{
    struct watch_set *const set = t->settings.set;
    struct queue *const queue = backend_queue(t->settings.backend);
    const int wd = watch_wd(set, dir);
    struct event ev;
    size_t position = 0;
    int got;

    while ((got = queue_each_unmet(queue, wd, &position, &ev)) > 0) {
        const uint32_t child = watch_child(set, dir, ev.name, ev.name_len);
        uint32_t mask = ev.mask;
        bool is_dir;
        int err;

        if (mask & APPEARS)
            mask = queue_exchanged(queue, wd, ev.name, ev.name_len, false);
        if (mask == 0)
            continue;
        is_dir = mask & IN_ISDIR;
        if (child && watch_has(set, child, WATCH_DIR) != is_dir) {
            err = tree_displace(t, child);
            if (err < 0)
                return err;
        } else if (child) {
            watch_mark(set, child, WATCH_SEEN);
            if (mode != WALK_AS_NEW)
                continue;
        }
        err = tell_new(t, dir, ev.name, ev.name_len, is_dir);
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

/* The watches are in place; whatever happened to the names before is in the queue by now. A directory whose
 * name is spoken of there may be another one than the event that comes next means: leave it to that event. */
static int keep_proven(struct tree *t, uint32_t dir)
{
    struct watch_set *const set = t->settings.set;
    struct queue *const queue = backend_queue(t->settings.backend);
    int err = backend_catch_up(t->settings.backend);

    for (size_t i = t->fresh.count; i > 0 && err == 0; i--) {
        const struct task *const task = &t->fresh.items[i - 1];
        const char *name;
        int64_t pending;
        size_t len;

        if (!task->id)
            continue;
        name = watch_name(set, task->id, &len);
        pending = queue_is_empty(queue) ? 0 : queue_pending(queue, watch_wd(set, dir), name, len);

        if (pending < 0)
            err = (int)pending;
        else if (pending > 0 && task->made)
            err = tree_unwatch(t, task->id);
        else if (!task->leaf)
            err = walk_later(t, task->id, task->mode);
    }
    t->fresh.count = 0;
    return err;
}

/* A directory that cannot be entered: later, or never. */
static int not_entered(struct tree *t, uint32_t dir, const char *name, enum walk_mode mode, bool announced,
                       int err)
{
    if (reach_is_race(err)) {
        if (!name)
            put_off(t, dir, mode);
        return walk_owe(t, dir, name, mode, announced);
    }
    if (!watch_has(t->settings.set, dir, WATCH_ROOT))
        tree_unwatch(t, dir); /* half of what happens in it would be worse */
    return tell_blind(t, dir, err);
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

static int walk_one(struct tree *t, struct task task)
{
    struct watch_set *const set = t->settings.set;
    struct queue *const queue = backend_queue(t->settings.backend);
    const bool only_directories = !t->settings.with_index && (task.mode == WALK_QUIETLY || t->is_mute);
    int fd, err;

    if (is_blocked(t, task.mode)) {
        put_off(t, task.id, task.mode);
        return 0;
    }
    fd = reach_enter(&t->reach, task.id);
    if (fd < 0)
        return not_entered(t, task.id, NULL, task.mode, true, fd);
    err = task.mode == WALK_AS_NEW ? backend_catch_up(t->settings.backend) : 0;
    if (err == 0)
        err = queue_mark(queue);
    if (err < 0)
        return err;
    err = list(t, fd, only_directories);
    if (err < 0)
        return err == -ENOMEM ? err : not_entered(t, task.id, NULL, task.mode, true, err);
    err = backend_catch_up(t->settings.backend);
    if (err == 0 && is_blocked(t, task.mode)) {
        put_off(t, task.id, task.mode);
        return 0;
    }
    watch_unmark(set, task.id, WATCH_UNTOLD);
    if (err == 0)
        err = queue_begin_listing(queue, watch_wd(set, task.id));
    t->fresh.count = 0;
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
        err = keep_proven(t, task.id);
    if (err == 0 && ++t->walked % 16 == 0)
        err = t->settings.listener->progress(t->settings.context, watch_count(set));
    return err;
}

int walk(struct tree *t)
{
    int err = 0;

    while (t->todo.count > 0 && err == 0) {
        const struct task task = t->todo.items[--t->todo.count];

        if (task.id)
            err = walk_one(t, task);
    }
    t->todo.count = 0;
    reach_home(&t->reach);
    return err;
}

/* A directory was perhaps in the working directory, which is `dir`, at the point that is handled, without
 * having been told. Returns 1 if it was and still is, 0 if not, or if all of it is done, or -errno. */
static int find_untold(struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    struct stat st;
    const bool is_there = fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
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
    err = compare_directory(t, dir, name, name_len, mode, announced);
    if (err == 0)
        err = keep_proven(t, dir);
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
    int err = 0;

    if (pending < 0 || is_blocked(t, mode))
        return pending < 0 ? (int)pending : 0;
    copy = strndup(name, name_len); /* terminated */
    if (!copy)
        return -ENOMEM;
    if (pending == 0 || !announced)
        err = walk_one_name(t, dir, copy, name_len, mode, announced);
    else if (pending & IN_MOVED_FROM) /* it is there no more then, unless names were exchanged: look later */
        err = walk_owe(t, dir, copy, mode, announced);
    reach_home(&t->reach);
    free(copy);
    return err;
}
