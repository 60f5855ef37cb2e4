/* test_stats.c: counts against a plain model, what does not fit, the first by any count, and what it costs.
 * Neighbours: stats.h. */
#include "stats.h"

#include "check.h"
#include "random.h"

#include <stdint.h>
#include <sys/inotify.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define ROOMY (SIZE_MAX / 4)

static struct stats *new_stats(enum stats_by by, size_t memory_max)
{
    struct stats *const s = stats_new(by, memory_max, 7);

    NEED(s != NULL);
    return s;
}

static struct record record_of(const char *path, const char *name, uint32_t mask)
{
    return (struct record){
        .wd = 1,
        .mask = mask,
        .path = path,
        .path_len = strlen(path),
        .name = name,
        .name_len = strlen(name),
        .watched = path,
        .watched_len = strlen(path),
    };
}

static void count(struct stats *s, const char *path, const char *name, uint32_t mask)
{
    const struct record r = record_of(path, name, mask);

    CHECK_EQ(stats_count(s, &r), 0);
}

/* What a query finds, as "path total ..." */
static void found(const struct stats *s, const struct stats_query *query, char *text, size_t size)
{
    const struct stats_row **rows;
    size_t rows_found, of, used = 0;

    text[0] = '\0';
    NEED(stats_query(s, query, &rows, &rows_found, &of) == 0);
    for (size_t i = 0; i < rows_found; i++) {
        size_t len;
        const char *const path = stats_path(rows[i], &len);

        used += (size_t)snprintf(text + used, size - used, "%s%.*s %llu", i > 0 ? " " : "", (int)len, path,
                                 (unsigned long long)rows[i]->total);
    }
    free(rows);
}

static void check_rows(const struct stats *s, int key, bool ascending, size_t limit, const char *expected)
{
    const struct stats_query query = {.key = key, .ascending = ascending, .limit = limit};
    char text[4096];

    found(s, &query, text, sizeof(text));
    CHECK_STR(text, expected);
}

/* ---- what a row is of ---- */

static void a_path_is_its_two_pieces(void)
{
    struct stats *const s = new_stats(STATS_BY_PATH, ROOMY);

    count(s, "d/", "a", IN_CREATE);
    count(s, "d", "/a", IN_MODIFY);
    count(s, "d/a", "", IN_MODIFY);
    count(s, "", "", IN_Q_OVERFLOW);
    CHECK_EQ(stats_path_count(s), 2);
    check_rows(s, STATS_TOTAL, false, 0, "d/a 3  1");
    stats_free(s);
}

static void a_directory_is_where_it_happened(void)
{
    struct stats *const s = new_stats(STATS_BY_DIR, ROOMY);
    struct record gone = record_of("some/dir", "", 0);

    gone.label = "GONE";
    count(s, "d/", "a", IN_CREATE);
    count(s, "d//", "b", IN_CREATE);
    count(s, "/", "x", IN_CREATE);
    count(s, "dir/file", "", IN_MODIFY); /* a PATH that is a file */
    count(s, "/file", "", IN_MODIFY);
    count(s, "file", "", IN_MODIFY);
    stats_count(s, &gone);
    check_rows(s, STATS_TOTAL, false, 0, "/ 2 d 2 . 1 dir 1 some/dir 1");
    stats_free(s);
}

static void a_watch_is_a_descriptor_and_what_is_watched(void)
{
    struct stats *const s = new_stats(STATS_BY_WATCH, ROOMY);
    const struct stats_query all = {.key = STATS_TOTAL};
    struct record r = record_of("d/", "a", IN_CREATE);
    const struct stats_row **rows;
    const char *path;
    size_t rows_found, of, len;

    r.wd = 0x01020304;
    stats_count(s, &r);
    stats_count(s, &r);
    r.wd = 5;
    stats_count(s, &r);
    NEED(stats_query(s, &all, &rows, &rows_found, &of) == 0);
    CHECK_EQ(rows_found, 2);
    path = stats_path(rows[0], &len);
    CHECK_MEM(path, len, "\1\2\3\4d/", 6);
    path = stats_path(rows[1], &len);
    CHECK_MEM(path, len, "\0\0\0\5d/", 6);
    free(rows);
    stats_free(s);
}

