/* test_merge.c: settling, rule by rule, with a clock that the test moves.
 * Neighbours: merge_scene.h for the scripts, test_merge_model.c for random ones. */
#include "merge_scene.h"

#include <errno.h>

/* ---- scripts ---- */

struct row {
    const char *script, *wanted;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scene s;

        check_case("%s", rows[i].script);
        scene_start(&s, SIZE_MAX);
        CHECK_EQ(scene_play(&s, rows[i].script), 0);
        scene_put(&s, " .", s.out_len > 0 ? 2 : 0);
        scene_put(&s, ".", s.out_len == 0);
        CHECK_EQ(merge_flush(s.merge), 0);
        CHECK_EQ(merge_next_due(s.merge), -1);
        CHECK_STR(s.out, rows[i].wanted);
        scene_end(&s);
    }
    check_case_over();
}

static void one_path_becomes_one_record(void)
{
    static const struct row rows[] = {
        {"", "."},
        {"M:f", ". M:f=1"},
        {"M:f M:f W:f", ". MW:f=3"},
        {"C:f M:f W:f", ". CMW:f=3"},
        {"A:f D:f", ". DA:f=2"},
        {"S:f I:f", ". SI:f=2"},
        {"A:d/ S:d/ I:d/", ". ASI:d/=3"},
        {"M:f M:g M:f", ". M:g=1 M:f=2"},
        {"M:a M:b M:c", ". M:a=1 M:b=1 M:c=1"},
        {"M:a/f M:b/f M:a/f", ". M:b/f=1 M:a/f=2"},
    };

    check_rows(rows, COUNT_OF(rows));
}

static void what_came_and_went(void)
{
    static const struct row rows[] = {
        /* absent and gone */
        {"C:f D:f", "."},
        {"C:f M:f W:f D:f", "."},
        {"T:f F:f", "."},
        {"T:f D:f C:f F:f", "."},
        {"C:f D:f C:f", ". C:f=1"},
        {"M:f C:f D:f", "."},
        /* there and there */
        {"D:f C:f M:f W:f", ". MW:f=4"},
        {"F:f C:f", ". M:f=2"},
        {"F:f T:f", ". M:f=2"},
        {"T!:f", ". M:f=1"},
        {"A:f T!:f W:f", ". MAW:f=3"},
        {"D:f C:f D:f C:f", ". M:f=4"},
        /* absent and there */
        {"C:f D:f T:f", ". T:f=1"},
        {"T:f", ". T:f=1"},
        {"M:f C:f", ". CM:f=2"},
        {"C:f M:f C:f", ". CM:f=3"},
        /* there and gone */
        {"D:f C:f D:f", ". D:f=3"},
        {"F:f C:f M:f D:f", ". DFM:f=4"},
        {"T!:f D:f", ". D:f=2"},
        {"T!:f M:f F:f", ". FM:f=3"},
        /* an event after it went is one, and not the end of it */
        {"C:f D:f W:f", ". W:f=1"},
        {"C:f D:f W:f C:f", ". CW:f=2"},
        {"D:f W:f", ". DW:f=2"},
        /* an editor saves by a new file in place of the old one */
        {"C:t M:t W:t F:t T!:f", ". M:f=1"},
        {"F:f T:f~ C:f M:f W:f D:f~", ". MW:f=4"},
    };

    check_rows(rows, COUNT_OF(rows));
}

static void kinds_are_not_merged(void)
{
    static const struct row rows[] = {
        {"D:x C:x/", "D:x=1 . C:x/=1"},     {"M:a D:x M:b C:x/", "M:a=1 D:x=1 . M:b=1 C:x/=1"},
        {"D:x/ C:x", "D:x/=1 . C:x=1"},     {"D:x/ T!:x", "D:x/=1 . M:x=1"},
        {"C:x D:x C:x/", ". C:x/=1"},       {"M:x R:d>x/", "M:x=1 . R:d>x/=1"},
        {"M:d R:d>x/", "M:d=1 . R:d>x/=1"},
    };

    check_rows(rows, COUNT_OF(rows));
}

