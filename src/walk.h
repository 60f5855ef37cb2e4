/* walk.h: lists directories, compares them with the watch set, and watches what is new, without recursion.
 * Private to the tree room: tree.c, leave.c, walk.c, compare.c, resync.c, index.c, reach.c; notes.h is, too.
 */
#ifndef INOTAP_WALK_H
#define INOTAP_WALK_H

#include "listing.h"
#include "notes.h"
#include "reach.h"
#include "tree.h"

/* A directory to be walked. */
struct task {
    uint32_t id;
    enum walk_mode mode;
    bool made; /* its node was made in the listing in hand */
    bool leaf; /* there is no need to */
};

/* A growing array of them. */
struct tasks {
    struct task *items;
    size_t count, capacity;
};

struct tree {
    struct tree_settings settings;
    struct reach reach;
    struct tasks todo;  /* to be walked; the last first */
    struct tasks fresh; /* found in the listing in hand, to be walked if that proves true */
    struct listing listing;
    struct notes notes;
    struct debt *settling; /* those that are being looked up */
    size_t settling_count;
    dev_t leaf_device; /* the device last asked about, and whether st_nlink tells leaves there */
    bool leaf_known, leaf_told;
    int64_t expires_ns;  /* what was displaced up to then is gone ... */
    uint64_t expires_at; /* ... once all that was read up to here is handled; 0: it is not known yet */
    uint32_t *reviewed;  /* directories whose old rules are kept for the review in hand */
    size_t reviewed_count, reviewed_capacity;
    const struct watch_set *told; /* while the tree is mute: the set of what was told; else NULL */
    bool was_empty;               /* the set knew of nothing in the directory in hand */
    bool is_limited;              /* some node may be WATCH_REFUSED */
    bool is_mute;                 /* nobody is told anything, but what is blind is kept in mind */
    size_t walked;
};

/* Walk all that is to do. Returns 0, -ENOMEM, or what the listener said. */
int walk(struct tree *t);

/* Add a directory to what is to do. Returns 0 or -ENOMEM. */
int walk_later(struct tree *t, uint32_t id, enum walk_mode mode);

/* Compare one name in a directory of the set with what the set has there, without listing; announced: its
 * CREATE or MOVED_TO was told. Then walk. Returns as walk(). */
int walk_name(struct tree *t, uint32_t dir, const char *name, size_t name_len, enum walk_mode mode,
              bool announced);

/* Read the .gitignore of the working directory, which is `id`, open as fd, before anything in it is judged.
 * In a review the old rules stay to be compared until walk() ends, or walk_end_review(). Returns 0 or
 * -ENOMEM. */
void walk_end_review(struct tree *t);
int walk_read_rules(struct tree *t, uint32_t id, int fd, enum walk_mode mode);

/* Tell something of a name in a directory, unless the tree is mute. */
int walk_tell(const struct tree *t, uint32_t dir, const char *name, size_t len, uint32_t mask, bool is_dir);

/* Tell that a node is gone, with everything below it that was told: the deepest first. */
int walk_tell_gone(const struct tree *t, uint32_t top);

/* Tell that an entry is there, and keep it in mind: a directory also where it is not watched (yet). */
int walk_tell_new(const struct tree *t, uint32_t dir, const char *name, size_t len, bool is_dir);

/* The working directory is `dir`, in which permission was denied: have it tell when permissions change. */
void walk_heed_permissions(struct tree *t, uint32_t dir);

/* A directory cannot be watched, or not be read. */
int walk_tell_blind(struct tree *t, uint32_t node, int err);

/* Events are lost between what is handled and now: nothing is compared until that loss is handled, which
 * looks at everything anew. At the start nobody was told anything yet, so there it does not matter. Returns
 * 1, 0 or -ENOMEM. */
int walk_is_blocked(const struct tree *t, enum walk_mode mode);

/* The node of a name that is being compared. */
uint32_t walk_child_of(const struct tree *t, uint32_t dir, const char *name, size_t len);

/* Compare an entry of the working directory, which is `dir`, with what the set has there. announced: its name
 * was told. A directory is watched, and added to t->fresh if it is to be walked; an entry is one that is not.
 */
int walk_compare_directory(struct tree *t, uint32_t dir, const char *name, size_t len, enum walk_mode mode,
                           bool announced);
int walk_compare_entry(struct tree *t, uint32_t dir, const char *name, size_t len, bool is_dir,
                       enum walk_mode mode, bool announced);

int walk_push(struct tasks *tasks, struct task task);

/* Is a directory to be watched, of this name in the working directory, which is `dir`? Returns 1, 0 or
 * -ENOMEM. *met: what is mounted there, if that is a file system to be told of. */
int walk_is_to_be_watched(const struct tree *t, uint32_t dir, const char *name, size_t len,
                          struct file_system *met);

/* Nodes were removed: once there are many, their numbers are given to others. The cost for each is constant,
 * however much is noted of others. */
void walk_reuse(struct tree *t);

/* Drop the watches of a node and of everything below it that is not a PATH, and forget them. Returns 0 or
 * -errno. */
int walk_unwatch(struct tree *t, uint32_t top, bool with_watch_of_top);

/* What was displaced at this time, of CLOCK_MONOTONIC, or before, and still is, was overwritten, and is held
 * open by somebody: let it go. Returns 0 or -errno. */
int walk_drop_displaced(struct tree *t, int64_t until_ns);

/* The renames that claims waited for, which were read up to this position of backend_bytes_read(), were not
 * told, because what they were in had not been: look anew. Returns 0 or -errno. */
int walk_settle_claims(struct tree *t, uint64_t position);

/* Tell that a directory is there, which is not to be watched now, and remember to look it up. Returns as
 * walk(). */
int walk_tell_and_owe(struct tree *t, uint32_t dir, const char *name);

/* A directory that a PATH names, which is in nothing else that is known of, is to be told as new once all is
 * handled that was read by now, unless it has turned up elsewhere by then. Returns 0 or -ENOMEM. */
int walk_await(struct tree *t, uint32_t root);

/* Take the stamps of all entries that have changed since the last time. */
void walk_take_stamps(struct tree *t);

/* Take the stamp of an entry of the working directory. Returns 0, -ENOENT or another -errno. */
int walk_stamp(const char *name, struct watch_stamp *stamp);

#endif
