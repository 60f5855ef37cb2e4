/* compare.c: one name in a directory against what the watch set has there: what is told, watched, moved.
 * Neighbours: walk.c asks about each name of a listing, reach.c watches. */
#include "again.h"
#include "walk.h"

#include "mount_point.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

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
int walk_tell_new(const struct tree *t, uint32_t dir, const char *name, size_t len, bool is_dir)
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

/* A limit says nothing when others give back what is short, so directories that it refused are tried again.
 */
static void note_refusal(struct tree *t, uint32_t node, int err)
{
    watch_unmark(t->settings.set, node, WATCH_REFUSED);
    if (err != -ENOSPC && err != -EMFILE && err != -ENFILE)
        return;
    watch_mark(t->settings.set, node, WATCH_REFUSED);
    t->is_limited = true;
}

void walk_heed_permissions(struct tree *t, uint32_t dir)
{
    const int wd = t->reach.mask & IN_ATTRIB
                       ? -1
                       : backend_add(t->settings.backend, ".", IN_ATTRIB | IN_ONLYDIR | IN_MASK_ADD);

    if (wd >= 0 && wd != watch_wd(t->settings.set, dir) && !watch_find(t->settings.set, wd))
        backend_remove(t->settings.backend, wd);
}

/* A directory cannot be watched, or not be read. */
int walk_tell_blind(struct tree *t, uint32_t node, int err)
{
    watch_mark(t->settings.set, node, WATCH_BLIND);
    note_refusal(t, node, err);
    if (!t->is_mute)
        return t->settings.listener->blind(t->settings.context, node, "", 0, err);
    if (notes_grow(&t->notes.blind, t->notes.blind_count, &t->notes.blind_capacity, sizeof(*t->notes.blind)) <
        0)
        return -ENOMEM;
    t->notes.blind[t->notes.blind_count++] = (struct blind){.node = node, .err = err};
    return 0;
}

/* The node of a name that is being compared. A listing has each name once, so where the set knew of nothing
 * when it began there is no need to search. */
uint32_t walk_child_of(const struct tree *t, uint32_t dir, const char *name, size_t len)
{
    return t->was_empty ? WATCH_NONE : watch_child(t->settings.set, dir, name, len);
}

/* ---- the index ---- */

int walk_stamp(const char *name, struct watch_stamp *stamp)
{
    struct stat st;

    if (AGAIN(fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW)) < 0)
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

/* In a review: is an entry left out no more that was so by the rules before? Returns 1, 0 or -ENOMEM. */
static int is_freed_entry(const struct tree *t, uint32_t dir, const char *name, size_t len, bool is_dir)
{
    struct choice *const choice = t->settings.choice;
    int is_out;

    if (t->reviewed_count == 0)
        return 0;
    is_out = choice_left_out_before(choice, dir, name, len, is_dir);
    if (is_out <= 0)
        return is_out;
    is_out = choice_leaves_out(choice, dir, name, len, is_dir);
    return is_out < 0 ? is_out : !is_out;
}

/* An entry that is not walked: a file, or a directory that is not to be watched. Only the index knows it. */
int walk_compare_entry(struct tree *t, uint32_t dir, const char *name, size_t len, bool is_dir,
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
    if (!is_to_be_said(mode, announced))
        return 0;
    if (mode == WALK_REVIEW) {
        const int is_freed = is_freed_entry(t, dir, name, len, is_dir);

        if (is_freed <= 0)
            return is_freed;
    }
    return walk_tell(t, dir, name, len, IN_CREATE, is_dir);
}

/* ---- directories ---- */

/* Is a directory the root of another mount? Only names that are in the table of mounts are asked about: what
 * is mounted later than that is told by the table, and looked at again. Without a table all are. */
static bool is_mount_point(const struct tree *t, const char *name, size_t len)
{
    return (!t->settings.mounts || mounts_have_name(t->settings.mounts, name, len)) && mount_point_is(name);
}

int walk_is_to_be_watched(const struct tree *t, uint32_t dir, const char *name, size_t len,
                          struct file_system *met)
{
    struct file_system fs;

