/* stats.h: how many records there were, by path and by kind of event, with each path held once.
 * A sink of report.c's. Reads no clock, makes no system call, prints nothing: table.c and top.c show it. */
#ifndef INOTAP_STATS_H
#define INOTAP_STATS_H

#include "record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is counted apart. */
enum stats_by {
    STATS_BY_PATH,
    STATS_BY_DIR,   /* the directory that it happened in, without slashes at its end */
    STATS_BY_WATCH, /* STATS_WD_SIZE bytes of the watch descriptor, the highest first, then what is watched: a
                       directory, with a slash at its end, or a file */
    STATS_BY_EVENT, /* no paths at all */
};

/* A kind of event: the number of its bit in a mask of inotify(7), or one of these for a record of our own. */
enum stats_kind {
    STATS_RENAME = 32,
    STATS_RESYNCED,
    STATS_GONE,
    STATS_BACK,
    STATS_ERROR,
    STATS_OTHER, /* a label that is none of these, or a mask of 0 */
    STATS_KINDS,
};

#define STATS_WD_SIZE        ((size_t)4)
#define STATS_KIND_BIT(kind) (UINT64_C(1) << (kind))

struct stats;

/* The records of one path, of all, or of those that there was no memory for. */
struct stats_row {
    uint64_t total; /* records */
    uint64_t kinds; /* a set of STATS_KIND_BIT(): those that are not 0 */
    uint32_t path_len, hash;
    uint32_t recent, tick; /* see stats_recent() */
    uint64_t counts[];     /* of the kinds, the lowest first; then the path */
};

/* Count from nothing. memory_max: bytes for all paths; of those that come when it is used up the records are
 * counted together, see stats_rest(). seed: any number that the names of files cannot know, so that nobody
 * can choose them to be slow. Returns NULL without memory. The caller owns it. */
struct stats *stats_new(enum stats_by by, size_t memory_max, uint64_t seed);
void stats_free(struct stats *s);

/* Forget all paths and counts. */
void stats_clear(struct stats *s);

/* Count one record. The context is a struct stats; what does not fit goes to the rest, so this returns 0. */
int stats_count(void *context, const struct record *r);

/* Time goes on: one tick has passed since the call before. Only stats_recent() depends on it. */
void stats_tick(struct stats *s);

/* Records in all: the row has no path. And those of paths that there was no room for; its total is 0 as long
 * as there are none. Both live as long as s. */
const struct stats_row *stats_sum(const struct stats *s);
const struct stats_row *stats_rest(const struct stats *s);

/* How many paths are held, and how many bytes they take, what the allocator adds included. */
size_t stats_path_count(const struct stats *s);
size_t stats_memory(const struct stats *s);

/* The path of a row: not terminated, and empty for records that have none (Q_OVERFLOW). How many of its
 * records are of a kind; one of several bits is one of each. */
const char *stats_path(const struct stats_row *row, size_t *len);
uint64_t stats_of_kind(const struct stats_row *row, unsigned kind);

/* Records a tick, lately: what is some ticks old counts less and less, by half every four. In 256ths. */
uint32_t stats_recent(const struct stats *s, const struct stats_row *row);

/* The name of a kind, as records have it, at p; a bit without a name in hexadecimal. Returns the end. At most
 * STATS_NAME_MAX bytes; no NUL is added. */
#define STATS_NAME_MAX ((size_t)16)
char *stats_put_name(char *p, unsigned kind);

/* The kind of that name ("MODIFY", case does not matter, nor does a leading IN_), or -1. */
int stats_find_kind(const char *name);

/* Keys to sort by, besides the kinds. */
enum { STATS_TOTAL = STATS_KINDS, STATS_RECENT };

struct stats_query {
    int key;        /* a kind, STATS_TOTAL or STATS_RECENT */
    bool ascending; /* else the greatest first; what is equal comes by its total, then by the bytes of its
                       path */
    size_t limit;   /* no more than these; 0: all */
    bool (*wanted)(void *context, const char *path, size_t len); /* NULL: every path */
    void *context;
};

/* The rows that a query asks for, the rest apart. On success *rows is the caller's to free, *count is how
 * many are in it and *of how many were wanted. It is valid until the next record is counted. Takes time for n
 * paths and a limit of k: n log k. Returns 0 or -ENOMEM. */
int stats_query(const struct stats *s, const struct stats_query *query, const struct stats_row ***rows,
                size_t *count, size_t *of);

#endif
