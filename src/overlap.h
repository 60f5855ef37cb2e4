/* overlap.h: files that are PATHs, and entries of directories that are watched as well; without a tree also
 * directories. The kernel says what happens to such a file twice: the directory says it with the name, and
 * then the file without one. It is told once, under the PATH given first. */
#ifndef INOTAP_OVERLAP_H
#define INOTAP_OVERLAP_H

#include "events.h"
#include "paths.h"
#include "target.h"

#include <stddef.h>

struct tap;

/* A file PATH as an entry of a directory. */
struct overlap_entry {
    int wd; /* of the directory */
    size_t name_len;
    char *name; /* owned, not terminated */
    struct path *path;
};

struct overlap {
    struct overlap_entry *entries; /* sorted by wd, name and rank of the PATH */
    size_t count;
};

/* Find out which PATHs overlap, once they are watched and each time that one has come back. Best effort: what
 * is not found is told twice. */
void overlap_find(struct tap *tap);
void overlap_free(struct overlap *o);

/* An event with a name is to be told, in a directory whose PATH has this rank. If what the file itself says
 * of it follows, tell it under all the PATHs that it is to be told under. Returns 1, 0 if the event is to be
 * told as it is, or -errno. */
int overlap_tell(struct tap *tap, const struct event *ev, size_t rank);

#endif
