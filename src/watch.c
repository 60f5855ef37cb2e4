/* watch.c: the tree of watched directories: nodes in chunks, found by two hash tables.
 * Neighbours: tree.c fills it, change.c moves what is renamed, tap.c asks for paths. */
#include "watch_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FIRST_CHAINS ((uint32_t)64)

static bool is_free(const struct node *n)
{
    return n->flags & FREE;
}

static void free_name(const struct node *n)
{
    if (!is_free(n) && is_apart(n->name_len))
        free(n->name.apart);
}

static struct table *table_new(void)
{
    struct table *const t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->count = FIRST_CHAINS;
    t->chains = calloc(t->count, sizeof(*t->chains));
    if (t->chains)
        return t;
    free(t);
    return NULL;
}

static void table_free(struct table *t)
{
    if (t)
        free(t->chains);
    free(t);
}

struct watch_set *watch_set_new(const struct target_set *targets, bool with_stamps)
{
    struct watch_set *const set = calloc(1, sizeof(*set));

    if (!set)
        return NULL;
    set->targets = targets;
    set->used = 1;
    set->seed = (uint64_t)(uintptr_t)set * UINT64_C(0x9E3779B97F4A7C15); /* the address is random */
    set->stamps = with_stamps ? calloc(1, sizeof(struct watch_stamp *)) : NULL;
    set->by_name = table_new();
    set->by_wd = table_new();
    if ((with_stamps && !set->stamps) || !set->by_name || !set->by_wd) {
        watch_set_free(set);
        return NULL;
    }
    return set;
}

void watch_set_free(struct watch_set *set)
{
    if (!set)
        return;
    for (uint32_t id = 1; id < set->used; id++) {
        free_name(get(set, id));
        rules_free(watch_rules(set, id));
    }
    free(set->rules);
    for (uint32_t i = 0; i < set->chunk_count; i++) {
        free(set->chunks[i]);
        if (set->stamps)
            free(set->stamps[i]);
    }
    free(set->chunks);
    free(set->stamps);
    table_free(set->by_name);
    table_free(set->by_wd);
    free(set->path);
    free(set);
}

void watch_swap(struct watch_set *a, struct watch_set *b)
{
    const struct watch_set was_a = *a;

    *a = *b;
    *b = was_a;
}

/* ---- the tables ---- */

static uint32_t *chain_of_wd(const struct watch_set *set, int wd)
{
    /* The kernel counts up: those in a row get chains in a row, a node each. What is left of many, say each
     * 1,024th, is told apart by the higher bits. */
    const uint32_t n = (uint32_t)wd;

    return &set->by_wd->chains[(n ^ n >> 10 ^ n >> 20) & (set->by_wd->count - 1)];
}

static uint32_t *chain_of_name(const struct watch_set *set, uint32_t parent, const char *name, size_t len)
{
    uint64_t hash = set->seed ^ parent, word;

    for (; len >= sizeof(word); name += sizeof(word), len -= sizeof(word)) {
        memcpy(&word, name, sizeof(word));
        hash = (hash ^ word) * UINT64_C(0x9FB21C651E98DF25);
        hash ^= hash >> 32;
    }
    word = len;
    memcpy(&word, name, len);
    hash = (hash ^ word ^ (uint64_t)len << 56) * UINT64_C(0x9FB21C651E98DF25);
    hash ^= hash >> 32;
    return &set->by_name->chains[hash & (set->by_name->count - 1)];
}

static void link_name(const struct watch_set *set, uint32_t id)
{
    struct node *const n = get(set, id);
    uint32_t *const chain = chain_of_name(set, n->parent, name_of(n), n->name_len);

    n->next_of_name = *chain;
    *chain = id;
}

static void link_wd(const struct watch_set *set, uint32_t id)
{
    struct node *const n = get(set, id);
    uint32_t *const chain = chain_of_wd(set, n->wd);

    n->next_of_wd = *chain;
    *chain = id;
}

static void unlink_name(const struct watch_set *set, uint32_t id)
{
    struct node *const n = get(set, id);
    uint32_t *at = chain_of_name(set, n->parent, name_of(n), n->name_len);

    while (*at != id)
        at = &get(set, *at)->next_of_name;
    *at = n->next_of_name;
}

static void unlink_wd(const struct watch_set *set, uint32_t id)
{
    struct node *const n = get(set, id);
    uint32_t *at = chain_of_wd(set, n->wd);

    while (*at != id)
        at = &get(set, *at)->next_of_wd;
    *at = n->next_of_wd;
}

/* Link everything anew, in at least as many chains as needed. Returns whether it did: without memory the
 * chains just get longer. */
