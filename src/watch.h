/* watch.h: the watch set: from a watch descriptor to what it watches, and under which PATHs that is reported.
 * Makes no system call; roots.c and tap.c tell it what happened. */
#ifndef INOTAP_WATCH_H
#define INOTAP_WATCH_H

#include "paths.h"

#include <stdbool.h>
#include <stddef.h>

/* How long the last PATH of a watch has been absent: until the next check, or already at the one before. */
enum absence { ABSENT_NOT, ABSENT_SEEN, ABSENT_CHECKED };

/* One watch of the kernel. */
struct watch {
    int wd;
    bool is_dir;
    bool let_go;         /* its PATHs are gone: nothing of it is printed any more but IGNORED */
    bool suspect;        /* something happened after which its PATHs may name something else */
    enum absence absent; /* it seems dead, and the kernel may be about to say so */
    bool removed;        /* its parent said so; the kernel has not, while somebody holds it open */
    struct path *paths;  /* those that name it, in the order given */
    struct path *last_path;
    struct watch *next_suspect;
};

struct watch_set;

/* An empty set, owned by the caller; NULL without memory. Freeing it frees its watches, not the PATHs. */
struct watch_set *watch_set_new(void);
void watch_set_free(struct watch_set *set);

/* The watch of a descriptor; NULL if there is none. O(1). */
struct watch *watch_find(const struct watch_set *set, int wd);

/* The watch of a descriptor, made if need be; NULL without memory. It stays where it is until removed. */
struct watch *watch_add(struct watch_set *set, int wd, bool is_dir);

/* Attach a PATH as the last of the watch's, or take it off. Both keep path->watch. */
void watch_attach(struct watch_set *set, struct watch *w, struct path *p);
void watch_detach(struct watch_set *set, struct path *p);

/* Forget a watch: its PATHs are detached, and it is freed. */
void watch_remove(struct watch_set *set, struct watch *w);

/* Mark a watch as one to look at, and take one that was marked; NULL when there is none left. */
void watch_suspect(struct watch_set *set, struct watch *w);
struct watch *watch_take_suspect(struct watch_set *set);

/* How many PATHs are attached to watches, and how many watches there are. */
size_t watch_path_count(const struct watch_set *set);
size_t watch_count(const struct watch_set *set);

/* Walk: the first watch at or after *position (start with 0), NULL at the end. Nothing may be added or
 * removed meanwhile. */
struct watch *watch_each(const struct watch_set *set, size_t *position);

#endif