static void events_need_no_paths(void)
{
    struct stats *const s = new_stats(STATS_BY_EVENT, ROOMY);

    count(s, "d/", "a", IN_CREATE | IN_ISDIR);
    count(s, "d/", "b", IN_CREATE);
    CHECK_EQ(stats_path_count(s), 0);
    CHECK_EQ(stats_sum(s)->total, 2);
    CHECK_EQ(stats_of_kind(stats_sum(s), 8), 2);
    CHECK_EQ(stats_sum(s)->kinds, IN_CREATE);
    stats_free(s);
}

/* ---- kinds ---- */

static void records_have_kinds(void)
{
    static const struct {
        const char *label;
        uint32_t mask;
        uint64_t kinds;
    } cases[] = {
        {NULL, IN_CREATE, IN_CREATE},
        {NULL, IN_CREATE | IN_ISDIR, IN_CREATE},
        {NULL, IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE, IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE},
        {NULL, 0x80000000, 0x80000000},
        {NULL, 0, STATS_KIND_BIT(STATS_OTHER)},
        {"RENAME", IN_MOVED_TO, STATS_KIND_BIT(STATS_RENAME)},
        {"RENAME", IN_MOVED_TO | IN_MODIFY, STATS_KIND_BIT(STATS_RENAME) | IN_MODIFY},
        {"RESYNCED", 0, STATS_KIND_BIT(STATS_RESYNCED)},
        {"GONE", 0, STATS_KIND_BIT(STATS_GONE)},
        {"BACK", 0, STATS_KIND_BIT(STATS_BACK)},
        {"ERROR", 0, STATS_KIND_BIT(STATS_ERROR)},
        {"NEWER", 0, STATS_KIND_BIT(STATS_OTHER)},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stats *const s = new_stats(STATS_BY_PATH, ROOMY);
        struct record r = record_of("d/", "a", cases[i].mask);

        check_case("%s 0x%x", cases[i].label ? cases[i].label : "-", cases[i].mask);
        r.label = cases[i].label;
        stats_count(s, &r);
        CHECK_EQ(stats_sum(s)->kinds, cases[i].kinds);
        CHECK_EQ(stats_sum(s)->total, 1);
        stats_free(s);
    }
    check_case_over();
}

static void kinds_have_names(void)
{
    char name[STATS_NAME_MAX + 1];

    for (unsigned kind = 0; kind < STATS_KINDS; kind++) {
        *stats_put_name(name, kind) = '\0';
        check_case("%s", name);
        CHECK(strlen(name) > 0);
        CHECK_EQ(stats_find_kind(name), STATS_KIND_BIT(kind) == IN_ISDIR ? -1 : (int)kind);
    }
    check_case_over();
    CHECK_EQ(stats_find_kind("in_modify"), 1);
    CHECK_EQ(stats_find_kind("move"), -1);
    CHECK_EQ(stats_find_kind(""), -1);
}

/* ---- against a model ---- */

#define MODEL_PATHS 3000
#define MODEL_KINDS 12

static void counts_are_those_of_a_model(void)
{
    static uint64_t model[MODEL_PATHS][MODEL_KINDS + 1];
    struct stats *const s = new_stats(STATS_BY_PATH, ROOMY);
    const size_t rounds = random_rounds(60000);
    const struct stats_query all = {.key = STATS_TOTAL};
    const struct stats_row **rows;
    size_t rows_found, of, seen = 0;

    memset(model, 0, sizeof(model));
    for (size_t i = 0; i < rounds; i++) {
        /* Some paths much more often than others. */
        const size_t which = random_below(1 + random_below(MODEL_PATHS));
        const size_t kind = random_below(MODEL_KINDS);
        char name[64];

        snprintf(name, sizeof(name), "%0*zu", (int)(which % 40) + 1, which);
        count(s, which % 2 ? "some/directory/" : "", name, UINT32_C(1) << kind);
        model[which][kind]++;
        model[which][MODEL_KINDS]++;
    }
    NEED(stats_query(s, &all, &rows, &rows_found, &of) == 0);
    CHECK_EQ(rows_found, of);
    CHECK_EQ(rows_found, stats_path_count(s));
    for (size_t i = 0; i < rows_found; i++) {
        size_t len;
        const char *const path = stats_path(rows[i], &len), *const slash = memrchr(path, '/', len);
        const char *const digits = slash ? slash + 1 : path;
        char number[64];
        size_t which;

        snprintf(number, sizeof(number), "%.*s", (int)(path + len - digits), digits);
        which = strtoul(number, NULL, 10);
        NEED(which < MODEL_PATHS);
        CHECK_EQ(rows[i]->total, model[which][MODEL_KINDS]);
        for (unsigned kind = 0; kind < MODEL_KINDS; kind++)
            CHECK_EQ(stats_of_kind(rows[i], kind), model[which][kind]);
        CHECK(i == 0 || rows[i - 1]->total >= rows[i]->total);
        seen += (size_t)rows[i]->total;
    }
    CHECK_EQ(seen, rounds);
    CHECK_EQ(stats_sum(s)->total, rounds);
    CHECK_EQ(stats_rest(s)->total, 0);
    free(rows);
    stats_free(s);
}

