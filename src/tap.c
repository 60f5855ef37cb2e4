/* tap.c: from a batch of events to records, and what an event means for the watches themselves.
 * Neighbours: the backend before it, format.c and output.c behind it, roots.c and target.c at its side. */
#include "tap.h"

#include <errno.h>
#include <time.h>

/* ---- records ---- */

/* Number it, format it, hand it to the output. Returns 0 or -errno. */
static int emit(struct tap *tap, struct record *r)
{
    char *const room = output_reserve(tap->output, format_bound(tap->format, r));

    if (!room)
        return output_error(tap->output);
    r->seq = ++tap->seq;
    output_commit(tap->output, format_record(tap->format, r, room));
    return 0;
}

/* An event under one PATH; p is NULL for one that concerns none (Q_OVERFLOW). */
static int emit_event(struct tap *tap, const struct event *ev, const struct path *p, bool synthetic)
{
    const bool named = ev->name_len > 0;
    struct record r = {
        .wd = ev->wd,
        .mask = ev->mask,
        .cookie = ev->cookie,
        .len = ev->len,
        .path = "",
        .watched = "",
        .name = ev->name,
        .name_len = ev->name_len,
        .synthetic = synthetic,
    };

    if (tap_is_full(tap))
        return 0;
    tap->reported++;
    if (p) {
        r.path = named ? p->joined : p->given;
        r.path_len = named ? p->joined_len : p->given_len;
        r.watched = p->target->is_dir ? p->joined : p->given;
        r.watched_len = p->target->is_dir ? p->joined_len : p->given_len;
    }
    return emit(tap, &r);
}

/* An event under the PATHs that name what is watched: a directory under the first, a file under each. */
static int emit_watch(struct tap *tap, const struct event *ev, const struct target *w)
{
    int err = 0;

    for (const struct path *p = w->paths; p && err == 0; p = w->is_dir ? NULL : p->next)
        err = emit_event(tap, ev, p, false);
    return err;
}

static void set_time(struct tap *tap)
{
    struct timespec now;

    clock_gettime(tap->clock, &now);
    format_set_time(tap->format, &now);
}

int tap_announce(struct tap *tap, const char *label)
{
    struct record r = {.wd = -1, .label = label, .path = "", .watched = "", .name = ""};
    int err;

    set_time(tap);
    err = emit(tap, &r);
    return err < 0 ? err : output_flush(tap->output);
}

/* ---- PATHs that go ---- */

/* The kernel will not say IGNORED for this PATH: say it ourselves, and forget the PATH. */
static int drop_path(struct tap *tap, struct path *p)
{
    const struct event ignored = {.wd = p->target->wd, .mask = IN_IGNORED, .name = ""};
    const bool reported = !p->target->is_dir || p->target->paths == p;
    const int err = reported ? emit_event(tap, &ignored, p, true) : 0;

    target_detach(tap->set, p);
    return err;
}

static void forget(struct tap *tap, struct target *w)
{
    if (w->absent != ABSENT_NOT)
        tap->absent--;
    target_remove(tap->set, w);
}

/* PATH does not name any more what is watched for it. Other names of the same inode stay watched; without
 * one, the watch is removed, and the kernel says IGNORED. */
static int let_go(struct tap *tap, struct path *p)
{
    struct target *const w = p->target;

    if (w->paths != p || p->next)
        return drop_path(tap, p);
    w->let_go = true;
    backend_remove(tap->backend, w->wd);
    return 0;
}

/* Of a directory that somebody holds the kernel says DELETE_SELF only later: say it in its place. */
static int say_removed(struct tap *tap, const struct target *w)
{
    const struct event removed = {.wd = w->wd, .mask = IN_DELETE_SELF, .name = ""};

    return tap->events & IN_DELETE_SELF ? emit_event(tap, &removed, w->paths, true) : 0;
}

static void mark_absent(struct tap *tap, struct target *w)
{
    if (w->absent != ABSENT_NOT)
        return;
    w->absent = ABSENT_SEEN;
    tap->absent++;
}

/* Look whether the PATHs of a watch still name it. The last one that does not is let go at once if it was
 * moved; if it was removed the kernel is given time, for its own DELETE_SELF and IGNORED come a moment after
 * what made us look, unless the inode lives on (open somewhere, or under other names). */
