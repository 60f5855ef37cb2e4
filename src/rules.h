/* rules.h: what .gitignore files say, directory by directory: the rules of one directory of the watch set,
 * and where to look no further. A node of the set owns them. */
#ifndef INOTAP_RULES_H
#define INOTAP_RULES_H

#include "ignore.h"
#include "repository.h"

#include <stdbool.h>
#include <stddef.h>

struct rules;

/* The rules of the working directory, which is open as fd. is_top: nothing above it is in the watch set, so
 * what its repository says from outside of it counts, too. A directory below in which another repository
 * begins is such a top as well: git does not look further up there. is_live: a `.git` that is no whole
 * repository is about to become one, and what is outside of it does not count. old are those that it had, or
 * NULL; they are freed, but what is from outside is kept and not read again, unless a `.git` has come or
 * gone. complain is told of files that cannot be used. *result is NULL where there is nothing to say. Returns
 * 0 or -ENOMEM. */
int rules_read(struct rules **result, struct rules *old, int fd, bool is_top, bool is_live,
               repository_complaint *complain, void *context);
void rules_free(struct rules *rules);

/* What they say of a path relative to the directory, as ignore_rules_match(). *is_final: nothing further up
 * is to be asked. Returns an enum ignore_verdict or -ENOMEM. */
int rules_match(struct rules *rules, const char *path, size_t len, size_t name_at, bool is_dir,
                bool *is_final);

#endif
