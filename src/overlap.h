/* overlap.h: files that are PATHs, and entries of directories that are watched as well; without a tree also
 * directories. The kernel says what happens to such a file twice: the directory says it with the name, and
 * then the file without one. It is told once, under the PATH given first. */
#ifndef INOTAP_OVERLAP_H
#define INOTAP_OVERLAP_H

#include "events.h"
#include "paths.h"
#include "target.h"

#include <stdbool.h>
#include <stddef.h>

struct tap;

struct overlap_entry;

/* Two hash tables of the PATHs that may be entries of a watched directory: by the descriptor of the directory
 * and the name, and by the directory's inode. Both have as many buckets. */
struct overlap {
    struct overlap_entry **by_name, **by_directory;
    size_t bucket_count;
    size_t entry_count;
    size_t count;   /* of entries whose directory is watched */
    bool is_filled; /* there was a directory among the PATHs, so that every other one has its entry */
};

/* Find out which PATHs overlap, once they are watched. Best effort: what is not found is told twice. */
void overlap_find(struct tap *tap);
void overlap_free(struct overlap *o);

/* The same for one PATH that has come back: as an entry, and as the directory of others. Looks at no other
 * PATH, so that many may come back one by one. */
void overlap_came(struct tap *tap, struct path *p);

/* An event with a name is to be told, in a directory whose PATH has this rank. If what the file itself says
 * of it follows, tell it under all the PATHs that it is to be told under. Returns 1, 0 if the event is to be
 * told as it is, or -errno. */
int overlap_tell(struct tap *tap, const struct event *ev, size_t rank);

#endif
