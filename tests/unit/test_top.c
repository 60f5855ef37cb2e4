/* test_top.c: what the live view shows, and what keys do to it. Neighbours: top.h. */
#include "top.h"

#include "check.h"

#include <sys/inotify.h>

#define SECOND INT64_C(1000000000)

static struct top *new_top(int rows)
{
    struct top *const t = top_new((size_t)64 << 20, 7);

    NEED(t != NULL);
    NEED(top_resize(t, rows, 80) == 0);
    return t;
}

static void count(struct top *t, const char *dir, const char *name, uint32_t mask, int times)
{
    const struct record r = {
        .wd = 1,
        .mask = mask,
        .path = dir,
        .path_len = strlen(dir),
        .name = name,
        .name_len = strlen(name),
        .watched = dir,
        .watched_len = strlen(dir),
    };

    while (times-- > 0)
        CHECK_EQ(top_count(t, &r), 0);
}

static void press(struct top *t, const char *keys)
{
    for (; *keys; keys++)
        CHECK_EQ(top_press(t, (unsigned char)*keys), 1);
}

/* The lines of a list: "path path". */
static const char *paths_of(const struct top *t, enum top_pane pane)
{
    static char text[4096];
    const struct top_list *const list = &top_view(t)->lists[pane];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < list->count; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s", i > 0 ? " " : "",
                                 (int)list->lines[i].len, list->lines[i].path);
    return text;
}

static size_t selected(const struct top *t)
{
    return top_view(t)->lists[top_pane(t)].selected;
}

static char piece[TOP_TEXT_MAX + 1];

static const char *focus_of(const struct top *t)
{
    size_t len;
    const char *const focus = top_focus(t, &len);

    snprintf(piece, sizeof(piece), "%.*s", (int)len, focus);
    return piece;
}

static const char *filter_of(const struct top *t)
{
    size_t len;
    const char *const filter = top_filter(t, &len);

    snprintf(piece, sizeof(piece), "%.*s", (int)len, filter);
    return piece;
}

/* Two directories, one below the other, and one that is beside them. */
static struct top *a_few(void)
{
    struct top *const t = new_top(24);

    count(t, "src/", "a", IN_MODIFY, 5);
    count(t, "src/lib/", "b", IN_MODIFY, 4);
    count(t, "src/lib/", "c", IN_CREATE, 2);
    count(t, "srcs/", "d", IN_CREATE, 3);
    NEED(top_advance(t, SECOND) == 0);
    return t;
}

static void the_hottest_come_first(void)
{
    struct top *const t = a_few();
    const struct top_view *const v = top_view(t);

    CHECK_STR(paths_of(t, TOP_DIRS), "src/lib src srcs");
    CHECK_STR(paths_of(t, TOP_PATHS), "src/a src/lib/b srcs/d src/lib/c");
    CHECK_EQ(v->total, 14);
    CHECK_EQ(v->paths, 4);
    CHECK_EQ(v->dirs, 3);
    CHECK_EQ(v->mix_count, 2);
    CHECK_EQ(v->mix[0].count, 9);
    CHECK_EQ(v->mix[0].kind, 1);
    CHECK_EQ(v->lists[TOP_PATHS].most, v->lists[TOP_PATHS].lines[0].recent);
    /* What was long ago is not hot any more, but is still more in all. */
    NEED(top_advance(t, 60 * SECOND) == 0);
    count(t, "srcs/", "e", IN_CREATE, 1);
    NEED(top_advance(t, 60 * SECOND) == 0);
    CHECK_STR(paths_of(t, TOP_PATHS), "srcs/e src/a src/lib/b srcs/d src/lib/c");
    press(t, "S");
    CHECK_EQ(top_sort(t), STATS_TOTAL);
    CHECK_STR(paths_of(t, TOP_PATHS), "src/a src/lib/b srcs/d src/lib/c srcs/e");
    top_free(t);
}

static void seconds_pass(void)
{
    struct top *const t = new_top(24);
    const uint64_t *const seconds = top_view(t)->seconds;
    uint64_t bars[TOP_SECONDS];

    count(t, "d/", "a", IN_MODIFY, 3);
    NEED(top_advance(t, SECOND / 2) == 0);
    CHECK_EQ(seconds[TOP_SECONDS - 1], 3);
    NEED(top_advance(t, SECOND) == 0);
    CHECK_EQ(seconds[TOP_SECONDS - 1], 0);
    CHECK_EQ(seconds[TOP_SECONDS - 2], 3);
    count(t, "d/", "a", IN_MODIFY, 7);
    NEED(top_advance(t, 3 * SECOND) == 0);
    CHECK_EQ(seconds[TOP_SECONDS - 3], 7);
    CHECK_EQ(seconds[TOP_SECONDS - 4], 3);
    CHECK_EQ(top_spark(t, bars, 60), 7);
    CHECK_EQ(bars[56], 3);
    CHECK_EQ(top_spark(t, bars, 30), 5); /* the mean of 3 and 7 */
    CHECK_EQ(bars[28], 5);
    CHECK_EQ(top_spark(t, bars, 1), 1);
    NEED(top_advance(t, 60 * SECOND) == 0);
    CHECK_EQ(top_spark(t, bars, 60), 7);
    CHECK_EQ(bars[0], 7);
    NEED(top_advance(t, 61 * SECOND) == 0);
    CHECK_EQ(top_spark(t, bars, 60), 0);
    NEED(top_advance(t, INT64_MAX) == 0); /* at once */
    CHECK_EQ(top_view(t)->total, 10);
    top_free(t);
}

