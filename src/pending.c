/* pending.c: paths with what is known of each: a hash table, three lists, blocks that are used again.
 * Neighbour: merge.c. */
#include "pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS ((size_t)1024)

/* What an allocator keeps beside a block, and what it rounds to; those of glibc. */
#define BLOCK_OVERHEAD ((size_t)8)
#define BLOCK_STEP     ((size_t)16)
#define STEPS          ((size_t)64)

int pending_start(struct pending *p, size_t keep_bytes)
{
    *p = (struct pending){.bucket_count = FIRST_BUCKETS, .keep_bytes = keep_bytes};
    p->buckets = calloc(p->bucket_count, sizeof(struct entry *));
    if (!p->buckets)
        return -ENOMEM;
    p->used_bytes = p->bucket_count * sizeof(struct entry *);
    p->seed = (uint64_t)(uintptr_t)p->buckets * UINT64_C(0x9E3779B97F4A7C15); /* the address is random */
    return 0;
}

static void free_spare(struct pending *p)
{
    for (size_t i = 0; i < PENDING_SIZES && p->spare_bytes > 0; i++) {
        for (struct entry *e = p->spare[i], *next; e; e = next) {
            next = e->next_of_bucket;
            free(e);
        }
        p->spare[i] = NULL;
    }
    p->spare_bytes = 0;
}

void pending_end(struct pending *p)
{
    for (size_t i = 0; i < p->bucket_count; i++) {
        for (struct entry *e = p->buckets[i], *next; e; e = next) {
            next = e->next_of_bucket;
            free(e);
        }
    }
    free_spare(p);
    free(p->buckets);
}

/* ---- memory ---- */

/* Which size of block a path needs, and how many bytes that costs, overhead included. */
static size_t size_index(size_t path_len, size_t *cost)
{
    const size_t needed = offsetof(struct entry, path) + path_len + 1 + BLOCK_OVERHEAD;
    const size_t steps = (needed + BLOCK_STEP - 1) / BLOCK_STEP;
    size_t i = STEPS;

    if (steps < STEPS) {
        *cost = steps * BLOCK_STEP;
        return steps;
    }
    for (*cost = STEPS * BLOCK_STEP; *cost < needed; i++)
        *cost *= 2;
    return i;
}

static struct entry *take_block(struct pending *p, size_t path_len)
{
    size_t cost;
    struct entry **const spare = &p->spare[size_index(path_len, &cost)];
    struct entry *e = *spare;

    if (e) {
        *spare = e->next_of_bucket;
        p->spare_bytes -= cost;
    } else {
        if (p->used_bytes + p->spare_bytes + cost > p->keep_bytes)
            free_spare(p);
        e = malloc(cost - BLOCK_OVERHEAD);
    }
    if (e)
        p->used_bytes += cost;
    return e;
}

static void give_block(struct pending *p, struct entry *e)
{
    size_t cost;
    struct entry **const spare = &p->spare[size_index(e->path_len, &cost)];

    p->used_bytes -= cost;
    if (p->used_bytes + p->spare_bytes + cost > p->keep_bytes) {
        free(e);
        return;
    }
    p->spare_bytes += cost;
    e->next_of_bucket = *spare;
    *spare = e;
}

/* ---- the table ---- */

static struct entry **bucket(const struct pending *p, const char *path, size_t len)
{
    uint64_t hash = p->seed ^ len, word;

    for (; len >= sizeof(word); path += sizeof(word), len -= sizeof(word)) {
        memcpy(&word, path, sizeof(word));
        hash = (hash ^ word) * UINT64_C(0x9FB21C651E98DF25);
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, path, len);
    hash = (hash ^ word) * UINT64_C(0x9FB21C651E98DF25);
    hash ^= hash >> 32;
    return &p->buckets[hash & (p->bucket_count - 1)];
}

/* Without the memory for it the chains only become longer. */
static void grow(struct pending *p)
{
    struct entry **const old = p->buckets;
    const size_t old_count = p->bucket_count;
    struct entry **const larger = calloc(2 * old_count, sizeof(struct entry *));

    if (!larger)
        return;
    p->buckets = larger;
    p->bucket_count = 2 * old_count;
    p->used_bytes += old_count * sizeof(struct entry *);
    for (size_t i = 0; i < old_count; i++) {
        for (struct entry *e = old[i], *next; e; e = next) {
            struct entry **const at = bucket(p, e->path, e->path_len);

            next = e->next_of_bucket;
            e->next_of_bucket = *at;
            *at = e;
        }
    }
    free(old);
}

struct entry *pending_find(const struct pending *p, const char *path, size_t len)
{
    struct entry *e = *bucket(p, path, len);

    while (e && (e->path_len != len || memcmp(e->path, path, len) != 0))
        e = e->next_of_bucket;
    return e;
}

struct entry *pending_add(struct pending *p, const char *path, size_t len)
{
    struct entry *const e = len <= INT32_MAX ? take_block(p, len) : NULL;
    struct entry **at;

    if (!e)
        return NULL;
    if (p->count >= p->bucket_count)
        grow(p);
    at = bucket(p, path, len);
    *e = (struct entry){.next_of_bucket = *at, .path_len = (uint32_t)len};
    memcpy(e->path, path, len);
    e->path[len] = '/';
    *at = e;
    p->count++;
    return e;
}

void pending_remove(struct pending *p, struct entry *e)
{
    struct entry **at = bucket(p, e->path, e->path_len);

    while (*at != e)
        at = &(*at)->next_of_bucket;
    *at = e->next_of_bucket;
    p->count--;
    give_block(p, e);
}

/* ---- the lists ---- */

void pending_insert(struct pending *p, enum pending_list list, struct entry *e, struct entry *at)
{
    struct entry *const before = at ? at->previous[list] : p->last[list];

    e->previous[list] = before;
    e->next[list] = at;
    *(before ? &before->next[list] : &p->first[list]) = e;
    *(at ? &at->previous[list] : &p->last[list]) = e;
}

void pending_unlink(struct pending *p, enum pending_list list, struct entry *e)
{
    struct entry *const before = e->previous[list], *const after = e->next[list];

    *(before ? &before->next[list] : &p->first[list]) = after;
    *(after ? &after->previous[list] : &p->last[list]) = before;
}

void pending_to_end(struct pending *p, enum pending_list list, struct entry *e)
{
    if (p->last[list] == e)
        return;
    pending_unlink(p, list, e);
    pending_insert(p, list, e, NULL);
}