static void records_that_are_not_merged(void)
{
    static const struct row rows[] = {
        {"M:a M:b M:a L:x M:a", "M:b=1 M:a=2 L:x=0 . M:a=1"},
        {"M:a Q: M:a", "M:a=1 Q:=0 . M:a=1"},
        {"M:a U:a M:a", "M:a=1 U:a=0 . M:a=1"},
    };

    check_rows(rows, COUNT_OF(rows));
}

static void renames_are_chained(void)
{
    static const struct row rows[] = {
        {"R:a>b", ". R:a>b=1"},
        {"R:a>b R:b>c", ". R:a>c=2"},
        {"R:a>b M:b R:b>c A:c R:c>d", ". RMA:a>d=5"},
        {"M:a R:a>b W:b", ". RMW:a>b=3"},
        {"D:a C:a R:a>b", ". RM:a>b=3"},
        {"R!:a>b M:x R:b>c", ". D:b=1 M:x=1 R:a>c=1"},
        {"C:a R!:a>b R:b>c", ". RM:b>c=3"},
        /* the old path is new */
        {"C:a R:a>b", ". T:b=2"},
        {"C:a M:a R:a>b R:b>c", ". TM:c=4"},
        {"C:a M:a W:a R!:a>b", ". MW:b=4"},
        {"C:a R:a>b D:b", "."},
        {"C:a R!:a>b D:b", ". D:b=3"},
        /* away and back */
        {"R:a>b R:b>a", "."},
        {"R:a>b M:b R:b>a", ". M:a=3"},
        {"M:a R:a>b M:x R:b>a", ". M:x=1 M:a=3"},
        {"R!:a>b R:b>a", ". D:b=1"},
        {"R!:a>b M:b R:b>a", ". D:b=1 M:a=2"},
        {"R:a>b R:b>c R:c>a C:b", ". C:b=1"},
        {"M:a R:a>b R:b>a D:a", ". DM:a=4"},
        {"R:d>e/ R:e>d/", "."},
        /* the new path goes */
        {"R:a>b D:b", ". D:a=2"},
        {"R:a>b F:b", ". F:a=2"},
        {"M:a R:a>b M:x D:b", ". DM:a=3 M:x=1"},
        {"R!:a>b D:b", ". D:a=1 D:b=1"},
        {"R:a>b D:b C:a", ". M:a=3"},
        {"R:a>b D:b C:b", ". D:a=2 C:b=1"},
        {"R!:a>b D:b C:b", ". D:a=1 M:b=2"},
        {"D:b R:a>b", ". R:a>b=2"},
        {"D:b R:a>b D:b", ". D:a=2 D:b=1"},
        {"R:d/a>x/b D:x/b", ". D:d/a=2"},
        /* the new path is overwritten */
        {"R:y>b R!:a>b", ". F:y=1 R:a>b=1"},
        {"R:y>b M:x R!:a>b", ". F:y=1 M:x=1 R:a>b=1"},
        {"R:y>b C:a R!:a>b", ". F:y=1 T:b=2"},
        {"R:y>b R!:a>b D:b", ". F:y=1 D:a=2"},
        {"R!:y>b R!:a>b D:b", ". F:y=1 D:a=1 D:b=1"},
        {"C:b M:b R!:a>b", ". R:a>b=3"},
        {"C:b R!:a>b D:b", ". D:a=3"},
        {"M:b R!:a>b", ". RM:a>b=2"},
        {"R:y>b T!:b", ". F:y=1 T:b=1"},
        {"R:a>b R:x>a R:b>x", "R:a>b=1 R:x>a=1 . R:b>x=1"},
    };

    check_rows(rows, COUNT_OF(rows));
}

static void an_old_path_that_is_spoken_of_again(void)
{
    static const struct row rows[] = {
        {"R:a>b C:a", "R:a>b=1 . C:a=1"},
        {"M:x R:a>b M:y C:a M:b", "M:x=1 R:a>b=1 . M:y=1 C:a=1 M:b=1"},
        {"R:a>b R:c>a", "R:a>b=1 . R:c>a=1"},
        {"R:a>b R:a>c", "R:a>b=1 . R:a>c=1"},
        {"R:a>b A:a", "R:a>b=1 . A:a=1"},
        {"R:a>b C:a D:a", "R:a>b=1 ."},
        {"R:a>b R:b>c C:b C:a", "R:a>c=2 . C:b=1 C:a=1"},
    };

    check_rows(rows, COUNT_OF(rows));
}

