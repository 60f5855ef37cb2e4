/* target.c: the targets of PATHs, a hash table by descriptor with open addressing.
 * Neighbours: roots.c fills it, tap.c asks it once an event. */
#include "target.h"

#include <stdint.h>
#include <stdlib.h>

struct target_set {
    struct target **slots; /* a power of two of them, at most half in use; NULL is free */
    size_t slot_count;
    size_t target_count;
    size_t path_count;
    struct target *suspects;
};

#define FIRST_SLOTS ((size_t)16)

struct target_set *target_set_new(void)
{
    struct target_set *const set = calloc(1, sizeof(*set));

    if (!set)
        return NULL;
    set->slot_count = FIRST_SLOTS;
    set->slots = calloc(set->slot_count, sizeof(struct target *));
    if (!set->slots) {
        free(set);
        return NULL;
    }
    return set;
}

void target_set_free(struct target_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->slot_count; i++)
        free(set->slots[i]);
    free(set->slots);
    free(set);
}

/* Scattered, by a multiplication with the golden ratio: descriptors count up, and side by side they would be
 * one run of slots, to whose end each removal would have to look. */
static size_t home_slot(const struct target_set *set, int wd)
{
    const uint32_t scattered = (uint32_t)wd * UINT32_C(2654435769);

    return (scattered ^ scattered >> 16) & (set->slot_count - 1);
}

/* Where wd is, or the free slot where it would go. */
static size_t find_slot(const struct target_set *set, int wd)
{
    size_t i = home_slot(set, wd);

    while (set->slots[i] && set->slots[i]->wd != wd)
        i = (i + 1) & (set->slot_count - 1);
    return i;
}

struct target *target_find(const struct target_set *set, int wd)
{
    return set->slots[find_slot(set, wd)];
}

static bool grow(struct target_set *set)
{
    struct target_set larger = {.slot_count = 2 * set->slot_count};

    larger.slots = calloc(larger.slot_count, sizeof(struct target *));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < set->slot_count; i++)
        if (set->slots[i])
            larger.slots[find_slot(&larger, set->slots[i]->wd)] = set->slots[i];
    free(set->slots);
    set->slots = larger.slots;
    set->slot_count = larger.slot_count;
    return true;
}

struct target *target_add(struct target_set *set, int wd, bool is_dir)
{
    struct target *w = target_find(set, wd);

    if (w)
        return w;
    if (2 * (set->target_count + 1) > set->slot_count && !grow(set))
        return NULL;
    w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->wd = wd;
    w->is_dir = is_dir;
    set->slots[find_slot(set, wd)] = w;
    set->target_count++;
    return w;
}

void target_attach(struct target_set *set, struct target *w, struct path *p)
{
    if (w->last_path)
        w->last_path->next = p;
    else
        w->paths = p;
    p->before = w->last_path;
    p->next = NULL;
    w->last_path = p;
    p->target = w;
    set->path_count++;
}

void target_detach(struct target_set *set, struct path *p)
{
    struct target *const w = p->target;

    if (p->before)
        p->before->next = p->next;
    else
        w->paths = p->next;
    if (p->next)
        p->next->before = p->before;
    else
        w->last_path = p->before;
    p->next = p->before = NULL;
    p->target = NULL;
    set->path_count--;
}

/* Close the gap that a removed watch leaves: move back whatever could not stand in its home slot because of
 * it. */
static void free_slot(struct target_set *set, size_t gap)
{
    const size_t mask = set->slot_count - 1;

    for (size_t i = (gap + 1) & mask; set->slots[i]; i = (i + 1) & mask) {
        const size_t home = home_slot(set, set->slots[i]->wd);

        if (((i - home) & mask) >= ((i - gap) & mask)) {
            set->slots[gap] = set->slots[i];
            gap = i;
        }
    }
    set->slots[gap] = NULL;
}

static void unlink_suspect(struct target *w)
{
    if (!w->suspect)
        return;
    *w->suspect_at = w->next_suspect;
    if (w->next_suspect)
        w->next_suspect->suspect_at = w->suspect_at;
    w->suspect = false;
    w->next_suspect = NULL;
}

void target_remove(struct target_set *set, struct target *w)
{
    unlink_suspect(w);
    for (struct path *p = w->paths, *next; p; p = next) {
        next = p->next;
        p->next = p->before = NULL;
        p->target = NULL;
        set->path_count--;
    }
    free_slot(set, find_slot(set, w->wd));
    set->target_count--;
    free(w);
}

void target_suspect(struct target_set *set, struct target *w)
{
    if (w->suspect)
        return;
    w->suspect = true;
    w->next_suspect = set->suspects;
    w->suspect_at = &set->suspects;
    if (w->next_suspect)
        w->next_suspect->suspect_at = &w->next_suspect;
    set->suspects = w;
}

struct target *target_take_suspect(struct target_set *set)
{
    struct target *const w = set->suspects;

    if (w)
        unlink_suspect(w);
    return w;
}

size_t target_path_count(const struct target_set *set)
{
    return set->path_count;
}

size_t target_count(const struct target_set *set)
{
    return set->target_count;
}

struct target *target_each(const struct target_set *set, size_t *position)
{
    while (*position < set->slot_count)
        if (set->slots[(*position)++])
            return set->slots[*position - 1];
    return NULL;
}
