/* whole.c: which names belong to complete files, and waiting for those that do not yet.
 * Neighbours: tap.c asks, writer.c knows who writes, tree.c leads to the directory. */
#include "whole.h"

#include "home.h"
#include "tap.h"
#include "writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* So many names are waited for at most; what comes then is told at once, though it may be told again. */
#define WAITING_MAX ((size_t)1024)

/* Between the CREATE of open(2) and its counting as a writer are some instructions. A process that loses its
 * processor there has it again by then. */
#define NEW_FILE_NS INT64_C(10000000)

/* Of a file that may be open, where the kernel does not say so: it counts as complete once it has not changed
 * for so long. */
#define QUIET_NS INT64_C(1000000000)

#define COMPLETE ((uint32_t)(IN_CLOSE_WRITE | IN_MOVED_TO))

void whole_start(struct whole *w, uint32_t events, uint32_t flags, bool is_raw)
{
    *w = (struct whole){.due_ns = -1};
    w->finds = (events & COMPLETE) && !(events & IN_CREATE);
    w->links = w->finds && (events & COMPLETE) == COMPLETE && !(flags & IN_ONESHOT) && !is_raw;
    w->hides = !is_raw;
    if (w->finds)
        writer_start();
}

void whole_free(struct whole *w)
{
    for (size_t i = 0; i < w->capacity; i++)
        free(w->waiting[i].name);
    free(w->waiting);
    free(w->path);
    *w = (struct whole){0};
}

