/* resync.c: after a loss. A second watch set is made of what is there, as at the start. Then both are
 * compared: what one has that the other has not is told. So whatever was lost, the set is true to what was
 * told again. Neighbours: walk.c makes the set, tap.c asks for it. */
#include "home.h"
#include "walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The sets, and what of one is the same in the other, by the numbers of the one. */
struct comparison {
    struct tree *tree;
    struct watch_set *told, *there;
    uint32_t *there_of, *told_of;
};

/* ---- a new set ---- */

static bool is_lost_again(const struct tree *t)
{
    return queue_has_overflow(backend_queue(t->settings.backend)) != 0;
}

/* Take in a PATH that is a directory, as tree_add_root() does at the start: it is walked once, from itself or
 * as a part of another PATH. */
static int walk_root(struct tree *t, const struct watch_set *told, int wd)
{
    struct watch_set *const set = t->settings.set;
    const uint32_t before = watch_find(told, wd);
    uint32_t root = watch_find(set, wd);
    const bool is_walked = root != WATCH_NONE;
    int err;

    if (!before || !watch_has(told, before, WATCH_ROOT))
        return 0;
    if (!root) {
        root = watch_add(set, WATCH_NONE, "", 0, WATCH_DIR);
        if (!root)
            return -ENOMEM;
        watch_set_wd(set, root, wd);
    }
    watch_mark(set, root, WATCH_ROOT);
    if (watch_has(told, before, WATCH_MADE_HERE))
        watch_mark(set, root, WATCH_MADE_HERE);
    watch_forget_path(set);
    if (is_walked && t->settings.max_depth == 0)
        return 0;
    err = walk_later(t, root, WALK_AS_NEW);
    return err < 0 ? err : walk(t);
}

static int walk_roots(struct tree *t, const struct watch_set *told)
{
    const struct target *target;
    size_t position = 0;
    int err = 0;

    while (err == 0 && !is_lost_again(t) && (target = target_each(t->settings.targets, &position)))
        err = walk_root(t, told, target->wd);
    return err;
}

/* ---- what was told and is not there ---- */

/* The entry of the same name and kind, if it is not known to be another. */
static uint32_t same_there(const struct comparison *c, uint32_t told)
{
    const uint32_t dir = c->there_of[watch_parent(c->told, told)];
    const bool is_dir = watch_has(c->told, told, WATCH_DIR);
    const int wd = watch_wd(c->told, told);
    const char *name;
    size_t len;
    uint32_t there;

    if (watch_has(c->there, dir, WATCH_UNTOLD) || watch_has(c->told, told, WATCH_DEAD))
        return WATCH_NONE;
    name = watch_name(c->told, told, &len);
    there = watch_child(c->there, dir, name, len);
    if (!there || watch_has(c->there, there, WATCH_DIR) != is_dir)
        return WATCH_NONE;
    return wd >= 0 && watch_wd(c->there, there) >= 0 && watch_wd(c->there, there) != wd ? WATCH_NONE : there;
}

static int tell_gone_below(const struct comparison *c, uint32_t top)
{
    int err = 0;

    for (uint32_t id = top, next; id && err == 0; id = next) {
        const uint32_t there = id == top ? c->there_of[id] : same_there(c, id);

        c->there_of[id] = there;
        if (!there)
            err = walk_tell_gone(c->tree, id);
        else
            c->told_of[there] = id;
        next = !there || watch_has(c->told, id, WATCH_UNTOLD) ? watch_next_behind(c->told, top, id)
                                                              : watch_next(c->told, top, id);
    }
    return err;
}

/* A PATH that was in no other one has come into one, where it is told as new: what was told under the PATH
 * itself is over, unless nobody was told of it, or the PATH leads there no more. */
static int tell_contents_gone(const struct comparison *c, uint32_t root)
{
    const struct target *const t = target_find(c->tree->settings.targets, watch_wd(c->told, root));
    int err = 0;

    if (watch_has(c->told, root, WATCH_UNTOLD) || !t || t->absent != ABSENT_NOT)
        return 0;
    for (uint32_t id = watch_first_child(c->told, root); id && err == 0; id = watch_sibling(c->told, id))
        err = walk_tell_gone(c->tree, id);
    return err;
}

static int tell_gone(const struct comparison *c)
{
    int err = 0;

    for (uint32_t id = watch_each(c->told, WATCH_NONE); id && err == 0; id = watch_each(c->told, id)) {
        uint32_t there;

        if (!watch_has(c->told, id, WATCH_ROOT) || watch_parent(c->told, id) || watch_wd(c->told, id) < 0)
            continue;
        there = watch_find(c->there, watch_wd(c->told, id));
        if (there && watch_parent(c->there, there)) {
            err = tell_contents_gone(c, id);
        } else if (there) {
            c->there_of[id] = there;
            err = tell_gone_below(c, id);
        }
    }
    return err;
}

/* ---- what is there and was not told ---- */

/* What has become of an entry since its stamp was taken: MODIFY, ATTRIB, both or neither. */
static uint32_t compare_stamps(const struct comparison *c, uint32_t told, uint32_t there)
{
    const struct watch_stamp *const before = watch_stamp(c->told, told);
    const struct watch_stamp *const now = watch_stamp(c->there, there);
    const bool is_dir = watch_has(c->there, there, WATCH_DIR);
    uint32_t change = 0;

    if (now->ino == 0)
        return 0; /* it is about to go, and that will be told */
    if (!is_dir &&
        (before->ino != now->ino || before->size != now->size || before->mtime_ns != now->mtime_ns ||
         watch_has(c->told, told, WATCH_STALE))) /* which may have changed again since */
        change |= IN_MODIFY;
    if (before->ino != 0 && before->owner_and_mode != now->owner_and_mode)
        change |= IN_ATTRIB;
    return change;
}

