/* own.h: which events are inotap's own writing to its output, when that is a file in a watched directory.
 * Without it every record would cause the next. inotify(7) does not say who wrote, so the file is recognised
 * by where it is, and followed when it is renamed within what is watched (as log rotation does). */
#ifndef INOTAP_OWN_H
#define INOTAP_OWN_H

#include "events.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What own writing causes, and what a reader that follows the output causes with each record it reads: of the
 * output file these are not reported, whoever did it. */
#define OWN_EVENTS ((uint32_t)(IN_MODIFY | IN_OPEN | IN_CLOSE_WRITE | IN_ACCESS))

/* What the watches on directories must report for it to be followed. */
#define OWN_NEEDS ((uint32_t)(IN_MOVED_FROM | IN_MOVED_TO))

/* A place in a watched directory. wd is -1 where there is none. */
struct own_place {
    int wd;
    size_t name_len;
    char name[EVENT_NAME_MAX + 1];
};

struct own_output {
    int fd;
    bool named;    /* it has a path, so it can lie in a watched directory */
    bool followed; /* the watches report what following it needs */
    bool strayed;  /* its place was left by a rename, and is not certain since */
    bool lost;     /* a rename may have put it somewhere else than place says */
    dev_t dir_dev, file_dev;
    ino_t dir_ino, file_ino;
    int file_wd, previous_file_wd; /* it is itself a PATH; -1: it is not */
    struct own_place place;        /* where it is now ... */
    struct own_place previous; /* ... and the one before it was reopened, while events of it may be queued */
    struct own_place *moved;   /* one of the two, between its MOVED_FROM and its MOVED_TO */
    uint32_t moved_cookie;
    char path[PATH_MAX]; /* where it was found by /proc */
};

/* Learn what the output is. fd: of the output, open; file: its name, for where /proc cannot tell, or NULL.
 * Before the first event, after each opening, and when own_is_lost(); then own_found() for every PATH. An
 * output that has no name any more stays known by its last. */
void own_identify(struct own_output *own, int fd, const char *file);

/* Should own_identify() be called again? One system call if a rename makes it doubtful, else none. */
bool own_is_lost(struct own_output *own);

/* A PATH with this identity is watched by wd. */
void own_found(struct own_output *own, dev_t dev, ino_t ino, int wd);

/* The output is about to be reopened: what was written so far may still be in the queue. */
void own_reopening(struct own_output *own);

/* The queue was empty, so nothing of the previous output can come any more. */
void own_drained(struct own_output *own);

/* Is the event of the name that the output has? */
bool own_is_at(const struct own_output *own, const struct event *ev);

/* Follow a rename of the output, and tell whether the event is our own writing. */
bool own_event(struct own_output *own, const struct event *ev);

#endif