static bool link_all(const struct watch_set *set, struct table *t, size_t needed)
{
    size_t count = t->count;
    uint32_t *chains;

    while (count < needed)
        count *= 2;
    chains = count == t->count && !t->is_linked ? NULL : calloc(count, sizeof(*chains));
    if (chains) {
        free(t->chains);
        t->chains = chains;
        t->count = (uint32_t)count;
    } else if (t->is_linked) {
        return false;
    }
    t->is_linked = true;
    for (uint32_t id = 1; id < set->used; id++) {
        const struct node *const n = get(set, id);

        if (is_free(n))
            continue;
        if (t == set->by_name && n->parent != WATCH_NONE)
            link_name(set, id);
        else if (t == set->by_wd && n->wd >= 0)
            link_wd(set, id);
    }
    return true;
}

/* ---- nodes ---- */

/* All of it will be written to: one call in place of a page fault for each page. (Linux 5.14; before that it
 * is refused, and does no harm.) */
static void fault_in(void *memory, size_t size)
{
#ifdef MADV_POPULATE_WRITE
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t begin = ((uintptr_t)memory + page - 1) & ~(page - 1);
    const uintptr_t end = ((uintptr_t)memory + size) & ~(page - 1);

    if (end > begin)
        madvise((char *)memory + (begin - (uintptr_t)memory), end - begin, MADV_POPULATE_WRITE);
#else
    (void)memory, (void)size;
#endif
}

static int add_chunk(struct watch_set *set)
{
    if (set->chunk_count == set->chunk_capacity) {
        const uint32_t capacity = set->chunk_capacity ? 2 * set->chunk_capacity : 1;
        struct node **const chunks = reallocarray(set->chunks, capacity, sizeof(struct node *));

        if (!chunks)
            return -ENOMEM;
        set->chunks = chunks;
        if (set->stamps) {
            struct watch_stamp **const stamps =
                reallocarray(set->stamps, capacity, sizeof(struct watch_stamp *));

            if (!stamps)
                return -ENOMEM;
            set->stamps = stamps;
        }
        set->chunk_capacity = capacity;
    }
    set->chunks[set->chunk_count] = malloc(CHUNK_SIZE * sizeof(struct node));
    if (!set->chunks[set->chunk_count])
        return -ENOMEM;
    if (set->chunk_count > 0) /* a small tree stays small */
        fault_in(set->chunks[set->chunk_count], CHUNK_SIZE * sizeof(struct node));
    if (set->stamps) {
        set->stamps[set->chunk_count] = malloc(CHUNK_SIZE * sizeof(struct watch_stamp));
        if (!set->stamps[set->chunk_count]) {
            free(set->chunks[set->chunk_count]);
            return -ENOMEM;
        }
    }
    set->chunk_count++;
    return 0;
}

static uint32_t take_node(struct watch_set *set)
{
    const uint32_t id = set->first_free;

    if (id) {
        set->first_free = get(set, id)->next;
        return id;
    }
    if (set->used == UINT32_MAX || (set->used >> CHUNK_BITS >= set->chunk_count && add_chunk(set) < 0))
        return WATCH_NONE;
    return set->used++;
}

static int copy_name(union name *copy, const char *name, size_t len)
{
    char *bytes = copy->inside;

    if (len > UINT16_MAX)
        return -ENOMEM; /* of the field for its length */
    if (is_apart(len)) {
        bytes = malloc(len + 1);
        if (!bytes)
            return -ENOMEM;
        copy->apart = bytes;
    }
    memcpy(bytes, name, len);
    bytes[len] = '\0';
    return 0;
}

/* What a name takes besides its node. */
static size_t bytes_apart(size_t name_len)
{
    return is_apart(name_len) ? name_len + 1 : 0;
}

/* Into its parent's children and the table of names, or nowhere. */
static void place(struct watch_set *set, uint32_t id, uint32_t parent)
{
    struct node *const n = get(set, id);

    n->parent = parent;
    n->previous = n->next = WATCH_NONE;
    set->path_of = WATCH_NONE;
    if (parent == WATCH_NONE)
        return;
    n->next = get(set, parent)->first_child;
    if (n->next)
        get(set, n->next)->previous = id;
    get(set, parent)->first_child = id;
    if (set->by_name->is_linked)
        link_name(set, id);
}

static void give_back_node(struct watch_set *set, uint32_t id)
{
    get(set, id)->flags = FREE;
    get(set, id)->next = set->first_free;
    set->first_free = id;
}

uint32_t watch_add(struct watch_set *set, uint32_t parent, const char *name, size_t name_len, unsigned flags)
{
    const uint32_t id = take_node(set);
    struct node *n;

    if (!id)
        return WATCH_NONE;
    n = get(set, id);
    *n = (struct node){.name_len = (uint16_t)name_len, .flags = (uint16_t)flags, .wd = -1};
    if (copy_name(&n->name, name, name_len) < 0) {
        give_back_node(set, id);
        return WATCH_NONE;
    }
    if (set->stamps)
        *watch_stamp(set, id) = (struct watch_stamp){0};
    set->node_count++;
    set->name_bytes += bytes_apart(name_len);
    place(set, id, parent);
    if (set->by_name->is_linked && set->node_count > set->by_name->count)
        link_all(set, set->by_name, set->node_count);
    return id;
}

