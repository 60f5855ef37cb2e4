/* roots.h: from PATHs to watches, and the question whether a PATH still names what is watched.
 * Between main.c and tap.c, which report, and target.c and the backend, which keep and do. */
#ifndef INOTAP_ROOTS_H
#define INOTAP_ROOTS_H

#include "backend.h"
#include "paths.h"
#include "target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A PATH that is a directory has a guard: a watch on its parent. For the kernel says nothing of a directory
 * that is removed until the last process that has it open, or works in it, lets go of it; the parent says it
 * at once. With the flag oneshot files have one too, for their watch must not be spent on ATTRIB. A file of a
 * cgroup has one on the parent of its cgroup, for it goes with that, unsaid. Guards have
 * an inotify instance of their own, so that a busy parent cannot fill the queue of what is watched. */
struct guard {
    int wd;     /* of the parent */
    char *name; /* in the parent, links resolved; owned */
    struct path *path;
};

struct roots {
    struct backend *backend;       /* borrowed */
    struct backend *guard_backend; /* owned; NULL: no guards */
    struct target_set *set;        /* borrowed */
    uint32_t events;               /* what the user wants reported */
    uint32_t flags;                /* for inotify_add_watch(2) */
    bool enters_links;    /* a PATH that leads to a directory is followed in spite of IN_DONT_FOLLOW */
    uint32_t needs;       /* of directories, besides: what a recursive watch needs ... */
    uint32_t held_back;   /* ... and what it adds itself, later */
    struct guard *guards; /* sorted by wd and name */
    size_t guard_count;
    size_t guard_position;    /* roots_next_guarded(): one more than the guard told last; 0: look at the next
                                 event */
    struct event guard_event; /* ... which this event concerns */
};

/* Can PATH be watched, as far as can be seen without doing it? Keeps what it is in p->dev and p->ino.
 * Returns 0, or -errno: -ENOENT, -EACCES (inotify needs read permission), -ENOTDIR with the flag onlydir. */
int roots_check(const struct roots *r, struct path *p);

/* The absolute path of what is watched for a PATH. A symbolic link that is watched itself is not resolved,
 * but the directory it is in is. NULL if it cannot be told. The caller frees it. */
char *roots_real_path(const struct roots *r, const struct path *p);

/* Is PATH a directory, links followed whatever the flags say? */
bool roots_leads_to_directory(const struct path *p);

/* Watch a PATH that roots_check() was content with, for the wanted events and those that tell that it goes.
 * Returns 0, or -errno: those above, -ENOSPC (max_user_watches), -EEXIST (flag mask_create), -EAGAIN (it was
 * replaced again and again meanwhile). */
int roots_watch(struct roots *r, struct path *p);

/* Add events to the watch of a PATH. Returns 0 or -errno. */
int roots_watch_more(struct roots *r, const struct path *p, uint32_t extra);

/* Guard every PATH in the list that needs it, as far as permissions and limits let us: a missing guard is no
 * error. Once, after the last roots_watch(). Returns 0 or -ENOMEM. */
int roots_guard(struct roots *r, const struct path_list *list);

/* The next PATH that something happened to in its parent, NULL when all that was queued is told; *lost: there
 * was more than the queue holds, so it may be any of them. */
struct path *roots_next_guarded(struct roots *r, bool *lost);

/* How did a PATH come to its end that is still attached to its watch? Looks at what its name leads to now. */
enum path_end roots_judge_end(const struct roots *r, const struct path *p);

/* Does PATH still name the inode that is watched for it? */
bool roots_is_there(const struct roots *r, const struct path *p);

/* The same after lost events, when the inode may be another one with the same number. */
bool roots_is_watched(const struct roots *r, const struct path *p);

void roots_free(struct roots *r);

#endif
