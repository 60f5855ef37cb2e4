/* target.h: what PATHs name: from a watch descriptor to the PATHs that are watched by it.
 * Makes no system call; roots.c and tap.c tell it what happened. */
#ifndef INOTAP_TARGET_H
#define INOTAP_TARGET_H

#include "paths.h"

#include <stdbool.h>
#include <stddef.h>

/* How long the last PATH of a watch has been absent: until the next check, or already at the one before. */
enum absence { ABSENT_NOT, ABSENT_SEEN, ABSENT_CHECKED };

/* One watch of the kernel. */
struct target {
    int wd;
    bool is_dir;
    bool let_go;         /* its PATHs are gone: nothing of it is printed any more but IGNORED */
    bool suspect;        /* something happened after which its PATHs may name something else */
    enum absence absent; /* it seems dead, and the kernel may be about to say so */
    bool removed;        /* its parent said so; the kernel has not, while somebody holds it open */
    bool has_moved;      /* its PATHs are let go of because it was renamed, or a directory above it */
    bool is_unmounted;   /* the kernel said so */
    struct path *paths;  /* those that name it, in the order given */
    struct path *last_path;
    struct target *next_suspect, **suspect_at;
    struct target *next_absent, *before_absent; /* of presence.c: the list of those that seem dead */
};

struct target_set;

/* An empty set, owned by the caller; NULL without memory. Freeing it frees its watches, not the PATHs. */
struct target_set *target_set_new(void);
void target_set_free(struct target_set *set);

/* The watch of a descriptor; NULL if there is none. O(1). */
struct target *target_find(const struct target_set *set, int wd);

/* The watch of a descriptor, made if need be; NULL without memory. It stays where it is until removed. */
struct target *target_add(struct target_set *set, int wd, bool is_dir);

/* Attach a PATH as the last of the watch's, or take it off. Both keep path->target. */
void target_attach(struct target_set *set, struct target *w, struct path *p);
void target_detach(struct target_set *set, struct path *p);

/* Forget a watch: its PATHs are detached, and it is freed. */
void target_remove(struct target_set *set, struct target *w);

/* Mark a watch as one to look at, and take one that was marked; NULL when there is none left. */
void target_suspect(struct target_set *set, struct target *w);
struct target *target_take_suspect(struct target_set *set);

/* How many PATHs are attached to watches, and how many watches there are. */
size_t target_path_count(const struct target_set *set);
size_t target_count(const struct target_set *set);

/* Walk: the first watch at or after *position (start with 0), NULL at the end. Nothing may be added or
 * removed meanwhile. */
struct target *target_each(const struct target_set *set, size_t *position);

#endif
