/* tap.c: from a batch of events to records, and what an event means for the watches themselves.
 * Neighbours: the backend before it, format.c and output.c behind it, roots.c and target.c at its side. */
#include "tap.h"

#include "presence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An event under the PATHs that name what is watched: a directory under the first, a file under each. */
static int emit_watch(struct tap *tap, const struct event *ev, const struct target *w)
{
    int err = 0;

    for (const struct path *p = w->paths; p && err == 0; p = w->is_dir || tap->under_first ? NULL : p->next)
        err = report_path_event(&tap->report, ev, p, false);
    return err;
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

    return err < 0 ? err : presence_ended(tap, w);
}

/* With --follow-name the directories tell which of its PATHs is concerned. The kernel says ATTRIB of each of
 * thousands of links that are removed, and all others would be looked at each time. */
void tap_suspect(struct tap *tap, struct target *w)
{
    if (!tap->names || w->paths == w->last_path)
        target_suspect(tap->set, w);
}

/* A PATH lay in another one, and has left its place there by itself or with a directory above it. If the PATH
 * still leads to the same directory, that has come back since: wait until its return is handled. */
static int await(const struct tap *tap, const struct path *p)
{
    const struct target *const w = p->target;

    return tap->tree && w && !w->let_go && w->absent == ABSENT_NOT ? tree_await_root(tap->tree, w->wd) : 0;
}

/* PATHs lie below a directory that has left its place: look at once, as what follows in the queue may have
 * happened elsewhere. */
static int verify_beneath(struct tap *tap)
{
    struct path *p;
    int err = 0;

    while (err == 0 && (p = beneath_next(tap)))
        err = presence_verify(tap, p->target, true);
    return err;
}

/* The watch set has followed the event. */
static int await_beneath(struct tap *tap)
{
    const struct path *p;
    int err = 0;

    beneath_rewind(tap);
    while (err == 0 && (p = beneath_next(tap)))
        err = await(tap, p);
    return err;
}

static bool is_leaving(const struct event *ev)
{
    return (ev->mask & (IN_MOVED_FROM | IN_ISDIR)) == (IN_MOVED_FROM | IN_ISDIR);
}

/* What an event means for the PATHs that name what it happened to. */
static int look_after(struct tap *tap, const struct event *ev, struct target *w)
{
    w->is_unmounted |= (ev->mask & IN_UNMOUNT) != 0;
    if (ev->mask & IN_MOVE_SELF) {
        const bool has_more = w->is_dir && beneath_begin(tap, w->paths, ev);
        struct path *const p = w->paths;
        const bool is_within = p && w->is_dir && tap->tree && beneath_is_within(tap, p);
        int err = presence_verify(tap, w, true); /* at once, too */

        if (err == 0 && is_within)
            err = await(tap, p);
        if (err == 0 && has_more)
            err = verify_beneath(tap);
        return err == 0 && has_more ? await_beneath(tap) : err;
    }
    if (!tap->tree && is_leaving(ev) && beneath_begin(tap, w->paths, ev))
        return verify_beneath(tap);
    if ((ev->mask & IN_ATTRIB) && ev->name_len == 0)
        tap_suspect(tap, w);
    return 0;
}

int tap_emit_named(struct tap *tap, const struct event *ev)
{
    const uint32_t node = tap->watches ? watch_find(tap->watches, ev->wd) : WATCH_NONE;
    const struct target *const w = node ? NULL : target_find(tap->set, ev->wd);

    if (node)
        return report_node_event(&tap->report, ev, node, MERGE_UNKNOWN, false);
    return w ? emit_watch(tap, ev, w) : 0;
}

static int handle_watched(struct tap *tap, const struct event *ev, struct target *w)
{
    int err = 0;

    if (w->let_go)
        return 0;
    if (whole_concerns(&tap->whole, ev->mask)) {
        err = whole_created(tap, ev);
    } else if (is_wanted(tap, ev->mask)) {
        err = tap->overlap.count > 0 && ev->name_len > 0 && w->paths ? overlap_tell(tap, ev, w->paths->rank)
                                                                     : 0;
        if (err == 0)
            err = emit_watch(tap, ev, w);
    }
    return err < 0 ? err : look_after(tap, ev, w);
}