void watch_detach(struct watch_set *set, uint32_t id)
{
    struct node *const n = get(set, id);

    set->path_of = WATCH_NONE;
    if (n->parent == WATCH_NONE)
        return;
    if (set->by_name->is_linked)
        unlink_name(set, id);
    if (n->previous)
        get(set, n->previous)->next = n->next;
    else
        get(set, n->parent)->first_child = n->next;
    if (n->next)
        get(set, n->next)->previous = n->previous;
    n->parent = n->next = n->previous = WATCH_NONE;
}

int watch_attach(struct watch_set *set, uint32_t id, uint32_t parent, const char *name, size_t name_len)
{
    struct node *const n = get(set, id);
    union name copy; /* the name given may be the one that the node has */
    const int err = copy_name(&copy, name, name_len);

    if (err < 0)
        return err;
    watch_detach(set, id);
    set->name_bytes += bytes_apart(name_len);
    set->name_bytes -= bytes_apart(n->name_len);
    free_name(n);
    n->name = copy;
    n->name_len = (uint16_t)name_len;
    place(set, id, parent);
    return 0;
}

void watch_set_tag(struct watch_set *set, uint32_t id, uint32_t tag)
{
    get(set, id)->previous = tag;
}

uint32_t watch_tag(const struct watch_set *set, uint32_t id)
{
    return get(set, id)->previous;
}

void watch_set_wd(struct watch_set *set, uint32_t id, int wd)
{
    struct node *const n = get(set, id);

    if (n->wd >= 0) {
        if (set->by_wd->is_linked)
            unlink_wd(set, id);
        set->wd_count--;
    }
    n->wd = wd;
    if (wd < 0)
        return;
    set->wd_count++;
    if (wd > set->highest_wd)
        set->highest_wd = wd;
    if (!set->by_wd->is_linked)
        return;
    if (set->wd_count <= set->by_wd->count || !link_all(set, set->by_wd, set->wd_count))
        link_wd(set, id);
}

void watch_remove(struct watch_set *set, uint32_t id)
{
    struct node *const n = get(set, id);

    watch_detach(set, id);
    watch_set_wd(set, id, -1);
    watch_unmark(set, id, WATCH_UNTOLD);
    rules_free(watch_rules(set, id));
    watch_set_rules(set, id, NULL);
    set->name_bytes -= bytes_apart(n->name_len);
    set->node_count--;
    free_name(n);
    n->flags = FREE;
    n->next = set->first_gone;
    if (!n->next)
        set->last_gone = id;
    set->first_gone = id;
    set->gone_count++;
}

bool watch_is_there(const struct watch_set *set, uint32_t id)
{
    return id && !is_free(get(set, id));
}

void watch_reuse(struct watch_set *set)
{
    if (set->gone_count == 0)
        return;
    get(set, set->last_gone)->next = set->first_free;
    set->first_free = set->first_gone;
    set->first_gone = set->last_gone = WATCH_NONE;
    set->gone_count = 0;
}

size_t watch_gone_count(const struct watch_set *set)
{
    return set->gone_count;
}

void watch_remove_subtree(struct watch_set *set, uint32_t top)
{
    uint32_t id = top;

    for (;;) {
        while (get(set, id)->first_child)
            id = get(set, id)->first_child;

        const uint32_t parent = get(set, id)->parent;

        watch_remove(set, id);
        if (id == top)
            return;
        id = parent;
    }
}

/* ---- questions ---- */

uint32_t watch_find(const struct watch_set *set, int wd)
{
    uint32_t id = set->by_wd->found_last;

    if (id && wd >= 0 && get(set, id)->wd == wd)
        return id;
    if (wd > set->highest_wd)
        return WATCH_NONE; /* the kernel counts up, so this spares a look for each new one */
    if (!set->by_wd->is_linked)
        link_all(set, set->by_wd, set->wd_count);
    id = *chain_of_wd(set, wd);
    while (id && get(set, id)->wd != wd)
        id = get(set, id)->next_of_wd;
    set->by_wd->found_last = id;
    return id;
}

uint32_t watch_child(const struct watch_set *set, uint32_t parent, const char *name, size_t name_len)
{
    uint32_t id;

    if (parent == WATCH_NONE || !get(set, parent)->first_child)
        return WATCH_NONE;
    if (!set->by_name->is_linked)
        link_all(set, set->by_name, set->node_count);
    for (id = *chain_of_name(set, parent, name, name_len); id; id = get(set, id)->next_of_name) {
        const struct node *const n = get(set, id);

        if (n->parent == parent && n->name_len == name_len && memcmp(name_of(n), name, name_len) == 0)
            break;
    }
    return id;
}