static void directories_keep_the_order_true(void)
{
    static const struct row rows[] = {
        {"C:d/ C:d/x A:d/", ". CA:d/=2 C:d/x=1"},
        {"T:d/ C:d/x A:d/", ". TA:d/=2 C:d/x=1"},
        {"R:d>e/ C:e/x A:e/", ". RA:d>e/=2 C:e/x=1"},
        {"A:d/ M:d/x A:d/", ". M:d/x=1 A:d/=2"},
        {"D:d/x D:d/ M:y A:d/", ". D:d/x=1 DA:d/=2 M:y=1"},
        {"C:d/ C:d/x R:d>e/ M:e/x", "C:d/=1 C:d/x=1 . R:d>e/=1 M:e/x=1"},
        {"R:d>e/ C:e/x R:e>f/ M:f/x", "R:d>e/=1 C:e/x=1 . R:e>f/=1 M:f/x=1"},
        {"R:d>e/ R:e>f/ C:f/x", ". R:d>f/=2 C:f/x=1"},
        {"R:d>e/ C:e/x D:e/x R:e>f/", ". R:d>f/=2"},
        {"M:d/x R:d>e/ M:e/x", ". M:d/x=1 R:d>e/=1 M:e/x=1"},
        {"C:d/ C:d/x D:d/x D:d/", "."},
        {"C:d/ C:d/x C:d/y D:d/x D:d/y D:d/", "."},
        {"C:d/ M:y D:d/", "C:d/=1 M:y=1 . D:d/=1"},
        {"C:d/ R:d>e/", ". T:e/=2"},
        {"D:d/x D:d/ C:d/ C:d/x", ". M:d/=2 M:d/x=2"},
        {"C:d/ C:d/x C:d/", ". C:d/=2 C:d/x=1"},
        /* one directory in place of another */
        {"D:e/x R!:d>e/ D:e/x", "D:e/x=1 . R:d>e/=1 D:e/x=1"},
        {"D:e/x T!:e/ D:e/x", "D:e/x=1 . T:e/=1 D:e/x=1"},
        {"T!:e/ D:e/", ". D:e/=2"},
        {"D:e/ R:d>e/", "D:e/=1 . R:d>e/=1"},
        {"D:e/ T:e/", "D:e/=1 . T:e/=1"},
        /* contents move by their cookie */
        {"F:d/ T:e/ F:e/ T:f/", "F:d/=1 T:e/=1 . F:e/=1 T:f/=1"},
        {"F:d/ C:d/", "F:d/=1 . C:d/=1"},
        {"T:d/ R:d>e/", "T:d/=1 . R:d>e/=1"},
        {"C:d/ F:d/", "."},
        {"T:d/ D:d/", "."},
        /* an old path below a directory that has gone */
        {"R:d/a>b D:d/ R:b>c", "R:d/a>b=1 . D:d/=1 R:b>c=1"},
        {"R:d/a>b R:d>e/ R:b>c", "R:d/a>b=1 . R:d>e/=1 R:b>c=1"},
        {"R:d/a>b D:d/ M:b D:b", ". DM:d/a=3 D:d/=1"},
        {"R:d/a>b R:d>e/ M:b", ". RM:d/a>b=2 R:d>e/=1"},
    };

    check_rows(rows, COUNT_OF(rows));
}