static void overflows_are_counted(void)
{
    struct top *const t = new_top(24);

    count(t, "", "", IN_Q_OVERFLOW, 2);
    NEED(top_advance(t, 0) == 0);
    CHECK_EQ(top_view(t)->overflows, 2);
    top_free(t);
}

static void keys_select(void)
{
    struct top *const t = a_few();

    CHECK_EQ(top_pane(t), TOP_DIRS);
    press(t, "jjjjj");
    CHECK_EQ(selected(t), 2);
    press(t, "k");
    CHECK_EQ(selected(t), 1);
    press(t, "\t");
    CHECK_EQ(top_pane(t), TOP_PATHS);
    CHECK_EQ(selected(t), 0);
    top_press(t, TOP_KEY_END);
    CHECK_EQ(selected(t), 3);
    top_press(t, TOP_KEY_HOME);
    CHECK_EQ(selected(t), 0);
    top_press(t, TOP_KEY_UP);
    CHECK_EQ(selected(t), 0);
    top_free(t);
}

static void a_long_list_is_scrolled(void)
{
    struct top *const t = new_top(10);
    const struct top_list *const list = &top_view(t)->lists[TOP_DIRS];
    const size_t visible = (size_t)top_layout(t)->line_count[TOP_DIRS];

    for (int i = 0; i < 100; i++) {
        char dir[16];

        snprintf(dir, sizeof(dir), "%02d/", i);
        count(t, dir, "f", IN_MODIFY, 200 - i);
    }
    NEED(top_advance(t, 0) == 0);
    CHECK_EQ(list->of, 100);
    CHECK_EQ(list->count, visible);
    CHECK_STR(paths_of(t, TOP_DIRS), "00 01 02 03");
    press(t, "jjjj");
    CHECK_STR(paths_of(t, TOP_DIRS), "01 02 03 04");
    top_press(t, TOP_KEY_PAGE_DOWN);
    CHECK_STR(paths_of(t, TOP_DIRS), "05 06 07 08");
    top_press(t, TOP_KEY_END);
    CHECK_STR(paths_of(t, TOP_DIRS), "96 97 98 99");
    top_press(t, TOP_KEY_UP);
    CHECK_STR(paths_of(t, TOP_DIRS), "96 97 98 99");
    top_press(t, TOP_KEY_HOME);
    CHECK_STR(paths_of(t, TOP_DIRS), "00 01 02 03");
    top_free(t);
}

static void a_directory_is_drilled_into_and_left(void)
{
    struct top *const t = a_few();

    press(t, "jk"); /* src/lib, then src */
    press(t, "j");
    top_press(t, TOP_KEY_ENTER);
    CHECK_STR(focus_of(t), "src");
    CHECK_STR(paths_of(t, TOP_DIRS), "src/lib src");
    CHECK_STR(paths_of(t, TOP_PATHS), "src/a src/lib/b src/lib/c");
    /* From a path, into the directory that it is in. */
    press(t, "j");
    top_press(t, TOP_KEY_RIGHT);
    CHECK_STR(focus_of(t), "src/lib");
    CHECK_STR(paths_of(t, TOP_PATHS), "src/lib/b src/lib/c");
    top_press(t, TOP_KEY_ENTER); /* there already */
    top_press(t, TOP_KEY_LEFT);
    CHECK_STR(focus_of(t), "src");
    CHECK_EQ(selected(t), 1);
    top_press(t, TOP_KEY_BACKSPACE);
    CHECK_STR(focus_of(t), "");
    CHECK_EQ(top_pane(t), TOP_DIRS);
    CHECK_EQ(selected(t), 1);
    top_press(t, TOP_KEY_BACKSPACE);
    CHECK_STR(paths_of(t, TOP_DIRS), "src/lib src srcs");
    top_free(t);
}

static void keys_sort(void)
{
    struct top *const t = a_few();

    CHECK_EQ(top_sort(t), STATS_RECENT);
    press(t, "s"); /* the first kind that there was */
    CHECK_EQ(top_sort(t), 1);
    press(t, "s");
    CHECK_EQ(top_sort(t), 8);
    CHECK_STR(paths_of(t, TOP_PATHS), "srcs/d src/lib/c src/a src/lib/b");
    press(t, "s");
    CHECK_EQ(top_sort(t), STATS_TOTAL);
    press(t, "s");
    CHECK_EQ(top_sort(t), STATS_RECENT);
    top_free(t);
}

