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
    struct rules *before; /* those that they replaced, until a review has compared both; else NULL */
    int complaint;        /* -errno: why the .gitignore that is there cannot be used; else 0 */
    bool is_top;
    bool has_git;
    bool borrows; /* what is outside belongs to those that came after these */
};

static int read_own(struct rules *rules, const struct rules *told, const struct rules_place *place)
{
    const int err = ignore_rules_read(&rules->own, place->fd, ".gitignore", false);

    if (err == 0 || err == -ENOMEM)
        return err;
    rules->own = NULL;
    rules->complaint = err;
    if (!told || told->complaint != err) /* said before */
        place->complain(place->context, ".gitignore", err);
    return 0;
}

static int find_outside(struct rules *rules, const struct rules_place *place)
{
    char *const directory = realpath(".", NULL);
    int err;

    if (!directory)
        return errno == ENOMEM ? -ENOMEM : 0;
    err = repository_find(&rules->outside, directory, place->complain, place->context);
    if (err == 0 && place->is_live && rules->has_git && rules->outside &&
        strcmp(repository_top(rules->outside), directory) != 0) {
        repository_free(rules->outside);
        rules->outside = NULL; /* to be looked for again */
    }
    free(directory);
    return err == -ENOMEM ? err : 0;
}

/* Keep the old ones for a review, or rather those that they replaced in the same review. What they borrow
 * from each other must stay as long as they do. */
static struct rules *keep_before(struct rules *old)
{
    struct rules *const first = old->before;

    if (!first)
        return old;
    if (first->borrows && !old->borrows) {
        first->borrows = false;
        old->borrows = true;
    }
    old->before = NULL;
    rules_free(old);
    return first;
}

int rules_read(struct rules **result, struct rules *old, const struct rules_place *place)
{
    struct rules *const rules = calloc(1, sizeof(*rules));
    struct stat st;
    int err = rules ? read_own(rules, old ? old : place->told, place) : -ENOMEM;

    *result = NULL;
    if (err == 0) {
        rules->has_git = fstatat(place->fd, ".git", &st, AT_SYMLINK_NOFOLLOW) == 0;
        rules->is_top = place->is_top || rules->has_git;
        if (rules->is_top && old && old->outside && old->has_git == rules->has_git) {
            rules->outside = old->outside;
            old->borrows = true;
        } else if (rules->is_top) {
            err = find_outside(rules, place);
        }
    }
    if (err == 0 && place->keeps_before) {
        rules->before = old ? keep_before(old) : calloc(1, sizeof(*rules));
        old = NULL;
        err = rules->before ? 0 : -ENOMEM;
    }
    rules_free(old);
    *result = rules;
    if (err == 0 && !place->keeps_before)
        rules_settle(result);
    if (err < 0) {
        rules_free(rules);
        *result = NULL;
    }
    return err;
}

bool rules_have_changed(const struct rules *rules)
{
    const struct rules *const before = rules ? rules->before : NULL;

    return before && (!ignore_rules_are_same(before->own, rules->own) || before->outside != rules->outside ||
                      before->is_top != rules->is_top);
}

void rules_settle(struct rules **rules)
{
    if (!*rules)
        return;
    rules_free((*rules)->before);
    (*rules)->before = NULL;
    if ((*rules)->own || (*rules)->is_top || (*rules)->complaint != 0)
        return;
    rules_free(*rules);
    *rules = NULL;
}

void rules_free(struct rules *rules)
{
    if (!rules)
        return;
    rules_free(rules->before);
    ignore_rules_free(rules->own);
    if (!rules->borrows)
        repository_free(rules->outside);
    free(rules);
}

int rules_match(struct rules *rules, const struct rules_path *path, bool before, bool *is_final)
{
    struct rules *const r = before && rules->before ? rules->before : rules;
    const enum ignore_verdict own =
        ignore_rules_match(r->own, path->path, path->len, path->name_at, path->is_dir);

    *is_final = own != IGNORE_UNDECIDED || r->is_top;
    if (own == IGNORE_UNDECIDED && r->is_top)
        return repository_match(r->outside, path->path, path->len, path->name_at, path->is_dir);
    return (int)own;
}
