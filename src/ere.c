/* ere.c: regcomp(3) for the drop-in names. Neighbours: compat_wait.c compiles, report.c asks; the patterns of
 * inotap's own options are filter.c's. */
#include "ere.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct ere {
    regex_t regex;
    bool keeps;
    char *path; /* regexec(3) wants it in one piece, and terminated */
    size_t path_size;
};

int ere_new(struct ere **result, const char *text, bool fold_case, bool keeps)
{
    struct ere *const e = calloc(1, sizeof(*e));
    int err;

    *result = NULL;
    if (!e)
        return -ENOMEM;
    err = regcomp(&e->regex, text, REG_EXTENDED | REG_NOSUB | (fold_case ? REG_ICASE : 0));
    if (err != 0) {
        free(e);
        return err == REG_ESPACE ? -ENOMEM : -EINVAL;
    }
    e->keeps = keeps;
    *result = e;
    return 0;
}

void ere_free(struct ere *e)
{
    if (!e)
        return;
    regfree(&e->regex);
    free(e->path);
    free(e);
}

int ere_tells(struct ere *e, const char *a, size_t a_len, const char *b, size_t b_len)
{
    const size_t size = a_len + b_len + 1;
    int got;

    if (size > e->path_size) {
        char *const larger = realloc(e->path, 2 * size);

        if (!larger)
            return -ENOMEM;
        e->path = larger;
        e->path_size = 2 * size;
    }
    memcpy(e->path, a, a_len);
    memcpy(e->path + a_len, b, b_len);
    e->path[a_len + b_len] = '\0';
    got = regexec(&e->regex, e->path, 0, NULL, 0);
    if (got != 0 && got != REG_NOMATCH)
        return 1; /* It gave up, for want of memory: an event too many is better than one that is lost. */
    return (got == 0) == e->keeps;
}