static int tell_difference(const struct comparison *c, uint32_t there)
{
    struct tree *const t = c->tree;
    const uint32_t told = c->told_of[there], dir = watch_parent(c->there, there);
    const bool is_dir = watch_has(c->there, there, WATCH_DIR);
    size_t len;
    const char *const name = watch_name(c->there, there, &len);
    uint32_t change;
    int err = 0;

    if (!told) {
        err = walk_tell(t, dir, name, len, IN_CREATE, is_dir);
        /* The set does not know what files are in it. */
        return err < 0 || t->settings.with_index || watch_wd(c->there, there) < 0 ? err
                                                                                  : tree_tell_later(t, there);
    }
    if (!t->settings.with_index)
        return 0;
    change = compare_stamps(c, told, there);
    if (change & IN_MODIFY)
        err = walk_tell(t, dir, name, len, IN_MODIFY, is_dir);
    if (err == 0 && (change & IN_ATTRIB))
        err = walk_tell(t, dir, name, len, IN_ATTRIB, is_dir);
    return err;
}

static int tell_new_below(const struct comparison *c, uint32_t top)
{
    int err = 0;

    for (uint32_t id = top, next; id && err == 0; id = next) {
        if (id != top)
            err = tell_difference(c, id);
        next = watch_has(c->there, id, WATCH_UNTOLD) ? watch_next_behind(c->there, top, id)
                                                     : watch_next(c->there, top, id);
    }
    return err;
}

/* A PATH that was in another one, and is not now: what it lay in was found to be about to leave, or to come,
 * and was not walked. Its contents were told to be gone. Until it is known from the queue where it is they
 * are not told anew, for nobody knows of its place. */
static int await_roots(const struct comparison *c)
{
    int err = 0;

    for (uint32_t id = watch_each(c->there, WATCH_NONE); id && err == 0; id = watch_each(c->there, id)) {
        uint32_t told;

        if (!watch_has(c->there, id, WATCH_ROOT) || watch_parent(c->there, id))
            continue;
        told = watch_find(c->told, watch_wd(c->there, id));
        if (told && (watch_parent(c->told, told) || watch_has(c->told, told, WATCH_UNTOLD)))
            err = walk_await(c->tree, id);
    }
    return err;
}

/* What could not be watched or read, unless that was known. */
static int tell_blind(const struct comparison *c)
{
    struct tree *const t = c->tree;
    int err = 0;

    for (size_t i = 0; i < t->notes.blind_count && err == 0; i++) {
        const struct blind *const b = &t->notes.blind[i];
        const uint32_t told = c->told_of[b->node]; /* of none: none */

        if (b->node && watch_path_given(c->there, b->node) &&
            !(told && watch_has(c->told, told, WATCH_BLIND)))
            err = t->settings.listener->blind(t->settings.context, b->node, "", 0, b->err);
    }
    t->notes.blind_count = 0;
    return err;
}

static int tell_new(const struct comparison *c)
{
    int err = 0;

    for (uint32_t id = watch_each(c->there, WATCH_NONE); id && err == 0; id = watch_each(c->there, id))
        if (watch_has(c->there, id, WATCH_ROOT) && !watch_parent(c->there, id))
            err = tell_new_below(c, id);
    return err < 0 ? err : tell_blind(c);
}

/* ---- both ---- */

/* The tree's set is the new one. Records of what is gone have the paths of the other. */
static int compare(struct tree *t, struct watch_set *told)
{
    struct comparison c = {.tree = t, .told = told, .there = t->settings.set};
    int err = -ENOMEM;

    c.there_of = calloc(watch_end(c.told), sizeof(*c.there_of));
    c.told_of = calloc(watch_end(c.there), sizeof(*c.told_of));
    if (c.there_of && c.told_of) {
        watch_swap(told, t->settings.set);
        c.told = t->settings.set;
        c.there = told;
        err = tell_gone(&c);
        watch_swap(told, t->settings.set);
        c.told = told;
        c.there = t->settings.set;
    }
    if (err == 0)
        err = await_roots(&c);
    if (err == 0)
        err = tell_new(&c);
    free(c.there_of);
    free(c.told_of);
    return err;
}

/* Drop the watches of one set that are not in the other. */
static void drop_watches(const struct tree *t, const struct watch_set *of, const struct watch_set *kept)
{
    for (uint32_t id = watch_each(of, WATCH_NONE); id; id = watch_each(of, id))
        if (watch_wd(of, id) >= 0 && !watch_find(kept, watch_wd(of, id)))
            backend_remove(t->settings.backend, watch_wd(of, id));
}

int tree_look_through(struct tree *t)
{
    struct watch_set *const set = t->settings.set;
    struct watch_set *const other = watch_set_new(t->settings.targets, t->settings.with_index);
    struct notes notes = t->notes;
    int err;

    if (!other)
        return -ENOMEM;
    reach_close(&t->reach);
    watch_swap(set, other); /* which is what was told from here on */
    t->notes = (struct notes){0};
    t->is_mute = true;
    t->told = other;
    err = walk_roots(t, other);
    t->is_mute = false;
    t->told = NULL;
    if (err == 0)
        err = queue_has_overflow(backend_queue(t->settings.backend));
    if (err == 0)
        err = compare(t, other);
    else if (err > 0)
        err = -EAGAIN;
    if (err == 0) {
        drop_watches(t, other, set);
    } else {
        watch_swap(set, other);
        drop_watches(t, other, set);
        notes_free(&t->notes);
        t->notes = notes;
        notes = (struct notes){0};
    }
    reach_close(&t->reach);
    home_return(); /* who was told may have entered a directory */
    notes_free(&notes);
    watch_set_free(other);
    return err;
}