uint32_t whole_needs(const struct whole *w, bool recursive)
{
    return (w->links ? (uint32_t)IN_CREATE : 0) | (w->finds && recursive ? (uint32_t)IN_CLOSE_WRITE : 0);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- the place of a name ---- */

static uint32_t node_of(const struct tap *tap, int wd)
{
    return tap->watches ? watch_find(tap->watches, wd) : WATCH_NONE;
}

/* The PATH of a directory that is in no tree; NULL if it is let go of. */
static const struct path *path_of(const struct tap *tap, int wd)
{
    const struct target *const w = target_find(tap->set, wd);

    return w && !w->let_go ? w->paths : NULL;
}

/* Make whole.path lead to a name from the working directory. Returns 0 or -errno. */
static int enter(struct tap *tap, const struct event *ev)
{
    struct whole *const whole = &tap->whole;
    const uint32_t node = node_of(tap, ev->wd);
    const struct path *const p = node ? NULL : path_of(tap, ev->wd);
    const size_t before = p ? p->joined_len : 0;

    if (!node && !p)
        return -ENOENT;
    if (before + ev->name_len >= whole->path_size) {
        const size_t larger = 2 * (before + ev->name_len + 1);
        char *const more = realloc(whole->path, larger);

        if (!more)
            return -ENOMEM;
        whole->path = more;
        whole->path_size = larger;
    }
    if (p)
        memcpy(whole->path, p->joined, before);
    memcpy(whole->path + before, ev->name, ev->name_len);
    whole->path[before + ev->name_len] = '\0';
    return node ? tree_enter(tap->tree, node) : 0;
}

/* Only the directory of a tree was entered. */
static void leave(const struct tap *tap)
{
    if (tap->tree)
        home_return();
}

static bool is_kept(struct tap *tap, const struct event *ev)
{
    const uint32_t node = node_of(tap, ev->wd);

    return report_keeps(&tap->report, ev, node, node ? NULL : path_of(tap, ev->wd)) != 0;
}

static int tell(struct tap *tap, const struct event *ev)
{
    const uint32_t node = node_of(tap, ev->wd);
    const struct path *const p = node ? NULL : path_of(tap, ev->wd);

    if (node)
        return report_node_event(&tap->report, ev, node, MERGE_UNKNOWN, true);
    return p ? report_path_event(&tap->report, ev, p, true) : 0;
}

/* ---- waiting ---- */

/* NULL without memory, or if too much is waited for. */
static struct whole_waiting *add_waiting(struct whole *w, const struct event *ev, ino_t ino)
{
    struct whole_waiting *e;

    if (w->count == WAITING_MAX)
        return NULL;
    if (w->count == w->capacity) {
        const size_t larger = w->capacity ? 2 * w->capacity : 16;
        struct whole_waiting *const more = reallocarray(w->waiting, larger, sizeof(*more));

        if (!more)
            return NULL;
        memset(more + w->capacity, 0, (larger - w->capacity) * sizeof(*more));
        w->waiting = more;
        w->capacity = larger;
    }
    e = &w->waiting[w->count];
    if (e->name_size < ev->name_len) {
        char *const name = realloc(e->name, 2 * ev->name_len);

        if (!name)
            return NULL;
        e->name = name;
        e->name_size = 2 * ev->name_len;
    }
    memcpy(e->name, ev->name, ev->name_len);
    e->name_len = ev->name_len;
    e->dir_wd = ev->wd;
    e->file_wd = -1;
    e->due_ns = -1;
    e->mask = ev->mask;
    e->ino = ino;
    w->count++;
    return e;
}

/* Its memory stays, for the next. */
static void drop_waiting(struct whole *w, size_t position)
{
    const struct whole_waiting e = w->waiting[position];

    w->waiting[position] = w->waiting[--w->count];
    w->waiting[w->count] = e;
}

/* Remove the watch of a file unless another name waits for the same. */
static void unwatch(struct tap *tap, int file_wd)
{
    const struct whole *const w = &tap->whole;

    for (size_t i = 0; i < w->count; i++)
        if (w->waiting[i].file_wd == file_wd)
            return;
    if (file_wd >= 0)
        backend_remove(tap->backend, file_wd);
}

/* Somebody has the file in hand open for writing: have the file itself say when that ends. Returns
 * WRITER_SOME, or what else has become of it. */
static enum writer wait_for_file(struct tap *tap, const struct event *ev, struct writer_file *file)
{
    const int wd = backend_add(tap->backend, tap->whole.path, IN_CLOSE_WRITE | IN_DONT_FOLLOW | IN_MASK_ADD);
    struct whole_waiting *e;
    enum writer writer;

    if (wd < 0 || target_find(tap->set, wd))
        return WRITER_UNKNOWN;                   /* a PATH is told as that, and not by this name */
    writer = writer_look(tap->whole.path, file); /* it may have ended before the watch was there */
    e = writer == WRITER_SOME ? add_waiting(&tap->whole, ev, file->ino) : NULL;
    if (e) {
        e->file_wd = wd;
        return WRITER_SOME;
    }
    unwatch(tap, wd);
    return writer == WRITER_SOME ? WRITER_UNKNOWN : writer;
}

/* Look at it again later. Returns whether there is room for that. */
static bool wait_for_time(struct whole *w, const struct event *ev, const struct writer_file *file,
                          int64_t delay_ns)
{
    struct whole_waiting *const e = add_waiting(w, ev, file->ino);

    if (!e)
        return false;
    e->due_ns = now_ns() + delay_ns;
    e->mtime_ns = file->mtime_ns;
    e->size = file->size;
    if (w->due_ns < 0 || e->due_ns < w->due_ns)
        w->due_ns = e->due_ns;
    return true;
}

/* ---- the judgement ---- */

/* Is CLOSE_WRITE of a name still to be told? Returns 1, 0 or -errno. */
static int is_closing(struct tap *tap, const struct event *ev, bool read)
{
    struct queue *const queue = backend_queue(tap->backend);
    int closing = queue_closing(queue, ev->wd, ev->name, ev->name_len);

    if (closing == 0 && read) {
        closing = backend_catch_up(tap->backend);
        if (closing == 0)
            closing = queue_closing(queue, ev->wd, ev->name, ev->name_len);
    }
    return closing;
}

struct question {
    bool in_walk; /* the queue was read a moment ago, and the working directory is to stay */
    bool is_end;  /* there will be no later look */
    const struct whole_waiting *before; /* what was known when it was looked at last; NULL: it was not */
};

/* Is a file that seems complete to be looked at again later, and how long from now? 0: it is not. */
static int64_t doubt(const struct question *q, enum writer writer, const struct writer_file *file)
{
    const struct whole_waiting *const before = q->before;

    if (q->is_end)
        return 0;
    if (writer == WRITER_NONE)
        return file->is_new && !before ? NEW_FILE_NS : 0;
    if (!file->may_be_open)
        return 0;
    return before && before->mtime_ns == file->mtime_ns && before->size == file->size ? 0 : QUIET_NS;
}

/* Is the file of a name complete, and is nothing else going to tell that? Where it cannot be known it is, for
 * it is better told twice than never. Returns 1, 0 or -errno. */
static int judge(struct tap *tap, const struct event *ev, const struct question *question)
{
    struct writer_file file = {0};
    enum writer writer = WRITER_UNKNOWN;
    int64_t delay_ns;
    int err = is_closing(tap, ev, !question->in_walk);

    if (err != 0)
        return err < 0 ? err : 0;
    err = enter(tap, ev);
    if (err == 0)
        writer = writer_look(tap->whole.path, &file);
    if (writer == WRITER_SOME)
        writer = wait_for_file(tap, ev, &file);
    if (!question->in_walk)
        leave(tap);
    if (err == -ENOMEM)
        return err;
    if (writer == WRITER_NO_FILE || writer == WRITER_SOME ||
        (question->before && question->before->ino != file.ino))
        return 0;
    err = is_closing(tap, ev, true);
    if (err != 0)
        return err < 0 ? err : 0;
    delay_ns = doubt(question, writer, &file);
    return delay_ns == 0 || !wait_for_time(&tap->whole, ev, &file, delay_ns);
}

static int tell_if_complete(struct tap *tap, const struct event *ev, const struct question *question)
{
    int verdict = 0;

    if (!report_is_full(&tap->report) && is_kept(tap, ev))
        verdict = judge(tap, ev, question);
    return verdict > 0 ? tell(tap, ev) : verdict;
}

int whole_created(struct tap *tap, const struct event *ev)
{
    if (own_is_at(&tap->own, ev))
        return 0;
    return tell_if_complete(tap, ev, &(struct question){0});
}

int whole_found(struct tap *tap, const struct event *ev)
{
    if (own_is_at(&tap->own, ev))
        return 0;
    return tell_if_complete(tap, ev, &(struct question){.in_walk = true});
}

/* ---- later ---- */

static struct event event_of(const struct whole_waiting *e, uint32_t mask)
{
    return (struct event){.wd = e->dir_wd, .mask = mask, .name = e->name, .name_len = e->name_len};
}

/* A file that was waited for has been closed by somebody. Is it complete under this name? Returns 1, 0 if it
 * is still waited for, -ENOENT if it does not have this name any more or will be told by it, or another
 * -errno. */
static int is_finished(struct tap *tap, const struct whole_waiting *e, const struct event *ev)
{
    struct writer_file file = {0};
    enum writer writer = WRITER_UNKNOWN;
    int err = is_closing(tap, ev, false);

    if (err != 0)
        return err < 0 ? err : -ENOENT;
    err = enter(tap, ev);
    if (err == 0)
        writer = writer_look(tap->whole.path, &file);
    leave(tap);
    if (err < 0)
        return err == -ENOMEM ? err : -ENOENT;
    if (writer == WRITER_NO_FILE || file.ino != e->ino)
        return -ENOENT;
    return writer != WRITER_SOME;
}

int whole_file_event(struct tap *tap, const struct event *ev)
{
    struct whole *const w = &tap->whole;
    int err = 0;

    for (size_t i = 0; i < w->count && err == 0;) {
        const struct event closed = event_of(&w->waiting[i], IN_CLOSE_WRITE);
        int finished = w->waiting[i].file_wd == ev->wd ? -ENOENT : 0;

        if (finished != 0 && (ev->mask & IN_CLOSE_WRITE))
            finished = is_finished(tap, &w->waiting[i], &closed);
        if (finished == 0) {
            i++;
            continue;
        }
        err = finished > 0 ? tell(tap, &closed) : finished == -ENOENT ? 0 : finished;
        drop_waiting(w, i);
        if (!(ev->mask & IN_IGNORED))
            unwatch(tap, ev->wd);
    }
    return err;
}

void whole_closed(struct tap *tap, const struct event *ev)
{
    struct whole *const w = &tap->whole;

    for (size_t i = 0; i < w->count; i++) {
        const struct whole_waiting *const e = &w->waiting[i];
        const int file_wd = e->file_wd;

        if (e->dir_wd != ev->wd || e->name_len != ev->name_len ||
            memcmp(e->name, ev->name, ev->name_len) != 0)
            continue;
        drop_waiting(w, i);
        unwatch(tap, file_wd);
        return;
    }
}

void whole_lost(struct tap *tap)
{
    struct whole *const w = &tap->whole;

    for (size_t i = 0; i < w->count; i++)
        w->waiting[i].due_ns = w->due_ns = 0;
}

/* Take one that is due out of those that are waited for; its name is the caller's. */
static bool take_due(struct tap *tap, int64_t until_ns, struct whole_waiting *e)
{
    struct whole *const w = &tap->whole;

    for (size_t i = 0; i < w->count; i++) {
        if (w->waiting[i].due_ns < 0 || w->waiting[i].due_ns > until_ns)
            continue;
        *e = w->waiting[i];
        w->waiting[i].name = NULL;
        w->waiting[i].name_size = 0;
        drop_waiting(w, i);
        unwatch(tap, e->file_wd);
        return true;
    }
    return false;
}

int whole_look(struct tap *tap, bool is_end)
{
    struct whole *const w = &tap->whole;
    const int64_t until_ns = is_end ? INT64_MAX : now_ns();
    struct whole_waiting e;
    int err = 0;

    if (w->due_ns < 0 || w->due_ns > until_ns)
        return 0;
    report_set_time(&tap->report);
    while (err == 0 && take_due(tap, until_ns, &e)) {
        const struct event ev = event_of(&e, e.mask);

        err = tell_if_complete(tap, &ev, &(struct question){.is_end = is_end, .before = &e});
        free(e.name);
    }
    w->due_ns = -1;
    for (size_t i = 0; i < w->count; i++)
        if (w->waiting[i].due_ns >= 0 && (w->due_ns < 0 || w->waiting[i].due_ns < w->due_ns))
            w->due_ns = w->waiting[i].due_ns;
    return report_flush_after(&tap->report, err);
}

/* ---- files without a name ---- */

static bool is_number(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

/* Does something have the name, or has something had it since the event? Returns 1, 0 or -errno. */
static int is_name(struct tap *tap, const struct event *ev)
{
    struct stat st;
    int64_t pending;
    int err = enter(tap, ev);
    const bool is_there = err == 0 && lstat(tap->whole.path, &st) == 0;

    leave(tap);
    if (err == -ENOMEM || is_there)
        return is_there ? 1 : err;
    err = backend_catch_up(tap->backend);
    pending = err < 0 ? err : queue_pending(backend_queue(tap->backend), ev->wd, ev->name, ev->name_len);
    return pending < 0 ? (int)pending : pending > 0;
}

int whole_is_nameless(struct tap *tap, const struct event *ev)
{
    struct whole *const w = &tap->whole;
    int named;

    if (ev->mask & QUEUE_NAMING) {
        w->nameless.name_len = 0; /* a file has that name, or has had it */
        return 0;
    }
    if (ev->name_len > sizeof(w->nameless.name) || !is_number(ev->name + 1, ev->name_len - 1))
        return 0;
    if (w->nameless.name_len == ev->name_len && w->nameless.wd == ev->wd &&
        memcmp(w->nameless.name, ev->name, ev->name_len) == 0)
        return 1;
    named = is_name(tap, ev);
    if (named == 0) {
        w->nameless.wd = ev->wd;
        w->nameless.name_len = ev->name_len;
        memcpy(w->nameless.name, ev->name, ev->name_len);
    }
    return named < 0 ? named : !named;
}