static void a_filter_is_typed(void)
{
    struct top *const t = a_few();
    size_t len;

    press(t, "/lib");
    CHECK(top_is_typing(t));
    CHECK_STR(paths_of(t, TOP_PATHS), "src/lib/b src/lib/c");
    CHECK_STR(paths_of(t, TOP_DIRS), "src/lib");
    top_press(t, TOP_KEY_BACKSPACE);
    CHECK_STR(filter_of(t), "li");
    top_press(t, TOP_KEY_ENTER);
    CHECK(!top_is_typing(t));
    press(t, "/q"); /* now it is a letter */
    CHECK_STR(paths_of(t, TOP_PATHS), "");
    top_press(t, TOP_KEY_ESCAPE);
    CHECK_STR(filter_of(t), "li");
    top_press(t, TOP_KEY_ESCAPE);
    CHECK_STR(paths_of(t, TOP_DIRS), "src/lib src srcs");
    press(t, "/");
    top_press(t, 0xfc);
    top_press(t, 0x6f22);
    top_press(t, 0x1f389);
    CHECK_STR(filter_of(t), "\u00fc\u6f22\U0001f389");
    top_press(t, TOP_KEY_BACKSPACE);
    top_press(t, TOP_KEY_BACKSPACE);
    CHECK_STR(filter_of(t), "\u00fc");
    top_press(t, 21); /* Ctrl-U */
    CHECK_STR(filter_of(t), "");
    for (int i = 0; i < 1000; i++)
        top_press(t, 0x6f22);
    top_filter(t, &len);
    CHECK(len <= TOP_TEXT_MAX && len % 3 == 0);
    top_free(t);
}

static void it_stands_still_and_goes_on(void)
{
    struct top *const t = a_few();

    press(t, "p");
    CHECK(top_is_paused(t));
    count(t, "new/", "x", IN_MODIFY, 100);
    NEED(top_advance(t, 2 * SECOND) == 0);
    CHECK_EQ(top_view(t)->total, 14);
    press(t, "jk"); /* to look at what stands there */
    CHECK_EQ(top_view(t)->total, 14);
    CHECK_STR(paths_of(t, TOP_DIRS), "src/lib src srcs");
    press(t, "p");
    CHECK_EQ(top_view(t)->total, 114);
    top_free(t);
}

static void it_counts_from_nothing(void)
{
    struct top *const t = a_few();
    uint64_t bars[TOP_SECONDS];

    press(t, "jsssj");
    top_press(t, TOP_KEY_ENTER);
    press(t, "sc");
    CHECK_EQ(top_view(t)->total, 0);
    CHECK_EQ(top_view(t)->mix_count, 0);
    CHECK_EQ(top_spark(t, bars, 60), 0);
    CHECK_EQ(top_sort(t) == STATS_RECENT || top_sort(t) == STATS_TOTAL, true);
    CHECK_STR(paths_of(t, TOP_PATHS), "");
    count(t, "d/", "x", IN_MODIFY, 1);
    NEED(top_advance(t, 2 * SECOND) == 0);
    CHECK_STR(paths_of(t, TOP_DIRS), "d");
    top_free(t);
}

static void help_and_the_end(void)
{
    struct top *const t = a_few();

    press(t, "?");
    CHECK(top_wants_help(t));
    press(t, "q"); /* any key */
    CHECK(!top_wants_help(t));
    top_notice(t, "something", 9);
    CHECK_EQ(top_press(t, 'q'), 0);
    top_free(t);
}

/* Whatever the size, nothing is outside, and nothing on top of something else. */
static void every_size_has_its_layout(void)
{
    for (int rows = 0; rows < 100; rows++) {
        struct top *const t = new_top(rows);
        const struct top_layout *const l = top_layout(t);
        char used[128] = {0};

        check_case("%d rows", rows);
        for (int i = 0; i < l->spark_rows; i++)
            used[l->spark + i]++;
        if (l->counts >= 0)
            used[l->counts]++;
        if (l->mix >= 0)
            used[l->mix]++;
        if (l->bottom >= 0)
            used[l->bottom]++;
        for (int pane = 0; pane < TOP_PANES; pane++) {
            if (l->title[pane] >= 0)
                used[l->title[pane]]++;
            for (int i = 0; i < l->line_count[pane]; i++)
                used[l->lines[pane] + i]++;
        }
        CHECK_EQ(used[0], 0); /* the title of all */
        for (int row = 1; row < (int)sizeof(used); row++)
            CHECK(used[row] <= (row < rows));
        CHECK(rows < 4 || l->line_count[TOP_DIRS] > 0);
        CHECK((rows < 18) == (l->line_count[TOP_PATHS] == 0));
        press(t, "\tj");
        CHECK(rows < 4 || l->line_count[TOP_PATHS] > 0);
        top_free(t);
    }
    check_case_over();
}

int main(void)
{
    the_hottest_come_first();
    seconds_pass();
    overflows_are_counted();
    keys_select();
    a_long_list_is_scrolled();
    a_directory_is_drilled_into_and_left();
    keys_sort();
    a_filter_is_typed();
    it_stands_still_and_goes_on();
    it_counts_from_nothing();
    help_and_the_end();
    every_size_has_its_layout();
    return check_status();
}