/* ---- sorting ---- */

static struct stats *a_few(void)
{
    struct stats *const s = new_stats(STATS_BY_PATH, ROOMY);

    for (int i = 0; i < 3; i++)
        count(s, "", "b", IN_MODIFY);
    count(s, "", "c", IN_CREATE);
    count(s, "", "c", IN_MODIFY);
    count(s, "", "ca", IN_CREATE);
    count(s, "", "ca", IN_CREATE);
    count(s, "", "a", IN_DELETE);
    return s;
}

static void rows_come_in_any_order(void)
{
    struct stats *const s = a_few();

    check_rows(s, STATS_TOTAL, false, 0, "b 3 c 2 ca 2 a 1");
    check_rows(s, STATS_TOTAL, true, 0, "a 1 c 2 ca 2 b 3");
    check_rows(s, 8, false, 0, "ca 2 c 2 b 3 a 1");
    check_rows(s, 8, true, 0, "a 1 b 3 c 2 ca 2");
    check_rows(s, STATS_TOTAL, false, 2, "b 3 c 2");
    check_rows(s, STATS_TOTAL, true, 1, "a 1");
    check_rows(s, STATS_TOTAL, false, 99, "b 3 c 2 ca 2 a 1");
    stats_free(s);
}

static void the_first_are_those_of_all(void)
{
    struct stats *const s = new_stats(STATS_BY_PATH, ROOMY);
    const struct stats_query all = {.key = STATS_TOTAL};
    const struct stats_row **sorted;
    size_t of, sorted_count;

    for (int i = 0; i < 4000; i++) {
        char name[16];

        snprintf(name, sizeof(name), "%zu", random_below(200));
        count(s, "", name, IN_MODIFY);
    }
    NEED(stats_query(s, &all, &sorted, &sorted_count, &of) == 0);
    for (size_t limit = 1; limit <= sorted_count; limit += 7) {
        const struct stats_query some = {.key = STATS_TOTAL, .limit = limit};
        const struct stats_row **rows;
        size_t rows_found;

        check_case("limit %zu", limit);
        NEED(stats_query(s, &some, &rows, &rows_found, &of) == 0);
        CHECK_EQ(rows_found, limit);
        CHECK_EQ(of, sorted_count);
        CHECK(memcmp(rows, sorted, limit * sizeof(rows[0])) == 0);
        free(rows);
    }
    check_case_over();
    free(sorted);
    stats_free(s);
}

static bool begins_with_c(void *context, const char *path, size_t len)
{
    (void)context;
    return len > 0 && path[0] == 'c';
}

static void only_what_is_wanted_is_found(void)
{
    struct stats *const s = a_few();
    const struct stats_query query = {.key = STATS_TOTAL, .wanted = begins_with_c};
    char text[256];

    found(s, &query, text, sizeof(text));
    CHECK_STR(text, "c 2 ca 2");
    stats_free(s);
}

/* ---- lately ---- */

static void what_is_old_fades(void)
{
    struct stats *const s = new_stats(STATS_BY_PATH, ROOMY);
    uint32_t rate, later;

    /* 100 a tick, for long: that is the rate. */
    for (int tick = 0; tick < 60; tick++) {
        stats_tick(s);
        for (int i = 0; i < 100; i++)
            count(s, "", "a", IN_MODIFY);
    }
    rate = stats_recent(s, stats_sum(s)) / 256;
    CHECK(rate >= 97 && rate <= 101);
    for (int tick = 0; tick < 4; tick++)
        stats_tick(s);
    later = stats_recent(s, stats_sum(s)) / 256;
    CHECK(later >= rate / 2 - 1 && later <= rate / 2 + 1);
    /* One that was less, but lately, is before it in the end. */
    for (int tick = 0; tick < 40; tick++)
        stats_tick(s);
    count(s, "", "b", IN_MODIFY);
    check_rows(s, STATS_RECENT, false, 0, "b 1 a 6000");
    check_rows(s, STATS_TOTAL, false, 0, "a 6000 b 1");
    for (int tick = 0; tick < 1000; tick++)
        stats_tick(s);
    CHECK_EQ(stats_recent(s, stats_sum(s)), 0);
    stats_free(s);
}

