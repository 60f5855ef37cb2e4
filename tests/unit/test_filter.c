/* test_filter.c: filters of globs and regexes against paths, what is no pattern, and regexes that take too
 * long. `test_filter --once PATH PATTERN...` is for tests/faults.bats: what they say of the directory PATH,
 * or status 2 without memory. Neighbour: filter.h. */
#include "filter.h"

#include "check.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>
#include <time.h>

#define PATTERNS_MAX 8

/* A row's patterns are one text each: a letter for the option, a colon, the pattern. */
static struct filter_pattern read_pattern(const char *text)
{
    return (struct filter_pattern){
        .kind = text[0] == 'g' || text[0] == 'G' ? FILTER_GLOB : FILTER_REGEX,
        .fold_case = text[0] == 'G' || text[0] == 'R',
        .text = text + 2,
    };
}

static struct filter *make(const char *const *texts)
{
    struct filter_pattern patterns[PATTERNS_MAX];
    struct filter *f = NULL;
    char why[512] = "";
    size_t count = 0, bad = 0;

    for (; count < PATTERNS_MAX && texts[count]; count++)
        patterns[count] = read_pattern(texts[count]);
    if (!CHECK_EQ(filter_new(&f, patterns, count, &bad, why, sizeof(why)), 0)) {
        fprintf(stderr, "pattern %zu: %s\n", bad, why);
        exit(1);
    }
    return f;
}

static size_t find_name(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] != '/')
        len--;
    return len;
}

/* A path that ends with a slash is a directory's. In memory of just its size, so that a sanitizer sees
 * whoever reads past it. */
static enum filter_verdict judge(struct filter *f, const char *path)
{
    const bool is_dir = path[strlen(path) - 1] == '/';
    const size_t len = strlen(path) - is_dir, name_at = find_name(path, len);
    enum filter_verdict verdict;
    char *const copy = malloc(len);

    NEED(copy != NULL);
    memcpy(copy, path, len);
    verdict = filter_match(f, copy, len, name_at, is_dir);
    if (!filter_needs_path(f)) {
        memmove(copy, copy + name_at, len - name_at);
        CHECK_EQ(filter_match(f, copy, len - name_at, 0, is_dir), verdict);
    }
    free(copy);
    return verdict;
}

struct row {
    const char *patterns[PATTERNS_MAX];
    const char *path;
    enum filter_verdict verdict;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct filter *const f = make(rows[i].patterns);

        check_case("row %zu: '%s'... and '%s'", i, rows[i].patterns[0], rows[i].path);
        CHECK_EQ(judge(f, rows[i].path), rows[i].verdict);
        CHECK(!filter_take_overrun(f));
        filter_free(f);
    }
    check_case_over();
}

#define CHECK_ROWS(rows) check_rows((rows), COUNT_OF(rows))

#define NONE FILTER_UNDECIDED
#define OUT  FILTER_LEFT_OUT
#define KEPT FILTER_KEPT

static void the_last_pattern_that_matches_decides(void)
{
    static const struct row rows[] = {
        {{NULL}, "a", NONE},
        {{"g:*.c"}, "a.c", KEPT},
        {{"g:*.c"}, "x/a.c", KEPT},
        {{"g:*.c"}, "a.h", NONE},
        {{"g:!*.c"}, "a.c", OUT},
        {{"g:!*.c"}, "a.h", NONE},
        {{"g:*.c", "g:!test_*"}, "test_a.c", OUT},
        {{"g:!test_*", "g:*.c"}, "test_a.c", KEPT},
        {{"g:*.c", "g:!test_*", "g:test_b*"}, "test_b.c", KEPT},
        {{"g:*.c", "g:!test_*", "g:test_b*"}, "test_a.c", OUT},
        {{"g:*.c", "g:!test_*", "g:test_b*"}, "a.c", KEPT},
        {{"g:*.c", "g:!test_*", "g:test_b*"}, "a.h", NONE},
        {{"g:src/*.c"}, "src/a.c", KEPT},
        {{"g:src/*.c"}, "x/src/a.c", NONE},
        {{"g:/a"}, "a", KEPT},
        {{"g:/a"}, "b/a", NONE},
        {{"g:**/b/*"}, "a/b/c", KEPT},
        {{"g:!node_modules/"}, "a/node_modules/", OUT},
        {{"g:!node_modules/"}, "a/node_modules", NONE},
        {{"g:!!a"}, "!a", OUT},
        {{"g:\\!a"}, "!a", KEPT},
        {{"g:!\\!a"}, "!a", OUT},
        {{"r:\\!a"}, "!a", KEPT},
        {{"r:[!]a"}, "!a", KEPT},
        {{"r:!!a"}, "!a", OUT},
        {{"r:!!a"}, "a", NONE},
    };

    CHECK_ROWS(rows);
}

