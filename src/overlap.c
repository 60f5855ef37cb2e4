/* overlap.c: an event that two watches report is told once.
 * Neighbours: tap.c tells events, queue.c finds what is queued behind one. */
#include "overlap.h"

#include "tap.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

/* What a directory and a file in it say alike. */
#define ALIKE ((uint32_t)(IN_ACCESS | IN_MODIFY | IN_ATTRIB | IN_CLOSE | IN_OPEN))

/* ---- which ---- */

/* A PATH as an entry of a directory. */
struct overlap_entry {
    struct overlap_entry *next,
        **at; /* in its bucket by name, those of one name by the rank of their PATHs */
    struct overlap_entry *next_in_directory, **at_in_directory; /* in its bucket by directory */
    struct path *path;
    dev_t dev; /* of the directory */
    ino_t ino;
    int wd; /* of the directory; -1: it is not watched, and the entry is not found by name */
    size_t name_len;
    char name[];
};

#define FIRST_BUCKETS ((size_t)64)

static struct overlap_entry **name_bucket(const struct overlap *o, int wd, const char *name, size_t len)
{
    uint64_t hash = (uint64_t)wd;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001B3);
    return &o->by_name[(hash >> 20) & (o->bucket_count - 1)];
}

static struct overlap_entry **directory_bucket(const struct overlap *o, dev_t dev, ino_t ino)
{
    const uint64_t hash = ((uint64_t)ino ^ (uint64_t)dev << 32) * UINT64_C(0x9E3779B97F4A7C15);

    return &o->by_directory[(hash >> 20) & (o->bucket_count - 1)];
}

static bool has_name(const struct overlap_entry *e, int wd, const char *name, size_t name_len)
{
    return e->wd == wd && e->name_len == name_len && memcmp(e->name, name, name_len) == 0;
}

/* Let it be found by its name in a directory that is watched by wd. */
static void place(struct overlap *o, struct overlap_entry *e, int wd)
{
    struct overlap_entry **at;

    if (e->wd >= 0) {
        *e->at = e->next;
        if (e->next)
            e->next->at = e->at;
        o->count--;
    }
    e->wd = wd;
    if (wd < 0)
        return;
    at = name_bucket(o, wd, e->name, e->name_len);
    while (*at && !(has_name(*at, wd, e->name, e->name_len) && (*at)->path->rank > e->path->rank))
        at = &(*at)->next;
    e->next = *at;
    e->at = at;
    if (e->next)
        e->next->at = &e->next;
    *at = e;
    o->count++;
}

static void drop_entry(struct overlap *o, struct overlap_entry *e)
{
    place(o, e, -1);
    *e->at_in_directory = e->next_in_directory;
    if (e->next_in_directory)
        e->next_in_directory->at_in_directory = e->at_in_directory;
    e->path->entry = NULL;
    free(e);
    o->entry_count--;
}

/* Make room for so many entries. Returns whether there is. */
static bool make_buckets(struct overlap *o, size_t entry_count)
{
    o->bucket_count = FIRST_BUCKETS;
    while (o->bucket_count < entry_count)
        o->bucket_count *= 2;
    o->by_name = calloc(o->bucket_count, sizeof(struct overlap_entry *));
    o->by_directory = calloc(o->bucket_count, sizeof(struct overlap_entry *));
    if (o->by_name && o->by_directory)
        return true;
    overlap_free(o);
    return false;
}

