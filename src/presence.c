/* presence.c: PATHs that go, are let go of, and come back.
 * Neighbours: tap.c handles events and prints; roots.c looks; names.c knows how PATHs resolve. */
#include "presence.h"

#include <errno.h>
#include <string.h>

void presence_touch(struct tap *tap, struct path *p)
{
    if (p->touched)
        return;
    p->touched = true;
    p->next_touched = NULL;
    if (tap->touched)
        tap->last_touched->next_touched = p;
    else
        tap->touched = p;
    tap->last_touched = p;
}

static struct path *take_touched(struct tap *tap)
{
    struct path *const p = tap->touched;

    if (p) {
        tap->touched = p->next_touched;
        p->touched = false;
    }
    return p;
}

bool presence_is_due(const struct tap *tap)
{
    return tap->touched != NULL;
}

/* ---- letting go ---- */

static void mark_absent(struct tap *tap, struct target *w)
{
    if (w->absent != ABSENT_NOT)
        return;
    if (tap->watches)
        watch_forget_path(tap->watches); /* it may be told under another PATH now */
    w->absent = ABSENT_SEEN;
    w->next_absent = NULL;
    w->before_absent = tap->last_absent;
    if (w->before_absent)
        w->before_absent->next_absent = w;
    else
        tap->absent = w;
    tap->last_absent = w;
}

static void unmark_absent(struct tap *tap, struct target *w)
{
    if (w->absent == ABSENT_NOT)
        return;
    if (tap->watches)
        watch_forget_path(tap->watches);
    w->absent = ABSENT_NOT;
    if (w->before_absent)
        w->before_absent->next_absent = w->next_absent;
    else
        tap->absent = w->next_absent;
    if (w->next_absent)
        w->next_absent->before_absent = w->before_absent;
    else
        tap->last_absent = w->before_absent;
}

/* A PATH is watched no more. */
static int lose(struct tap *tap, struct path *p)
{
    if (!tap->names || p->missing)
        return 0;
    p->missing = true;
    presence_touch(tap, p);
    return report_path_label(&tap->report, "GONE", p);
}

/* A PATH has nothing to do with its watch any more. */
static void part(struct tap *tap, struct path *p)
{
    if (!tap->names && p->end == END_NOT_YET)
        p->end = roots_judge_end(tap->roots, p);
    target_detach(tap->set, p);
}

/* The kernel will not say IGNORED for this PATH: say it ourselves, and forget the PATH. */
static int drop_path(struct tap *tap, struct path *p)
{
    const struct event ignored = {.wd = p->target->wd, .mask = IN_IGNORED, .name = ""};
    const bool reported = !p->target->is_dir || p->target->paths == p;
    const int err = reported ? report_path_event(&tap->report, &ignored, p, true) : 0;

    part(tap, p);
    if (tap->watches)
        watch_forget_path(tap->watches);
    return err < 0 ? err : lose(tap, p);
}

static int forget(struct tap *tap, struct target *w)
{
    int err = 0;

    unmark_absent(tap, w);
    if (tap->tree)
        err = tree_drop_root(tap->tree, w->wd, false);
    while (w->paths && err == 0) {
        struct path *const p = w->paths;

        part(tap, p);
        err = lose(tap, p);
    }
    target_remove(tap->set, w);
    return err;
}

int presence_ended(struct tap *tap, struct target *w)
{
    return forget(tap, w);
}

/* Does something else than a PATH need the watch: is the directory in the tree of another one? */
static bool is_shared(const struct tap *tap, const struct target *w)
{
    const uint32_t node = tap->watches ? watch_find(tap->watches, w->wd) : WATCH_NONE;

    return node && watch_parent(tap->watches, node);
}

/* No PATH names it any more: nothing of it is printed from here on, and the watch is removed, so that the
 * kernel says IGNORED. Returns 0, 1 if the kernel has nothing more to say, or -errno. */
static int release(struct tap *tap, struct target *w)
{
    int err = 0;

    w->let_go = true;
    if (tap->tree)
        err = tree_drop_root(tap->tree, w->wd, false);
    return err < 0 ? err : backend_remove(tap->backend, w->wd) < 0;
}

/* PATH does not name any more what is watched for it. Other names of the same inode stay watched; without
 * one, the watch is removed, and the kernel says IGNORED. */
static int let_go(struct tap *tap, struct path *p)
{
    struct target *const w = p->target;

    int err;

    if (w->paths != p || p->next)
        return drop_path(tap, p);
    if (is_shared(tap, w)) {
        err = drop_path(tap, p);
        return err < 0 ? err : forget(tap, w);
    }
    err = release(tap, w);
    return err < 0 ? err : 0;
}

/* Of a directory that somebody holds the kernel says DELETE_SELF only later: say it in its place. */
static int say_removed(struct tap *tap, const struct target *w)
{
    const struct event removed = {.wd = w->wd, .mask = IN_DELETE_SELF, .name = ""};

    return tap->events & IN_DELETE_SELF ? report_path_event(&tap->report, &removed, w->paths, true) : 0;
}

