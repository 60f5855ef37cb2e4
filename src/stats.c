/* stats.c: rows of counts in a hash table with open addressing, and the first of them by any count.
 * Neighbours: report.c hands it records; table.c and top.c ask it. */
#include "stats.h"

#include "events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIRST_SLOTS   ((size_t)256)
#define WIDE_ROW_SIZE (sizeof(struct stats_row) + STATS_KINDS * sizeof(uint64_t))

/* What an allocator keeps beside a block, and what it rounds to; those of glibc. */
#define BLOCK_OVERHEAD ((size_t)8)
#define BLOCK_STEP     ((size_t)16)

struct stats {
    enum stats_by by;
    uint64_t seed;
    uint32_t now; /* ticks */
    size_t memory_max, row_bytes;
    size_t slot_count, path_count;
    struct stats_row **slots;
    struct stats_row *sum, *rest; /* with room for every kind, and without a path */
};

static size_t block_cost(size_t bytes)
{
    return (bytes + BLOCK_OVERHEAD + BLOCK_STEP - 1) / BLOCK_STEP * BLOCK_STEP;
}

/* ---- rows ---- */

static size_t row_size(uint64_t kinds, size_t path_len)
{
    return sizeof(struct stats_row) + (size_t)__builtin_popcountll(kinds) * sizeof(uint64_t) + path_len;
}

static size_t index_of_kind(const struct stats_row *row, unsigned kind)
{
    return (size_t)__builtin_popcountll(row->kinds & (STATS_KIND_BIT(kind) - 1));
}

/* Where the path of a row is, behind its counts. */
static char *path_of(struct stats_row *row)
{
    return (char *)&row->counts[__builtin_popcountll(row->kinds)];
}

const char *stats_path(const struct stats_row *row, size_t *len)
{
    *len = row->path_len;
    return (const char *)&row->counts[__builtin_popcountll(row->kinds)];
}

uint64_t stats_of_kind(const struct stats_row *row, unsigned kind)
{
    return row->kinds & STATS_KIND_BIT(kind) ? row->counts[index_of_kind(row, kind)] : 0;
}

/* Make room for the count of one more kind; the row is large enough. */
static void insert_kind(struct stats_row *row, unsigned kind, size_t path_len)
{
    const size_t at = index_of_kind(row, kind);
    const size_t behind = (size_t)__builtin_popcountll(row->kinds) - at;

    memmove(&row->counts[at + 1], &row->counts[at], behind * sizeof(uint64_t) + path_len);
    row->counts[at] = 0;
    row->kinds |= STATS_KIND_BIT(kind);
}

/* ---- lately ---- */

/* The fourth root of one half, to the powers of 0 to 3, in 65536ths. Four of its ticks make a half, so that
 * from one tick to the next a sixth goes: RECENT_SHARE / 65536 of a steady sum is what one tick adds. */
static const uint32_t fading[] = {65536, 55109, 46341, 38968};
#define RECENT_SHARE (65536 - 55109)
#define RECENT_UNIT  ((uint32_t)256)

static uint32_t faded(uint32_t value, uint32_t ticks)
{
    if (ticks >= 4 * 32)
        return 0;
    return (uint32_t)((uint64_t)value * fading[ticks % 4] >> 16) >> (ticks / 4);
}

uint32_t stats_recent(const struct stats *s, const struct stats_row *row)
{
    return (uint32_t)((uint64_t)faded(row->recent, s->now - row->tick) * RECENT_SHARE >> 16);
}

void stats_tick(struct stats *s)
{
    s->now++;
}

static void add_recent(const struct stats *s, struct stats_row *row)
{
    if (row->tick != s->now) {
        row->recent = faded(row->recent, s->now - row->tick);
        row->tick = s->now;
    }
    if (row->recent <= UINT32_MAX - RECENT_UNIT)
        row->recent += RECENT_UNIT;
}

/* Count a record in a row that has all of its kinds. */
static void add_to_row(const struct stats *s, struct stats_row *row, uint64_t kinds)
{
    row->total++;
    add_recent(s, row);
    for (; kinds > 0; kinds &= kinds - 1)
        row->counts[index_of_kind(row, (unsigned)__builtin_ctzll(kinds))]++;
}

static void add_to_wide_row(const struct stats *s, struct stats_row *wide, uint64_t kinds)
{
    for (uint64_t more = kinds & ~wide->kinds; more > 0; more &= more - 1)
        insert_kind(wide, (unsigned)__builtin_ctzll(more), 0);
    add_to_row(s, wide, kinds);
}

