/* top_keys.c: what keys do to the live view. Neighbours: top.c shows what comes of it; screen.c reads keys.
 */
#include "top_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists ---- */

static struct top_list *list_of(struct top *t)
{
    return &t->view.lists[t->pane];
}

static void move(struct top *t, uint32_t key)
{
    struct top_list *const list = list_of(t);
    const size_t page = (size_t)(t->layout.line_count[t->pane] > 0 ? t->layout.line_count[t->pane] : 1);

    switch (key) {
    case TOP_KEY_UP:
        list->selected -= list->selected > 0;
        break;
    case TOP_KEY_DOWN:
        list->selected++; /* scroll() knows the end */
        break;
    case TOP_KEY_PAGE_UP:
        list->selected -= list->selected < page ? list->selected : page;
        break;
    case TOP_KEY_PAGE_DOWN:
        list->selected += page;
        break;
    case TOP_KEY_HOME:
        list->selected = 0;
        break;
    default:
        list->selected = list->of > 0 ? list->of - 1 : 0;
    }
    if (list->selected >= list->of)
        list->selected = list->of > 0 ? list->of - 1 : 0;
}

/* Lists begin at their start. */
static void rewind_lists(struct top *t)
{
    for (size_t pane = 0; pane < TOP_PANES; pane++)
        t->view.lists[pane].first = t->view.lists[pane].selected = 0;
}

/* Into the selected directory, or the one that a selected path is in. */
static int drill(struct top *t)
{
    const struct top_list *const list = list_of(t);
    const size_t at = list->selected - list->first;
    struct focus focus = {.pane = t->pane};
    size_t current_len;
    const char *const current = top_focus(t, &current_len);

    if (at >= list->count || t->depth == TOP_DEPTH_MAX)
        return 0;
    focus.len = list->lines[at].len;
    while (t->pane == TOP_PATHS && focus.len > 0 && list->lines[at].path[focus.len - 1] != '/')
        focus.len--;
    while (focus.len > 1 && list->lines[at].path[focus.len - 1] == '/')
        focus.len--;
    if (focus.len == 0 ||
        (focus.len == current_len && memcmp(current, list->lines[at].path, current_len) == 0))
        return 0;
    focus.path = malloc(focus.len);
    if (!focus.path)
        return -ENOMEM;
    memcpy(focus.path, list->lines[at].path, focus.len);
    for (size_t pane = 0; pane < TOP_PANES; pane++) {
        focus.first[pane] = t->view.lists[pane].first;
        focus.selected[pane] = t->view.lists[pane].selected;
    }
    t->stack[t->depth++] = focus;
    rewind_lists(t);
    t->pane = TOP_PATHS;
    return 0;
}

static void go_back(struct top *t)
{
    struct focus *focus;

    if (t->depth == 0)
        return;
    focus = &t->stack[--t->depth];
    for (size_t pane = 0; pane < TOP_PANES; pane++) {
        t->view.lists[pane].first = focus->first[pane];
        t->view.lists[pane].selected = focus->selected[pane];
    }
    t->pane = focus->pane;
    free(focus->path);
}

static bool is_sortable(const struct top *t, int key)
{
    return key >= STATS_TOTAL || stats_of_kind(stats_sum(t->paths), (unsigned)key) > 0;
}

static void sort_by_next(struct top *t, int step)
{
    const int keys = STATS_RECENT + 1;

    do
        t->sort = (t->sort + keys + step) % keys;
    while (!is_sortable(t, t->sort));
    rewind_lists(t);
}

static void clear(struct top *t)
{
    stats_clear(t->dirs);
    stats_clear(t->paths);
    memset(t->seconds, 0, sizeof(t->seconds));
    if (t->sort < STATS_TOTAL)
        t->sort = STATS_RECENT;
    while (t->depth > 0)
        go_back(t);
    rewind_lists(t);
}

/* ---- typing ---- */

static void begin_typing(struct top *t)
{
    t->is_typing = true;
    memcpy(t->filter_before, t->filter, t->filter_len);
    t->filter_before_len = t->filter_len;
}

static void erase_character(struct top *t)
{
    unsigned char removed = 0x80;

    while (t->filter_len > 0 && (removed & 0xc0) == 0x80)
        removed = (unsigned char)t->filter[--t->filter_len];
}