uint32_t watch_parent(const struct watch_set *set, uint32_t id)
{
    return get(set, id)->parent;
}

uint32_t watch_first_child(const struct watch_set *set, uint32_t id)
{
    return get(set, id)->first_child;
}

uint32_t watch_sibling(const struct watch_set *set, uint32_t id)
{
    return get(set, id)->next;
}

const char *watch_name(const struct watch_set *set, uint32_t id, size_t *len)
{
    *len = get(set, id)->name_len;
    return name_of(get(set, id));
}

int watch_wd(const struct watch_set *set, uint32_t id)
{
    return get(set, id)->wd;
}

bool watch_has(const struct watch_set *set, uint32_t id, unsigned flags)
{
    return (get(set, id)->flags & flags) == flags;
}

static void set_flags(struct watch_set *set, struct node *n, unsigned flags)
{
    if (n->flags & WATCH_UNTOLD)
        set->untold_count--;
    if (flags & WATCH_UNTOLD)
        set->untold_count++;
    n->flags = (uint16_t)flags;
}

void watch_mark(struct watch_set *set, uint32_t id, unsigned flags)
{
    set_flags(set, get(set, id), get(set, id)->flags | flags);
}

void watch_unmark(struct watch_set *set, uint32_t id, unsigned flags)
{
    set_flags(set, get(set, id), get(set, id)->flags & ~flags);
}

bool watch_is_untold(const struct watch_set *set, uint32_t id)
{
    for (; set->untold_count > 0 && id; id = get(set, id)->parent)
        if (get(set, id)->flags & WATCH_UNTOLD)
            return true;
    return false;
}

struct watch_stamp *watch_stamp(const struct watch_set *set, uint32_t id)
{
    return &set->stamps[id >> CHUNK_BITS][id & (CHUNK_SIZE - 1)];
}

struct rules *watch_rules(const struct watch_set *set, uint32_t id)
{
    return get(set, id)->flags & WATCH_RULES ? set->rules[id] : NULL;
}

int watch_set_rules(struct watch_set *set, uint32_t id, struct rules *rules)
{
    if (!rules) {
        watch_unmark(set, id, WATCH_RULES);
        return 0;
    }
    if (id >= set->rules_capacity) {
        const uint32_t capacity = set->chunk_capacity * CHUNK_SIZE; /* enough for all there are */
        struct rules **const more = reallocarray(set->rules, capacity, sizeof(struct rules *));

        if (!more)
            return -ENOMEM;
        set->rules = more;
        set->rules_capacity = capacity;
    }
    set->rules[id] = rules;
    watch_mark(set, id, WATCH_RULES);
    return 0;
}

uint32_t watch_next(const struct watch_set *set, uint32_t top, uint32_t id)
{
    if (get(set, id)->first_child)
        return get(set, id)->first_child;
    while (id != top && !get(set, id)->next)
        id = get(set, id)->parent;
    return id == top ? WATCH_NONE : get(set, id)->next;
}

uint32_t watch_next_behind(const struct watch_set *set, uint32_t top, uint32_t id)
{
    while (id != top && !watch_sibling(set, id))
        id = watch_parent(set, id);
    return id == top ? WATCH_NONE : watch_sibling(set, id);
}

uint32_t watch_each(const struct watch_set *set, uint32_t id)
{
    while (++id < set->used)
        if (!is_free(get(set, id)))
            return id;
    return WATCH_NONE;
}

uint32_t watch_end(const struct watch_set *set)
{
    return set->used;
}

bool watch_is_below(const struct watch_set *set, uint32_t id, uint32_t top)
{
    while (id && id != top)
        id = get(set, id)->parent;
    return id == top;
}

size_t watch_depth(const struct watch_set *set, uint32_t id)
{
    size_t depth = 0;

    for (; id && !watch_has(set, id, WATCH_ROOT); id = get(set, id)->parent)
        depth++;
    return depth;
}

/* ---- figures ---- */

size_t watch_count(const struct watch_set *set)
{
    return set->wd_count;
}

size_t watch_node_count(const struct watch_set *set)
{
    return set->node_count;
}

size_t watch_memory(const struct watch_set *set)
{
    return sizeof(*set) + set->chunk_capacity * sizeof(struct node *) * (set->stamps ? 2 : 1) +
           (size_t)set->chunk_count * CHUNK_SIZE *
               (sizeof(struct node) + (set->stamps ? sizeof(struct watch_stamp) : 0)) +
           ((size_t)set->by_name->count + set->by_wd->count) * sizeof(uint32_t) + set->name_bytes;
}