static int verify(struct tap *tap, struct target *w, bool moved)
{
    int err = 0;

    if (w->let_go)
        return 0;
    for (struct path *p = w->paths, *next; p && err == 0; p = next) {
        next = p->next;
        if (roots_is_there(tap->roots, p))
            continue;
        if (w->paths != p || p->next || moved)
            err = let_go(tap, p);
        else
            mark_absent(tap, w);
    }
    if (w->absent == ABSENT_NOT)
        w->removed = false;
    return err;
}

/* The time is up for a watch that was marked absent. If the kernel has dropped it already, its IGNORED would
 * have come by now: it was lost, and is said in its place. */
static int end_absence(struct tap *tap, struct target *w)
{
    int err = 0;

    tap->absent--;
    w->absent = ABSENT_NOT;
    if (!w->let_go && roots_is_watched(tap->roots, w->paths))
        return 0;
    if (w->removed && !w->let_go)
        err = say_removed(tap, w);
    w->let_go = true;
    if (err < 0 || backend_remove(tap->backend, w->wd) == 0)
        return err;
    while (w->paths && err == 0)
        err = drop_path(tap, w->paths);
    forget(tap, w);
    return err;
}

int tap_check_absent(struct tap *tap)
{
    long queued;
    int err = 0;

    if (tap->bytes_read < tap->absence_mark)
        return 0; /* what the kernel has to say may still be in the queue */
    queued = backend_queued(tap->backend);
    tap->absence_mark = tap->bytes_read + (queued > 0 ? (uint64_t)queued : 0);
    set_time(tap);
    for (size_t i = 0; i < tap->paths->count && err == 0; i++) {
        struct target *const w = tap->paths->items[i]->target;

        if (w && w->absent == ABSENT_CHECKED)
            err = end_absence(tap, w);
        else if (w && w->absent == ABSENT_SEEN)
            w->absent = ABSENT_CHECKED;
    }
    return output_flush(tap->output) < 0 ? output_error(tap->output) : err;
}

static int verify_suspects(struct tap *tap)
{
    struct target *w;
    int err = 0;

    while (err == 0 && (w = target_take_suspect(tap->set)))
        err = verify(tap, w, false);
    return err;
}

/* Events are lost, and with them perhaps the IGNORED of a watch (inotify(7) loses any event): look at every
 * PATH. What seems dead is only marked: the end of it may be queued behind the overflow. */
static int verify_everything(struct tap *tap)
{
    int err = 0;

    tap->overflowed = false;
    for (size_t i = 0; i < tap->paths->count && err == 0; i++) {
        struct path *const p = tap->paths->items[i];

        if (!p->target || (!p->target->let_go && roots_is_watched(tap->roots, p)))
            continue;
        if ((p->target->paths != p || p->next) && !roots_is_there(tap->roots, p))
            err = drop_path(tap, p);
        else
            mark_absent(tap, p->target);
    }
    tap_find_own_output(tap);
    return err;
}

int tap_check_guards(struct tap *tap)
{
    const struct path *p;
    bool lost = false;
    int err;

    set_time(tap);
    while ((p = roots_next_guarded(tap->roots, &lost))) {
        if (p->target) {
            p->target->removed = p->target->is_dir;
            target_suspect(tap->set, p->target);
        }
    }
    for (size_t i = 0; lost && i < tap->paths->count; i++)
        if (tap->paths->items[i]->target)
            target_suspect(tap->set, tap->paths->items[i]->target);
    err = verify_suspects(tap);
    return output_flush(tap->output) < 0 ? output_error(tap->output) : err;
}

/* ---- events ---- */

/* Reported: what was asked for, and what the kernel says unasked; inotap's own needs are not. Bits that
 * nobody knows are never held back. */
static bool is_wanted(const struct tap *tap, uint32_t mask)
{
    const uint32_t own_needs = IN_ALL_EVENTS & ~tap->events;

    return (mask & ~(own_needs | IN_ISDIR)) != 0 || mask == 0;
}

static int handle_ignored(struct tap *tap, const struct event *ev, struct target *w)
{
    const int err = emit_watch(tap, ev, w);

    forget(tap, w);
    return err;
}