/* ---- memory ---- */

static void what_does_not_fit_is_counted_together(size_t memory_max)
{
    struct stats *const s = new_stats(STATS_BY_PATH, memory_max);
    const struct stats_query all = {.key = STATS_TOTAL};
    const struct stats_row **rows;
    size_t rows_found, of, total = 0;

    for (int i = 0; i < 10000; i++) {
        char name[32];

        snprintf(name, sizeof(name), "%d", i);
        count(s, "some/directory/", name, i % 2 ? IN_CREATE : IN_MODIFY);
        CHECK(stats_memory(s) <= memory_max);
    }
    CHECK(stats_path_count(s) > 100);
    CHECK(stats_path_count(s) < 10000);
    CHECK_EQ(stats_rest(s)->total, 10000 - stats_path_count(s));
    CHECK_EQ(stats_of_kind(stats_rest(s), 8) + stats_of_kind(stats_rest(s), 1), stats_rest(s)->total);
    /* Those that are there go on. */
    count(s, "some/directory/", "1", IN_CREATE);
    count(s, "some/directory/", "1", IN_DELETE);
    NEED(stats_query(s, &all, &rows, &rows_found, &of) == 0);
    CHECK_EQ(rows[0]->total, 3);
    for (size_t i = 0; i < rows_found; i++)
        total += (size_t)rows[i]->total;
    CHECK_EQ(total + stats_rest(s)->total, stats_sum(s)->total);
    free(rows);

    stats_clear(s);
    CHECK_EQ(stats_path_count(s), 0);
    CHECK_EQ(stats_sum(s)->total, 0);
    CHECK_EQ(stats_rest(s)->total, 0);
    count(s, "some/directory/", "9999", IN_CREATE);
    check_rows(s, STATS_TOTAL, false, 0, "some/directory/9999 1");
    stats_free(s);
}

#if defined(__GLIBC__) && defined(__LP64__) && !defined(__SANITIZE_ADDRESS__)
#if __GLIBC_PREREQ(2, 33)
#define CAN_MEASURE 1
#endif
#endif

#ifndef CAN_MEASURE
static void memory_is_what_it_says(void)
{
    /* This allocator has another overhead, or does not tell it. */
}
#else
static size_t in_use(void)
{
    const struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void memory_is_what_it_says(void)
{
    const size_t before = in_use();
    struct stats *const s = new_stats(STATS_BY_PATH, ROOMY);
    const size_t paths = 100000;
    size_t used;

    for (size_t i = 0; i < paths; i++) {
        char name[32];

        /* Paths of 40 bytes, each created, modified and closed. */
        snprintf(name, sizeof(name), "%025zu", i);
        count(s, "some/directory/", name, IN_CREATE);
        count(s, "some/directory/", name, IN_MODIFY);
        count(s, "some/directory/", name, IN_CLOSE_WRITE);
    }
    used = in_use() - before;
    printf("%zu paths of 40 bytes: %zu bytes each, %zu by its own account\n", paths, used / paths,
           stats_memory(s) / paths);
    CHECK(used / paths <= 140); /* as the manual page says */
    CHECK(used <= stats_memory(s) + stats_memory(s) / 50);
    CHECK(stats_memory(s) <= used + used / 50);
    stats_free(s);
}
#endif

int main(void)
{
    random_start();
    a_path_is_its_two_pieces();
    a_directory_is_where_it_happened();
    a_watch_is_a_descriptor_and_what_is_watched();
    events_need_no_paths();
    records_have_kinds();
    kinds_have_names();
    counts_are_those_of_a_model();
    rows_come_in_any_order();
    the_first_are_those_of_all();
    only_what_is_wanted_is_found();
    what_is_old_fades();
    for (size_t kib = 64; kib < 256; kib += 4)
        what_does_not_fit_is_counted_together(kib << 10);
    memory_is_what_it_says();
    return check_status();
}
