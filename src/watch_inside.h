/* watch_inside.h: what a watch set is made of. Private to watch.c and watch_path.c. */
#ifndef INOTAP_WATCH_INSIDE_H
#define INOTAP_WATCH_INSIDE_H

#include "watch.h"

/* Most names of directories are short: these are in the node itself. Terminated. */
union name {
    char inside[16];
    char *apart; /* owned */
};

/* Numbers in place of pointers halve what a directory costs. */
struct node {
    union name name; /* apart if name_len says that it is too long to be inside */
    uint32_t parent, first_child, next;
    uint32_t previous;                 /* or without a parent its tag */
    uint32_t next_of_name, next_of_wd; /* in the chains of the tables */
    int32_t wd;
    uint16_t name_len;
    uint16_t flags; /* of watch.h; FREE: the node is in the list of those */
};

#define FREE ((uint16_t)0x8000)

#define CHUNK_BITS ((uint32_t)10)
#define CHUNK_SIZE ((uint32_t)1 << CHUNK_BITS)

/* Chains of nodes, as many as there are nodes or up to twice as many. Until something is looked for they are
 * not linked: at the start nothing is, and linking all at once, in a table of the size that it needs, is much
 * cheaper. */
struct table {
    uint32_t *chains;
    uint32_t count; /* a power of two */
    bool is_linked;
    uint32_t found_last; /* by descriptor: most often the next event is of the same */
};

struct watch_set {
    const struct target_set *targets;
    struct node **chunks;
    struct watch_stamp **stamps; /* parallel to chunks, or NULL */
    struct rules **rules;        /* by the numbers of nodes, as far as any has some */
    uint32_t rules_capacity;
    uint32_t chunk_count, chunk_capacity;
    uint32_t used;                  /* nodes ever used, 0 included */
    uint32_t first_free;            /* a list by node->next */
    uint32_t first_gone, last_gone; /* another, of those that are not to be used again yet */
    size_t gone_count;
    size_t node_count, wd_count, untold_count;
    int highest_wd; /* ever */
    size_t name_bytes;
    struct table *by_name, *by_wd;
    uint64_t seed; /* names are chosen by others, and are not to know which chain they will be in */

    uint32_t path_of; /* whose path is kept; WATCH_NONE: none */
    char *path;
    size_t path_len, path_size;
    size_t path_base_len; /* of it, that is PATH */
};

static inline struct node *get(const struct watch_set *set, uint32_t id)
{
    return &set->chunks[id >> CHUNK_BITS][id & (CHUNK_SIZE - 1)];
}

static inline bool is_apart(size_t name_len)
{
    return name_len >= sizeof(((union name *)NULL)->inside);
}

static inline const char *name_of(const struct node *n)
{
    return is_apart(n->name_len) ? n->name.apart : n->name.inside;
}

#endif