/* The same change as the parent's watch reports it, with a name. */
static uint32_t as_parent_says(uint32_t mask)
{
    return mask & IN_DELETE_SELF ? IN_DELETE : mask & IN_MOVE_SELF ? IN_MOVED_FROM | IN_MOVED_TO : mask;
}

/* One change is one record: what a directory says of itself is left to its parent, if that is asked to say
 * it, unless everything is asked for. */
static bool is_said_twice(const struct tap *tap, const struct event *ev, uint32_t node)
{
    const uint32_t parent = watch_parent(tap->watches, node);

    if (tap->all || ev->name_len > 0 || !parent || watch_wd(tap->watches, parent) < 0 ||
        (ev->mask & IN_UNMOUNT))
        return false;
    if (watch_has(tap->watches, node, WATCH_ROOT) && (ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF)))
        return false;
    return as_parent_says(ev->mask) & IN_ALL_EVENTS & tap->events;
}

/* What happens in a directory that is to be looked up later will be told then. */
static bool is_owed(const struct tap *tap, const struct event *ev, uint32_t node)
{
    const uint32_t listed_by = ev->name_len > 0 ? node : watch_parent(tap->watches, node);

    return listed_by && watch_is_untold(tap->watches, listed_by);
}

static int tell_of_node(struct tap *tap, const struct event *ev, uint32_t node, const struct target *w)
{
    const struct path *p;
    int told = 0;

    if (w && ev->name_len == 0)
        return emit_watch(tap, ev, w);
    if (tap->overlap.count > 0 && (p = watch_path_given(tap->watches, node)))
        told = overlap_tell(tap, ev, p->rank);
    return told != 0 ? told : report_node_event(&tap->report, ev, node, MERGE_UNKNOWN, false);
}

static int handle_node_ignored(struct tap *tap, const struct event *ev, uint32_t node, struct target *w)
{
    int err = 0;

    if (!w && tap->all)
        err = report_node_event(&tap->report, ev, node, MERGE_UNKNOWN, false);
    if (err == 0)
        err = change_apply(&tap->change, ev, node);
    return err < 0 || !w ? err : handle_ignored(tap, ev, w);
}

static int handle_node(struct tap *tap, const struct event *ev, uint32_t node);

/* If the MOVED_TO replaced an entry as half of an exchange, handle the MOVED_FROM of that entry first. */
static int handle_swapped(struct tap *tap, const struct event *ev, uint32_t node)
{
    struct event from;
    const int err = change_is_swapped(&tap->change, ev, node, &from);

    return err > 0 ? handle_node(tap, &from, node) : err;
}

static int handle_node(struct tap *tap, const struct event *ev, uint32_t node)
{
    struct target *const w = watch_has(tap->watches, node, WATCH_ROOT) ? target_find(tap->set, ev->wd) : NULL;
    int err = ev->mask & IN_MOVED_TO ? handle_swapped(tap, ev, node) : 0;
    bool has_paths;

    if (err < 0)
        return err;
    if (ev->mask & IN_IGNORED)
        return handle_node_ignored(tap, ev, node, w);
    has_paths = is_leaving(ev) && beneath_begin_in(tap, node, ev);
    if (whole_concerns(&tap->whole, ev->mask))
        err = is_owed(tap, ev, node) ? 0 : whole_created(tap, ev);
    else if (is_wanted(tap, ev->mask) && !is_said_twice(tap, ev, node) && !is_owed(tap, ev, node))
        err = tell_of_node(tap, ev, node, w);
    /* A walk may find the directory elsewhere as the event is applied. It must tell nothing under a PATH that
     * does not lead there any more, so the PATHs are looked at before. */
    if (err >= 0 && has_paths)
        err = verify_beneath(tap);
    if (err >= 0)
        err = change_apply(&tap->change, ev, node);
    if (err == 0 && has_paths)
        err = await_beneath(tap);
    return err < 0 || !w ? err : look_after(tap, ev, w);
}