static void time_passes(void)
{
    static const struct row rows[] = {
        {"M:f +9 M:f +9 +1 M:f", "+9 +9 +1 M:f=2 . M:f=1"},
        {"C:f +10 D:f", "+10 C:f=1 . D:f=1"},
        {"C:f +9 D:f +50", "+9 +50 ."},
        {"M:a +5 M:b +5 +4 +1", "+5 +5 M:a=1 +4 +1 M:b=1 ."},
        /* not for ever: 100 after its first event, and what comes before it then as well */
        {"M:a +9 M:a +9 M:a +9 M:a +9 M:a +9 M:a +9 M:a +9 M:a +9 M:a +9 M:a +9 M:a +9 M:a +0 +1",
         "+9 +9 +9 +9 +9 +9 +9 +9 +9 +9 +9 +0 +1 M:a=12 ."},
        {"C:d/ +9 A:d/ +9 A:d/ +2", "+9 +9 +2 . CA:d/=3"},
        {"C:d/ +5 M:x +4 A:d/ +5 +1", "+5 +4 +5 +1 CA:d/=2 M:x=1 ."},
        {"R:a>b +9 D:b +9 +1", "+9 +9 +1 D:a=2 ."},
        {"R:a>b +9 M:b +9 R:b>c +9 +1", "+9 +9 +9 +1 RM:a>c=3 ."},
        {"C:a +9 R:a>b +9 M:b +9 M:b +10", "+9 +9 +9 +10 TM:b=4 ."},
    };

    check_rows(rows, COUNT_OF(rows));
}

/* The first event of what is renamed counts, and the order is kept when it is due. */
static void the_longest_wait(void)
{
    struct scene s;

    scene_start(&s, SIZE_MAX);
    CHECK_EQ(scene_play(&s, "M:a"), 0);
    CHECK_EQ(merge_next_due(s.merge), 1 + SETTLE);
    for (int i = 0; i < 12; i++)
        CHECK_EQ(scene_play(&s, "+8 M:a"), 0);
    s.out_len = 0;
    CHECK_EQ(scene_play(&s, "+1 M:x R:a>b M:y"), 0);
    CHECK_EQ(merge_next_due(s.merge), 1 + MAX_DELAY);
    CHECK_EQ(scene_play(&s, "+2 +1"), 0);
    CHECK_STR(s.out, "+1 +2 +1 M:x=1 RM:a>b=14");
    CHECK_EQ(merge_next_due(s.merge), 98 + SETTLE);
    scene_end(&s);
}

/* An event that comes late, after a timer was missed, begins a new record. */
static void what_is_due_is_told_before_an_event(void)
{
    struct scene s;

    scene_start(&s, SIZE_MAX);
    CHECK_EQ(scene_play(&s, "M:f"), 0);
    s.now += 10;
    CHECK_EQ(scene_play(&s, "M:f"), 0);
    CHECK_STR(s.out, "M:f=1");
    s.now -= 5; /* a clock that goes back all the same does no harm */
    CHECK_EQ(scene_play(&s, "M:g"), 0);
    CHECK_EQ(merge_next_due(s.merge), 21);
    scene_end(&s);
}

/* ---- fields ---- */

struct caught {
    struct record r;
    struct timespec when;
    char text[256];
    int count;
};

static int catch_it(void *context, const struct record *r, const struct timespec *when)
{
    struct caught *const c = context;

    c->r = *r;
    c->when = *when;
    c->count++;
    snprintf(c->text, sizeof(c->text), "%.*s|%.*s|%.*s|%.*s", (int)r->path_len, r->path, (int)r->name_len,
             r->name, (int)r->watched_len, r->watched, (int)r->from_len, r->from ? r->from : "");
    return 0;
}

static struct merge *catching(struct caught *c)
{
    const struct merge_settings settings = {SETTLE, MAX_DELAY, SIZE_MAX, catch_it, c};
    struct merge *m;

    NEED(merge_new(&m, &settings) == 0);
    memset(c, 0, sizeof(*c));
    return m;
}

static void fields_are_those_of_the_last_event(void)
{
    const struct timespec first = {.tv_sec = 3, .tv_nsec = 4}, last = {.tv_sec = 5, .tv_nsec = 6};
    struct record r = scene_record("d/f", 3, IN_MOVED_TO);
    struct caught c;
    struct merge *const m = catching(&c);

    r.cookie = 9;
    r.len = 16;
    r.wd = 3;
    r.synthetic = true;
    CHECK_EQ(merge_add(m, &r, MERGE_UNKNOWN, 1, &first), 0);
    r.path_len = 3;
    r.name_len = 0;
    r.watched_len = 3;
    r.cookie = 0;
    r.len = 0;
    r.wd = 4;
    r.mask = IN_ATTRIB;
    CHECK_EQ(merge_add(m, &r, MERGE_UNKNOWN, 2, &last), 0);
    CHECK_EQ(merge_flush(m), 0);
    CHECK_STR(c.text, "d/f||d/f|");
    CHECK_EQ(c.r.mask, IN_MOVED_TO | IN_ATTRIB);
    CHECK_EQ(c.r.cookie, 9);
    CHECK_EQ(c.r.wd, 4);
    CHECK_EQ(c.r.len, 0);
    CHECK_EQ(c.r.count, 2);
    CHECK(c.r.synthetic);
    CHECK(c.r.label == NULL && c.r.error == NULL && c.r.from == NULL);
    CHECK(c.when.tv_sec == 5 && c.when.tv_nsec == 6);
    merge_free(m);
}

