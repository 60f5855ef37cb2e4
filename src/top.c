/* top.c: what the live view shows. Neighbours: stats.c counts, top_keys.c has what keys do to it; screen.c
 * draws what top_view() says. */
#include "top_inside.h"

#include "events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* So long after the last event nothing of it is seen any more. */
#define FORGOTTEN_S INT64_C(240)

const struct top_help top_help[] = {
    {"Up Down j k", "select"},
    {"Tab", "directories or paths"},
    {"Enter Right", "look into a directory"},
    {"Backspace Left", "go back"},
    {"s S", "sort by the next, the previous"},
    {"/", "show only what contains a text"},
    {"p Space", "stand still; go on"},
    {"c", "count from nothing"},
    {"? h", "this"},
    {"q", "end"},
    {NULL, NULL},
};

/* ---- beginning and end ---- */

struct top *top_new(size_t memory_max, uint64_t seed)
{
    struct top *const t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->sort = STATS_RECENT;
    t->dirs = stats_new(STATS_BY_DIR, memory_max / 4, seed);
    t->paths = stats_new(STATS_BY_PATH, memory_max / 4 * 3, seed);
    if (!t->dirs || !t->paths) {
        top_free(t);
        return NULL;
    }
    return t;
}

static void free_lines(struct top_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->lines[i].path);
    free(list->lines);
    list->lines = NULL;
    list->count = 0;
}

void top_free(struct top *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->depth; i++)
        free(t->stack[i].path);
    for (size_t pane = 0; pane < TOP_PANES; pane++)
        free_lines(&t->view.lists[pane]);
    stats_free(t->dirs);
    stats_free(t->paths);
    free(t);
}

int top_count(void *context, const struct record *r)
{
    struct top *const t = context;

    t->seconds[TOP_SECONDS - 1]++;
    stats_count(t->dirs, r);
    return stats_count(t->paths, r);
}

/* ---- what is shown ---- */

const char *top_focus(const struct top *t, size_t *len)
{
    *len = t->depth > 0 ? t->stack[t->depth - 1].len : 0;
    return t->depth > 0 ? t->stack[t->depth - 1].path : "";
}

static bool is_wanted(void *context, const char *path, size_t len)
{
    const struct top *const t = context;
    size_t focus_len;
    const char *const focus = top_focus(t, &focus_len);

    if (t->filter_len > 0 && !memmem(path, len, t->filter, t->filter_len))
        return false;
    if (t->depth == 0)
        return true;
    if (len < focus_len || memcmp(path, focus, focus_len) != 0)
        return false;
    return len == focus_len || path[focus_len] == '/' || focus[focus_len - 1] == '/';
}

static uint64_t value_of(const struct stats *s, const struct stats_row *row, int key)
{
    if (key == STATS_TOTAL)
        return row->total;
    return key == STATS_RECENT ? stats_recent(s, row) : stats_of_kind(row, (unsigned)key);
}

/* Keep the selected line in sight. */
static void scroll(struct top_list *list, size_t visible)
{
    if (list->selected >= list->of)
        list->selected = list->of > 0 ? list->of - 1 : 0;
    if (list->first > list->selected || visible == 0)
        list->first = list->selected;
    else if (list->selected - list->first >= visible)
        list->first = list->selected - visible + 1;
    if (list->first > 0 && list->of - list->first < visible)
        list->first = list->of > visible ? list->of - visible : 0;
}

/* Copy the lines that are seen. */
static int copy_lines(struct top_list *list, const struct stats *s, const struct stats_row **rows,
                      size_t count, int key)
{
    list->lines = calloc(count + 1, sizeof(*list->lines));
    if (!list->lines)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct top_line *const line = &list->lines[i];
        const char *const path = stats_path(rows[i], &line->len);

        line->path = malloc(line->len + 1);
        if (!line->path)
            return -ENOMEM;
        memcpy(line->path, path, line->len);
        line->total = rows[i]->total;
        line->recent = stats_recent(s, rows[i]);
        line->value = value_of(s, rows[i], key);
        list->count++;
    }
    return 0;
}

static int refresh_list(struct top *t, enum top_pane pane)
{
    const struct stats *const s = pane == TOP_DIRS ? t->dirs : t->paths;
    struct top_list *const list = &t->view.lists[pane];
    const size_t visible = (size_t)t->layout.line_count[pane];
    /* Enough to go on to the next page, or to the end. */
    const struct stats_query query = {
        .key = t->sort,
        .limit = list->selected > SIZE_MAX - visible - 1 ? 0 : list->selected + visible + 1,
        .wanted = is_wanted,
        .context = t,
    };
    const struct stats_row **rows;
    size_t count;
    int err;

    free_lines(list);
    err = stats_query(s, &query, &rows, &count, &list->of);
    if (err < 0)
        return err;
    scroll(list, visible);
    list->most = count > 0 ? value_of(s, rows[0], t->sort) : 0;
    count = list->first < count ? count - list->first : 0;
    err = copy_lines(list, s, rows + list->first, count < visible ? count : visible, t->sort);
    free(rows);
    return err;
}

