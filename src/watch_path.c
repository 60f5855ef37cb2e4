/* watch_path.c: under which PATH a node of the watch set is, and its path put together.
 * Neighbours: watch.c keeps the nodes; report.c and reach.c ask. */
#include "watch_inside.h"

#include <stdlib.h>
#include <string.h>

/* Is the first PATH of one target to stand before that of another? One that seems to be gone is not, as long
 * as something else leads to the same: nothing is there by its name. */
static bool comes_before(const struct target *a, const struct target *b)
{
    if ((a->absent == ABSENT_NOT) != (b->absent == ABSENT_NOT))
        return a->absent == ABSENT_NOT;
    return a->paths->rank < b->paths->rank;
}

/* The node whose PATH the path begins with, and that PATH. */
static const struct path *find_base(const struct watch_set *set, uint32_t id, uint32_t *base)
{
    const struct target *best = NULL;

    for (; id; id = get(set, id)->parent) {
        if (watch_has(set, id, WATCH_ROOT)) {
            const struct target *const t = target_find(set->targets, get(set, id)->wd);

            if (t && t->paths && (!best || comes_before(t, best))) {
                best = t;
                *base = id;
            }
        }
    }
    return best ? best->paths : NULL;
}

const struct path *watch_path_given(const struct watch_set *set, uint32_t id)
{
    uint32_t base;

    return find_base(set, id, &base);
}

static bool make_path_room(struct watch_set *set, size_t size)
{
    char *larger;

    if (size <= set->path_size)
        return true;
    larger = realloc(set->path, 2 * size);
    if (!larger)
        return false;
    set->path = larger;
    set->path_size = 2 * size;
    return true;
}

const char *watch_path(struct watch_set *set, uint32_t id, size_t *len)
{
    uint32_t base = WATCH_NONE;
    const struct path *given;
    size_t size;
    char *at;

    if (set->path_of == id) {
        *len = set->path_len;
        return set->path;
    }
    given = find_base(set, id, &base);
    if (!given)
        return NULL;
    size = given->joined_len;
    for (uint32_t i = id; i != base; i = get(set, i)->parent)
        size += (size_t)get(set, i)->name_len + 1;
    set->path_of = WATCH_NONE;
    if (!make_path_room(set, size))
        return NULL;
    memcpy(set->path, given->joined, given->joined_len);
    at = set->path + size;
    for (uint32_t i = id; i != base; i = get(set, i)->parent) {
        const struct node *const n = get(set, i);

        *--at = '/';
        at -= n->name_len;
        memcpy(at, name_of(n), n->name_len);
    }
    set->path_of = id;
    set->path_base_len = given->joined_len;
    *len = set->path_len = size;
    return set->path;
}

const char *watch_path_below(struct watch_set *set, uint32_t id, size_t *len)
{
    const char *const path = watch_path(set, id, len);

    if (!path)
        return NULL;
    *len -= set->path_base_len;
    return path + set->path_base_len;
}

void watch_forget_path(struct watch_set *set)
{
    set->path_of = WATCH_NONE;
}
