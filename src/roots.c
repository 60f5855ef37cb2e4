/* roots.c: checking, watching and guarding PATHs.
 * Neighbours: paths.c (what was given), target.c (what is watched), the backend. */
#include "roots.h"

#include "again.h"
#include "mount_point.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

/* Guards are few and seldom: a small buffer. */
#define GUARD_BUFFER_SIZE ((size_t)4096)

static uint32_t flags_of(const struct roots *r, const struct path *p)
{
    return p->followed ? r->flags & ~(uint32_t)IN_DONT_FOLLOW : r->flags;
}

static int stat_path(const struct roots *r, const struct path *p, struct stat *st)
{
    const int how = flags_of(r, p) & IN_DONT_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0;

    return AGAIN(fstatat(AT_FDCWD, p->given, st, how)) < 0 ? -errno : 0;
}

char *roots_real_path(const struct roots *r, const struct path *p)
{
    const char *const slash = strrchr(p->given, '/');
    const char *const name = slash ? slash + 1 : p->given;
    char *directory, *parent, *whole = NULL;

    if (!(flags_of(r, p) & IN_DONT_FOLLOW))
        return realpath(p->given, NULL);
    directory = slash ? strndup(p->given, (size_t)(slash - p->given) + 1) : strdup(".");
    parent = directory ? realpath(directory, NULL) : NULL;
    if (parent && asprintf(&whole, "%s/%s", parent, name) < 0)
        whole = NULL;
    free(directory);
    free(parent);
    return whole;
}

bool roots_leads_to_directory(const struct path *p)
{
    struct stat st;

    return AGAIN(stat(p->given, &st)) == 0 && S_ISDIR(st.st_mode);
}

int roots_check(const struct roots *r, struct path *p)
{
    struct stat st;
    int err;

    p->followed = r->enters_links && roots_leads_to_directory(p);
    err = stat_path(r, p, &st);
    if (err < 0)
        return err;
    if ((r->flags & IN_ONLYDIR) && !S_ISDIR(st.st_mode))
        return -ENOTDIR;
    /* The permissions of a symbolic link itself are not looked at. A sandbox that does not know faccessat2(2)
     * says ENOSYS, or EPERM, which the kernel itself never says of reading: then roots_watch() finds out. */
    if (!S_ISLNK(st.st_mode) && AGAIN(faccessat(AT_FDCWD, p->given, R_OK, AT_EACCESS)) < 0 &&
        errno != ENOSYS && errno != EPERM)
        return -errno;
    p->dev = st.st_dev;
    p->ino = st.st_ino;
    return 0;
}

/* The mask for the kernel. MASK_ADD always: adding a watch anew without it drops events that happen
 * meanwhile, and would replace the mask of an inode that another PATH names. A oneshot watch must not be
 * spent on an event that nobody asked for, so it gets nothing more. */
static uint32_t kernel_mask(const struct roots *r, const struct path *p, bool is_dir)
{
    uint32_t mask = r->events | flags_of(r, p);

    if (is_dir)
        mask = (mask & ~r->held_back) | r->needs;

    if (!(r->flags & IN_ONESHOT))
        mask |= IN_MOVE_SELF | (is_dir ? 0 : IN_ATTRIB);
    if (!(r->flags & IN_MASK_CREATE))
        mask |= IN_MASK_ADD;
    return mask;
}

int roots_watch(struct roots *r, struct path *p)
{
    for (int attempt = 0; attempt < 10; attempt++) {
        struct stat before, after;
        struct target *w;
        int err = stat_path(r, p, &before), wd;

        if (err < 0)
            return err;
        wd = backend_add(r->backend, p->given, kernel_mask(r, p, S_ISDIR(before.st_mode)));
        if (wd < 0)
            return wd;
        err = stat_path(r, p, &after);
        if (err == 0 && before.st_dev == after.st_dev && before.st_ino == after.st_ino) {
            w = target_add(r->set, wd, S_ISDIR(after.st_mode));
            if (!w)
                return -ENOMEM;
            p->dev = after.st_dev;
            p->ino = after.st_ino;
            target_attach(r->set, w, p);
            return 0;
        }
        /* Replaced while we were at it: the watch may be on either. */
        if (!target_find(r->set, wd))
            backend_remove(r->backend, wd);
        if (err < 0)
            return err;
    }
    return -EAGAIN;
}

int roots_watch_more(struct roots *r, const struct path *p, uint32_t extra)
{
    const uint32_t keep = flags_of(r, p) & (IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_ONLYDIR);
    const int wd = backend_add(r->backend, p->given, extra | keep | IN_MASK_ADD);

    return wd < 0 ? wd : 0;
}

