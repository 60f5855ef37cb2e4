/* rules.h: what .gitignore files say, directory by directory: the rules of one directory of the watch set,
 * and where to look no further. A node of the set owns them. */
#ifndef INOTAP_RULES_H
#define INOTAP_RULES_H

#include "ignore.h"
#include "repository.h"

#include <stdbool.h>
#include <stddef.h>

struct rules;

/* The working directory, and how its rules are read. is_top: nothing above it is in the watch set, so what
 * its repository says from outside of it counts, too. A directory below in which another repository begins is
 * such a top as well: git does not look further up there. is_live: a `.git` that is no whole repository is
 * about to become one, and what is outside of it does not count. keeps_before: the old rules are kept, for a
 * review, until rules_settle(). complain is told of files that cannot be used: of a .gitignore once, as long
 * as the cause is the same as with the old rules, or with those told. */
struct rules_place {
    int fd; /* it is open as this */
    bool is_top, is_live, keeps_before;
    const struct rules *told; /* those of the same directory in another set, or NULL */
    repository_complaint *complain;
    void *context;
};

/* Read the rules of a directory. old are those that it had, or NULL; they are freed or kept, but what is from
 * outside is not read again, unless a `.git` has come or gone. *result is NULL where there is nothing to say.
 * Returns 0 or -ENOMEM. */
int rules_read(struct rules **result, struct rules *old, const struct rules_place *place);
void rules_free(struct rules *rules);

/* Do rules, which may be NULL, differ from those before? And forget those; *rules becomes NULL if nothing is
 * left to say. */
bool rules_have_changed(const struct rules *rules);
void rules_settle(struct rules **rules);

/* A path relative to the directory, as of ignore_rules_match(). */
struct rules_path {
    const char *path;
    size_t len, name_at;
    bool is_dir;
};

/* What they say of a path, or what those before said. *is_final: nothing further up is to be asked. Returns
 * an enum ignore_verdict or -ENOMEM. */
int rules_match(struct rules *rules, const struct rules_path *path, bool before, bool *is_final);

#endif
