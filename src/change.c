/* change.c: events to changes of the tree. The identity of a directory that was renamed is the watch that
 * says MOVE_SELF behind the MOVED_FROM, so pairs that are torn apart, exchanges and chains come out right.
 * Neighbours: tap.c asks, tree.c does. */
#include "change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The rest of a rename follows in microseconds, unless the process that does it loses its processor. */
#define RENAME_WAIT_MS    10
#define RENAME_WAIT_TRIES 10

/* The kernel numbers renames in their order, and both halves of an exchange one right after the other: a
 * rename of another processor would have to come between in that moment. A larger distance is much more often
 * an entry that was replaced by a rename and renamed away soon after. */
#define COOKIES_APART ((uint32_t)1)

static void set_place(struct change_place *place, const struct event *ev, uint32_t dir)
{
    place->dir = ev->name_len <= EVENT_NAME_MAX ? dir : WATCH_NONE;
    place->name_len = ev->name_len;
    if (place->dir)
        memcpy(place->name, ev->name, ev->name_len);
}

static bool is_place(const struct change_place *place, const struct event *ev, uint32_t dir)
{
    return place->dir && place->dir == dir && place->name_len == ev->name_len &&
           memcmp(place->name, ev->name, ev->name_len) == 0;
}

/* Follow renames. Returns whether this one completes an exchange, so that b is there as well. */
static bool completes_exchange(struct change *c, const struct event *ev, uint32_t dir)
{
    struct change_exchange *const x = &c->exchange;

    if (ev->mask & IN_MOVED_FROM) {
        /* What comes from b is of another kind than what went there, or something was known to be there. */
        if (x->stage == EXCHANGE_TO_B && is_place(&x->b, ev, dir) &&
            (x->b_was_there || x->b_is_dir != ((ev->mask & IN_ISDIR) != 0))) {
            x->stage = EXCHANGE_FROM_B;
        } else {
            x->stage = EXCHANGE_FROM_A;
            set_place(&x->a, ev, dir);
        }
        x->cookie = ev->cookie;
        return false;
    }
    if (x->stage == EXCHANGE_FROM_A && ev->cookie == x->cookie) {
        x->stage = EXCHANGE_TO_B;
        x->b_is_dir = ev->mask & IN_ISDIR;
        x->b_was_there = watch_child(c->set, dir, ev->name, ev->name_len);
        set_place(&x->b, ev, dir);
        return false;
    }
    if (x->stage == EXCHANGE_FROM_B && ev->cookie == x->cookie && is_place(&x->a, ev, dir)) {
        x->stage = EXCHANGE_NONE;
        return true;
    }
    x->stage = EXCHANGE_NONE;
    return false;
}

/* Two names were exchanged: what was taken from b when it moved on was not all that was there. */
static int complete_exchange(struct change *c)
{
    const struct change_place *const b = &c->exchange.b;

    if (watch_child(c->set, b->dir, b->name, b->name_len))
        return 0;
    if (!c->exchange.b_is_dir)
        return tree_entry_exchanged(c->tree, b->dir, b->name, b->name_len);
    if (!watch_add(c->set, b->dir, b->name, b->name_len, WATCH_DIR))
        return -ENOMEM;
    return tree_look(c->tree, b->dir, b->name, b->name_len);
}

/* Read on until the end of a rename is in the queue. Returns 0 or -errno. */
static int await_rename(struct change *c, const struct event *from, int wd, int other_wd,
                        struct queue_rename *r)
{
    struct queue *const queue = backend_queue(c->backend);
    int err = queue_find_rename(queue, from, wd, other_wd, r);

    for (int try = 0; err == 0 && !r->is_over && try < RENAME_WAIT_TRIES; try++) {
        if (try > 0)
            backend_wait(c->backend, RENAME_WAIT_MS);
        err = backend_catch_up(c->backend);
        if (err == 0)
            err = queue_find_rename(queue, from, wd, other_wd, r);
    }
    return err;
}