static void type_character(struct top *t, uint32_t c)
{
    char bytes[4];
    size_t len = 0;

    if (c < 0x80) {
        bytes[len++] = (char)c;
    } else if (c < 0x800) {
        bytes[len++] = (char)(0xc0 | c >> 6);
        bytes[len++] = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        bytes[len++] = (char)(0xe0 | c >> 12);
        bytes[len++] = (char)(0x80 | (c >> 6 & 0x3f));
        bytes[len++] = (char)(0x80 | (c & 0x3f));
    } else {
        bytes[len++] = (char)(0xf0 | c >> 18);
        bytes[len++] = (char)(0x80 | (c >> 12 & 0x3f));
        bytes[len++] = (char)(0x80 | (c >> 6 & 0x3f));
        bytes[len++] = (char)(0x80 | (c & 0x3f));
    }
    if (t->filter_len + len > sizeof(t->filter))
        return;
    memcpy(t->filter + t->filter_len, bytes, len);
    t->filter_len += len;
}

#define CONTROL(letter) ((letter) % 32)

static void type(struct top *t, uint32_t key)
{
    rewind_lists(t);
    if (key == TOP_KEY_ENTER) {
        t->is_typing = false;
    } else if (key == TOP_KEY_ESCAPE) {
        t->is_typing = false;
        memcpy(t->filter, t->filter_before, t->filter_before_len);
        t->filter_len = t->filter_before_len;
    } else if (key == TOP_KEY_BACKSPACE) {
        erase_character(t);
    } else if (key == CONTROL('U')) {
        t->filter_len = 0;
    } else if (key >= ' ' && key != 0x7f && key < TOP_KEY_UP) {
        type_character(t, key);
    }
}

/* ---- all keys ---- */

static int press(struct top *t, uint32_t key)
{
    switch (key) {
    case 'k':
        move(t, TOP_KEY_UP);
        break;
    case 'j':
        move(t, TOP_KEY_DOWN);
        break;
    case TOP_KEY_UP:
    case TOP_KEY_DOWN:
    case TOP_KEY_PAGE_UP:
    case TOP_KEY_PAGE_DOWN:
    case TOP_KEY_HOME:
    case TOP_KEY_END:
        move(t, key);
        break;
    case '\t':
        t->pane = t->pane == TOP_DIRS ? TOP_PATHS : TOP_DIRS;
        break;
    case TOP_KEY_ENTER:
    case TOP_KEY_RIGHT:
    case 'l':
        return drill(t);
    case TOP_KEY_BACKSPACE:
    case TOP_KEY_LEFT:
        go_back(t);
        break;
    case TOP_KEY_ESCAPE:
        if (t->filter_len > 0)
            t->filter_len = 0;
        else
            go_back(t);
        break;
    case 's':
        sort_by_next(t, 1);
        break;
    case 'S':
        sort_by_next(t, -1);
        break;
    case '/':
        begin_typing(t);
        break;
    case 'p':
    case ' ':
        t->is_paused = !t->is_paused;
        break;
    case 'c':
        clear(t);
        break;
    case '?':
    case 'h':
        t->wants_help = true;
        break;
    default:
        break;
    }
    return 0;
}

/* Does a key only select another line of those that stand there? Then they need not be looked up anew, which
 * would change them. */
static bool is_in_sight(const struct top *t)
{
    const struct top_list *const list = &t->view.lists[t->pane];

    return list->selected >= list->first && list->selected - list->first < list->count;
}

int top_press(struct top *t, uint32_t key)
{
    const enum top_pane pane_before = t->pane;
    const size_t selected_before = list_of(t)->selected;
    int err = 0;

    t->notice_len = 0;
    if (t->wants_help)
        t->wants_help = false;
    else if (t->is_typing)
        type(t, key);
    else if (key == 'q')
        return 0;
    else
        err = press(t, key);
    if (err == 0 && t->is_paused && t->pane == pane_before && list_of(t)->selected != selected_before &&
        is_in_sight(t))
        return 1;
    if (err == 0)
        err = top_look_again(t);
    return err < 0 ? err : 1;
}
