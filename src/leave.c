/* leave.c: directories that leave their places: let go of with all that is in them, moved, or displaced until
 * it is known where they went. Neighbours: tree.c and change.c say which; watch.c keeps the places. */
#include "home.h"
#include "walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* So many watches are removed before the queue is read again: each puts an IGNORED there. */
#define READ_AHEAD_EVERY 512

/* The rename that a claim waited for will not be told. What it is about was in the directory when that was
 * told, so that what is pending there takes it for told. */
static int void_claim(struct tree *t, const struct claim *c)
{
    const struct watch_set *const set = t->settings.set;

    if (!watch_is_there(set, c->dir) || watch_child(set, c->dir, c->name, strlen(c->name)) ||
        watch_is_untold(set, c->dir) || !watch_path_given(set, c->dir))
        return 0;
    return walk_tell_and_owe(t, c->dir, c->name);
}

/* A node is about to be removed with what it is in, `top`. Its number may still be noted: see walk_reuse().
 */
static int forget_node(struct tree *t, uint32_t id, uint32_t top)
{
    struct claim c;
    int err = 0;

    reach_forget(&t->reach, id);
    notes_place(&t->notes, t->settings.set, id);
    while (err == 0 && notes_take_claim_of(&t->notes, t->settings.set, id, &c)) {
        if (!watch_is_below(t->settings.set, c.dir, top))
            err = void_claim(t, &c);
        free(c.name);
    }
    return err;
}

/* A directory that a PATH names is in no other one any more. Where the PATH does not seem to lead to it,
 * nothing in it is told under that: presence.c lets go of it, or the PATH leads there again. */
static int be_on_its_own(struct tree *t, uint32_t root)
{
    const struct target *const target = target_find(t->settings.targets, watch_wd(t->settings.set, root));

    watch_detach(t->settings.set, root);
    return target && target->absent != ABSENT_NOT ? walk_await(t, root) : 0;
}

int walk_unwatch(struct tree *t, uint32_t top, bool with_watch_of_top)
{
    struct watch_set *const set = t->settings.set;
    unsigned removed = 0;
    int err = 0;

    for (uint32_t id = top; id && err == 0; id = watch_next(set, top, id)) {
        if (id != top && watch_has(set, id, WATCH_ROOT)) {
            const uint32_t parent = watch_parent(set, id);

            err = be_on_its_own(t, id);
            id = parent;
            continue;
        }
        if (watch_wd(set, id) >= 0 && (id != top || with_watch_of_top)) {
            backend_remove(t->settings.backend, watch_wd(set, id));
            if (++removed % READ_AHEAD_EVERY == 0)
                err = backend_catch_up(t->settings.backend);
        }
        if (err == 0)
            err = forget_node(t, id, top);
    }
    watch_remove_subtree(set, top);
    walk_reuse(t);
    return err;
}

int tree_drop(struct tree *t, uint32_t top)
{
    return watch_has(t->settings.set, top, WATCH_ROOT) ? be_on_its_own(t, top) : walk_unwatch(t, top, true);
}

int tree_unwatch(struct tree *t, uint32_t node)
{
    backend_remove(t->settings.backend, watch_wd(t->settings.set, node));
    watch_set_wd(t->settings.set, node, -1);
    return 0;
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int tree_displace(struct tree *t, uint32_t node)
{
    struct watch_set *const set = t->settings.set;

    if (watch_wd(set, node) < 0) {
        const int err = watch_has(set, node, WATCH_ROOT) ? 0 : tree_scatter(t, node);

        return err < 0 ? err : tree_drop(t, node);
    }
    return notes_displace(&t->notes, set, node, now_ns());
}

int tree_scatter(struct tree *t, uint32_t node)
{
    uint32_t child;
    int err = 0;

    while (err == 0 && (child = watch_first_child(t->settings.set, node))) {
        watch_mark(t->settings.set, child, WATCH_UNTOLD);
        err = tree_displace(t, child);
    }
    return err;
}

uint32_t tree_displaced(const struct tree *t, uint32_t dir, const char *name, size_t name_len)
{
    return notes_displaced(&t->notes, t->settings.set, dir, name, name_len);
}

/* A PATH that did not turn up elsewhere in the tree is a root of its own from now on. No other walk will come
 * to its contents, if those are still to be told. */
static int keep_root(struct tree *t, uint32_t root)
{
    return watch_has(t->settings.set, root, WATCH_UNTOLD) ? tree_tell_later(t, root) : 0;
}

int walk_drop_displaced(struct tree *t, int64_t until_ns)
{
    uint32_t node;
    int err = 0;

    while (err == 0 && (node = notes_take_displaced(&t->notes, t->settings.set, until_ns)))
        err = watch_has(t->settings.set, node, WATCH_ROOT) ? keep_root(t, node) : tree_drop(t, node);
    return err;
}

int tree_move(struct tree *t, uint32_t node, uint32_t dir, const char *name, size_t name_len)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t there = watch_child(set, dir, name, name_len);
    int err = 0;

    if (there == node)
        return 0;
    if (watch_is_below(set, dir, node)) /* cannot be: events are lost, and the next look through will tell */
        return tree_displace(t, node);
    watch_mark(set, node, WATCH_UNFIT);
    watch_detach(set, node); /* it may have been below what is displaced */
    if (there)
        err = tree_displace(t, there);
    notes_place(&t->notes, set, node);
    return err < 0 ? err : watch_attach(set, node, dir, name, name_len);
}

