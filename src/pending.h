/* pending.h: paths with what is known of each, found by path, in three orders; their memory is recycled.
 * Knows nothing of what the fields mean. Neighbour: merge.c, which does. */
#ifndef INOTAP_PENDING_H
#define INOTAP_PENDING_H

#include <stddef.h>
#include <stdint.h>

enum pending_list {
    PENDING_ORDER, /* the order of the output */
    PENDING_QUIET, /* the longest quiet first */
    PENDING_AGE,   /* the oldest first event first */
};

#define PENDING_LISTS 3

/* One path. There may be a million of them, so the small fields are at the end, and the path comes right
 * after them. */
struct entry {
    struct entry *next_of_bucket;
    struct entry *previous[PENDING_LISTS], *next[PENDING_LISTS];
    struct entry *other; /* the owner's, as all below */
    int64_t first_ns, last_ns;
    int64_t when_s;
    uint32_t when_ns;
    uint32_t count;
    uint32_t mask;
    uint32_t cookie;
    int32_t wd;
    uint32_t path_len;
    uint32_t watched_len; /* how much of the path, and the slash after it */
    uint16_t name_len;    /* of the path's end */
    uint16_t len;
    uint16_t flags;
    char path[]; /* path_len bytes and a slash */
};

/* Blocks of memory are recycled by their size: steps of 16 bytes up to 1 KiB, then powers of two. */
#define PENDING_SIZES 96

struct pending {
    struct entry **buckets;
    size_t bucket_count; /* a power of two */
    size_t count;        /* entries in the table */
    struct entry *first[PENDING_LISTS], *last[PENDING_LISTS];
    struct entry *spare[PENDING_SIZES];
    size_t used_bytes;  /* the table and the entries in it, the allocator's share included */
    size_t spare_bytes; /* kept to be used again */
    size_t keep_bytes;  /* both together are to be no more than this, so far as that is up to spare ones */
    uint64_t seed;      /* names are chosen by others, and are not to know which bucket they will be in */
};

/* Returns 0 or -ENOMEM; there is nothing to end then. */
int pending_start(struct pending *p, size_t keep_bytes);
void pending_end(struct pending *p);

/* NULL: there is none. */
struct entry *pending_find(const struct pending *p, const char *path, size_t len);

/* A new entry in the table and in no list, its fields 0. The path must not be in the table, and is copied.
 * NULL: no memory, or a path of 2 GiB. */
struct entry *pending_add(struct pending *p, const char *path, size_t len);

/* Take an entry, which is in no list any more, out of the table, and its memory back. */
void pending_remove(struct pending *p, struct entry *e);

/* Lists. `at` is in the list, and e is not; NULL: e becomes the last. */
void pending_insert(struct pending *p, enum pending_list list, struct entry *e, struct entry *at);
void pending_unlink(struct pending *p, enum pending_list list, struct entry *e);
void pending_to_end(struct pending *p, enum pending_list list, struct entry *e);

#endif
