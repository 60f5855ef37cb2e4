/* top.h: what --top shows: counts of the last minute, the hottest directories and paths, what is selected,
 * and what keys do to that. Knows no terminal and reads no clock: screen.c draws it, live.c tells it the
 * time. */
#ifndef INOTAP_TOP_H
#define INOTAP_TOP_H

#include "stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOP_SECONDS   60
#define TOP_TEXT_MAX  ((size_t)256)
#define TOP_DEPTH_MAX 64

/* Keys: characters are themselves. */
enum top_key {
    TOP_KEY_NONE = 0,
    TOP_KEY_UP = 0x110000,
    TOP_KEY_DOWN,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_LEFT,
    TOP_KEY_RIGHT,
    TOP_KEY_ENTER,
    TOP_KEY_BACKSPACE,
    TOP_KEY_ESCAPE,
};

enum top_pane { TOP_DIRS, TOP_PATHS, TOP_PANES };

/* One line of a list. The path is a copy. */
struct top_line {
    char *path;
    size_t len;
    uint64_t value; /* of what it is sorted by; with STATS_RECENT in 256ths a second */
    uint64_t total;
    uint32_t recent; /* records a second, lately; in 256ths */
};

struct top_list {
    struct top_line *lines; /* from the first one that is seen */
    size_t count;           /* lines */
    size_t of;              /* how many there are in all */
    uint64_t most;          /* the greatest value of all */
    size_t first, selected; /* the number of the first line, and of the selected one */
};

/* Which rows of the terminal show what; a count of 0: nothing does. */
struct top_layout {
    int spark, spark_rows;
    int counts, mix;
    int title[TOP_PANES], lines[TOP_PANES], line_count[TOP_PANES];
    int bottom; /* keys, what is typed, notices */
};

/* What is shown, as it was at the last refresh. */
struct top_view {
    uint64_t seconds[TOP_SECONDS]; /* records, the oldest first; the last one is not over */
    uint64_t total, overflows;
    size_t paths, dirs;
    bool is_crowded; /* there was no memory for some paths */
    struct {
        unsigned kind;
        uint64_t count;
    } mix[STATS_KINDS]; /* the greatest first */
    size_t mix_count;
    struct top_list lists[TOP_PANES];
};

struct top;

/* memory_max: bytes for both kinds of rows. seed: see stats_new(). Returns NULL without memory. */
struct top *top_new(size_t memory_max, uint64_t seed);
void top_free(struct top *t);

/* Count a record; the context is a struct top. A sink of report.h. Returns 0. */
int top_count(void *context, const struct record *r);

/* The time, since the beginning. What is shown follows, unless it is paused. Returns 0 or -ENOMEM. */
int top_advance(struct top *t, int64_t now_ns);

/* How large the terminal is. Returns 0 or -ENOMEM. */
int top_resize(struct top *t, int rows, int columns);

/* A key. Returns 1 to go on, 0 to end, -ENOMEM. */
int top_press(struct top *t, uint32_t key);

/* A line to be shown until the next key. */
void top_notice(struct top *t, const char *text, size_t len);

/* What to draw. */
const struct top_view *top_view(const struct top *t);
const struct top_layout *top_layout(const struct top *t);
enum top_pane top_pane(const struct top *t);
int top_sort(const struct top *t);
bool top_is_paused(const struct top *t);
bool top_is_typing(const struct top *t); /* a filter */
bool top_wants_help(const struct top *t);
const char *top_filter(const struct top *t, size_t *len);
const char *top_notice_text(const struct top *t, size_t *len); /* empty: none */

/* The directory that is drilled into: not terminated, empty for all. */
const char *top_focus(const struct top *t, size_t *len);

/* The records of the last minute in so many bars (from 1 to TOP_SECONDS), each the mean of as many seconds.
 * Returns the greatest. */
uint64_t top_spark(const struct top *t, uint64_t *bars, size_t count);

/* Fill the names of keys and what they do; NULL ends them. */
struct top_help {
    const char *keys, *what;
};
extern const struct top_help top_help[];

#endif
