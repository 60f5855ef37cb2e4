/* roots.c: checking, watching and guarding PATHs.
 * Neighbours: paths.c (what was given), watch.c (what is watched), the backend. */
#include "roots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTHING_FOLLOWED(r) ((r)->flags & IN_DONT_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0)

static int stat_path(const struct roots *r, const struct path *p, struct stat *st)
{
    return fstatat(AT_FDCWD, p->given, st, NOTHING_FOLLOWED(r)) < 0 ? -errno : 0;
}

int roots_check(const struct roots *r, struct path *p)
{
    struct stat st;
    const int err = stat_path(r, p, &st);

    if (err < 0)
        return err;
    if ((r->flags & IN_ONLYDIR) && !S_ISDIR(st.st_mode))
        return -ENOTDIR;
    /* The permissions of a symbolic link itself are not looked at. */
    if (!S_ISLNK(st.st_mode) && faccessat(AT_FDCWD, p->given, R_OK, AT_EACCESS) < 0)
        return -errno;
    p->dev = st.st_dev;
    p->ino = st.st_ino;
    return 0;
}

/* The mask for the kernel. MASK_ADD always: adding a watch anew without it drops events that happen
 * meanwhile, and would replace the mask of an inode that another PATH names. A oneshot watch must not be
 * spent on an event that nobody asked for, so it gets nothing more. */
static uint32_t kernel_mask(const struct roots *r, bool is_dir, uint32_t extra)
{
    uint32_t mask = r->events | r->flags;

    if (!(r->flags & IN_ONESHOT))
        mask |= IN_MOVE_SELF | (is_dir ? 0 : IN_ATTRIB) | extra;
    if (!(r->flags & IN_MASK_CREATE))
        mask |= IN_MASK_ADD;
    return mask;
}

int roots_watch(struct roots *r, struct path *p, uint32_t extra)
{
    for (int attempt = 0; attempt < 10; attempt++) {
        struct stat before, after;
        struct watch *w;
        int err = stat_path(r, p, &before), wd;

        if (err < 0)
            return err;
        wd = backend_add(r->backend, p->given, kernel_mask(r, S_ISDIR(before.st_mode), extra));
        if (wd < 0)
            return wd;
        err = stat_path(r, p, &after);
        if (err == 0 && before.st_dev == after.st_dev && before.st_ino == after.st_ino) {
            w = watch_add(r->set, wd, S_ISDIR(after.st_mode));
            if (!w)
                return -ENOMEM;
            p->dev = after.st_dev;
            p->ino = after.st_ino;
            watch_attach(r->set, w, p);
            return 0;
        }
        /* Replaced while we were at it: the watch may be on either. */
        if (!watch_find(r->set, wd))
            backend_remove(r->backend, wd);
        if (err < 0)
            return err;
    }
    return -EAGAIN;
}

int roots_watch_more(struct roots *r, const struct path *p, uint32_t extra)
{
    const uint32_t keep = r->flags & (IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_ONLYDIR);
    const int wd = backend_add(r->backend, p->given, extra | keep | IN_MASK_ADD);

    return wd < 0 ? wd : 0;
}

/* The watch that guards the directory named by the absolute path `real`, which is cut at its last slash. */
static struct watch *guard_watch(struct roots *r, char *real, char **name)
{
    char *const slash = strrchr(real, '/');
    struct watch *w;
    int wd;

    if (!slash || slash[1] == '\0')
        return NULL;
    *name = strdup(slash + 1);
    if (!*name)
        return NULL;
    slash[slash == real] = '\0';
    wd = backend_add(r->backend, real, IN_DELETE | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD);
    w = wd < 0 ? NULL : watch_add(r->set, wd, true);
    if (w) {
        w->guards = true;
    } else {
        free(*name);
        *name = NULL;
    }
    return w;
}

static int compare_name(const char *name, size_t name_len, const char *other)
{
    const int order = strncmp(name, other, name_len);

    return order != 0 ? order : other[name_len] != '\0' ? -1 : 0;
}

static int by_wd_and_name(const void *a, const void *b)
{
    const struct guard *const x = a, *const y = b;

    if (x->wd != y->wd)
        return x->wd < y->wd ? -1 : 1;
    return strcmp(x->name, y->name);
}

int roots_guard(struct roots *r, const struct path_list *list)
{
    if (r->flags & IN_ONESHOT)
        return 0;
    r->guards = calloc(list->count + 1, sizeof(*r->guards));
    if (!r->guards)
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        struct path *const p = list->items[i];
        char *const real = p->watch && p->watch->is_dir ? realpath(p->given, NULL) : NULL;
        char *name = NULL;
        struct watch *const w = real ? guard_watch(r, real, &name) : NULL;

        if (w)
            r->guards[r->guard_count++] = (struct guard){.wd = w->wd, .name = name, .path = p};
        free(real);
    }
    qsort(r->guards, r->guard_count, sizeof(*r->guards), by_wd_and_name);
    return 0;
}

/* The first guard that is not before (wd, name). */
static size_t first_guard(const struct roots *r, int wd, const char *name, size_t name_len)
{
    size_t low = 0, high = r->guard_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct guard *const g = &r->guards[middle];

        if (g->wd < wd || (g->wd == wd && compare_name(name, name_len, g->name) > 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct path *roots_guarded(const struct roots *r, int wd, const char *name, size_t name_len, size_t *position)
{
    const struct guard *g;

    if (*position == 0)
        *position = first_guard(r, wd, name, name_len) + 1;
    else
        ++*position;
    if (*position > r->guard_count)
        return NULL;
    g = &r->guards[*position - 1];
    return g->wd == wd && compare_name(name, name_len, g->name) == 0 ? g->path : NULL;
}

bool roots_is_there(const struct roots *r, const struct path *p)
{
    struct stat st;

    return stat_path(r, p, &st) == 0 && st.st_dev == p->dev && st.st_ino == p->ino;
}

bool roots_is_watched(const struct roots *r, const struct path *p)
{
    return roots_is_there(r, p) && backend_is_watched(r->backend, p->given, r->flags) != 0;
}

void roots_free(struct roots *r)
{
    for (size_t i = 0; i < r->guard_count; i++)
        free(r->guards[i].name);
    free(r->guards);
    r->guards = NULL;
    r->guard_count = 0;
}