/* Everything was looked through, but for directories that are being renamed. */
static int say_resynced(struct tap *tap)
{
    if (!tap->resync_due || tree_owes_contents(tap->tree))
        return 0;
    tap->resync_due = false;
    return report_is_full(&tap->report) ? 0 : report_announce(&tap->report, "RESYNCED");
}

/* -EAGAIN: another loss is queued, and everything is looked at then. */
static int look_through(struct tap *tap)
{
    int err = presence_verify_all(tap); /* what is found is not to be told under a PATH that is gone */

    if (err < 0)
        return err;
    tap->overflowed = false;
    err = tree_look_through(tap->tree);
    tap->skipping = tap->all_compared && err == -EAGAIN;
    tap->change.exchange.stage = EXCHANGE_NONE;
    if (err == -EAGAIN)
        return 0;
    if (err == 0)
        err = tree_settle(tap->tree);
    tap->resync_due = true;
    return err < 0 ? err : say_resynced(tap);
}

/* Events are lost here: say it at once, and look through everything, unless that is due again already. */
static int handle_overflow(struct tap *tap, const struct event *ev)
{
    int err = report_path_event(&tap->report, ev, NULL, false);

    tap->overflowed = true;
    tap->resync_due = false;
    whole_lost(tap);
    if (err == 0)
        err = report_flush(&tap->report);
    if (err < 0 || !tap->tree)
        return err;
    if (tap->all_compared) {
        tap->skipping = true;
        tap->skipped_batches = 0;
        return 0;
    }
    err = queue_has_overflow(backend_queue(tap->backend));
    return err != 0 ? (err < 0 ? err : 0) : look_through(tap);
}

/* What happened between a loss and the look at everything is found by that. Only what it could not see is
 * kept in mind: watches that ended, and files that were written to. */
static int skip_node(struct tap *tap, const struct event *ev, uint32_t node)
{
    if (!(ev->mask & (IN_IGNORED | IN_MODIFY | IN_CLOSE_WRITE)))
        return 0;
    return change_apply(&tap->change, ev, node);
}

/* The queue is as good as empty, so that what is found will not be about to change much. */
#define SKIPPED_BATCHES_MAX 64

static int end_skipping(struct tap *tap, bool drained)
{
    if (tap_is_behind(tap) || (!drained && ++tap->skipped_batches < SKIPPED_BATCHES_MAX))
        return 0;
    tap->skipping = false;
    return look_through(tap);
}

static int handle(struct tap *tap, const struct event *ev)
{
    struct target *w;
    uint32_t node;
    int nameless = 0;

    if (own_event(&tap->own, ev))
        return 0;
    if (ev->name_len > 1 && ev->name[0] == '#' && tap->whole.hides)
        nameless = whole_is_nameless(tap, ev);
    if (nameless != 0)
        return nameless < 0 ? nameless : 0;
    if (tap->whole.count > 0 && ev->name_len > 0 && (ev->mask & IN_CLOSE_WRITE))
        whole_closed(tap, ev);
    if (ev->mask & IN_Q_OVERFLOW)
        return handle_overflow(tap, ev);
    if (ev->wd < 0)
        return report_path_event(&tap->report, ev, NULL, false);
    node = tap->watches ? watch_find(tap->watches, ev->wd) : WATCH_NONE;
    if (node && tap->skipping && (ev->name_len > 0 || !watch_has(tap->watches, node, WATCH_ROOT)))
        return skip_node(tap, ev, node);
    if (node)
        return handle_node(tap, ev, node);
    w = target_find(tap->set, ev->wd);
    if (!w) /* the rest of a watch that is over, if it is not that of a file */
        return tap->whole.count > 0 ? whole_file_event(tap, ev) : 0;
    return ev->mask & IN_IGNORED ? handle_ignored(tap, ev, w) : handle_watched(tap, ev, w);
}

/* ---- both halves of a rename ---- */

static int64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Has the first event waited for its other half long enough? Whatever was read by the time the wait began
 * need not wait again. */