/* ---- kinds ---- */

static const char *const labels[] = {"RENAME", "RESYNCED", "GONE", "BACK", "ERROR", "OTHER"};

static uint64_t kinds_of(const struct record *r)
{
    uint64_t kinds = r->mask & ~(uint32_t)IN_ISDIR;
    unsigned kind = STATS_RENAME;

    if (r->label) {
        while (kind < STATS_OTHER && strcmp(r->label, labels[kind - STATS_RENAME]) != 0)
            kind++;
        if (kind == STATS_RENAME)
            kinds &= ~(uint64_t)IN_MOVED_TO; /* which it stands for */
        kinds |= STATS_KIND_BIT(kind);
    }
    return kinds > 0 ? kinds : STATS_KIND_BIT(STATS_OTHER);
}

char *stats_put_name(char *p, unsigned kind)
{
    if (kind >= STATS_RENAME)
        return stpcpy(p, labels[kind - STATS_RENAME]);
    return events_put(p, UINT32_C(1) << kind, "", 0);
}

int stats_find_kind(const char *name)
{
    char known[STATS_NAME_MAX + 1];

    if (strncasecmp(name, "IN_", 3) == 0)
        name += 3;
    for (unsigned kind = 0; kind < STATS_KINDS; kind++) {
        *stats_put_name(known, kind) = '\0';
        if (STATS_KIND_BIT(kind) != IN_ISDIR && strcasecmp(known, name) == 0)
            return (int)kind;
    }
    return -1;
}

/* ---- paths ---- */

/* A path in two pieces, as records have it. */
struct pieces {
    const char *a, *b;
    size_t a_len, b_len;
    char wd[STATS_WD_SIZE];
};

static size_t without_slashes(const char *path, size_t len)
{
    while (len > 1 && path[len - 1] == '/')
        len--;
    return len;
}

/* The directory of a file that is watched itself. */
static struct pieces directory_of(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] != '/')
        len--;
    return len == 0 ? (struct pieces){.a = ".", .a_len = 1}
                    : (struct pieces){.a = path, .a_len = without_slashes(path, len)};
}

static void key_of_watch(const struct record *r, struct pieces *key)
{
    const uint32_t wd = (uint32_t)r->wd;

    for (size_t i = 0; i < STATS_WD_SIZE; i++)
        key->wd[i] = (char)(wd >> (24 - 8 * i));
    key->a = key->wd;
    key->a_len = STATS_WD_SIZE;
    key->b = r->watched;
    key->b_len = r->watched_len;
}

static void key_of(const struct stats *s, const struct record *r, struct pieces *key)
{
    if (s->by == STATS_BY_WATCH)
        key_of_watch(r, key);
    else if (s->by == STATS_BY_PATH)
        *key = (struct pieces){.a = r->path, .a_len = r->path_len, .b = r->name, .b_len = r->name_len};
    else if (!r->label && r->watched_len > 0 && r->watched[r->watched_len - 1] != '/')
        *key = directory_of(r->watched, r->watched_len);
    else
        *key = (struct pieces){.a = r->watched, .a_len = without_slashes(r->watched, r->watched_len)};
}

/* The path counts, not where it is cut: bytes of both pieces fill one word after the other. */
static uint32_t hash_of(const struct stats *s, const struct pieces *key)
{
    uint64_t hash = s->seed ^ (key->a_len + key->b_len), word = 0;
    const char *piece = key->a;
    size_t left = key->a_len, filled = 0;

    for (int round = 0; round < 2; round++, piece = key->b, left = key->b_len) {
        while (left > 0) {
            const size_t take = left < sizeof(word) - filled ? left : sizeof(word) - filled;

            memcpy((char *)&word + filled, piece, take);
            piece += take;
            left -= take;
            filled += take;
            if (filled < sizeof(word))
                continue;
            hash = (hash ^ word) * UINT64_C(0x9FB21C651E98DF25);
            hash ^= hash >> 32;
            word = 0;
            filled = 0;
        }
    }
    hash = (hash ^ word) * UINT64_C(0x9FB21C651E98DF25);
    return (uint32_t)(hash >> 32 ^ hash);
}

static bool is_key_of(const struct stats_row *row, const struct pieces *key)
{
    size_t len;
    const char *const path = stats_path(row, &len);

    return len == key->a_len + key->b_len && memcmp(path, key->a, key->a_len) == 0 &&
           (key->b_len == 0 || memcmp(path + key->a_len, key->b, key->b_len) == 0);
}

