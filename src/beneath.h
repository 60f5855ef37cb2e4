/* beneath.h: which PATHs lie below a directory that is renamed or moved away. The kernel says nothing of that
 * to a watch on what is further down, but whoever watches the directory above hears it, and so the PATHs
 * below can be looked at. */
#ifndef INOTAP_BENEATH_H
#define INOTAP_BENEATH_H

#include "events.h"
#include "paths.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tap;

/* All zero at the start; beneath_free() it. */
struct beneath {
    char **reals;         /* by the rank of a PATH: its absolute path, links resolved, or NULL; owned */
    size_t real_count;    /* room in it */
    struct path **sorted; /* those that have one, by that */
    size_t count;
    bool is_sorted;
    char *prefix; /* of what lies below the directory in hand, with a slash at its end; owned */
    size_t prefix_size;
    size_t first;    /* in sorted: where those below it begin */
    size_t position; /* in sorted: the next that beneath_next() looks at */
};

/* Find out where PATHs lie, once they are watched; and where one lies that has come back. Only where a
 * directory is among several PATHs. Best effort: a PATH that is not found is not looked at. */
void beneath_find(struct tap *tap);
void beneath_came(struct tap *tap, const struct path *p);
void beneath_free(struct beneath *b);

/* A directory is leaving its place: the one that a PATH names, or the name of an event in one, or in a
 * directory of the watch set. Returns whether PATHs may lie below; then beneath_next() gives one after the
 * other, NULL at the end. Call before the watch set follows the event. Makes no system call. */
bool beneath_begin(struct tap *tap, const struct path *given, const struct event *ev);
bool beneath_begin_in(struct tap *tap, uint32_t dir, const struct event *ev);
struct path *beneath_next(struct tap *tap);

/* Begin anew with those that beneath_next() gave, as far as they are watched still. */
void beneath_rewind(struct tap *tap);

/* Does a PATH lie below a directory that another one names? Makes no system call. */
bool beneath_is_within(const struct tap *tap, const struct path *p);

#endif