static int wd_or_none(const struct change *c, uint32_t node)
{
    return node && watch_wd(c->set, node) > 0 ? watch_wd(c->set, node) : 0;
}

/* Is the directory that is watched by wd the one that moved? Returns 1, 0 or -errno. */
static int has_moved(struct change *c, const struct event *from, int wd)
{
    struct queue_rename rename;
    const int err = await_rename(c, from, wd, 0, &rename);

    return err < 0 ? err : rename.mover == wd;
}

/* Was it told where a MOVED_TO came from? Returns 1, 0 or -ENOMEM. */
static int is_origin_told(const struct change *c, const struct event *to)
{
    const struct change_place *const a = &c->exchange.a;

    if (to->cookie != c->exchange.cookie)
        return 0;
    if (!c->choice || c->exchange.stage != EXCHANGE_FROM_A || !a->dir || !watch_is_there(c->set, a->dir))
        return 1;
    return choice_tells(c->choice, a->dir, a->name, a->name_len, to->mask & IN_ISDIR);
}

/* The same as queue_next_leaves(), with what the kernel has yet to hand over. Of what is watched by wd, if
 * not 0, the kernel says more in any case. Returns 1, 0 or -errno. */
static int next_leaves(struct change *c, const struct event *to, int wd, struct event *from, const char **at,
                       bool *goes_back)
{
    struct queue *const queue = backend_queue(c->backend);
    enum queue_partner next = queue_next_leaves(queue, to, from, at, goes_back);
    struct queue_rename rename;
    int err;

    if (next == PARTNER_UNKNOWN && is_origin_told(c, to) == 0) {
        err = wd > 0 ? await_rename(c, to, wd, 0, &rename) : backend_catch_up(c->backend);
        if (err < 0)
            return err;
        next = queue_next_leaves(queue, to, from, at, goes_back);
    }
    return next == PARTNER_FOUND;
}

int change_is_swapped(struct change *c, const struct event *to, uint32_t dir, struct event *from)
{
    struct queue *const queue = backend_queue(c->backend);
    const char *from_at, *at;
    struct event partner;
    uint32_t there;
    bool goes_back;
    int is_exchange, is_told;

    if (!(to->mask & IN_MOVED_TO) || to->name_len == 0)
        return 0;
    there = watch_child(c->set, dir, to->name, to->name_len);
    is_exchange = next_leaves(c, to, wd_or_none(c, there), from, &from_at, &goes_back);
    if (is_exchange <= 0)
        return is_exchange;
    is_told = is_origin_told(c, to);
    if (is_told != 0)
        is_exchange = is_told < 0 ? is_told : 0;
    else if (from->cookie - to->cookie > COOKIES_APART)
        is_exchange = 0; /* much has happened in between */
    else if (!goes_back && queue_find_partner(queue, from, false, &partner, &at) == PARTNER_FOUND)
        is_exchange = 0; /* it stays in what is watched, and the other came from elsewhere */
    else if ((to->mask ^ from->mask) & IN_ISDIR)
        is_exchange = 1; /* what leaves is not what came */
    else if (wd_or_none(c, there))
        is_exchange = has_moved(c, from, watch_wd(c->set, there));
    else if (there && goes_back)
        is_exchange = 1;
    else if (!there && queue_left_last(backend_queue(c->backend), to->wd, to->name, to->name_len))
        is_exchange = 0; /* nothing was there before */
    else
        is_exchange = tree_is_exchange(c->tree, dir, to->name, to->name_len, from->mask & IN_ISDIR);
    if (is_exchange > 0) {
        queue_take(backend_queue(c->backend), from_at);
    } else if (is_exchange == 0) {
        set_place(&c->visited, to, dir);
        c->visitor_leaves = from->cookie;
    }
    return is_exchange;
}

/* Something has come to a name and then left it, and neither is what came there in between: the kernel merges
 * a MOVED_TO with one of the same name right before it, whatever their cookies are. Such an arrival can only
 * be in a rename from outside, whose other half was an exchange to the outside. */