static bool has_waited(struct tap *tap)
{
    struct tap_hold *const hold = &tap->hold;
    const uint64_t read = backend_bytes_read(tap->backend);
    const int64_t now_ns = monotonic_ns();

    if (hold->is_waived || read - queue_size(backend_queue(tap->backend)) < hold->waited_up_to)
        return true;
    if (!hold->is_on) {
        hold->is_on = true;
        hold->until_ns = now_ns + TAP_HOLD_NS;
        hold->began_at = read;
        return false;
    }
    if (now_ns < hold->until_ns)
        return false;
    hold->waited_up_to = hold->began_at;
    return true;
}

static bool is_watched(const struct tap *tap, int wd)
{
    return (tap->watches && watch_find(tap->watches, wd)) || target_find(tap->set, wd);
}

/* Is the first event a MOVED_FROM that is to be told, and whose other half may come yet? Everything waits for
 * that, so that nothing changes places. Returns 1, 0 or -errno. */
static int is_to_be_held(struct tap *tap)
{
    const struct queue *const queue = backend_queue(tap->backend);
    struct event from, to;
    const char *at;
    int err;

    if (!(tap->events & IN_MOVED_FROM) || queue_peek(backend_queue(tap->backend), &from) <= 0 ||
        !(from.mask & IN_MOVED_FROM) || !is_watched(tap, from.wd))
        return 0;
    if (queue_find_partner(queue, &from, true, &to, &at) == PARTNER_UNKNOWN &&
        queue_find_partner(queue, &from, false, &to, &at) == PARTNER_UNKNOWN) {
        err = backend_catch_up(tap->backend);
        if (err < 0)
            return err;
        if (queue_find_partner(queue, &from, false, &to, &at) == PARTNER_UNKNOWN && !has_waited(tap))
            return 1;
    }
    tap->hold.is_on = false;
    return 0;
}

/* An exchange is not to be merged: it would look like a rename away and back. Nor is that, which it may be.
 */
static int mark_exchange(struct tap *tap, const struct event *from, const struct event *to)
{
    const struct queue *const queue = backend_queue(tap->backend);
    bool may_come;
    uint32_t cookie = queue_find_way_back(queue, from, to, &may_come);
    int err = 0;

    if (may_come) {
        err = backend_catch_up(tap->backend);
        cookie = queue_find_way_back(queue, from, to, &may_come);
    }
    if (cookie != 0) {
        tap->report.unsettled[0] = from->cookie;
        tap->report.unsettled[1] = cookie;
    }
    return err;
}

/* The other half of what is held back is told with it, before its turn. */
static int handle_with_partner(struct tap *tap, const struct event *ev)
{
    struct queue *const queue = backend_queue(tap->backend);
    struct event to;
    const char *at;
    int err = 0;

    if (tap->report.merge && (ev->mask & IN_MOVED_FROM) &&
        queue_find_partner(queue, ev, false, &to, &at) == PARTNER_FOUND)
        err = mark_exchange(tap, ev, &to);
    if (err == 0)
        err = handle(tap, ev);
    if (err == 0 && report_holds_half(&tap->report) &&
        queue_find_partner(queue, ev, false, &to, &at) == PARTNER_FOUND) {
        queue_take(queue, at);
        err = handle(tap, &to);
    }
    return err < 0 ? err : report_release_half(&tap->report);
}

/* ---- batches ---- */

/* So many events are handled before anybody else has a turn. */
#define BATCH_MAX 8192

static int handle_all(struct tap *tap)
{
    const bool with_renames = tap->report.with_renames || tap->report.merge;
    struct event ev;
    int got = 0, err;

    for (int i = 0; i < BATCH_MAX; i++) {
        err = with_renames ? is_to_be_held(tap) : 0;
        if (err != 0)
            return err < 0 ? err : 0;
        got = queue_next(backend_queue(tap->backend), &ev);
        if (got <= 0)
            break;
        err = with_renames ? handle_with_partner(tap, &ev) : handle(tap, &ev);
        if (err < 0 || report_is_full(&tap->report))
            return err;
    }
    return got < 0 ? got : 0;
}

bool tap_is_behind(const struct tap *tap)
{
    return !queue_is_empty(backend_queue(tap->backend));
}