    met->kind = FILE_SYSTEM_ORDINARY;
    if (t->settings.max_depth > 0 && watch_depth(t->settings.set, dir) + 1 >= t->settings.max_depth) {
        watch_mark(t->settings.set, dir, WATCH_DEEPEST);
        return 0;
    }
    if (t->settings.choice) {
        const int is_left_out = choice_leaves_out(t->settings.choice, dir, name, len, true);

        if (is_left_out != 0)
            return is_left_out < 0 ? is_left_out : 0;
    }
    if (!is_mount_point(t, name, len))
        return 1;
    if (t->settings.one_file_system)
        return 0;
    file_system_of(name, &fs);
    if (fs.kind == FILE_SYSTEM_KERNEL && mount_point_same_device(name))
        return 1; /* PATH is on it, too */
    *met = fs;
    return fs.kind != FILE_SYSTEM_KERNEL;
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

    if ((mode == WALK_AS_NEW && !t->is_mute) || t->settings.with_index || mode == WALK_REVIEW ||
        (t->settings.choice && t->settings.choice->gitignore) || watch_first_child(t->settings.set, node))
        return false;
    return AGAIN(fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW)) == 0 && st.st_nlink == 2 &&
           tells_leaves(t, name, st.st_dev);
}

/* A directory is watched, and is to be walked once its name has proven true. made: its node is new. */
static int add_fresh(struct tree *t, uint32_t node, const char *name, enum walk_mode mode, bool made)
{
    return walk_push(
        &t->fresh,
        (struct task){.id = node, .mode = mode, .made = made, .leaf = is_leaf(t, node, name, mode)});
}

/* The rename that is pending was read by now. */
static int claim(struct tree *t, uint32_t node, uint32_t dir, const char *name)
{
    const struct claim claim = {
        .node = node, .dir = dir, .position = backend_bytes_read(t->settings.backend)};

    return notes_claim(&t->notes, t->settings.set, &claim, name);
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
    here = AGAIN(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (here < 0) /* EMFILE: later, perhaps; anything else: what is in here is out of reach */
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : PLACE_IS_SECOND;
    apart.open_count = 0;
    fd = reach_enter(&apart, node);
    reach_close(&apart);
    if (AGAIN(fchdir(here)) < 0)
        fd = 0;
    close(here);
    return fd < 0 ? PLACE_IS_NEW : PLACE_IS_SECOND;
}

/* Put a directory that is watched already at its new place. */
static int take_over(struct tree *t, uint32_t node, uint32_t dir, const char *name, size_t len,
                     enum walk_mode mode)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t parent = watch_parent(set, node);
    const bool was_told = parent && watch_path_given(set, node) && !watch_is_untold(set, parent);
    int err = 0;

    if (mode != WALK_QUIETLY && was_told)
        err = walk_tell_gone(t, node);
    if (err == 0 && mode != WALK_QUIETLY)
        err = tree_scatter(t, node);
    if (err == 0)
        err = tree_move(t, node, dir, name, len);
    watch_unmark(set, node, WATCH_UNFIT); /* all that is below is walked anew, or has not moved */
    return err;
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
    if (watch_has(set, node, WATCH_BLIND)) {
        note_refusal(t, node, why);
        return 0; /* said before */
    }
    return walk_tell_blind(t, node, why);
}

/* How to walk what a walk found to be new. */
static enum walk_mode below(enum walk_mode mode)
{
    return mode == WALK_QUIETLY ? mode : WALK_AS_NEW;
}

int walk_tell_and_owe(struct tree *t, uint32_t dir, const char *name)
{
    const int err = walk_tell_new(t, dir, name, strlen(name), true);
    const uint32_t node = watch_child(t->settings.set, dir, name, strlen(name));

    if (node)
        watch_unmark(t->settings.set, node, WATCH_SEEN);
    return err < 0 ? err : notes_owe(&t->notes, dir, name, WALK_AS_NEW, true);
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
        err = walk_tell_new(t, dir, name, strlen(name), true);
    if (err == 0 && (pending & IN_MOVED_FROM))
        err = notes_owe(&t->notes, dir, name, mode, true);
    return err;
}

