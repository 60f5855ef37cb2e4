/* roots.h: from PATHs to watches, and the question whether a PATH still names what is watched.
 * Between main.c and tap.c, which report, and watch.c and the backend, which keep and do. */
#ifndef INOTAP_ROOTS_H
#define INOTAP_ROOTS_H

#include "backend.h"
#include "paths.h"
#include "watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A PATH that is a directory has a guard: a watch on its parent. For the kernel says nothing of a directory
 * that is removed until the last process that has it open, or works in it, lets go of it; the parent says it
 * at once. */
struct guard {
    int wd;     /* of the parent */
    char *name; /* of the directory there, links resolved; owned */
    struct path *path;
};

struct roots {
    struct backend *backend; /* borrowed */
    struct watch_set *set;   /* borrowed */
    uint32_t events;         /* what the user wants reported */
    uint32_t flags;          /* for inotify_add_watch(2) */
    struct guard *guards;    /* sorted by wd and name */
    size_t guard_count;
};

/* Can PATH be watched, as far as can be seen without doing it? Keeps what it is in p->dev and p->ino.
 * Returns 0, or -errno: -ENOENT, -EACCES (inotify needs read permission), -ENOTDIR with the flag onlydir. */
int roots_check(const struct roots *r, struct path *p);

/* Watch a PATH that roots_check() was content with, for the wanted events, those in extra, and those that
 * tell that it goes. Returns 0, or -errno: those above, -ENOSPC (max_user_watches), -EEXIST (flag
 * mask_create), -EAGAIN (it was replaced again and again meanwhile). */
int roots_watch(struct roots *r, struct path *p, uint32_t extra);

/* Add events to the watch of a PATH. Returns 0 or -errno. */
int roots_watch_more(struct roots *r, const struct path *p, uint32_t extra);

/* Guard every directory in the list, as far as permissions and limits let it: a missing guard is no error.
 * Once, after the last roots_watch(). Returns 0 or -ENOMEM. */
int roots_guard(struct roots *r, const struct path_list *list);

/* An event on entry `name` of a guarding watch: the PATH it concerns, or NULL. *position: 0 for the first
 * call; call until NULL, for several PATHs may name one directory. */
struct path *roots_guarded(const struct roots *r, int wd, const char *name, size_t name_len,
                           size_t *position);

/* Does PATH still name the inode that is watched for it? */
bool roots_is_there(const struct roots *r, const struct path *p);

/* The same after lost events, when the inode may be another one with the same number. */
bool roots_is_watched(const struct roots *r, const struct path *p);

void roots_free(struct roots *r);

#endif