/* The slot that has the path, or where it would go. */
static struct stats_row **slot_of(const struct stats *s, uint32_t hash, const struct pieces *key)
{
    size_t i = hash & (s->slot_count - 1);

    while (s->slots[i] && (s->slots[i]->hash != hash || !is_key_of(s->slots[i], key)))
        i = (i + 1) & (s->slot_count - 1);
    return &s->slots[i];
}

/* ---- memory ---- */

size_t stats_memory(const struct stats *s)
{
    return s->row_bytes + block_cost(s->slot_count * sizeof(struct stats_row *));
}

/* Twice the slots. Returns false without memory for it. */
static bool grow(struct stats *s)
{
    const size_t more = 2 * s->slot_count;
    struct stats_row **larger;

    if (s->row_bytes + block_cost(more * sizeof(struct stats_row *)) > s->memory_max)
        return false;
    larger = calloc(more, sizeof(struct stats_row *));
    if (!larger)
        return false;
    for (size_t i = 0; i < s->slot_count; i++) {
        size_t to;

        if (!s->slots[i])
            continue;
        to = s->slots[i]->hash & (more - 1);
        while (larger[to])
            to = (to + 1) & (more - 1);
        larger[to] = s->slots[i];
    }
    free(s->slots);
    s->slots = larger;
    s->slot_count = more;
    return true;
}

/* A row for a path that has none yet. NULL: there is no room. */
static struct stats_row *add_row(struct stats *s, struct stats_row **slot, uint32_t hash,
                                 const struct pieces *key, uint64_t kinds)
{
    const size_t path_len = key->a_len + key->b_len;
    const size_t size = row_size(kinds, path_len);
    struct stats_row *row;
    char *path;

    if (path_len > UINT32_MAX)
        return NULL;
    if (4 * (s->path_count + 1) > 3 * s->slot_count) {
        if (!grow(s))
            return NULL;
        slot = slot_of(s, hash, key);
    }
    if (stats_memory(s) + block_cost(size) > s->memory_max)
        return NULL;
    row = calloc(1, size);
    if (!row)
        return NULL;
    row->kinds = kinds;
    row->path_len = (uint32_t)path_len;
    row->hash = hash;
    row->tick = s->now;
    path = path_of(row);
    memcpy(path, key->a, key->a_len);
    if (key->b_len > 0)
        memcpy(path + key->a_len, key->b, key->b_len);
    s->row_bytes += block_cost(size);
    s->path_count++;
    *slot = row;
    return row;
}

/* The kinds that a row does not have yet. These are few, so this may go beyond what all may take. NULL
 * without memory. */
static struct stats_row *widen(struct stats *s, struct stats_row **slot, uint64_t kinds)
{
    const size_t before = row_size((*slot)->kinds, (*slot)->path_len);
    const size_t size = row_size((*slot)->kinds | kinds, (*slot)->path_len);
    struct stats_row *const row = realloc(*slot, size);

    if (!row)
        return NULL;
    *slot = row;
    s->row_bytes += block_cost(size) - block_cost(before);
    for (uint64_t more = kinds & ~row->kinds; more > 0; more &= more - 1)
        insert_kind(row, (unsigned)__builtin_ctzll(more), row->path_len);
    return row;
}

int stats_count(void *context, const struct record *r)
{
    struct stats *const s = context;
    const uint64_t kinds = kinds_of(r);

    add_to_wide_row(s, s->sum, kinds);
    if (s->by == STATS_BY_EVENT)
        return 0;

    struct pieces key;

    key_of(s, r, &key);

    const uint32_t hash = hash_of(s, &key);
    struct stats_row **const slot = slot_of(s, hash, &key);
    struct stats_row *row = *slot;

    if (!row)
        row = add_row(s, slot, hash, &key, kinds);
    else if (kinds & ~row->kinds)
        row = widen(s, slot, kinds);
    if (row)
        add_to_row(s, row, kinds);
    else
        add_to_wide_row(s, s->rest, kinds);
    return 0;
}

/* ---- as a whole ---- */