/* A directory that is not to be watched: too deep, on another file system, or left out. */
static int compare_unwatched(struct tree *t, uint32_t dir, const char *name, size_t len, enum walk_mode mode,
                             bool announced)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t child = watch_child(set, dir, name, len);
    int err = 0;

    if (child && (watch_wd(set, child) >= 0 || !t->settings.with_index))
        err = mode == WALK_REVIEW ? tree_drop(t, child) : tree_displace(t, child);
    return err < 0 ? err : walk_compare_entry(t, dir, name, len, true, mode, announced);
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
        err = walk_tell_new(t, dir, name, len, true);
    if (err < 0 || reach_is_race(wd)) /* how it went on is in the queue */
        return err;
    if (wd < 0)
        return leave_blind(t, dir, name, len, wd);
    if (mode == WALK_AS_NEW && !say && !was_blind)
        return 0; /* known, and nothing new */
    watch_unmark(set, child, WATCH_BLIND | WATCH_REFUSED);
    return add_fresh(t, child, name, mode, false);
}

/* What the set has under this name, if anything, is not what is watched by wd, which has come in its place.
 */
static int compare_other(struct tree *t, uint32_t dir, const char *name, size_t len, uint32_t child, int wd,
                         enum walk_mode mode, bool announced)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t known = watch_find(set, wd);
    const bool is_path = known && watch_has(set, known, WATCH_ROOT);
    /* Its contents were walked from the PATH, and are told under that. */
    const bool is_walked = is_path && (mode == WALK_QUIETLY || mode == WALK_REVIEW || t->is_mute);
    const bool say = is_to_be_said(mode, announced) && !(is_path && mode == WALK_REVIEW);
    /* It was told, and could not be watched until now. */
    const bool was_told = child && watch_wd(set, child) < 0 && !watch_has(set, child, WATCH_DEAD);
    uint32_t node = known;
    int err = 0;

    if (child && (!was_told || known))
        err = tree_displace(t, child);
    if (err == 0 && known)
        err = take_over(t, known, dir, name, len, is_walked ? WALK_QUIETLY : mode);
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
    watch_unmark(set, node, WATCH_BLIND | WATCH_REFUSED);
    if (t->settings.with_index)
        walk_stamp(name, watch_stamp(set, node));
    if (say && !was_told)
        err = walk_tell(t, dir, name, len, IN_CREATE, true);
    if (err < 0 || is_walked)
        return err;
    return add_fresh(t, node, name, below(mode), !known);
}

/* An entry of the working directory, which is `dir`, is a directory: watch it. Adds it to t->fresh if it is
 * to be walked. */
int walk_compare_directory(struct tree *t, uint32_t dir, const char *name, size_t len, enum walk_mode mode,
                           bool announced)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t child = walk_child_of(t, dir, name, len);
    const bool say = is_to_be_said(mode, announced);
    struct file_system met;
    uint32_t known;
    int64_t pending;
    int wd, err;

    err = walk_is_to_be_watched(t, dir, name, len, &met);
    if (met.kind != FILE_SYSTEM_ORDINARY && !t->is_mute)
        t->settings.listener->met(t->settings.context, dir, name, len, &met);
    if (err <= 0)
        return err < 0 ? err : compare_unwatched(t, dir, name, len, mode, announced);
    wd = reach_watch(&t->reach, name);
    if (wd == -EACCES || wd == -EPERM) {
        walk_heed_permissions(t, dir);
        wd = reach_watch(&t->reach, name); /* it may have been given before anybody was told */
    }
    known = wd < 0 ? WATCH_NONE : watch_find(set, wd);
    if (wd < 0 || (known && known == child))
        return compare_same(t, dir, name, len, child, wd, mode, say);
    if (known) {
        err = backend_catch_up(t->settings.backend);
        pending =
            err < 0 ? err : queue_pending(backend_queue(t->settings.backend), watch_wd(set, dir), name, len);
        err = pending < 0 ? (int)pending : walk_is_blocked(t, mode);
        if (err < 0)
            return err;
        if (pending > 0 || err > 0) /* it has come since the name was looked at */
            return leave_to_queue(t, dir, name, child, mode, say, pending);
        err = judge_place(t, known, dir, name, child || announced);
        if (err == PLACE_IS_LATER)
            return leave_to_queue(t, dir, name, child, mode, say, IN_MOVED_FROM);
        if (err == PLACE_IS_SECOND && child)
            watch_mark(set, child, WATCH_SEEN);
        if (err == PLACE_IS_SECOND && !child && say)
            return walk_tell_new(t, dir, name, len, true);
        if (err != PLACE_IS_NEW)
            return err < 0 ? err : 0;
    }
    return compare_other(t, dir, name, len, child, wd, mode, announced);
}