/* Watch the parent of what the absolute path `real` names; `real` is cut there. Returns 0 and an owned name,
 * or -errno. */
static int watch_parent(struct roots *r, char *real, struct guard *g)
{
    char *const slash = strrchr(real, '/');

    if (!slash || slash[1] == '\0')
        return -ENOENT; /* the root directory stays */
    g->name = strdup(slash + 1);
    if (!g->name)
        return -ENOMEM;
    slash[slash == real] = '\0';
    g->wd = backend_add(r->guard_backend, real, IN_DELETE | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD);
    if (g->wd >= 0)
        return 0;
    free(g->name);
    return g->wd;
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

/* The kernel says nothing of a file of a cgroup when the cgroup is removed, and leaves its watch: kernfs does
 * not count the links of a file, so the inode never seems to be removed. It does say that the directory is.
 */
static bool goes_with_directory(const char *path)
{
    enum { CGROUP = 0x27E0EB, CGROUP2 = 0x63677270 };
    struct statfs fs;

    return statfs(path, &fs) == 0 && (fs.f_type == CGROUP || fs.f_type == CGROUP2);
}

static bool needs_guard(const struct roots *r, const struct path *p)
{
    return p->target && (p->target->is_dir || (r->flags & IN_ONESHOT) || goes_with_directory(p->given));
}

static void guard_path(struct roots *r, struct path *p)
{
    char *const real = realpath(p->given, NULL);
    char *const slash = real ? strrchr(real, '/') : NULL;
    struct guard g = {.path = p};

    if (slash && !p->target->is_dir && goes_with_directory(real))
        *slash = '\0';
    if (real && watch_parent(r, real, &g) == 0)
        r->guards[r->guard_count++] = g;
    free(real);
}

int roots_guard(struct roots *r, const struct path_list *list)
{
    r->guards = calloc(list->count + 1, sizeof(*r->guards));
    if (!r->guards)
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        if (!needs_guard(r, list->items[i]))
            continue;
        if (!r->guard_backend && backend_open(&r->guard_backend, GUARD_BUFFER_SIZE) < 0)
            return 0;
        guard_path(r, list->items[i]);
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

/* The next event of a guard into r->guard_event. */
static bool next_guard_event(struct roots *r)
{
    if (!r->guard_backend)
        return false;
    while (queue_next(backend_queue(r->guard_backend), &r->guard_event) <= 0)
        if (backend_read(r->guard_backend) <= 0)
            return false;
    return true;
}

struct path *roots_next_guarded(struct roots *r, bool *lost)
{
    const struct event *const ev = &r->guard_event;

    for (;;) {
        if (r->guard_position > 0 && r->guard_position <= r->guard_count) {
            const struct guard *const g = &r->guards[r->guard_position - 1];

            if (g->wd == ev->wd && compare_name(ev->name, ev->name_len, g->name) == 0) {
                r->guard_position++;
                return g->path;
            }
        }
        r->guard_position = 0;
        if (!next_guard_event(r))
            return NULL;
        if (ev->mask & IN_Q_OVERFLOW)
            *lost = true;
        else if (ev->name_len > 0)
            r->guard_position = first_guard(r, ev->wd, ev->name, ev->name_len) + 1;
    }
}

bool roots_is_there(const struct roots *r, const struct path *p)
{
    struct stat st;
    const int err = stat_path(r, p, &st);

    if (err < 0)
        return err != -ENOENT && err != -ENOTDIR && err != -ELOOP; /* out of reach for now is not gone */
    return st.st_dev == p->dev && st.st_ino == p->ino;
}

enum path_end roots_judge_end(const struct roots *r, const struct path *p)
{
    struct stat st;

    if (p->target->is_unmounted)
        return END_UNMOUNTED;
    if (stat_path(r, p, &st) < 0)
        return p->target->has_moved ? END_MOVED : END_REMOVED;
    if (st.st_dev == p->dev && st.st_ino == p->ino)
        return r->flags & IN_ONESHOT ? END_SPENT : END_MOVED; /* and back */
    return st.st_dev != p->dev || mount_point_is(p->given) ? END_COVERED : END_REPLACED;
}

bool roots_is_watched(const struct roots *r, const struct path *p)
{
    return roots_is_there(r, p) && backend_is_watched(r->backend, p->given, flags_of(r, p)) != 0;
}

void roots_free(struct roots *r)
{
    for (size_t i = 0; i < r->guard_count; i++)
        free(r->guards[i].name);
    free(r->guards);
    backend_close(r->guard_backend);
    r->guards = NULL;
    r->guard_count = 0;
    r->guard_backend = NULL;
}