int64_t tap_held_until(const struct tap *tap)
{
    return tap->hold.is_on ? tap->hold.until_ns : -1;
}

int tap_batch(struct tap *tap)
{
    const long n = tap_is_behind(tap) ? 1 : backend_read(tap->backend);
    bool drained;
    int err;

    if (n <= 0)
        return (int)n;
    report_set_time(&tap->report);
    err = handle_all(tap);
    drained = !tap_is_behind(tap) && backend_is_drained(tap->backend);
    if (err == 0 && !tap_is_behind(tap))
        err = report_flush(&tap->report); /* before looking at anything */
    if (err == 0 && tap->tree && !tap->skipping)
        err = tree_rest(tap->tree, drained);
    if (err == 0 && tap->skipping)
        err = end_skipping(tap, drained);
    else if (err == 0 && tap->resync_due)
        err = say_resynced(tap);
    if (err == 0 && tap->overflowed) {
        tap->overflowed = false;
        err = presence_verify_all(tap);
    }
    if (err == 0 && !tap->hold.is_on) /* or else what they still have to say may be held back */
        err = presence_verify_suspects(tap);
    if (drained)
        own_drained(&tap->own);
    if (drained && own_is_lost(&tap->own))
        tap_find_own_output(tap);
    if (err < 0 || report_is_full(&tap->report) || !tap_is_behind(tap) || tap->hold.is_on)
        err = report_flush_after(&tap->report, err);
    return err < 0 ? err : 1;
}

int tap_drain(struct tap *tap)
{
    const struct queue *const queue = backend_queue(tap->backend);
    const long left = backend_queued(tap->backend); /* before the next line: it may read */
    const uint64_t end = backend_bytes_read(tap->backend) + (left > 0 ? (uint64_t)left : 0);
    int got = 1;

    if (left < 0)
        return (int)left;
    /* More may have come by then, and have been read with it. */
    tap->hold.is_waived = true;
    while (got > 0 && backend_bytes_read(tap->backend) - queue_size(queue) < end &&
           !report_is_full(&tap->report))
        got = tap_batch(tap);
    tap->hold.is_waived = false;
    return got < 0 ? got : 0;
}

bool tap_is_bereft(const struct tap *tap)
{
    return target_path_count(tap->set) == 0 && !tap->names;
}

/* ---- what a walk finds ---- */

/* Does what was found mean that a file may be complete: that it has come, or after a loss that it was written
 * to? */
static bool is_of_file(const struct tap *tap, uint32_t mask)
{
    return mask == IN_CREATE || (mask == IN_MODIFY && (tap->events & IN_CLOSE_WRITE));
}

static int on_found(void *context, uint32_t dir, const char *name, size_t name_len, uint32_t mask)
{
    struct tap *const tap = context;
    const struct event ev = {
        .wd = watch_wd(tap->watches, dir),
        .mask = mask,
        .name = name,
        .name_len = name_len,
    };

    if (is_wanted(tap, mask))
        return report_node_event(&tap->report, &ev, dir, MERGE_UNKNOWN, true);
    return tap->whole.finds && is_of_file(tap, mask) ? whole_found(tap, &ev) : 0;
}

/* The path of an entry of a directory, or of that itself (without a name). The caller frees it; NULL without
 * memory or place. */
static char *whole_path(struct tap *tap, uint32_t dir, const char *name, size_t name_len)
{
    size_t len = 0;
    const char *const parent = watch_path(tap->watches, dir, &len);
    char *const path = parent ? malloc(len + name_len + 1) : NULL;

    if (!path)
        return NULL;
    memcpy(path, parent, len);
    memcpy(path + len, name, name_len);
    len += name_len;
    len -= len > 1 && path[len - 1] == '/';
    path[len] = '\0';
    return path;
}

static int on_blind(void *context, uint32_t dir, const char *name, size_t name_len, int err)
{
    struct tap *const tap = context;
    char *const path = whole_path(tap, dir, name, name_len);
    int result = 0;

    if (!path)
        return -ENOMEM;
    if (tap->with_errors)
        result = report_error(&tap->report, path, strlen(path), err);
    if (result == 0)
        result = tap->blind(tap->context, path, strlen(path), err);
    free(path);
    return result;
}