static void synthetic_only_if_all_are(void)
{
    const struct timespec when = {0};
    struct record r = scene_record("f", 1, IN_MODIFY);
    struct caught c;
    struct merge *const m = catching(&c);

    for (int i = 0; i < 4; i++) {
        r.synthetic = i & 1;
        merge_add(m, &r, MERGE_UNKNOWN, 1, &when);
        r.synthetic = i & 2;
        merge_add(m, &r, MERGE_UNKNOWN, 1, &when);
        CHECK_EQ(merge_flush(m), 0);
        CHECK_EQ(c.r.synthetic, i == 3);
    }
    merge_free(m);
}

static void a_cookie_needs_a_move(void)
{
    const struct timespec when = {0};
    struct record r = scene_record("f", 1, IN_MOVED_FROM);
    struct caught c;
    struct merge *const m = catching(&c);

    r.cookie = 9;
    merge_add(m, &r, MERGE_UNKNOWN, 1, &when);
    r.cookie = 0;
    r.mask = IN_CREATE;
    merge_add(m, &r, MERGE_UNKNOWN, 1, &when);
    CHECK_EQ(merge_flush(m), 0);
    CHECK_EQ(c.r.mask, IN_MODIFY);
    CHECK_EQ(c.r.cookie, 0);
    merge_free(m);
}

/* What is told of the old path has its fields as far as they are known. */
static void the_end_of_an_old_path_has_its_own_fields(void)
{
    static const struct {
        const char *from;
        bool known;
        const char *wanted;
        int wd;
    } rows[] = {
        {"d/old", false, "d/|old|d/|", 1},
        {"e/old", false, "e/|old|e/|", -1},
        {"e/old", true, "e/|old|e/|", 8},
        {"old", false, "|old||", -1},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct timespec when = {0};
        struct record r = scene_record(rows[i].from, strlen(rows[i].from), IN_MODIFY);
        struct caught c;
        struct merge *const m = catching(&c);

        r.wd = 8;
        if (rows[i].known)
            merge_add(m, &r, MERGE_UNKNOWN, 1, &when);
        r = scene_record("d/new", 5, IN_MOVED_TO);
        r.label = "RENAME";
        r.from = rows[i].from;
        r.from_len = strlen(rows[i].from);
        merge_add(m, &r, MERGE_UNKNOWN, 1, &when);
        r = scene_record("d/new", 5, IN_DELETE);
        merge_add(m, &r, MERGE_UNKNOWN, 1, &when);
        CHECK_EQ(merge_flush(m), 0);
        CHECK_STR(c.text, rows[i].wanted);
        CHECK_EQ(c.r.wd, rows[i].wd);
        CHECK_EQ(c.count, 1);
        merge_free(m);
    }
}

/* ---- bounds and failures ---- */

static void memory_is_bounded_and_nothing_dropped(void)
{
    struct scene s;
    int told = 0;

    scene_start(&s, 1024 * sizeof(void *) + 1024); /* the first buckets, and room for some paths */
    for (int i = 0; i < 100; i++) {
        char word[16];

        snprintf(word, sizeof(word), "M:f%03d", i);
        CHECK_EQ(scene_play(&s, word), 0);
    }
    for (const char *p = s.out; (p = strchr(p, 'M')); p++, told++)
        CHECK_EQ(atoi(p + 3), told);
    CHECK(told >= 84 && told < 96); /* a path takes less where pointers are short */
    CHECK_EQ(merge_flush(s.merge), 0);
    CHECK(strstr(s.out, "M:f099=1") != NULL);
    scene_end(&s);
    scene_start(&s, 0);
    CHECK_EQ(scene_play(&s, "M:f M:f R:a>b"), 0);
    CHECK_STR(s.out, "M:f=1 M:f=1 R:a>b=1");
    scene_end(&s);
}