static bool may_hide_arrival(const struct change *c, const struct event *ev, uint32_t dir)
{
    struct event to;
    const char *at;

    return (ev->mask & IN_MOVED_FROM) && c->visited.dir && ev->cookie == c->visitor_leaves &&
           is_place(&c->visited, ev, dir) &&
           queue_find_partner(backend_queue(c->backend), ev, true, &to, &at) != PARTNER_FOUND;
}

/* A directory has moved whose contents are still owed. */
static int tell_untold(struct change *c, uint32_t node)
{
    return watch_has(c->set, node, WATCH_UNTOLD) ? tree_tell_later(c->tree, node) : 0;
}

/* A directory that is a PATH, in the tree of another PATH, has moved to where a walk will find it. Handle its
 * MOVE_SELF, which is queued, before the walk: the walk must tell nothing under the PATH if that does not
 * lead to the directory any more. Returns 1 if the directory is still in the set, 0 or a negative value. */
static int root_left(struct change *c, uint32_t node, const struct queue_rename *r)
{
    const int wd = watch_wd(c->set, node);
    int err;

    if (!watch_has(c->set, node, WATCH_ROOT) || wd < 0 || r->mover != wd)
        return 1;
    queue_take(backend_queue(c->backend), r->self_at);
    err = c->root_left(c->context, &r->self);
    return err < 0 ? err : watch_find(c->set, wd) == node;
}

/* It has gone into a directory that is to be looked up later, and will be told when that is. */
static int displace_untold(struct change *c, uint32_t node, const struct queue_rename *r)
{
    const int err = root_left(c, node, r);

    if (err <= 0)
        return err;
    watch_mark(c->set, node, WATCH_UNTOLD);
    return tree_displace(c->tree, node);
}

/* Every directory that comes to another place in the set comes through here: `to` is told, and what the place
 * allows is watched. */
static int arrive(struct change *c, uint32_t node, uint32_t dir, const struct event *to, bool synthetic)
{
    const bool is_exchange = !synthetic && completes_exchange(c, to, dir);
    const bool was_there = watch_child(c->set, dir, to->name, to->name_len);
    const int wd = watch_wd(c->set, node);
    int err = tree_move(c->tree, node, dir, to->name, to->name_len);

    if (err == 0)
        err = c->say(c->context, to, was_there, synthetic);
    if (err == 0)
        err = tell_untold(c, node);
    if (err == 0 && is_exchange)
        err = complete_exchange(c);
    return err < 0 || watch_find(c->set, wd) != node ? err : tree_fit(c->tree, node);
}

/* Stop watching a directory that has left. One that a PATH still leads to, after its MOVE_SELF, has come back
 * since: its contents are told when its return is handled. */
static int drop(struct change *c, uint32_t node, int mover)
{
    const bool is_root = watch_has(c->set, node, WATCH_ROOT) && watch_wd(c->set, node) == mover;
    const int err = tree_drop(c->tree, node);

    return err == 0 && is_root ? tree_await_root(c->tree, mover) : err;
}

/* It has left what is watched, or has gone where a walk has found it already: into a directory that was not
 * watched at the time. That half of the rename the kernel could not tell. */
static int move_out(struct change *c, uint32_t node, uint32_t cookie, const struct queue_rename *r)
{
    struct event to = {.mask = IN_MOVED_TO | IN_ISDIR, .cookie = cookie};
    uint32_t dir;
    char *name;
    int err;

    if (!tree_claimed(c->tree, node, &dir, &name, &to.name_len)) {
        err = root_left(c, node, r);
        if (err > 0)
            err = drop(c, node, r->mover);
        return err < 0 ? err : tree_settle(c->tree); /* parts of it may have come back before */
    }
    if (watch_is_untold(c->set, dir)) {
        free(name);
        return displace_untold(c, node, r);
    }
    to.name = name;
    to.wd = watch_wd(c->set, dir);
    err = arrive(c, node, dir, &to, true);
    free(name);
    return err;
}

