/* overlap.c: an event that two watches report is told once.
 * Neighbours: tap.c tells events, queue.c finds what is queued behind one. */
#include "overlap.h"

#include "tap.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

/* What a directory and a file in it say alike. */
#define ALIKE ((uint32_t)(IN_ACCESS | IN_MODIFY | IN_ATTRIB | IN_CLOSE | IN_OPEN))

/* ---- which ---- */

static int compare_names(const struct overlap_entry *e, int wd, const char *name, size_t name_len)
{
    if (e->wd != wd)
        return e->wd < wd ? -1 : 1;
    if (e->name_len != name_len)
        return e->name_len < name_len ? -1 : 1;
    return memcmp(e->name, name, name_len);
}

static int by_name_and_rank(const void *a, const void *b)
{
    const struct overlap_entry *const x = a, *const y = b;
    const int order = compare_names(x, y->wd, y->name, y->name_len);

    if (order != 0)
        return order;
    return x->path->rank < y->path->rank ? -1 : x->path->rank > y->path->rank;
}

/* The directories among the PATHs, sorted. */
struct directory {
    dev_t dev;
    ino_t ino;
    int wd;
};

struct directories {
    struct directory *items;
    size_t count;
};

static int by_inode(const void *a, const void *b)
{
    const struct directory *const x = a, *const y = b;

    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* None without memory. */
static struct directories list_directories(const struct tap *tap)
{
    struct directories d = {.items = calloc(tap->paths->count + 1, sizeof(*d.items))};

    for (size_t i = 0; d.items && i < tap->paths->count; i++) {
        const struct path *const p = tap->paths->items[i];

        if (p->target && p->target->is_dir && !p->target->let_go)
            d.items[d.count++] = (struct directory){.dev = p->dev, .ino = p->ino, .wd = p->target->wd};
    }
    if (d.count > 0)
        qsort(d.items, d.count, sizeof(*d.items), by_inode);
    return d;
}

/* The descriptor by which the directory at a path is watched; -1 if it is not. */
static int wd_of_directory(struct tap *tap, const struct directories *directories, const char *path)
{
    const struct directory *found;
    struct directory wanted;
    struct stat st;

    if (tap->tree)
        return tree_wd_at(tap->tree, path);
    if (stat(path, &st) < 0)
        return -1;
    wanted = (struct directory){.dev = st.st_dev, .ino = st.st_ino};
    found = bsearch(&wanted, directories->items, directories->count, sizeof(wanted), by_inode);
    return found ? found->wd : -1;
}

/* The absolute path of the file that is watched. A symbolic link that is watched itself is not resolved, but
 * what it is in is. NULL if it cannot be told. The caller frees it. */
static char *resolve(const struct path *p, bool follows)
{
    const char *const slash = strrchr(p->given, '/');
    const char *const name = slash ? slash + 1 : p->given;
    char *directory, *parent, *whole = NULL;

    if (follows)
        return realpath(p->given, NULL);
    directory = slash ? strndup(p->given, (size_t)(slash - p->given) + 1) : strdup(".");
    parent = directory ? realpath(directory, NULL) : NULL;
    if (parent && asprintf(&whole, "%s/%s", parent, name) < 0)
        whole = NULL;
    free(directory);
    free(parent);
    return whole;
}

static void find_one(struct tap *tap, const struct directories *directories, struct path *p)
{
    struct overlap *const o = &tap->overlap;
    char *const real = resolve(p, !(tap->roots->flags & IN_DONT_FOLLOW));
    char *const slash = real ? strrchr(real, '/') : NULL;
    struct overlap_entry *more;
    char *name;
    int wd;

    if (!slash) {
        free(real);
        return;
    }
    name = strdup(slash + 1);
    slash[slash == real] = '\0'; /* the root keeps its slash */
    wd = wd_of_directory(tap, directories, real);
    free(real);
    more = name && wd >= 0 ? reallocarray(o->entries, o->count + 1, sizeof(*more)) : NULL;
    if (!more) {
        free(name);
        return;
    }
    o->entries = more;
    o->entries[o->count++] =
        (struct overlap_entry){.wd = wd, .name = name, .name_len = strlen(name), .path = p};
}

void overlap_free(struct overlap *o)
{
    for (size_t i = 0; i < o->count; i++)
        free(o->entries[i].name);
    free(o->entries);
    *o = (struct overlap){0};
}

void overlap_find(struct tap *tap)
{
    struct overlap *const o = &tap->overlap;
    struct directories directories;

    overlap_free(o);
    if (tap->paths->count < 2 || tap->all || (tap->roots->flags & IN_ONESHOT) || !(tap->events & ALIKE))
        return;
    directories = list_directories(tap);
    for (size_t i = 0; directories.count > 0 && i < tap->paths->count; i++) {
        struct path *const p = tap->paths->items[i];

        /* In a tree directories are told once anyway. */
        if (p->target && !p->target->let_go && !(p->target->is_dir && tap->tree))
            find_one(tap, &directories, p);
    }
    free(directories.items);
    if (o->count > 0)
        qsort(o->entries, o->count, sizeof(*o->entries), by_name_and_rank);
}

/* ---- what ---- */

/* The first entry of a name, or the end of all. */
static size_t first_entry(const struct overlap *o, int wd, const char *name, size_t name_len)
{
    size_t begin = 0, end = o->count;

    while (begin < end) {
        const size_t middle = begin + (end - begin) / 2;

        if (compare_names(&o->entries[middle], wd, name, name_len) < 0)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

/* Take what the file itself says of an event out of the queue. Returns 1, 0 if it does not say it, or -errno.
 */
static int take_echo(struct tap *tap, const struct event *ev, int wd, struct event *echo)
{
    struct queue *const queue = backend_queue(tap->backend);
    const char *at = queue_find_echo(queue, wd, ev->mask, echo);

    if (!at) {
        const int err = backend_catch_up(tap->backend); /* it was cut off by the end of a read */

        if (err < 0)
            return err;
        at = queue_find_echo(queue, wd, ev->mask, echo);
    }
    if (at)
        queue_take(queue, at);
    return at != NULL;
}

int overlap_tell(struct tap *tap, const struct event *ev, size_t rank)
{
    const struct overlap *const o = &tap->overlap;
    size_t first, end;
    struct target *w;
    struct event echo;
    int err;

    if (o->count == 0 || !(ev->mask & ALIKE))
        return 0;
    first = first_entry(o, ev->wd, ev->name, ev->name_len);
    for (end = first; end < o->count && compare_names(&o->entries[end], ev->wd, ev->name, ev->name_len) == 0;)
        end++;
    while (first < end && !o->entries[first].path->target)
        first++; /* gone */
    w = first < end ? o->entries[first].path->target : NULL;
    if (!w || w->let_go)
        return 0;
    err = take_echo(tap, ev, w->wd, &echo);
    if (err <= 0)
        return err;
    err = 0;
    if (rank < o->entries[first].path->rank)
        err = tap_emit_named(tap, ev);
    for (struct path *p = w->paths; p && err == 0; p = w->is_dir ? NULL : p->next) {
        bool is_here = false;

        for (size_t i = first; i < end; i++)
            is_here |= o->entries[i].path == p;
        if (!is_here || (p == o->entries[first].path && rank > p->rank))
            err = report_path_event(&tap->report, &echo, p, false);
    }
    if (echo.mask & IN_ATTRIB)
        target_suspect(tap->set, w); /* perhaps its link count */
    return err < 0 ? err : 1;
}
