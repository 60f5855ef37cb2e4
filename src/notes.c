/* notes.c: growing lists of notes on nodes, and chains that find them by directory and name.
 * Neighbours: leave.c, walk.c and compare.c make them, tree.c has them looked up. */
#include "notes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A longer list that has become empty gives back its room. */
#define KEPT_CAPACITY ((size_t)1024)

int notes_grow(void *items, size_t count, size_t *capacity, size_t size)
{
    void **const array = items;
    const size_t larger = *capacity ? 2 * *capacity : 16;
    void *more;

    if (count < *capacity)
        return 0;
    more = reallocarray(*array, larger, size);
    if (!more)
        return -ENOMEM;
    *array = more;
    *capacity = larger;
    return 0;
}

static void free_debts(struct notes *n)
{
    for (size_t i = 0; i < n->debt_count; i++)
        free(n->debts[i].name);
    free(n->debts);
    free(n->debt_chains);
}

void notes_free(struct notes *n)
{
    free_debts(n);
    for (size_t i = n->claim_first; i < n->claim_count; i++)
        free(n->claims[i].name);
    free(n->claims);
    free(n->displaced);
    free(n->displaced_chains);
    free(n->stale);
    free(n->blind);
}

size_t notes_count(const struct notes *n)
{
    return n->debt_count + n->claim_count + n->displaced_count + n->stale_count + n->blind_count;
}

size_t notes_memory(const struct notes *n)
{
    return n->debt_capacity * (sizeof(*n->debts) + sizeof(*n->debt_chains)) +
           n->claim_capacity * sizeof(*n->claims) +
           n->displaced_capacity * (sizeof(*n->displaced) + sizeof(*n->displaced_chains)) +
           n->stale_capacity * sizeof(*n->stale) + n->blind_capacity * sizeof(*n->blind);
}

/* ---- chains ---- */

/* The chain of a name in a directory, of a number of chains that is a power of two. Names are chosen by
 * others, and are not to know which chain they will be in: the address is random. */
static uint32_t *chain_of(const struct notes *n, uint32_t *chains, size_t count, uint32_t dir,
                          const char *name, size_t len)
{
    uint64_t hash = (uint64_t)(uintptr_t)n ^ (uint64_t)dir << 32;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x9FB21C651E98DF25);
        hash ^= hash >> 32;
    }
    hash *= UINT64_C(0x9FB21C651E98DF25);
    return &chains[hash >> 32 & (count - 1)];
}

/* As many chains as a list has room for, all empty. */
static int renew_chains(uint32_t **chains, size_t capacity)
{
    uint32_t *const empty = calloc(capacity, sizeof(*empty));

    if (!empty)
        return -ENOMEM;
    free(*chains);
    *chains = empty;
    return 0;
}

/* ---- debts ---- */

static uint32_t *chain_of_debt(struct notes *n, uint32_t dir, const char *name)
{
    return chain_of(n, n->debt_chains, n->debt_capacity, dir, name, name ? strlen(name) : 0);
}

static void link_debt(struct notes *n, size_t at)
{
    struct debt *const d = &n->debts[at];
    uint32_t *const chain = chain_of_debt(n, d->dir, d->name);

    d->older = *chain;
    *chain = (uint32_t)at + 1;
}

/* The same debt, as far as that is noted; or NULL. */
static struct debt *find_debt(struct notes *n, const struct debt *wanted, const char *name)
{
    uint32_t at = n->debt_count > 0 ? *chain_of_debt(n, wanted->dir, name) : 0;

    for (; at; at = n->debts[at - 1].older) {
        struct debt *const d = &n->debts[at - 1];

        if (d->dir == wanted->dir && d->mode == wanted->mode && d->announced == wanted->announced &&
            (d->name && name ? strcmp(d->name, name) == 0 : !d->name && !name))
            return d;
    }
    return NULL;
}

int notes_owe(struct notes *n, uint32_t dir, const char *name, enum walk_mode mode, bool announced)
{
    struct debt debt = {.dir = dir, .mode = mode, .announced = announced};
    const size_t capacity = n->debt_capacity;
    int err;

    if (find_debt(n, &debt, name))
        return 0;
    debt.name = name ? strdup(name) : NULL;
    err = name && !debt.name ? -ENOMEM
                             : notes_grow(&n->debts, n->debt_count, &n->debt_capacity, sizeof(*n->debts));
    if (err == 0 && n->debt_capacity > capacity) {
        err = renew_chains(&n->debt_chains, n->debt_capacity);
        if (err < 0)
            n->debt_capacity = capacity; /* there is more room than it says */
        for (size_t i = 0; err == 0 && i < n->debt_count; i++)
            link_debt(n, i);
    }
    if (err < 0) {
        free(debt.name);
        return err;
    }
    n->debts[n->debt_count] = debt;
    link_debt(n, n->debt_count++);
    return 0;
}