static void globs_and_regexes_have_one_order(void)
{
    static const struct row rows[] = {
        {{"g:*.c", "r:!^t"}, "t.c", OUT},         {{"r:!^t", "g:*.c"}, "t.c", KEPT},
        {{"r:^t", "g:!*.c"}, "t.c", OUT},         {{"g:!*.c", "r:^t"}, "t.c", KEPT},
        {{"g:!*.c", "r:^t"}, "u.c", OUT},         {{"g:!*.c", "r:^t"}, "u.h", NONE},
        {{"G:*.C", "r:!x", "g:x*"}, "x.c", KEPT}, {{"G:*.C", "r:!x", "g:x*"}, "yx.c", OUT},
    };

    CHECK_ROWS(rows);
}

static void a_regex_is_searched_in_the_whole_path(void)
{
    static const struct row rows[] = {
        {{"r:b"}, "a/b/c", KEPT},          {{"r:b/c$"}, "a/b/c", KEPT},    {{"r:^b"}, "a/b/c", NONE},
        {{"r:^a/"}, "a/b", KEPT},          {{"r:b$"}, "a/b", KEPT},        {{"r:b$"}, "a/bc", NONE},
        {{"r:(^|/)b(/|$)"}, "a/b/", KEPT}, {{"r:\\.(c|h)$"}, "a.h", KEPT}, {{"r:\\.(c|h)$"}, "a.hh", NONE},
        {{"r:([a-z])\\1"}, "xaa", KEPT},   {{"r:(?<=a/)b"}, "a/b", KEPT},  {{"r:(?<!a/)b"}, "a/b", NONE},
        {{"r:^(?!a)"}, "b", KEPT},         {{"r:^$"}, "a", NONE},
    };

    CHECK_ROWS(rows);
}

static void a_regex_sees_a_directory_without_and_with_a_slash(void)
{
    static const struct row rows[] = {
        {{"r:!node_modules/"}, "a/node_modules/", OUT},
        {{"r:!node_modules/"}, "a/node_modules", NONE},
        {{"r:!node_modules/$"}, "node_modules/", OUT},
        {{"r:!node_modules$"}, "node_modules/", OUT},
        {{"r:!^a/$"}, "a/", OUT},
        {{"r:!^a/$"}, "a/b/", NONE},
        /* Of each pattern both are tried before the next one is. */
        {{"r:!a$", "r:a/$"}, "a/", KEPT},
    };

    CHECK_ROWS(rows);
}

static void case_folds_for_ascii_letters_only(void)
{
    static const struct row rows[] = {
        {{"g:*.JPG"}, "a.jpg", NONE},       {{"G:*.JPG"}, "a.jpg", KEPT},   {{"G:!*.jpg"}, "A.JPG", OUT},
        {{"r:\\.JPG$"}, "a.jpg", NONE},     {{"R:\\.JPG$"}, "a.jpg", KEPT}, {{"R:!\\.jpg$"}, "A.JPG", OUT},
        {{"G:\xc9"}, "\xe9", NONE},         {{"R:\xc9"}, "\xe9", NONE},     {{"R:[\xc9]"}, "\xe9", NONE},
        {{"R:\xc3\x89"}, "\xc3\xa9", NONE},
    };

    CHECK_ROWS(rows);
}