struct stats *stats_new(enum stats_by by, size_t memory_max, uint64_t seed)
{
    struct stats *const s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->by = by;
    s->seed = seed;
    s->memory_max = memory_max;
    s->slot_count = FIRST_SLOTS;
    s->slots = calloc(FIRST_SLOTS, sizeof(struct stats_row *));
    s->sum = calloc(1, WIDE_ROW_SIZE);
    s->rest = calloc(1, WIDE_ROW_SIZE);
    if (!s->slots || !s->sum || !s->rest) {
        stats_free(s);
        return NULL;
    }
    return s;
}

void stats_clear(struct stats *s)
{
    for (size_t i = 0; i < s->slot_count; i++) {
        free(s->slots[i]);
        s->slots[i] = NULL;
    }
    s->path_count = 0;
    s->row_bytes = 0;
    memset(s->sum, 0, WIDE_ROW_SIZE);
    memset(s->rest, 0, WIDE_ROW_SIZE);
}

void stats_free(struct stats *s)
{
    if (!s)
        return;
    for (size_t i = 0; s->slots && i < s->slot_count; i++)
        free(s->slots[i]);
    free(s->slots);
    free(s->sum);
    free(s->rest);
    free(s);
}

const struct stats_row *stats_sum(const struct stats *s)
{
    return s->sum;
}

const struct stats_row *stats_rest(const struct stats *s)
{
    return s->rest;
}

size_t stats_path_count(const struct stats *s)
{
    return s->path_count;
}

/* ---- the first of them ---- */

/* A row and what it is sorted by. */
struct ranked {
    uint64_t value;
    const struct stats_row *row;
};

static uint64_t value_of(const struct stats *s, const struct stats_row *row, int key)
{
    if (key == STATS_TOTAL)
        return row->total;
    return key == STATS_RECENT ? stats_recent(s, row) : stats_of_kind(row, (unsigned)key);
}

static bool comes_before(const struct ranked *a, const struct ranked *b, const struct stats_query *query)
{
    size_t a_len, b_len;
    int order;

    if (a->value != b->value)
        return (a->value > b->value) != query->ascending;
    if (a->row->total != b->row->total)
        return (a->row->total > b->row->total) != query->ascending;

    const char *const a_path = stats_path(a->row, &a_len), *const b_path = stats_path(b->row, &b_len);

    order = memcmp(a_path, b_path, a_len < b_len ? a_len : b_len);
    return order < 0 || (order == 0 && a_len < b_len);
}

/* Each entry of the heap comes behind both below it, so that the last one of all is at its top. */
static void sift_down(struct ranked *heap, size_t at, size_t count, const struct stats_query *query)
{
    const struct ranked moved = heap[at];

    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && comes_before(&heap[child], &heap[child + 1], query))
            child++;
        if (!comes_before(&moved, &heap[child], query))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void sift_up(struct ranked *heap, size_t at, const struct stats_query *query)
{
    const struct ranked moved = heap[at];

    while (at > 0 && comes_before(&heap[(at - 1) / 2], &moved, query)) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = moved;
}

static void offer(struct ranked *heap, size_t *count, size_t limit, const struct ranked *one,
                  const struct stats_query *query)
{
    if (*count < limit) {
        heap[*count] = *one;
        sift_up(heap, (*count)++, query);
    } else if (limit > 0 && comes_before(one, &heap[0], query)) {
        heap[0] = *one;
        sift_down(heap, 0, *count, query);
    }
}

int stats_query(const struct stats *s, const struct stats_query *query, const struct stats_row ***rows,
                size_t *count, size_t *of)
{
    const size_t limit = query->limit > 0 && query->limit < s->path_count ? query->limit : s->path_count;
    struct ranked *const heap = calloc(limit + 1, sizeof(*heap));
    const struct stats_row **const sorted = calloc(limit + 1, sizeof(struct stats_row *));

    *count = *of = 0;
    *rows = sorted;
    if (!heap || !sorted) {
        free(heap);
        free(sorted);
        return -ENOMEM;
    }
    for (size_t i = 0; i < s->slot_count; i++) {
        struct ranked one = {.row = s->slots[i]};
        size_t len;
        const char *path;

        if (!one.row)
            continue;
        path = stats_path(one.row, &len);
        if (query->wanted && !query->wanted(query->context, path, len))
            continue;
        one.value = value_of(s, one.row, query->key);
        offer(heap, count, limit, &one, query);
        ++*of;
    }
    for (size_t left = *count; left > 0;) {
        sorted[--left] = heap[0].row;
        heap[0] = heap[left];
        sift_down(heap, 0, left, query);
    }
    free(heap);
    return 0;
}