/* Look whether the PATHs of a watch still name it. The last one that does not is let go at once if it was
 * moved; if it was removed the kernel is given time, for its own DELETE_SELF and IGNORED come a moment after
 * what made us look, unless the inode lives on (open somewhere, or under other names). */
int presence_verify(struct tap *tap, struct target *w, bool moved)
{
    int err = 0;

    if (w->let_go)
        return 0;
    for (struct path *p = w->paths, *next; p && err == 0; p = next) {
        const bool is_last = w->paths == p && !p->next;

        next = p->next;
        if (roots_is_there(tap->roots, p))
            continue;
        if (is_last && !moved) {
            mark_absent(tap, w);
            break;
        }
        w->has_moved = moved;
        err = let_go(tap, p);
        if (is_last)
            return err;
    }
    w->has_moved = false;
    if (w->absent == ABSENT_NOT)
        w->removed = false;
    return err;
}

/* The time is up for a watch that was marked absent. If the kernel has dropped it already, its IGNORED would
 * have come by now: it was lost, and is said in its place. */
static int end_absence(struct tap *tap, struct target *w)
{
    int err = 0;

    unmark_absent(tap, w);
    if (!w->let_go && roots_is_watched(tap->roots, w->paths))
        return 0;
    if (w->removed && !w->let_go)
        err = say_removed(tap, w);
    if (err == 0 && !is_shared(tap, w))
        err = release(tap, w);
    else if (err == 0)
        err = 1;
    if (err <= 0)
        return err; /* the kernel will say the rest */
    err = 0;
    while (w->paths && err == 0)
        err = drop_path(tap, w->paths);
    return err < 0 ? err : forget(tap, w);
}

int tap_check_absent(struct tap *tap)
{
    long queued;
    int err = 0;

    if (backend_bytes_read(tap->backend) - queue_size(backend_queue(tap->backend)) < tap->absence_mark)
        return 0; /* what the kernel has to say may still be in a queue */
    queued = backend_queued(tap->backend);
    tap->absence_mark = backend_bytes_read(tap->backend) + (queued > 0 ? (uint64_t)queued : 0);
    report_set_time(&tap->report);
    for (struct target *w = tap->absent, *next; w && err == 0; w = next) {
        next = w->next_absent;
        if (w->absent == ABSENT_CHECKED)
            err = end_absence(tap, w);
        else
            w->absent = ABSENT_CHECKED;
    }
    return report_flush_after(&tap->report, err);
}

int presence_verify_suspects(struct tap *tap)
{
    struct target *w;
    int err = 0;

    while (err == 0 && (w = target_take_suspect(tap->set)))
        err = presence_verify(tap, w, false);
    return err;
}

/* Events are lost, and with them perhaps the IGNORED of a watch (inotify(7) loses any event): look at every
 * PATH. What seems dead is only marked: the end of it may be queued behind the overflow. */