static void names_are_bytes(void)
{
    static const struct row rows[] = {
        {{"r:^.$"}, "\xff", KEPT},
        {{"r:^.$"}, "\xc3\xa9", NONE},
        {{"r:^..$"}, "\xc3\xa9", KEPT},
        {{"r:\xc3\xa9"}, "a\xc3\xa9z", KEPT},
        {{"r:^\\xff\\x80$"}, "\xff\x80", KEPT},
        {{"r:[\x80-\xff]"}, "a\x90", KEPT},
        {{"r:\\w"}, "\xe9", NONE},
        {{"g:?"}, "\xff", KEPT},
        {{"g:[!a]"}, "\x80", KEPT},
        {{"r:^a.b$"}, "a\nb", KEPT},
        {{"r:a$"}, "a\n", NONE},
        {{"r:a$"}, "a\nb", NONE},
        {{"r:^b"}, "a\nb", NONE},
        {{"r:(?m)a$"}, "a\nb", KEPT},
        {{"r:(?-s)^a.b$"}, "a\nb", NONE},
        {{"g:a*b"}, "a\nb", KEPT},
        {{"r:\n"}, "a\nb", KEPT},
    };

    CHECK_ROWS(rows);
}

static void a_pattern_without_an_exclamation_mark_keeps_nothing_else(void)
{
    static const struct {
        const char *patterns[PATTERNS_MAX];
        bool keeps_only, needs_path;
    } cases[] = {
        {{NULL}, false, false},
        {{"g:!a"}, false, false},
        {{"g:!a", "r:!b"}, false, true},
        {{"g:!a", "g:b", "g:!c"}, true, false},
        {{"r:a"}, true, true},
        {{"g:a/b"}, true, true},
        {{"g:!a", "g:!a/b", "g:!c"}, false, true},
        {{"g:\\!a"}, true, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct filter *const f = make(cases[i].patterns);

        check_case("case %zu", i);
        CHECK_EQ(filter_keeps_only(f), cases[i].keeps_only);
        CHECK_EQ(filter_needs_path(f), cases[i].needs_path);
        filter_free(f);
    }
    check_case_over();
}

static void what_is_no_pattern_is_told_with_its_place(void)
{
    static const struct {
        const char *pattern, *why;
    } cases[] = {
        {"g:", "'' is no glob: empty, at byte 1"},
        {"g:!", "'!' is no glob: empty, at byte 2"},
        {"g:ab[c", "'ab[c' is no glob: '[' without ']', at byte 3"},
        {"g:!ab[c", "'!ab[c' is no glob: '[' without ']', at byte 4"},
        {"G:a\\", "'a\\' is no glob: a backslash at the end, at byte 2"},
        {"r:", "'' is no regex: empty, at byte 1"},
        {"r:!", "'!' is no regex: empty, at byte 2"},
        {"g:0123456789012345678901234567890123456789012345678901234567890123456789[",
         "'0123456789012345678901234567890123456789012345678901234567890123'... is no glob: '[' without ']', "
         "at "
         "byte 71"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct filter_pattern patterns[] = {read_pattern("g:a"), read_pattern("r:!b"),
                                                  read_pattern(cases[i].pattern), read_pattern("r:(")};
        struct filter *f = NULL;
        char why[512] = "", little[8];
        size_t bad = 100;

        check_case("'%s'", cases[i].pattern);
        if (!CHECK_EQ(filter_new(&f, patterns, 4, &bad, why, sizeof(why)), -EINVAL))
            filter_free(f);
        CHECK_EQ(bad, 2);
        CHECK_STR(why, cases[i].why);
        CHECK_EQ(filter_new(&f, patterns, 4, &bad, little, sizeof(little)), -EINVAL);
        CHECK_MEM(little, strlen(little), why, sizeof(little) - 1);
    }
    check_case_over();
}

/* PCRE2's reasons and offsets differ from version to version: they are those of the PCRE2 that is there, the
 * offset counted in the text as given, the first byte being 1. */
static void what_is_no_regex_is_told_as_pcre2_tells_it(void)
{
    static const struct {
        const char *pattern, *shown;
    } cases[] = {
        {"r:a(b", "a(b"},
        {"R:!a(b", "!a(b"},
        {"r:*a", "*a"},
        {"r:!*a", "!*a"},
        {"r:(*UTF)a", "(*UTF)a"},
        {"r:(*UCP)a", "(*UCP)a"},
        {"r:\x1b[2J\x9b(", "\\x1b[2J\\x9b("},
        {"r:\xe2\x80\xae\n(", "\\xe2\\x80\\xae\\n("},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct filter_pattern pattern = read_pattern(cases[i].pattern);
        const size_t from = pattern.text[0] == '!';
        PCRE2_UCHAR reason[256] = "";
        char expected[512], why[512] = "";
        struct filter *f = NULL;
        PCRE2_SIZE at;
        size_t bad = 100;
        int err;

        check_case("'%s'", cases[i].pattern);
        NEED(!pcre2_compile((PCRE2_SPTR)pattern.text + from, PCRE2_ZERO_TERMINATED,
                            PCRE2_NEVER_UTF | PCRE2_NEVER_UCP, &err, &at, NULL));
        pcre2_get_error_message(err, reason, sizeof(reason));
        snprintf(expected, sizeof(expected), "'%s' is no regex: %s, at byte %zu", cases[i].shown,
                 (const char *)reason, from + at + 1);
        if (!CHECK_EQ(filter_new(&f, &pattern, 1, &bad, why, sizeof(why)), -EINVAL))
            filter_free(f);
        CHECK_EQ(bad, 0);
        CHECK_STR(why, expected);
    }
    check_case_over();
}

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* One byte again and again, and an end. */
static char *repeat(const char *what, size_t times, const char *end)
{
    const size_t len = strlen(what);
    char *const text = malloc(times * len + strlen(end) + 1);

    NEED(text != NULL);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * len, what, len);
    memcpy(text + times * len, end, strlen(end) + 1);
    return text;
}

/* Without a limit these would take from seconds to for ever; with it some milliseconds, and on a machine that
 * is slow and busy, under a sanitizer, still not this. */
#define QUICK_MS 1000

static void a_regex_that_takes_too_long_keeps_the_path_and_is_told_once(void)
{
    static const struct {
        const char *regex, *what;
        size_t times;
    } cases[] = {
        {"r:(a+)+$", "a", 40},
        {"r:(a+)+$", "a", 4000},
        {"r:(a+)+$", "aaaaaaaaaaaac", 300},
        {"r:(*NO_JIT)(a+)+$", "a", 4000},
        {"r:(*NO_JIT)(a+)+$", "aaaaaaaaaaaac", 300},
        {"r:^(a|aa)+$", "a", 4000},
        {"r:(a|b|ab)*[cd]", "ab", 2000},
        {"r:a.*a.*a.*a.*[cd]", "a", 4000},
        {"r:(*NO_JIT)a.*a.*a.*a.*[cd]", "a", 4000},
        {"r:(?:a?){40}a{40}c|(a*)*b$", "a", 39},
        {"r:^(((a+)*)+)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *const patterns[] = {"g:!kept*", "g:other", cases[i].regex, "g:*.o", NULL};
        struct filter *const f = make(patterns);
        char *const path = repeat(cases[i].what, cases[i].times, "x");
        const char *told;
        double began, took;

        check_case("'%s' and %zu times '%s'", cases[i].regex, cases[i].times, cases[i].what);
        CHECK(!filter_take_overrun(f));
        began = now_ms();
        CHECK_EQ(judge(f, path), FILTER_KEPT);
        took = now_ms() - began;
        printf("%s on %zu bytes: %.1f ms\n", cases[i].regex, strlen(path), took);
        CHECK(took < QUICK_MS);
        told = filter_take_overrun(f);
        CHECK(told != NULL);
        if (told)
            CHECK_STR(told, cases[i].regex + 2);
        CHECK(!filter_take_overrun(f));
        CHECK_EQ(judge(f, path), FILTER_KEPT);
        CHECK(!filter_take_overrun(f));
        /* It goes on being tried, and what comes before it decides for itself. */
        CHECK_EQ(judge(f, "other"), FILTER_KEPT);
        CHECK_EQ(judge(f, "kept"), FILTER_LEFT_OUT);
        free(path);
        filter_free(f);
    }
    check_case_over();
}

static void each_regex_that_overruns_is_told(void)
{
    static const char *const patterns[] = {"r:^(aa|a)+$", "r:!(a|aa)+$", "r:!(a+)+$", NULL};
    struct filter *const f = make(patterns);
    char *const path = repeat("a", 100, "b");

    CHECK_EQ(judge(f, path), FILTER_KEPT);
    for (size_t i = 0; i < 3; i++) {
        const char *const told = filter_take_overrun(f);

        CHECK_STR(told ? told : "none", patterns[i] + 2);
    }
    CHECK(!filter_take_overrun(f));
    free(path);
    filter_free(f);
}

/* A regex without `!` matches path, and one with it matches and leaves the path out, with machine code and
 * without: an answer, not the one that is assumed where PCRE2 gives up. */
static void check_honest(const char *regex, const char *path)
{
    static const char *const beginnings[] = {"r:", "r:!", "r:(*NO_JIT)", "r:!(*NO_JIT)"};

    for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
        char text[64];
        const char *const patterns[] = {text, NULL};
        struct filter *f;

        snprintf(text, sizeof(text), "%s%s", beginnings[i], regex);
        check_case("%s on %zu bytes", text, strlen(path));
        f = make(patterns);
        CHECK_EQ(judge(f, path), beginnings[i][2] == '!' ? FILTER_LEFT_OUT : FILTER_KEPT);
        CHECK(!filter_take_overrun(f));
        filter_free(f);
    }
    check_case_over();
}

/* Also where one place of very many needs more steps than an even share, and in directories' paths that no
 * buffer was made for. */
static void honest_regexes_match_long_paths(void)
{
    static const char *const regexes[] = {
        "x.*y.*z$",       "^(\\w+/)+x\\w+z$",     "/x[^/]*z$",         "(\\w+/)*x(\\w|y)*z$",
        "/x(?:\\w|y)+?z", "^(?:[^/]|/(?!\\.))*z", "^((\\w)|(/))*z/?$", "([a-i]|/|x.*|never)*z",
    };
    static const size_t times[] = {1, 40, 409, 2000};

    for (size_t i = 0; i < COUNT_OF(times); i++) {
        char *const path = repeat("abcdefghi/", times[i], "xayaaayaaaz/");

        for (size_t j = 0; j < COUNT_OF(regexes); j++)
            check_honest(regexes[j], path);
        free(path);
    }
}

/* ---- for tests/faults.bats ---- */

static int judge_once(const char *path, char **texts, size_t count)
{
    const size_t len = strlen(path);
    static const char *const words[] = {"undecided", "out", "kept"};
    struct filter_pattern patterns[PATTERNS_MAX];
    enum filter_verdict verdict;
    struct filter *f;
    char why[512];
    size_t bad;
    int err;

    for (size_t i = 0; i < count && i < PATTERNS_MAX; i++)
        patterns[i] = read_pattern(texts[i]);
    err = filter_new(&f, patterns, count, &bad, why, sizeof(why));
    if (err < 0)
        return err == -ENOMEM ? 2 : 1;
    verdict = filter_match(f, path, len, find_name(path, len), true);
    printf("%s%s\n", words[verdict], filter_take_overrun(f) ? " overrun" : "");
    filter_free(f);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 3 && strcmp(argv[1], "--once") == 0)
        return judge_once(argv[2], argv + 3, (size_t)argc - 3);
    the_last_pattern_that_matches_decides();
    globs_and_regexes_have_one_order();
    a_regex_is_searched_in_the_whole_path();
    a_regex_sees_a_directory_without_and_with_a_slash();
    case_folds_for_ascii_letters_only();
    names_are_bytes();
    a_pattern_without_an_exclamation_mark_keeps_nothing_else();
    what_is_no_pattern_is_told_with_its_place();
    what_is_no_regex_is_told_as_pcre2_tells_it();
    a_regex_that_takes_too_long_keeps_the_path_and_is_told_once();
    each_regex_that_overruns_is_told();
    honest_regexes_match_long_paths();
    return check_status();
}