int notes_await(struct notes *n, uint32_t dir, uint64_t position)
{
    const struct debt wanted = {.dir = dir, .mode = WALK_AS_NEW, .announced = true};
    const int err = notes_owe(n, dir, NULL, wanted.mode, wanted.announced);
    struct debt *const d = err == 0 ? find_debt(n, &wanted, NULL) : NULL;

    if (d && d->position < position)
        d->position = position;
    return err;
}

struct debt *notes_take_debts(struct notes *n, size_t *count)
{
    struct debt *const debts = n->debts;

    *count = n->debt_count;
    free(n->debt_chains);
    n->debts = NULL;
    n->debt_chains = NULL;
    n->debt_count = n->debt_capacity = 0;
    return debts;
}

/* ---- claims ---- */

/* Those that were taken make room. */
static void move_claims_down(struct notes *n)
{
    size_t kept = 0;

    for (size_t i = n->claim_first; i < n->claim_count; i++)
        if (n->claims[i].node)
            n->claims[kept++] = n->claims[i];
    n->claim_first = 0;
    n->claim_count = kept;
}

/* Was the node found at the same second place before? */
static bool is_claimed(const struct notes *n, const struct watch_set *set, const struct claim *claim,
                       const char *name)
{
    if (!watch_has(set, claim->node, WATCH_CLAIMED))
        return false;
    for (size_t i = n->claim_first; i < n->claim_count; i++)
        if (n->claims[i].node == claim->node && n->claims[i].dir == claim->dir &&
            strcmp(n->claims[i].name, name) == 0)
            return true;
    return false;
}

int notes_claim(struct notes *n, struct watch_set *set, const struct claim *claim, const char *name)
{
    char *copy;

    if (is_claimed(n, set, claim, name))
        return 0;
    copy = strdup(name);

    if (copy && n->claim_count == n->claim_capacity)
        move_claims_down(n);
    if (!copy || notes_grow(&n->claims, n->claim_count, &n->claim_capacity, sizeof(*n->claims)) < 0) {
        free(copy);
        return -ENOMEM;
    }
    n->claims[n->claim_count] = *claim;
    n->claims[n->claim_count++].name = copy;
    watch_mark(set, claim->node, WATCH_CLAIMED);
    return 0;
}

static void take_claim(struct notes *n, size_t at, struct claim *claim)
{
    *claim = n->claims[at];
    n->claims[at].node = WATCH_NONE;
    n->claims[at].name = NULL;
    while (n->claim_first < n->claim_count && !n->claims[n->claim_first].node)
        n->claim_first++;
    if (n->claim_first == n->claim_count)
        n->claim_first = n->claim_count = 0;
}

bool notes_take_claim_of(struct notes *n, const struct watch_set *set, uint32_t node, struct claim *claim)
{
    if (!watch_has(set, node, WATCH_CLAIMED))
        return false;
    for (size_t i = n->claim_first; i < n->claim_count; i++) {
        if (n->claims[i].node == node) {
            take_claim(n, i, claim);
            return true;
        }
    }
    return false;
}

bool notes_take_claim_until(struct notes *n, uint64_t position, struct claim *claim)
{
    if (n->claim_first == n->claim_count || n->claims[n->claim_first].position > position)
        return false;
    take_claim(n, n->claim_first, claim);
    return true;
}

/* ---- what is displaced ---- */

static void link_displaced(struct notes *n, struct watch_set *set, size_t at)
{
    struct displaced *const d = &n->displaced[at];
    size_t len;
    const char *const name = watch_name(set, d->node, &len);
    uint32_t *const chain = chain_of(n, n->displaced_chains, n->displaced_capacity, d->from, name, len);

    d->older = *chain;
    *chain = (uint32_t)at + 1;
    watch_set_tag(set, d->node, (uint32_t)at);
}

/* Room for one more: those that have a place again make some, and if that is not much there is more. */
static int make_room_for_displaced(struct notes *n, struct watch_set *set)
{
    const size_t capacity = n->displaced_capacity;
    size_t kept = 0;
    int err = 0;

    if (n->displaced_count < capacity)
        return 0;
    if (2 * n->displaced_live >= capacity)
        err = notes_grow(&n->displaced, n->displaced_count, &n->displaced_capacity, sizeof(*n->displaced));
    if (err == 0)
        err = renew_chains(&n->displaced_chains, n->displaced_capacity);
    if (err < 0) {
        n->displaced_capacity = capacity;
        return err;
    }
    for (size_t i = n->displaced_first; i < n->displaced_count; i++) {
        if (!n->displaced[i].node)
            continue;
        n->displaced[kept] = n->displaced[i];
        link_displaced(n, set, kept++);
    }
    n->displaced_first = 0;
    n->displaced_count = kept;
    return 0;
}