static int on_progress(void *context, size_t directories)
{
    struct tap *const tap = context;

    return tap->progress(tap->context, directories);
}

/* A MOVED_TO that is told together with its MOVED_FROM. */
static int on_say(void *context, const struct event *ev, bool was_there, bool synthetic)
{
    struct tap *const tap = context;
    const uint32_t node = watch_find(tap->watches, ev->wd);

    if (!node || !is_wanted(tap, ev->mask))
        return 0;
    return report_node_event(&tap->report, ev, node, was_there ? MERGE_WAS_THERE : MERGE_WAS_ABSENT,
                             synthetic);
}

/* The PATHs that look_after() finds below this one are those that handle_node() found below the name:
 * beneath_rewind() gives the same ones afterwards. */
static int on_root_left(void *context, const struct event *ev)
{
    return handle(context, ev);
}

void tap_connect_tree(struct tap *tap)
{
    tap->change = (struct change){
        .tree = tap->tree,
        .backend = tap->backend,
        .set = tap->watches,
        .choice = tap->report.choice,
        .say = on_say,
        .root_left = on_root_left,
        .context = tap,
    };
}

static void on_complaint(void *context, uint32_t dir, const char *path, int err)
{
    struct tap *const tap = context;
    char *const whole = path[0] == '/' ? NULL : whole_path(tap, dir, path, strlen(path));

    tap->complain(tap->context, whole ? whole : path, err);
    free(whole);
}

static void on_met(void *context, uint32_t dir, const char *name, size_t name_len,
                   const struct file_system *fs)
{
    struct tap *const tap = context;
    char *const path = whole_path(tap, dir, name, name_len);

    if (path)
        tap->met(tap->context, path, fs);
    free(path);
}

const struct tree_listener tap_listener = {
    .found = on_found,
    .blind = on_blind,
    .complain = on_complaint,
    .met = on_met,
    .progress = on_progress,
};

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

/* It may lie in any directory of the tree. */
static void find_in_tree(struct tap *tap)
{
    char directory[PATH_MAX];
    char *slash;

    if (strlcpy(directory, tap->own.path, sizeof(directory)) >= sizeof(directory))
        return;
    slash = strrchr(directory, '/');
    if (!slash)
        return;
    slash[1] = '\0';
    tap->own.place.wd = tree_wd_at(tap->tree, directory);
}

void tap_find_own_output(struct tap *tap)
{
    own_identify(&tap->own, output_fd(tap->report.output), output_file(tap->report.output));
    for (size_t i = 0; i < tap->paths->count; i++) {
        const struct path *const p = tap->paths->items[i];

        if (p->target && !p->target->let_go)
            own_found(&tap->own, p->dev, p->ino, p->target->wd);
    }
    if (tap->tree && tap->own.named && tap->own.place.wd < 0)
        find_in_tree(tap);
    if (tap->own.named && !tap->own.followed && !(tap->roots->flags & IN_ONESHOT)) {
        follow_own_output(tap);
        tap->own.followed = true;
    }
}

void tap_came_back(struct tap *tap, struct path *p)
{
    struct own_output *const own = &tap->own;
    const bool is_dir = p->target->is_dir;

    own->lost = own->lost || (is_dir && own->named); /* it may be there now */
    if (own_is_lost(own)) {
        tap_find_own_output(tap);
    } else {
        own_found(own, p->dev, p->ino, p->target->wd);
        if (is_dir && tap->tree && own->named && own->place.wd < 0)
            find_in_tree(tap);
        if (is_dir && own->followed)
            roots_watch_more(tap->roots, p, OWN_NEEDS);
    }
    overlap_came(tap, p);
    beneath_came(tap, p);
}

int tap_reopen(struct tap *tap, int *reopen_error)
{
    int err = tap_drain(tap);

    *reopen_error = 0;
    if (err < 0)
        return err;
    own_reopening(&tap->own);
    *reopen_error = output_reopen(tap->report.output);
    err = output_error(tap->report.output);
    if (err == 0)
        tap_find_own_output(tap);
    return err;
}
