/* beneath.c: where PATHs lie, as sorted absolute paths, and which of them begin with that of a directory.
 * Neighbours: tap.c asks when a directory is renamed; roots.c resolves PATHs. */
#include "beneath.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

void beneath_free(struct beneath *b)
{
    for (size_t i = 0; i < b->real_count; i++)
        free(b->reals[i]);
    free(b->reals);
    free(b->sorted);
    free(b->prefix);
    *b = (struct beneath){0};
}

static void find_one(struct tap *tap, const struct path *p)
{
    struct beneath *const b = &tap->beneath;

    free(b->reals[p->rank]);
    b->reals[p->rank] = p->target && !p->target->let_go ? roots_real_path(tap->roots, p) : NULL;
    b->is_sorted = false;
}

void beneath_find(struct tap *tap)
{
    struct beneath *const b = &tap->beneath;
    bool has_directory = false;
    size_t most = 0;

    for (size_t i = 0; i < tap->paths->count; i++) {
        const struct path *const p = tap->paths->items[i];

        has_directory |= p->target && p->target->is_dir;
        most = p->rank > most ? p->rank : most;
    }
    beneath_free(b);
    if (tap->paths->count < 2 || !has_directory || (tap->roots->flags & IN_ONESHOT))
        return;
    b->reals = calloc(most + 1, sizeof(char *));
    b->sorted = calloc(tap->paths->count, sizeof(struct path *));
    if (!b->reals || !b->sorted) {
        beneath_free(b);
        return;
    }
    b->real_count = most + 1;
    for (size_t i = 0; i < tap->paths->count; i++)
        find_one(tap, tap->paths->items[i]);
}

void beneath_came(struct tap *tap, const struct path *p)
{
    if (tap->beneath.real_count > 0)
        find_one(tap, p);
    else if (p->target && p->target->is_dir)
        beneath_find(tap);
}

static int by_real(const void *a, const void *b, void *context)
{
    const struct path *const *const x = a, *const *const y = b;
    char *const *const reals = context;

    return strcmp(reals[(*x)->rank], reals[(*y)->rank]);
}

/* Sorted when asked for, so that many PATHs may come back one by one. */
static void sort(struct tap *tap)
{
    struct beneath *const b = &tap->beneath;

    b->count = 0;
    for (size_t i = 0; i < tap->paths->count; i++)
        if (b->reals[tap->paths->items[i]->rank])
            b->sorted[b->count++] = tap->paths->items[i];
    qsort_r(b->sorted, b->count, sizeof(struct path *), by_real, b->reals);
    b->is_sorted = true;
}

/* Append to the prefix, which is so long. Returns false without memory. */
static bool append(struct beneath *b, size_t *len, const char *bytes, size_t count)
{
    if (*len + count + 1 > b->prefix_size) {
        const size_t size = 2 * (*len + count + 1);
        char *const larger = realloc(b->prefix, size);

        if (!larger)
            return false;
        b->prefix = larger;
        b->prefix_size = size;
    }
    memcpy(b->prefix + *len, bytes, count);
    *len += count;
    b->prefix[*len] = '\0';
    return true;
}

/* The prefix is that of a PATH, then of what is below it, which ends in a slash, then a name. */
static bool begin(struct tap *tap, const struct path *given, const char *below, size_t below_len,
                  const struct event *ev)
{
    struct beneath *const b = &tap->beneath;
    const char *const real = b->reals[given->rank];
    size_t len = 0, low = 0, high;

    if (!real || !append(b, &len, real, strlen(real)) || (len > 1 && !append(b, &len, "/", 1)) ||
        !append(b, &len, below, below_len))
        return false;
    if (ev->name_len > 0 && (!append(b, &len, ev->name, ev->name_len) || !append(b, &len, "/", 1)))
        return false;
    if (!b->is_sorted)
        sort(tap);
    high = b->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (strcmp(b->reals[b->sorted[middle]->rank], b->prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    b->position = b->first = low;
    return low < b->count && strncmp(b->reals[b->sorted[low]->rank], b->prefix, len) == 0;
}

bool beneath_begin(struct tap *tap, const struct path *given, const struct event *ev)
{
    return tap->beneath.real_count > 0 && given && begin(tap, given, "", 0, ev);
}

bool beneath_begin_in(struct tap *tap, uint32_t dir, const struct event *ev)
{
    const struct path *given;
    const char *below;
    size_t len;

    if (tap->beneath.real_count == 0)
        return false;
    given = watch_path_given(tap->watches, dir);
    below = given ? watch_path_below(tap->watches, dir, &len) : NULL;
    return below && begin(tap, given, below, len, ev);
}

struct path *beneath_next(struct tap *tap)
{
    struct beneath *const b = &tap->beneath;

    while (b->position < b->count) {
        struct path *const p = b->sorted[b->position++];

        if (strncmp(b->reals[p->rank], b->prefix, strlen(b->prefix)) != 0)
            break;
        if (p->target)
            return p;
    }
    b->position = b->count;
    return NULL;
}

void beneath_rewind(struct tap *tap)
{
    tap->beneath.position = tap->beneath.first;
}

bool beneath_is_within(const struct tap *tap, const struct path *p)
{
    const struct beneath *const b = &tap->beneath;
    const char *const real = b->real_count > 0 ? b->reals[p->rank] : NULL;

    for (size_t i = 0; real && i < tap->paths->count; i++) {
        const struct path *const other = tap->paths->items[i];
        const char *const above = b->reals[other->rank];
        const size_t len = above ? strlen(above) : 0;

        if (len > 0 && other->target && other->target->is_dir && strncmp(real, above, len) == 0 &&
            (above[len - 1] == '/' ? real[len] != '\0' : real[len] == '/'))
            return true;
    }
    return false;
}