int presence_verify_all(struct tap *tap)
{
    int err = 0;

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

static int check_guards(struct tap *tap)
{
    const struct path *p;
    bool lost = false;

    while ((p = roots_next_guarded(tap->roots, &lost))) {
        if (p->target) {
            p->target->removed = p->target->is_dir;
            target_suspect(tap->set, p->target);
        }
    }
    for (size_t i = 0; lost && i < tap->paths->count; i++)
        if (tap->paths->items[i]->target)
            target_suspect(tap->set, tap->paths->items[i]->target);
    return presence_verify_suspects(tap);
}

/* ---- following by name ---- */

/* So many PATHs are looked at before anybody else has a turn. */
#define LOOKS_AT_ONCE 256

/* What happened up to now comes before what is found now: the instances of inotify for names and for events
 * have no common order. Once for each turn is enough, as names were read before. */
static int handle_all_before(struct tap *tap, bool *is_done)
{
    const int err = *is_done ? 0 : tap_drain(tap);

    *is_done = true;
    return err;
}

/* PATH names something else, or nothing. The last words of the inode that it named are in the queue, or will
 * be in a moment. If they do not come, because the inode lives on, tap_check_absent() goes without them. */
static int part_with(struct tap *tap, struct path *p, bool *is_up_to_date)
{
    int err;

    if (p->target->paths == p && !p->next) {
        mark_absent(tap, p->target);
        return 0;
    }
    err = handle_all_before(tap, is_up_to_date);
    if (err < 0 || !p->target || p->target->let_go || roots_is_there(tap->roots, p))
        return err;
    if (p->target->paths != p || p->next)
        return drop_path(tap, p);
    mark_absent(tap, p->target);
    return 0;
}

static void warn_of_file_system(struct tap *tap, const struct path *p)
{
    struct file_system fs;

    file_system_of(p->given, &fs);
    if (fs.kind != FILE_SYSTEM_ORDINARY)
        tap->met(tap->context, p->given, &fs);
}

static int resolve(const struct tap *tap, struct path *p, bool with_permissions)
{
    return names_resolve(tap->names, p, !(tap->roots->flags & IN_DONT_FOLLOW), with_permissions);
}

static bool is_permission(int err)
{
    return err == -EACCES || err == -EPERM;
}

bool presence_may_come(int err)
{
    return err == -ENOENT || err == -ENOTDIR || err == -EAGAIN || err == -ELOOP || is_permission(err);
}

/* Watch what a PATH names, whose way was followed. If it may not be read, have the directories tell when that
 * changes; it may have changed before they were asked. */
static int watch(struct tap *tap, struct path *p)
{
    int err = roots_watch(tap->roots, p);

    if (is_permission(err) && !p->barred) {
        err = resolve(tap, p, true);
        if (err == 0)
            err = roots_watch(tap->roots, p);
    }
    if (err == 0)
        p->missing = p->barred = p->warned = false;
    else if (!presence_may_come(err))
        names_set_unseen(tap->names,
                         p); /* a limit, perhaps, and nobody tells when others give watches back */
    return err;
}

int presence_begin(struct tap *tap, struct path *p)
{
    int err = resolve(tap, p, false);

    if (err == 0)
        err = watch(tap, p);
    p->missing = err < 0;
    return err;
}

/* Is PATH, which is there, a directory that a tree is to tell all of? */
static bool is_of_tree(const struct tap *tap, const struct path *p)
{
    return tap->tree && roots_leads_to_directory(p);
}

/* Watch what a PATH names now, if it names something. The directory that it lies in may be in the tree of
 * another PATH, which is to tell of it first. */
static int arm(struct tap *tap, struct path *p, bool *is_up_to_date)
{
    int err = is_of_tree(tap, p) ? handle_all_before(tap, is_up_to_date) : 0;

    if (err < 0 || !p->missing || report_is_full(&tap->report))
        return err;
    err = watch(tap, p);
    if (presence_may_come(err) && !is_permission(err)) {
        p->warned = false;
        return 0; /* not yet */
    }
    if (err < 0 && err != -ENOMEM) {
        const bool is_said = p->warned;

        p->warned = true;
        return is_said ? 0 : tap->blind(tap->context, p->given, p->given_len, err);
    }
    if (err < 0)
        return err;
    warn_of_file_system(tap, p);
    err = report_path_label(&tap->report, "BACK", p);
    if (err == 0 && tap->tree && p->target->is_dir)
        err = tree_add_root(tap->tree, p->target->wd, false);
    if (err == 0)
        tap_came_back(tap, p);
    return err;
}

static int look_at(struct tap *tap, struct path *p, bool *is_up_to_date)
{
    int err = resolve(tap, p, false);

    if (err == 0 && p->target && !p->target->let_go && !roots_is_there(tap->roots, p))
        err = part_with(tap, p, is_up_to_date);
    if (err == 0 && p->missing)
        err = arm(tap, p, is_up_to_date);
    return err;
}

int presence_return(struct tap *tap)
{
    bool is_up_to_date = false;
    struct path *p;
    int err = 0;

    for (int i = 0; i < LOOKS_AT_ONCE && err == 0 && (p = take_touched(tap)); i++)
        err = look_at(tap, p, &is_up_to_date);
    return err;
}

static int check_names(struct tap *tap)
{
    struct path *p;
    bool lost = false;

    while ((p = names_next_touched(tap->names, &lost)))
        presence_touch(tap, p);
    for (size_t i = 0; lost && i < tap->paths->count; i++)
        presence_touch(tap, tap->paths->items[i]);
    return presence_return(tap);
}

bool tap_is_to_retry(const struct tap *tap)
{
    return (tap->names && names_unseen(tap->names) > 0) || (tap->tree && tree_is_limited(tap->tree));
}

int tap_retry(struct tap *tap)
{
    int err;

    report_set_time(&tap->report);
    for (size_t i = 0; i < tap->paths->count; i++) {
        struct path *const p = tap->paths->items[i];

        if (p->unseen && (p->missing || (p->target && !p->target->let_go && !roots_is_there(tap->roots, p))))
            presence_touch(tap, p);
    }
    err = presence_return(tap);
    if (err == 0 && tap->tree && !tap->skipping)
        err = tree_retry(tap->tree);
    return report_flush_after(&tap->report, err);
}

/* ---- mounts ---- */

void presence_touch_name(struct tap *tap, const char *name, size_t name_len)
{
    for (size_t i = 0; i < tap->paths->count; i++)
        if (names_leads_through(tap->paths->items[i], name, name_len))
            presence_touch(tap, tap->paths->items[i]);
}

int presence_mounts_changed(struct tap *tap)
{
    for (size_t i = 0; i < tap->paths->count; i++) {
        struct path *const p = tap->paths->items[i];

        if (!tap->names && p->target)
            target_suspect(tap->set, p->target);
        else if (tap->names && (!p->target || !roots_is_there(tap->roots, p)))
            presence_touch(tap, p);
    }
    return tap->names ? presence_return(tap) : presence_verify_suspects(tap);
}

int tap_check_guards(struct tap *tap)
{
    int err;

    report_set_time(&tap->report);
    err = tap->names ? check_names(tap) : check_guards(tap);
    return report_flush_after(&tap->report, err);
}
