/* nearest.h: which of some names was probably meant by a misspelt word.
 * Used for event names, field names and options, so that an error can say what to write instead. */
#ifndef INOTAP_NEAREST_H
#define INOTAP_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/* The search so far: best is one of the names offered, or NULL while there is none; distance is the number of
 * edits (insert, delete, replace, swap of neighbours; case does not count) from word to it. */
struct nearest {
    const char *word;
    const char *best;
    size_t distance;
};

/* Begin a search. word is not copied. */
void nearest_start(struct nearest *n, const char *word);

/* Consider a name; the first of equally near ones is kept. The name is not copied. */
void nearest_offer(struct nearest *n, const char *name);

/* Is the best one a slip of the keyboard away: one edit, or two in a word of eight letters or more? A name
 * further away means something else. */
bool nearest_is_slip(const struct nearest *n);

#endif