int notes_displace(struct notes *n, struct watch_set *set, uint32_t node, int64_t now_ns)
{
    notes_place(n, set, node); /* it is in there from another place, and only once */
    if (make_room_for_displaced(n, set) < 0)
        return -ENOMEM;
    n->displaced[n->displaced_count] =
        (struct displaced){.node = node, .from = watch_parent(set, node), .since_ns = now_ns};
    n->displaced_live++;
    watch_mark(set, node, WATCH_DISPLACED);
    watch_detach(set, node);
    link_displaced(n, set, n->displaced_count++);
    return 0;
}

void notes_place(struct notes *n, struct watch_set *set, uint32_t node)
{
    if (!watch_has(set, node, WATCH_DISPLACED))
        return;
    watch_unmark(set, node, WATCH_DISPLACED);
    n->displaced[watch_tag(set, node)].node = WATCH_NONE;
    n->displaced_live--;
}

uint32_t notes_displaced(const struct notes *n, const struct watch_set *set, uint32_t dir, const char *name,
                         size_t name_len)
{
    uint32_t at;

    if (n->displaced_live == 0)
        return WATCH_NONE;
    at = *chain_of(n, n->displaced_chains, n->displaced_capacity, dir, name, name_len);
    for (; at > n->displaced_first; at = n->displaced[at - 1].older) {
        const struct displaced *const d = &n->displaced[at - 1];
        const char *own;
        size_t len;

        if (!d->node || d->from != dir)
            continue;
        own = watch_name(set, d->node, &len);
        if (len == name_len && memcmp(own, name, len) == 0)
            return d->node;
    }
    return WATCH_NONE;
}

/* The first that is still displaced, or NULL. */
static struct displaced *first_displaced(struct notes *n)
{
    for (; n->displaced_first < n->displaced_count; n->displaced_first++) {
        struct displaced *const d = &n->displaced[n->displaced_first];

        if (d->node)
            return d;
    }
    n->displaced_first = n->displaced_count = 0;
    if (n->displaced_capacity > KEPT_CAPACITY) {
        free(n->displaced);
        free(n->displaced_chains);
        n->displaced = NULL;
        n->displaced_chains = NULL;
        n->displaced_capacity = 0;
    } else if (n->displaced_capacity > 0) {
        memset(n->displaced_chains, 0, n->displaced_capacity * sizeof(*n->displaced_chains));
    }
    return NULL;
}

int64_t notes_displaced_since(struct notes *n)
{
    const struct displaced *const d = n->displaced_count > 0 ? first_displaced(n) : NULL;

    return d ? d->since_ns : INT64_MAX;
}

uint32_t notes_take_displaced(struct notes *n, struct watch_set *set, int64_t until_ns)
{
    const struct displaced *const d = n->displaced_count > 0 ? first_displaced(n) : NULL;
    const uint32_t node = d && d->since_ns <= until_ns ? d->node : WATCH_NONE;

    if (node)
        notes_place(n, set, node);
    return node;
}

/* ---- nodes that are gone ---- */

void notes_forget_gone(struct notes *n, const struct watch_set *set)
{
    size_t kept = 0;

    for (size_t i = 0; i < n->debt_count; i++)
        if (!watch_is_there(set, n->debts[i].dir))
            n->debts[i].dir = WATCH_NONE;
    for (size_t i = n->claim_first; i < n->claim_count; i++)
        if (!watch_is_there(set, n->claims[i].dir)) {
            n->claims[i].node = WATCH_NONE;
            free(n->claims[i].name);
            n->claims[i].name = NULL;
        }
    for (size_t i = n->displaced_first; i < n->displaced_count; i++)
        if (!watch_is_there(set, n->displaced[i].from))
            n->displaced[i].from = WATCH_NONE;
    for (size_t i = 0; i < n->stale_count; i++)
        if (watch_is_there(set, n->stale[i]))
            n->stale[kept++] = n->stale[i];
    n->stale_count = kept;
    for (size_t i = 0; i < n->blind_count; i++)
        if (!watch_is_there(set, n->blind[i].node))
            n->blind[i].node = WATCH_NONE;
}