static void a_record_that_cannot_be_told_stays(void)
{
    struct scene s;

    scene_start(&s, SIZE_MAX);
    CHECK_EQ(scene_play(&s, "M:a M:b R:c>d"), 0);
    s.emit_result = -EIO;
    CHECK_EQ(merge_flush(s.merge), -EIO);
    CHECK_EQ(merge_flush_due(s.merge, 1000), -EIO);
    CHECK_EQ(scene_play(&s, "M:a"), -EIO);
    CHECK_EQ(scene_play(&s, "L:"), -EIO);
    s.emit_result = 1;
    CHECK_EQ(merge_flush(s.merge), 0);
    CHECK_STR(s.out, "M:a=1 M:b=1 R:c>d=1");
    CHECK_EQ(scene_play(&s, "M:a R:a>b D:q R:r>q"), 0);
    scene_end(&s); /* what is pending is freed */
    merge_free(NULL);
}

struct meddler {
    struct merge *merge;
    int results[3];
};

static int meddle(void *context, const struct record *r, const struct timespec *when)
{
    struct meddler *const x = context;

    x->results[0] = merge_add(x->merge, r, MERGE_UNKNOWN, 5, when);
    x->results[1] = merge_flush(x->merge);
    x->results[2] = merge_flush_due(x->merge, 5);
    return 0;
}

static void a_record_cannot_come_back_while_it_is_told(void)
{
    const struct timespec when = {0};
    const struct record r = scene_record("f", 1, IN_MODIFY);
    struct meddler x = {0};
    const struct merge_settings settings = {SETTLE, MAX_DELAY, SIZE_MAX, meddle, &x};

    NEED(merge_new(&x.merge, &settings) == 0);
    CHECK_EQ(merge_add(x.merge, &r, MERGE_UNKNOWN, 1, &when), 0);
    CHECK_EQ(merge_flush(x.merge), 0);
    for (size_t i = 0; i < COUNT_OF(x.results); i++)
        CHECK_EQ(x.results[i], -EBUSY);
    CHECK_EQ(merge_next_due(x.merge), -1);
    merge_free(x.merge);
}

static void names_are_bytes(void)
{
    char path[5000], other[5000];
    const struct timespec when = {0};
    struct caught c;
    struct merge *const m = catching(&c);

    for (size_t i = 0; i < sizeof(path); i++)
        path[i] = (char)(i * 7);
    for (size_t len = 1; len < sizeof(path); len += 1 + len / 8) {
        struct record r = {.mask = IN_MODIFY, .path = path, .path_len = len / 2, .name = path + len / 2};

        r.name_len = len - len / 2;
        r.watched = path;
        CHECK_EQ(merge_add(m, &r, MERGE_UNKNOWN, 1, &when), 0);
        memcpy(other, path, len);
        other[len - 1] ^= 1;
        r.path = other;
        r.name = other + len / 2;
        r.watched = other;
        CHECK_EQ(merge_add(m, &r, MERGE_UNKNOWN, 1, &when), 0);
        CHECK_EQ(merge_flush(m), 0);
        CHECK_EQ(c.r.count, 1);
        CHECK_MEM(c.r.path_len == len / 2 ? "" : "x", c.r.path_len != len / 2, "", 0);
    }
    merge_free(m);
}

int main(void)
{
    one_path_becomes_one_record();
    what_came_and_went();
    kinds_are_not_merged();
    records_that_are_not_merged();
    renames_are_chained();
    an_old_path_that_is_spoken_of_again();
    directories_keep_the_order_true();
    time_passes();
    the_longest_wait();
    what_is_due_is_told_before_an_event();
    fields_are_those_of_the_last_event();
    synthetic_only_if_all_are();
    a_cookie_needs_a_move();
    the_end_of_an_old_path_has_its_own_fields();
    memory_is_bounded_and_nothing_dropped();
    a_record_that_cannot_be_told_stays();
    a_record_cannot_come_back_while_it_is_told();
    names_are_bytes();
    return check_status();
}