static int move_within(struct change *c, uint32_t node, uint32_t dir, const struct queue_rename *r)
{
    queue_take(backend_queue(c->backend), r->to_at);
    return arrive(c, node, dir, &r->to, false);
}

/* What has left this name was not what the set has there, and that is still there: names were exchanged. If
 * not all of it was told, whoever reads takes it for gone. */
static int reconsider(struct change *c, const struct event *ev, uint32_t dir)
{
    const uint32_t node = watch_child(c->set, dir, ev->name, ev->name_len);
    int err = 0;

    if (c->exchange.stage == EXCHANGE_FROM_B)
        return 0;
    if (node) {
        watch_mark(c->set, node, WATCH_UNTOLD);
        err = tree_displace(c->tree, node);
    }
    return err < 0 ? err : tree_look_later(c->tree, dir, ev->name, ev->name_len);
}

static int directory_moved_from(struct change *c, const struct event *ev, uint32_t dir)
{
    const uint32_t other = tree_displaced(c->tree, dir, ev->name, ev->name_len);
    uint32_t node = watch_child(c->set, dir, ev->name, ev->name_len), to;
    struct queue_rename rename;
    int err;

    if (node && !watch_has(c->set, node, WATCH_DIR))
        node = WATCH_NONE;
    if (!node && !other)
        return 0;
    if (node && !other && watch_wd(c->set, node) < 0)
        return tree_drop(c->tree, node); /* it is looked up where it goes */
    if (!watch_path_given(c->set, dir))  /* nobody was told that it is there, nor what is in it */
        return node ? tree_displace(c->tree, node) : 0;
    err = await_rename(c, ev, wd_or_none(c, node), wd_or_none(c, other), &rename);
    if (err < 0)
        return err;
    if (other &&
        (rename.mover == watch_wd(c->set, other) || (rename.mover == 0 && rename.is_lost && rename.has_to)))
        node = other; /* half of an exchange */
    else if (node && watch_wd(c->set, node) < 0)
        return tree_drop(c->tree, node);
    else if (!node || (rename.mover == 0 && watch_wd(c->set, node) >= 0 &&
                       (!rename.is_lost || c->exchange.stage == EXCHANGE_FROM_B)))
        return reconsider(c, ev, dir); /* it was another directory, that is not watched */
    to = rename.has_to ? watch_find(c->set, rename.to.wd) : WATCH_NONE;
    if (to && watch_is_untold(c->set, to)) {
        queue_take(backend_queue(c->backend),
                   rename.to_at); /* that directory may be told before it is its turn */
        return displace_untold(c, node, &rename);
    }
    return to ? move_within(c, node, to, &rename) : move_out(c, node, ev->cookie, &rename);
}

/* A directory has come that was not watched before. It is kept in mind also if it cannot be watched now. */
static int directory_appeared(struct change *c, const struct event *ev, uint32_t dir)
{
    const uint32_t there = watch_child(c->set, dir, ev->name, ev->name_len);
    const int err = there ? tree_displace(c->tree, there) : 0;

    if (err < 0)
        return err;
    if (!watch_add(c->set, dir, ev->name, ev->name_len,
                   ev->mask & IN_CREATE ? WATCH_DIR | WATCH_MADE_HERE : WATCH_DIR))
        return -ENOMEM;
    return tree_look(c->tree, dir, ev->name, ev->name_len);
}

static bool is_named(const struct event *ev, const char *name)
{
    return ev->name_len == strlen(name) && memcmp(ev->name, name, ev->name_len) == 0;
}

/* The rules in its directory are to be read again. */
static bool is_of_rules(const struct event *ev)
{
    return (ev->mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE)) &&
           (is_named(ev, ".gitignore") || is_named(ev, ".git"));
}

