/* rules.c: the .gitignore of a directory, and what applies to it from outside.
 * Neighbours: ignore.c and repository.c read, walk.c asks for it, choice.c uses it. */
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct rules {
    struct ignore_rules *own;
    struct repository *outside;
    bool is_top;
    bool has_git;
};

static int read_own(struct rules *rules, int fd, repository_complaint *complain, void *context)
{
    const int err = ignore_rules_read(&rules->own, fd, ".gitignore", false);

    if (err < 0 && err != -ENOMEM) {
        rules->own = NULL;
        complain(context, ".gitignore", err);
    }
    return err == -ENOMEM ? err : 0;
}

static int find_outside(struct rules *rules, bool is_live, repository_complaint *complain, void *context)
{
    char *const directory = realpath(".", NULL);
    int err;

    if (!directory)
        return errno == ENOMEM ? -ENOMEM : 0;
    err = repository_find(&rules->outside, directory, complain, context);
    if (err == 0 && is_live && rules->has_git && rules->outside &&
        strcmp(repository_top(rules->outside), directory) != 0) {
        repository_free(rules->outside);
        rules->outside = NULL; /* to be looked for again */
    }
    free(directory);
    return err == -ENOMEM ? err : 0;
}

int rules_read(struct rules **result, struct rules *old, int fd, bool is_top, bool is_live,
               repository_complaint *complain, void *context)
{
    struct rules *const rules = calloc(1, sizeof(*rules));
    struct stat st;
    int err = rules ? read_own(rules, fd, complain, context) : -ENOMEM;

    *result = NULL;
    if (err == 0) {
        rules->has_git = fstatat(fd, ".git", &st, AT_SYMLINK_NOFOLLOW) == 0;
        rules->is_top = is_top || rules->has_git;
        if (rules->is_top && old && old->outside && old->has_git == rules->has_git) {
            rules->outside = old->outside;
            old->outside = NULL;
        } else if (rules->is_top) {
            err = find_outside(rules, is_live, complain, context);
        }
    }
    rules_free(old);
    if (err < 0 || (!rules->own && !rules->is_top))
        rules_free(rules);
    else
        *result = rules;
    return err;
}

void rules_free(struct rules *rules)
{
    if (!rules)
        return;
    ignore_rules_free(rules->own);
    repository_free(rules->outside);
    free(rules);
}

int rules_match(struct rules *rules, const char *path, size_t len, size_t name_at, bool is_dir,
                bool *is_final)
{
    const enum ignore_verdict own = ignore_rules_match(rules->own, path, len, name_at, is_dir);

    *is_final = own != IGNORE_UNDECIDED || rules->is_top;
    if (own == IGNORE_UNDECIDED && rules->is_top)
        return repository_match(rules->outside, path, len, name_at, is_dir);
    return (int)own;
}
