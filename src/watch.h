/* watch.h: the watch set of a recursive watch: the tree of directories, each with its parent, its own name
 * and its watch descriptor; with --resync files are in it too. A rename is one change, whatever is below; a
 * path is put together when it is printed. Makes no system call. */
#ifndef INOTAP_WATCH_H
#define INOTAP_WATCH_H

#include "rules.h"
#include "target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nodes are known by numbers, which stay until the node is removed. 0 is none. */
enum { WATCH_NONE = 0 };

enum watch_flag {
    WATCH_DIR = 1,         /* a directory; else an entry that only the index needs */
    WATCH_ROOT = 2,        /* PATHs name it: they are those of the target with its wd */
    WATCH_BLIND = 4,       /* a directory that could not be watched */
    WATCH_SEEN = 8,        /* tree.c: met by the walk in progress */
    WATCH_STALE = 32,      /* tree.c: its stamp is older than the last event on it */
    WATCH_DISPLACED = 16,  /* notes.c: it is in the list of those */
    WATCH_DEAD = 64,       /* its watch ended; its DELETE is to come */
    WATCH_UNTOLD = 128,    /* nobody was told of anything in it: it is to be looked up later */
    WATCH_MADE_HERE = 256, /* tree.c: was never outside of what is watched */
    WATCH_REVIEW = 512,    /* tree.c: its rules were read for the review that begins */
    WATCH_RULES = 1024,    /* it has some: watch_rules() */
    WATCH_CLAIMED = 2048,  /* notes.c: there is, or was, a claim for it */
    WATCH_DEEPEST = 4096,  /* tree.c: a directory in it was not watched because of --max-depth */
    WATCH_UNFIT = 8192,    /* tree.c: it was moved, and tree_fit() is due */
    WATCH_REFUSED = 16384  /* WATCH_BLIND because of a limit */
};

/* What the index of --resync knows of an entry, to tell later whether it has changed. */
struct watch_stamp {
    uint64_t ino;
    int64_t size;
    int64_t mtime_ns;
    uint32_t owner_and_mode; /* a hash of the three */
};

struct watch_set;

/* An empty set. targets is borrowed: it knows the PATHs of roots. with_stamps: nodes have stamps.
 * Returns NULL without memory. The caller owns it. */
struct watch_set *watch_set_new(const struct target_set *targets, bool with_stamps);
void watch_set_free(struct watch_set *set);

/* Each becomes what the other was. */
void watch_swap(struct watch_set *a, struct watch_set *b);

/* A new node. parent: WATCH_NONE for a root or a node without a place; else there must be no child of that
 * name. The name is copied. Returns WATCH_NONE without memory. */
uint32_t watch_add(struct watch_set *set, uint32_t parent, const char *name, size_t name_len, unsigned flags);

/* Remove a node without children, or one with everything below it. The wds are the caller's to drop before,
 * see watch_next(). Their numbers are not given to new nodes before watch_reuse(), so that whoever has noted
 * numbers can ask whether those nodes are still there. */
void watch_remove(struct watch_set *set, uint32_t id);
void watch_remove_subtree(struct watch_set *set, uint32_t top);
bool watch_is_there(const struct watch_set *set, uint32_t id);
void watch_reuse(struct watch_set *set);

/* How many numbers wait for that. */
size_t watch_gone_count(const struct watch_set *set);

/* Give a node its descriptor, or take it away (-1). */
void watch_set_wd(struct watch_set *set, uint32_t id, int wd);

/* Take a node from its place, with everything below it; put it at another, where no other node is. Attaching
 * returns 0 or -ENOMEM, and then nothing has changed. */
void watch_detach(struct watch_set *set, uint32_t id);
int watch_attach(struct watch_set *set, uint32_t id, uint32_t parent, const char *name, size_t name_len);

/* A number that is kept with a node as long as that has no place. */
void watch_set_tag(struct watch_set *set, uint32_t id, uint32_t tag);
uint32_t watch_tag(const struct watch_set *set, uint32_t id);

/* Find by descriptor, by parent and name. O(1). WATCH_NONE if there is none. */
uint32_t watch_find(const struct watch_set *set, int wd);
uint32_t watch_child(const struct watch_set *set, uint32_t parent, const char *name, size_t name_len);

/* What a node is. The name is terminated, and lives until the node is moved or removed. */
uint32_t watch_parent(const struct watch_set *set, uint32_t id);
uint32_t watch_first_child(const struct watch_set *set, uint32_t id);
uint32_t watch_sibling(const struct watch_set *set, uint32_t id);
const char *watch_name(const struct watch_set *set, uint32_t id, size_t *len);
int watch_wd(const struct watch_set *set, uint32_t id);
bool watch_has(const struct watch_set *set, uint32_t id, unsigned flags); /* all of them */
void watch_mark(struct watch_set *set, uint32_t id, unsigned flags);
void watch_unmark(struct watch_set *set, uint32_t id, unsigned flags);

/* Is a directory WATCH_UNTOLD, or one above it? O(depth) while there are such, else O(1). */
bool watch_is_untold(const struct watch_set *set, uint32_t id);

struct watch_stamp *watch_stamp(const struct watch_set *set, uint32_t id);

/* The rules of .gitignore files that a directory has; NULL: none. The node owns them. Setting returns 0 or
 * -ENOMEM, and then they stay the caller's. */
struct rules *watch_rules(const struct watch_set *set, uint32_t id);
int watch_set_rules(struct watch_set *set, uint32_t id, struct rules *rules);

/* All nodes, in no order: start with id = WATCH_NONE. WATCH_NONE at the end. And a number that is above all
 * of theirs, for arrays. */
uint32_t watch_each(const struct watch_set *set, uint32_t id);
uint32_t watch_end(const struct watch_set *set);

/* The next node below top in depth-first order, parents first; start with id = top. WATCH_NONE at the end. */
uint32_t watch_next(const struct watch_set *set, uint32_t top, uint32_t id);

/* The same, without what is below id. */
uint32_t watch_next_behind(const struct watch_set *set, uint32_t top, uint32_t id);

/* Is id the node top, or below it? O(depth). */
bool watch_is_below(const struct watch_set *set, uint32_t id, uint32_t top);

/* How far below the nearest node that is a PATH: 0 for that itself. */
size_t watch_depth(const struct watch_set *set, uint32_t id);

/* The PATH that a node is reported under: of those that name it or a node above it, the first given. NULL if
 * it has no place. */
const struct path *watch_path_given(const struct watch_set *set, uint32_t id);

/* The path of a node with a slash at its end. Valid until the next call, or a change of the set. The last one
 * is kept, so a run of events in one directory costs one walk up the tree. NULL without memory or place. */
const char *watch_path(struct watch_set *set, uint32_t id, size_t *len);

/* The end of that: the path below PATH, with a slash at its end, or empty for a PATH itself. */
const char *watch_path_below(struct watch_set *set, uint32_t id, size_t *len);

/* Which node a watch_path() that was kept is of changed meaning by something outside, such as a PATH that
 * went. */
void watch_forget_path(struct watch_set *set);

/* How many nodes there are with descriptors, how many without, and the bytes that all of it takes. */
size_t watch_count(const struct watch_set *set);
size_t watch_node_count(const struct watch_set *set);
size_t watch_memory(const struct watch_set *set);

#endif