static int directory_changed(struct change *c, const struct event *ev, uint32_t dir)
{
    const uint32_t node = watch_child(c->set, dir, ev->name, ev->name_len);

    if (ev->mask & IN_MOVED_FROM)
        return directory_moved_from(c, ev, dir);
    if (ev->mask & (IN_CREATE | IN_MOVED_TO))
        return directory_appeared(c, ev, dir);
    if ((ev->mask & IN_DELETE) && node && watch_has(c->set, node, WATCH_DIR))
        return tree_drop(c->tree, node);
    if ((ev->mask & IN_ATTRIB) && node && watch_has(c->set, node, WATCH_BLIND))
        return tree_look(c->tree, dir, ev->name, ev->name_len); /* perhaps it may be read now */
    return (ev->mask & IN_ATTRIB) ? tree_entry_changed(c->tree, dir, ev->name, ev->name_len) : 0;
}

static bool is_directory(const struct change *c, uint32_t dir, const struct event *ev)
{
    const uint32_t node = watch_child(c->set, dir, ev->name, ev->name_len);

    return node && watch_has(c->set, node, WATCH_DIR);
}

static int entry_changed(struct change *c, const struct event *ev, uint32_t dir)
{
    if ((ev->mask & IN_MOVED_FROM) && is_directory(c, dir, ev))
        return reconsider(c, ev, dir);
    if (ev->mask & (IN_DELETE | IN_MOVED_FROM))
        tree_entry_went(c->tree, dir, ev->name, ev->name_len);
    if (ev->mask & (IN_CREATE | IN_MOVED_TO))
        return tree_entry_came(c->tree, dir, ev->name, ev->name_len);
    if (ev->mask & (IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE))
        return tree_entry_changed(c->tree, dir, ev->name, ev->name_len);
    return 0;
}

/* In a directory that is to be looked up later: whatever comes will be found there then. */
static int change_untold(struct change *c, const struct event *ev, uint32_t dir)
{
    const uint32_t node = watch_child(c->set, dir, ev->name, ev->name_len);

    if (!node || !(ev->mask & (IN_DELETE | IN_MOVED_FROM)))
        return 0;
    return ev->mask & IN_DELETE ? tree_drop(c->tree, node) : tree_displace(c->tree, node);
}

/* So few debts are worth a try at each rename; more wait for the end of the batch. */
#define OWED_FEW 32

int change_apply(struct change *c, const struct event *ev, uint32_t dir)
{
    bool is_exchange, may_hide;
    int err;

    if (ev->mask & IN_IGNORED) {
        watch_set_wd(c->set, dir, -1); /* its DELETE, which its parent says, ends it */
        watch_mark(c->set, dir, WATCH_DEAD);
        return 0;
    }
    if (ev->name_len == 0 && (ev->mask & IN_ATTRIB) && watch_has(c->set, dir, WATCH_BLIND | WATCH_ROOT))
        return tree_look_into(c->tree, dir); /* perhaps it may be searched now */
    if (ev->name_len == 0)
        return 0;
    if (watch_is_untold(c->set, dir))
        return change_untold(c, ev, dir);
    is_exchange = (ev->mask & (IN_MOVED_FROM | IN_MOVED_TO)) && completes_exchange(c, ev, dir);
    if (ev->mask & (IN_CREATE | IN_DELETE))
        c->exchange.stage = EXCHANGE_NONE;
    may_hide = may_hide_arrival(c, ev, dir);
    err = ev->mask & IN_ISDIR ? directory_changed(c, ev, dir) : entry_changed(c, ev, dir);
    if (err == 0 && is_exchange)
        err = complete_exchange(c);
    if (err == 0 && may_hide)
        err = tree_look_behind(c->tree, dir, ev->name, ev->name_len);
    if (err == 0 && is_of_rules(ev) && watch_is_there(c->set, dir))
        err = tree_review(c->tree, dir);
    if (err == 0 && (ev->mask & IN_ISDIR) && (ev->mask & (IN_MOVED_FROM | IN_MOVED_TO)) &&
        c->exchange.stage <= EXCHANGE_FROM_A && tree_owes(c->tree, OWED_FEW))
        err = tree_settle(c->tree); /* perhaps what could not be reached now can */
    return err;
}
