/* verdicts.c: what ignore rules say of paths, asked as a walk from a directory downwards asks:
 *     verdicts DIRECTORY <PATHS
 * Paths relative to it, each ended by NUL, come back each with "out", "kept" or "undecided", ended by NUL as
 * well. Ends with 1 for an error, with 2 without memory. Neighbours: ignore.h, repository.h; against_git.py.
 */
#include "ignore.h"
#include "repository.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32

struct walk {
    struct repository *repository;
    struct ignore_rules *rules[DEPTH_MAX]; /* of the directory, and each one down to where the path is */
    size_t base_len[DEPTH_MAX];
    size_t depth;
};

/* The rules of a directory, the path of which ends with a slash or is empty. */
static int enter(struct walk *w, const char *path, size_t len)
{
    char name[PATH_MAX];
    int err;

    if (w->depth == DEPTH_MAX ||
        (size_t)snprintf(name, sizeof(name), "%.*s.gitignore", (int)len, path) >= PATH_MAX)
        return -ENAMETOOLONG;
    err = ignore_rules_read(&w->rules[w->depth], AT_FDCWD, name, false);
    if (err == -ENOMEM)
        return err;
    w->base_len[w->depth++] = len;
    return 0;
}

static void leave(struct walk *w)
{
    while (w->depth > 0)
        ignore_rules_free(w->rules[--w->depth]);
}

static int decide(struct walk *w, const char *path, size_t len, size_t name_at, bool is_dir)
{
    for (size_t i = w->depth; i-- > 0;) {
        const size_t base = w->base_len[i];
        const enum ignore_verdict verdict =
            ignore_rules_match(w->rules[i], path + base, len - base, name_at - base, is_dir);

        if (verdict != IGNORE_UNDECIDED)
            return (int)verdict;
    }
    return repository_match(w->repository, path, len, name_at, is_dir);
}

static int judge(struct walk *w, const char *path)
{
    const char *name = path;
    int verdict = enter(w, path, 0);

    while (verdict >= 0 && verdict != IGNORE_LEFT_OUT) {
        const char *const slash = strchr(name, '/');
        struct stat st;
        const bool is_dir = slash || (lstat(path, &st) == 0 && S_ISDIR(st.st_mode));
        const size_t len = slash ? (size_t)(slash - path) : strlen(path);

        verdict = decide(w, path, len, (size_t)(name - path), is_dir);
        if (!slash)
            break;
        name = slash + 1;
        if (verdict >= 0 && verdict != IGNORE_LEFT_OUT) {
            const int err = enter(w, path, len + 1);

            verdict = err < 0 ? err : verdict;
        }
    }
    leave(w);
    return verdict;
}

static int start(struct walk *w, const char *directory)
{
    char *const real = realpath(directory, NULL);
    const int err = real ? repository_find(&w->repository, real, NULL, NULL) : -errno;

    free(real);
    return err;
}

int main(int argc, char **argv)
{
    static const char *const words[] = {
        [IGNORE_UNDECIDED] = "undecided", [IGNORE_LEFT_OUT] = "out", [IGNORE_KEPT] = "kept"};
    struct walk w = {0};
    char *path = NULL;
    size_t size = 0;
    int got = argc == 2 ? start(&w, argv[1]) : -EINVAL;

    if (got == 0 && chdir(argv[1]) < 0)
        got = -errno;
    while (got >= 0 && getdelim(&path, &size, '\0', stdin) > 0) {
        got = judge(&w, path);
        if (got >= 0)
            printf("%s%c%s%c", path, '\0', words[got], '\0');
    }
    free(path);
    repository_free(w.repository);
    if (got < 0)
        fprintf(stderr, "verdicts: %s\n", strerror(-got));
    if (got == -ENOMEM)
        return 2;
    return got < 0 || fflush(stdout) != 0;
}
