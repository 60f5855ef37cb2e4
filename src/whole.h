/* whole.h: files that are complete without CLOSE_WRITE or MOVED_TO: link(2) gives a name to a file that was
 * written before, and what is in a new directory before that is watched says nothing. Whoever asks for
 * complete files is told of these by what was seen of them, CREATE, in a synthetic record.
 *
 * A file that somebody has still open for writing is not complete. If it was opened by the name in hand, the
 * kernel will say CLOSE_WRITE of it; else only the file itself will, so that it gets a watch of its own. */
#ifndef INOTAP_WHOLE_H
#define INOTAP_WHOLE_H

#include "events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tap;
struct writer_file;

/* A name whose file is not known to be complete. */
struct whole_waiting {
    int dir_wd;
    int file_wd;    /* of the file; -1: it is looked at again: */
    int64_t due_ns; /* of CLOCK_MONOTONIC */
    uint32_t mask;  /* what was seen of it */
    ino_t ino;
    int64_t mtime_ns; /* when it was looked at last; 0: does not matter */
    off_t size;
    size_t name_len, name_size;
    char *name; /* owned, not terminated */
};

/* Free it with whole_free(). */
struct whole {
    bool finds; /* files that a walk finds are told */
    bool links; /* files that get a name are told */
    bool hides; /* what happens to files without a name is not told */
    struct whole_waiting *waiting;
    size_t count, capacity;
    int64_t due_ns; /* the first due_ns of all; -1: none */
    char *path;     /* a file as it is called from the working directory */
    size_t path_size;
    struct {
        int wd;
        size_t name_len;
        char name[24];
    } nameless; /* the file without a name that was spoken of last; name_len 0: none */
};

/* events: those that are asked for; flags: of inotify_add_watch(2); is_raw: what the kernel says is told as
 * it says it. */
void whole_start(struct whole *w, uint32_t events, uint32_t flags, bool is_raw);
void whole_free(struct whole *w);

/* What watches of directories are to report for this, of a recursive watch or of others. */
uint32_t whole_needs(const struct whole *w, bool recursive);

/* Is whole_created() to be called for an event that nobody asked for? */
static inline bool whole_concerns(const struct whole *w, uint32_t mask)
{
    return w->links && (mask & (IN_CREATE | IN_ISDIR)) == IN_CREATE;
}

/* A name has come, or was found by a walk, in whose directory the working directory is then and stays. Tell
 * it if its file is complete. Return 0 or -errno. */
int whole_created(struct tap *tap, const struct event *ev);
int whole_found(struct tap *tap, const struct event *ev);

/* An event that no watch of a PATH or of a directory has said: is it of a file that is waited for? Returns 0
 * or -errno. */
int whole_file_event(struct tap *tap, const struct event *ev);

/* The directory has said CLOSE_WRITE of a name: it need not be waited for. */
void whole_closed(struct tap *tap, const struct event *ev);

/* Events are lost: look at everything that is waited for again. */
void whole_lost(struct tap *tap);

/* Look again at what is due, or at everything that is not watched: at the end. Returns 0 or -errno. */
int whole_look(struct tap *tap, bool is_end);

/* The kernel calls a file without a name (O_TMPFILE, open(2)) `#` and its inode number. Is the event, whose
 * name begins with `#`, one of such a file? Returns 1, 0 or -errno. */
int whole_is_nameless(struct tap *tap, const struct event *ev);

#endif