static int handle_watched(struct tap *tap, const struct event *ev, struct target *w)
{
    int err = 0;

    if (w->let_go)
        return 0;
    if (is_wanted(tap, ev->mask))
        err = emit_watch(tap, ev, w);
    if (err == 0 && (ev->mask & IN_MOVE_SELF))
        err = verify(tap, w, true); /* at once: what follows in the queue may have happened elsewhere */
    else if ((ev->mask & IN_ATTRIB) && ev->name_len == 0)
        target_suspect(tap->set, w); /* perhaps its link count: a name of it was removed */
    return err;
}

static int handle(struct tap *tap, const struct event *ev)
{
    struct target *w;

    if (own_event(&tap->own, ev))
        return 0;
    if (ev->mask & IN_Q_OVERFLOW)
        tap->overflowed = true;
    if (ev->wd < 0)
        return emit_event(tap, ev, NULL, false);
    w = target_find(tap->set, ev->wd);
    if (!w)
        return 0; /* the rest of a watch that is over */
    return ev->mask & IN_IGNORED ? handle_ignored(tap, ev, w) : handle_watched(tap, ev, w);
}

static int handle_all(struct tap *tap)
{
    struct event ev;
    int got, err;

    while ((got = backend_next(tap->backend, &ev)) > 0) {
        err = handle(tap, &ev);
        if (err < 0 || tap_is_full(tap))
            return err;
    }
    return got;
}

long tap_batch(struct tap *tap)
{
    bool drained;
    const long n = backend_read(tap->backend, &drained);
    int err;

    if (n <= 0)
        return n;
    tap->bytes_read += (uint64_t)n;
    set_time(tap);
    err = handle_all(tap);
    if (err == 0)
        err = output_flush(tap->output); /* before looking at anything */
    if (err == 0 && tap->overflowed)
        err = verify_everything(tap);
    if (err == 0)
        err = verify_suspects(tap);
    if (drained)
        own_drained(&tap->own);
    if (drained && own_is_lost(&tap->own))
        tap_find_own_output(tap);
    if (output_flush(tap->output) < 0)
        return output_error(tap->output);
    return err < 0 ? err : n;
}

int tap_drain(struct tap *tap)
{
    long left = backend_queued(tap->backend);

    if (left < 0)
        return (int)left;
    while (left > 0 && !tap_is_full(tap)) {
        const long n = tap_batch(tap);

        if (n <= 0)
            return (int)n;
        left -= n; /* below 0 where more had come by then */
    }
    return 0;
}

bool tap_is_full(const struct tap *tap)
{
    return tap->limit > 0 && tap->reported >= tap->limit;
}

bool tap_is_bereft(const struct tap *tap)
{
    return target_path_count(tap->set) == 0;
}

/* ---- the output in a watched directory ---- */

/* The output may be moved to any watched directory, and must be recognised there as well. Best effort: where
 * the kernel refuses, it is still known by the name it has now. */
static void follow_own_output(struct tap *tap)
{
    for (size_t i = 0; i < tap->paths->count; i++) {
        const struct path *const p = tap->paths->items[i];

        if (p->target && !p->target->let_go && p->target->is_dir)
            roots_watch_more(tap->roots, p, OWN_NEEDS);
    }
}

void tap_find_own_output(struct tap *tap)
{
    own_identify(&tap->own, output_fd(tap->output), output_file(tap->output));
    for (size_t i = 0; i < tap->paths->count; i++) {
        const struct path *const p = tap->paths->items[i];

        if (p->target && !p->target->let_go)
            own_found(&tap->own, p->dev, p->ino, p->target->wd);
    }
    if (tap->own.named && !tap->own.followed && !(tap->roots->flags & IN_ONESHOT)) {
        follow_own_output(tap);
        tap->own.followed = true;
    }
}

int tap_reopen(struct tap *tap, int *reopen_error)
{
    int err = tap_drain(tap);

    *reopen_error = 0;
    if (err < 0)
        return err;
    own_reopening(&tap->own);
    *reopen_error = output_reopen(tap->output);
    err = output_error(tap->output);
    if (err == 0)
        tap_find_own_output(tap);
    return err;
}