/* ---- what a new place allows ---- */

/* A directory is too deep now. Its own name is not, and the index keeps that. */
static int leave_too_deep(struct tree *t, uint32_t id)
{
    struct watch_set *const set = t->settings.set;
    uint32_t child;
    int err = 0;

    if (!t->settings.with_index)
        return tree_drop(t, id);
    while (err == 0 && (child = watch_first_child(set, id)))
        err = tree_drop(t, child);
    if (err < 0)
        return err;
    reach_forget(&t->reach, id);
    watch_unmark(set, id, WATCH_UNTOLD | WATCH_DEEPEST);
    return watch_wd(set, id) < 0 ? 0 : tree_unwatch(t, id);
}

static int fit_depth(struct tree *t, uint32_t top)
{
    struct watch_set *const set = t->settings.set;
    const size_t deepest = t->settings.max_depth - 1; /* of what is watched */
    int err = 0;

    if (t->settings.max_depth == 0)
        return 0;
    for (uint32_t id = top, next; id && err == 0; id = next) {
        const size_t depth = watch_depth(set, id);

        next = watch_next_behind(set, top, id);
        if (watch_has(set, id, WATCH_ROOT)) /* levels below it count from itself */
            continue;
        if (depth > deepest) {
            err = watch_has(set, id, WATCH_DIR) ? leave_too_deep(t, id) : tree_drop(t, id);
            continue;
        }
        next = watch_next(set, top, id);
        if (depth < deepest && watch_has(set, id, WATCH_DEEPEST))
            err = walk_later(t, id, WALK_DEEPER);
    }
    return err < 0 ? err : walk(t);
}

static int fit_choice(struct tree *t, uint32_t node)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t dir = watch_parent(set, node);
    int is_left_out, err;
    const char *name;
    size_t len;

    if (!t->settings.choice)
        return 0;
    name = watch_name(set, node, &len);
    is_left_out = choice_leaves_out(t->settings.choice, dir, name, len, true);
    if (is_left_out != 0)
        return is_left_out < 0 ? is_left_out : tree_drop(t, node);
    if (!choice_depends_on_path(t->settings.choice))
        return 0;
    err = walk_later(t, node, WALK_REVIEW);
    return err < 0 ? err : walk(t);
}

int tree_fit(struct tree *t, uint32_t node)
{
    struct watch_set *const set = t->settings.set;
    const int wd = watch_wd(set, node);
    int err;

    if (!watch_has(set, node, WATCH_UNFIT))
        return 0;
    watch_unmark(set, node, WATCH_UNFIT);
    if (!watch_parent(set, node))
        return 0;
    err = fit_depth(t, node);
    return err < 0 || wd < 0 || watch_find(set, wd) != node ? err : fit_choice(t, node);
}

int tree_review(struct tree *t, uint32_t dir)
{
    int fd, err = 0;

    if (!t->settings.choice || !t->settings.choice->gitignore)
        return 0;
    fd = reach_enter(&t->reach, dir);
    if (fd >= 0)
        err = walk_read_rules(t, dir, fd, WALK_REVIEW);
    home_return();
    if (fd == -ENOMEM || err < 0)
        return -ENOMEM;
    if (fd < 0 && reach_is_race(fd))
        return notes_owe(&t->notes, dir, NULL, WALK_REVIEW, true);
    if (fd < 0) {
        t->settings.listener->complain(t->settings.context, dir, ".gitignore", fd);
        return 0;
    }
    if (t->reviewed_count == 0)
        return 0;                                   /* they are the same as before */
    watch_mark(t->settings.set, dir, WATCH_REVIEW); /* they are read */
    err = walk_later(t, dir, WALK_REVIEW);
    return err < 0 ? err : walk(t);
}

bool tree_claimed(struct tree *t, uint32_t node, uint32_t *dir, char **name, size_t *name_len)
{
    struct claim c;

    while (notes_take_claim_of(&t->notes, t->settings.set, node, &c)) {
        if (watch_is_there(t->settings.set, c.dir)) {
            *dir = c.dir;
            *name = c.name;
            *name_len = strlen(c.name);
            return true;
        }
        free(c.name);
    }
    return false;
}

int walk_settle_claims(struct tree *t, uint64_t position)
{
    struct claim c;
    int err = 0;

    while (err == 0 && notes_take_claim_until(&t->notes, position, &c)) {
        if (watch_is_there(t->settings.set, c.node))
            err = void_claim(t, &c);
        free(c.name);
    }
    return err;
}