static void refresh_mix(struct top *t)
{
    const struct stats_row *const sum = stats_sum(t->paths);
    struct top_view *const v = &t->view;

    v->mix_count = 0;
    for (unsigned kind = 0; kind < STATS_KINDS; kind++) {
        const uint64_t count = stats_of_kind(sum, kind);
        size_t at = v->mix_count;

        if (count == 0)
            continue;
        for (; at > 0 && v->mix[at - 1].count < count; at--)
            v->mix[at] = v->mix[at - 1];
        v->mix[at].kind = kind;
        v->mix[at].count = count;
        v->mix_count++;
    }
}

static int refresh(struct top *t)
{
    struct top_view *const v = &t->view;
    int err;

    memcpy(v->seconds, t->seconds, sizeof(v->seconds));
    v->total = stats_sum(t->paths)->total;
    v->overflows = stats_of_kind(stats_sum(t->paths), (unsigned)__builtin_ctz(IN_Q_OVERFLOW));
    v->paths = stats_path_count(t->paths);
    v->dirs = stats_path_count(t->dirs);
    v->is_crowded = stats_rest(t->paths)->total > 0 || stats_rest(t->dirs)->total > 0;
    refresh_mix(t);
    err = refresh_list(t, TOP_DIRS);
    return err < 0 ? err : refresh_list(t, TOP_PATHS);
}

int top_advance(struct top *t, int64_t now_ns)
{
    const int64_t second = now_ns / 1000000000;

    for (int64_t passed = 0; t->second < second; t->second++) {
        if (passed++ >= FORGOTTEN_S) { /* nothing is left of what was before */
            t->second = second;
            break;
        }
        memmove(t->seconds, t->seconds + 1, (TOP_SECONDS - 1) * sizeof(t->seconds[0]));
        t->seconds[TOP_SECONDS - 1] = 0;
        stats_tick(t->dirs);
        stats_tick(t->paths);
    }
    return t->is_paused ? 0 : refresh(t);
}

uint64_t top_spark(const struct top *t, uint64_t *bars, size_t count)
{
    uint64_t most = 0;

    for (size_t i = 0; i < count; i++) {
        const size_t from = i * TOP_SECONDS / count, to = (i + 1) * TOP_SECONDS / count;

        bars[i] = 0;
        for (size_t s = from; s < to; s++)
            bars[i] += t->view.seconds[s];
        if (to > from)
            bars[i] = (bars[i] + (to - from) - 1) / (to - from);
        most = bars[i] > most ? bars[i] : most;
    }
    return most;
}

/* ---- where ---- */

/* A pane: its title and its lines. Returns the row behind it. */
static int lay_pane(struct top_layout *l, enum top_pane pane, int row, int lines)
{
    if (lines <= 0)
        return row;
    l->title[pane] = row;
    l->lines[pane] = row + 1;
    l->line_count[pane] = lines;
    return row + 1 + lines;
}

/* The fewer rows there are, the less is shown beside one list. */
static struct top_layout lay_out(int rows, enum top_pane pane)
{
    struct top_layout l = {
        .spark = -1, .counts = -1, .mix = -1, .title = {-1, -1}, .lines = {-1, -1}, .bottom = -1};
    int row = 1, left; /* below the title of all */

    if (rows >= 3)
        l.bottom = rows - 1;
    if (rows >= 8) {
        l.spark = row;
        l.spark_rows = rows >= 20 ? 2 : 1;
        row += l.spark_rows;
    }
    if (rows >= 9)
        l.counts = row++;
    if (rows >= 10)
        l.mix = row++;
    left = rows - 1 - row;
    if (rows < 18) {
        lay_pane(&l, pane, row, left - 1);
    } else {
        const int of_dirs = (left - 2) * 2 / 5;

        row = lay_pane(&l, TOP_DIRS, row, of_dirs);
        lay_pane(&l, TOP_PATHS, row, left - 2 - of_dirs);
    }
    return l;
}

int top_look_again(struct top *t)
{
    t->layout = lay_out(t->rows, t->pane);
    return refresh(t);
}

int top_resize(struct top *t, int rows, int columns)
{
    (void)columns;
    t->rows = rows;
    return top_look_again(t);
}

/* ---- for the screen ---- */

void top_notice(struct top *t, const char *text, size_t len)
{
    t->notice_len = len < sizeof(t->notice) ? len : sizeof(t->notice);
    memcpy(t->notice, text, t->notice_len);
}

const struct top_view *top_view(const struct top *t)
{
    return &t->view;
}

const struct top_layout *top_layout(const struct top *t)
{
    return &t->layout;
}

enum top_pane top_pane(const struct top *t)
{
    return t->pane;
}

int top_sort(const struct top *t)
{
    return t->sort;
}

bool top_is_paused(const struct top *t)
{
    return t->is_paused;
}

bool top_is_typing(const struct top *t)
{
    return t->is_typing;
}

bool top_wants_help(const struct top *t)
{
    return t->wants_help;
}

const char *top_filter(const struct top *t, size_t *len)
{
    *len = t->filter_len;
    return t->filter;
}

const char *top_notice_text(const struct top *t, size_t *len)
{
    *len = t->notice_len;
    return t->notice;
}