/* An entry that is not found by its name yet. NULL without memory. */
static struct overlap_entry *add_entry(struct overlap *o, struct path *p, const struct stat *directory,
                                       const char *name)
{
    const size_t name_len = strlen(name);
    struct overlap_entry *const e = malloc(sizeof(*e) + name_len);
    struct overlap_entry **at;

    if (!e)
        return NULL;
    *e = (struct overlap_entry){
        .path = p, .dev = directory->st_dev, .ino = directory->st_ino, .wd = -1, .name_len = name_len};
    memcpy(e->name, name, name_len);
    at = directory_bucket(o, e->dev, e->ino);
    e->next_in_directory = *at;
    e->at_in_directory = at;
    if (e->next_in_directory)
        e->next_in_directory->at_in_directory = &e->next_in_directory;
    *at = e;
    p->entry = e;
    o->entry_count++;
    return e;
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

/* What another PATH in the same directory has found is as good as to ask, which costs the kernel time for
 * each entry of the directory (fsnotify_set_children_dentry_flags()). at_once: all PATHs are being looked up,
 * so that also what is not watched is so still. Returns false if there is none. */
static bool ask_neighbour(const struct tap *tap, const struct overlap_entry *e, bool at_once, int *wd)
{
    const struct overlap_entry *other = e->next_in_directory;

    if (!other || other->dev != e->dev || other->ino != e->ino)
        return false;
    *wd = other->wd;
    if (*wd < 0)
        return at_once;
    return !tap->watches || watch_find(tap->watches, *wd);
}

/* The descriptor by which the directory of an entry is watched; -1 if it is not. */
static int wd_of_directory(struct tap *tap, const struct directories *directories, const char *path,
                           const struct overlap_entry *e)
{
    const struct directory wanted = {.dev = e->dev, .ino = e->ino};
    const struct directory *found;
    int wd;

    if (ask_neighbour(tap, e, directories->items != NULL, &wd))
        return wd;
    if (tap->tree)
        return tree_wd_at(tap->tree, path);
    found = bsearch(&wanted, directories->items, directories->count, sizeof(wanted), by_inode);
    return found ? found->wd : -1;
}

/* directories: those among the PATHs; not needed with a tree. */
static void find_one(struct tap *tap, const struct directories *directories, struct path *p)
{
    struct overlap *const o = &tap->overlap;
    char *const real = roots_real_path(tap->roots, p);
    char *const slash = real ? strrchr(real, '/') : NULL;
    struct overlap_entry *e = NULL;
    struct stat directory;
    char *name;

    if (p->entry)
        drop_entry(o, p->entry);
    name = slash ? strdup(slash + 1) : NULL;
    if (name) {
        slash[slash == real] = '\0'; /* the root keeps its slash */
        e = stat(real, &directory) == 0 ? add_entry(o, p, &directory, name) : NULL;
    }
    if (e)
        place(o, e, wd_of_directory(tap, directories, real, e));
    free(name);
    free(real);
}

void overlap_free(struct overlap *o)
{
    for (size_t i = 0; o->by_directory && i < o->bucket_count; i++) {
        for (struct overlap_entry *e = o->by_directory[i], *next; e; e = next) {
            next = e->next_in_directory;
            e->path->entry = NULL;
            free(e);
        }
    }
    free(o->by_name);
    free(o->by_directory);
    *o = (struct overlap){0};
}

static bool is_needed(const struct tap *tap)
{
    return tap->paths->count >= 2 && !tap->all && !(tap->roots->flags & IN_ONESHOT) && (tap->events & ALIKE);
}

/* In a tree directories are told once anyway. */
static bool is_entry(const struct tap *tap, const struct path *p)
{
    return p->target && !p->target->let_go && !(p->target->is_dir && tap->tree);
}

void overlap_find(struct tap *tap)
{
    struct overlap *const o = &tap->overlap;
    struct directories directories;

    overlap_free(o);
    if (!is_needed(tap))
        return;
    directories = list_directories(tap);
    o->is_filled = directories.count > 0 && make_buckets(o, tap->paths->count);
    /* From the last to the first, as those of one name are sorted by rank, and added quickest at the front.
     */
    for (size_t i = tap->paths->count; o->is_filled && i > 0; i--)
        if (is_entry(tap, tap->paths->items[i - 1]))
            find_one(tap, &directories, tap->paths->items[i - 1]);
    free(directories.items);
}

void overlap_came(struct tap *tap, struct path *p)
{
    static const struct directories none;
    struct overlap *const o = &tap->overlap;

    if (!is_needed(tap))
        return;
    if (!o->is_filled) {
        if (p->target->is_dir)
            overlap_find(tap);
        return;
    }
    if (p->target->is_dir)
        for (struct overlap_entry *e = *directory_bucket(o, p->dev, p->ino); e; e = e->next_in_directory)
            if (e->dev == p->dev && e->ino == p->ino)
                place(o, e, p->target->wd);
    if (is_entry(tap, p))
        find_one(tap, &none, p);
}

/* ---- what ---- */

/* The first entry of a name whose PATH is not gone; NULL: there is none. */
static const struct overlap_entry *first_entry(const struct overlap *o, int wd, const char *name,
                                               size_t name_len)
{
    const struct overlap_entry *e = *name_bucket(o, wd, name, name_len);

    while (e && !(has_name(e, wd, name, name_len) && e->path->target))
        e = e->next;
    return e;
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
    const struct overlap_entry *first;
    struct target *w;
    struct event echo;
    int err;

    if (o->count == 0 || !(ev->mask & ALIKE))
        return 0;
    first = first_entry(o, ev->wd, ev->name, ev->name_len);
    w = first ? first->path->target : NULL;
    if (!w || w->let_go)
        return 0;
    err = take_echo(tap, ev, w->wd, &echo);
    if (err <= 0)
        return err;
    err = 0;
    if (rank < first->path->rank)
        err = tap_emit_named(tap, ev);
    for (struct path *p = w->paths; p && err == 0; p = w->is_dir ? NULL : p->next) {
        const bool is_here = p->entry && has_name(p->entry, ev->wd, ev->name, ev->name_len);

        if (!is_here || (p == first->path && rank > p->rank))
            err = report_path_event(&tap->report, &echo, p, false);
    }
    if (echo.mask & IN_ATTRIB)
        tap_suspect(tap, w); /* perhaps its link count */
    return err < 0 ? err : 1;
}
