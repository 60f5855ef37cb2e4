/* repository.h: the ignore rules that apply to a directory from outside of it, because it lies in a
 * repository of git: those of the directories above it up to the repository's top, the repository's own
 * info/exclude, and the user's core.excludesFile. ignore.h is about rules.
 *
 * Sources: gitignore(5), gitrepository-layout(5), git-worktree(1), git 2.39. */
#ifndef INOTAP_REPOSITORY_H
#define INOTAP_REPOSITORY_H

#include "ignore.h"

#include <stdbool.h>
#include <stddef.h>

struct repository;

/* Told of a file of rules that is there and cannot be used: a negative errno, as of ignore_rules_read(). git,
 * too, warns of it and goes on. */
typedef void repository_complaint(void *context, const char *path, int err);

/* Find the repository that an absolute path of a directory lies in, which realpath(3) has resolved, and read
 * the rules. It is that of the nearest directory upwards, itself included, that has a `.git`, which is a
 * directory or, in a worktree and a submodule, a file that names one. As for git, a broken one does not
 * count, and the search ends where the file system does. Whether the directory itself is left out is not
 * asked: who names it wants it.
 *
 * Runs `git config` for core.excludesFile, if there is a git, and waits for it. complain may be NULL.
 * Returns 0, *result being the caller's, or NULL outside of any repository; -EINVAL for a path that is not
 * absolute; or -ENOMEM. */
int repository_find(struct repository **result, const char *directory, repository_complaint *complain,
                    void *context);
void repository_free(struct repository *r);

/* The absolute path of the repository's top, valid as long as it. */
const char *repository_top(const struct repository *r);

/* What these rules say of a path below the directory (see ignore_rules_match()); it is asked where no
 * .gitignore from the directory downwards decides. Returns an enum ignore_verdict, or -ENOMEM: it allocates
 * only for a path longer than all before. r may be NULL. */
int repository_match(struct repository *r, const char *path, size_t len, size_t name_at, bool is_dir);

#endif
