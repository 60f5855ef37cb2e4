/* test_glob.c: globs against paths, tables of them and random ones against a matcher that tries everything,
 * and what is no glob. Neighbours: glob.h, reference_glob.h. */
#include "glob.h"

#include "check.h"
#include "random.h"
#include "reference_glob.h"

#include <errno.h>
#include <time.h>

static struct glob *compile(const char *text, unsigned flags)
{
    struct glob *g = NULL;
    const char *why = NULL;
    size_t at = 0;

    if (!CHECK_EQ(glob_new(&g, text, strlen(text), flags, &why, &at), 0)) {
        fprintf(stderr, "'%s': %s at %zu\n", text, why, at);
        exit(1);
    }
    return g;
}

/* A path that ends with a slash is a directory's. */
static bool matches_with(const char *text, unsigned flags, const char *path)
{
    struct glob *const g = compile(text, flags);
    const bool is_dir = path[strlen(path) - 1] == '/';
    const size_t len = strlen(path) - is_dir;
    size_t name_at = len;
    bool matches;

    while (name_at > 0 && path[name_at - 1] != '/')
        name_at--;
    matches = glob_match(g, path, len, name_at, is_dir);
    free(g);
    return matches;
}

struct match_case {
    const char *glob, *path;
    bool matches;
};

static void check_matches(const struct match_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_case("'%s' and '%s'", cases[i].glob, cases[i].path);
        CHECK_EQ(matches_with(cases[i].glob, 0, cases[i].path), cases[i].matches);
    }
    check_case_over();
}

#define CHECK_MATCHES(cases) check_matches((cases), COUNT_OF(cases))

static void a_glob_without_a_slash_is_for_names_wherever_they_are(void)
{
    static const struct match_case cases[] = {
        {"foo", "foo", true},
        {"foo", "a/b/foo", true},
        {"foo", "foo/a", false},
        {"foo", "fo", false},
        {"foo", "fooo", false},
        {"foo", "xfoo", false},
        {"*.o", "a.o", true},
        {"*.o", "a/b.o", true},
        {"*.o", ".o", true},
        {"*.o", "a.o/b", false},
        {"*.o", "a.oo", false},
        {"a*", "a", true},
        {"a*", "x/abc", true},
        {"a*", "ba", false},
        {"a*c", "ac", true},
        {"a*c", "abc", true},
        {"a*c", "a", false},
        {"aba*aba", "aba", false},
        {"aba*aba", "ababa", false},
        {"aba*aba", "abaaba", true},
        {"*", "a/b", true},
        {"**", "a/b", true},
        {"foo**bar", "fooxbar", true},
        {"?", "a", true},
        {"?", "ab", false},
        {"?", "a/b", true},
        {"a?c*e?", "abcdef", true},
        {"a?c*e?", "abcef", true},
        {"a?c*e?", "abcdeef", true},
        {"a?c*e?", "abde", false},
        {"*a*b*", "xxaxxbxx", true},
        {"*a*b*", "xxbxxaxx", false},
        {"*ab*ab", "abab", true},
        {"*aab", "aaab", true},
        {"*ab?", "aababx", true},
        {"?*?", "a", false},
    };

    CHECK_MATCHES(cases);
}

static void a_glob_with_a_slash_is_for_whole_paths(void)
{
    static const struct match_case cases[] = {
        {"/foo", "foo", true},       {"/foo", "a/foo", false},    {"a/foo", "a/foo", true},
        {"a/foo", "b/a/foo", false}, {"a/foo", "a/foo/b", false}, {"a/*", "a/b", true},
        {"a/*", "a/b/c", false},     {"a/*", "a", false},         {"*/b", "a/b", true},
        {"*/b", "a/a/b", false},     {"*/b", "b", false},         {"a?b/c", "a/b/c", false},
        {"a[/]b", "a/b", false},     {"a[!x]b/", "a/b/", false},  {"/*", "a", true},
        {"/*", "a/b", false},        {"/a*", "ab", true},         {"/a*b", "a/b", false},
        {"*/*/c", "a/b/c", true},    {"a*/b", "abc/b", true},     {"*a/*b/c", "xa/xb/c", true},
        {"a\\/b", "a/b", true},      {"//a", "a", false},         {"a//b", "a/b", false},
    };

    CHECK_MATCHES(cases);
}

static void a_slash_at_the_end_leaves_it_to_directories(void)
{
    static const struct match_case cases[] = {
        {"foo/", "foo/", true},     {"foo/", "foo", false}, {"foo/", "a/foo/", true},
        {"/foo/", "a/foo/", false}, {"*/", "a/", true},     {"*/", "a", false},
        {"foo", "foo/", true},      {"a/b/", "a/b/", true}, {"a/**/", "a/b/c/", true},
        {"a/**/", "a/b/c", false},  {"**/", "a/b/", true},  {"foo//", "foo/", false},
    };

    CHECK_MATCHES(cases);
}

static void two_stars_for_whole_components_cross_directories(void)
{
    static const struct match_case cases[] = {
        {"**/foo", "foo", true},
        {"**/foo", "a/b/foo", true},
        {"**/foo", "afoo", false},
        {"/**/foo", "a/foo", true},
        {"**/a/b", "a/b", true},
        {"**/a/b", "x/y/a/b", true},
        {"**/a/b", "xa/b", false},
        {"a/**", "a/b", true},
        {"a/**", "a/b/c", true},
        {"a/**", "a", false},
        {"a/**", "b/a/c", false},
        {"a/**/b", "a/b", true},
        {"a/**/b", "a/x/b", true},
        {"a/**/b", "a/x/y/b", true},
        {"a/**/b", "a/xb", false},
        {"a/**/b", "ab", false},
        {"a/***/b", "a/x/y/b", true},
        {"a/**b", "a/xb", true},
        {"a/**b", "a/x/b", false},
        {"a/b**/c", "a/bx/c", true},
        {"*/b**/c", "a/b/x/c", false},
        {"**/a*b/**/c", "x/ab/y/c", true},
        {"**/a/**/b/**/c", "a/a/b/c/b/c", true},
        {"**/x/*a/y", "x/x/ba/y", true},
        {"**/x/*a/y", "x/x/b/y", false},
        {"**/**/a", "a", true},
        {"**/*", "a/b", true},
        {"*/**", "a", false},
        {"*/**", "a/b/c", true},
        {"**/*.o/*", "a/b.o/c", true},
        {"**/ab*ab/c", "ab/abab/c", true},
    };

    CHECK_MATCHES(cases);
}

/* Found in what git does, and kept. */
static void two_stars_as_the_first_special_characters_count_whatever_is_before_them(void)
{
    static const struct match_case cases[] = {
        {"a/b**", "a/b", true},      {"a/b**", "a/bc", true},       {"a/b**", "a/bc/d", true},
        {"a/b**/c", "a/bc", true},   {"a/b**/c", "a/bx/y/c", true}, {"b**/c", "bc", true},
        {"?/b**", "a/bc/d", false},  {"a/\\b**", "a/bc/d", false},  {"a/**\\/c", "a/c", false},
        {"a/**\\/c", "a/b/c", true}, {"a/b**\\/c", "a/b/c", true},
    };

    CHECK_MATCHES(cases);
}

static void sets_hold_bytes_ranges_and_classes(void)
{
    static const struct match_case cases[] = {
        {"[ab]", "a", true},         {"[ab]", "c", false},         {"[!ab]", "a", false},
        {"[!ab]", "c", true},        {"[^ab]", "c", true},         {"[a-c]", "b", true},
        {"[a-c]", "d", false},       {"[c-a]", "b", false},        {"[]]", "]", true},
        {"[]a]", "a", true},         {"[!]]", "]", false},         {"[!]]", "a", true},
        {"[a-]", "-", true},         {"[-a]", "-", true},          {"[a\\]b]", "]", true},
        {"[\\]]", "\\", false},      {"[a-\\c]", "b", true},       {"[\\\\]", "\\", true},
        {"[[:alpha:]]", "x", true},  {"[[:alpha:]]", "1", false},  {"[![:alpha:]]", "1", true},
        {"[[:digit:]x]", "x", true}, {"[[:digit:]-z]", "-", true}, {"[[:digit:]-z]", "m", false},
        {"[[:space:]]", "\t", true}, {"[[:space:]]", "\v", false}, {"[[:]", "[", true},
        {"[[:]", ":", true},         {"[[:a]", "a", true},         {"[\x80-\xff]", "\xc3", true},
        {"[\x80-\xff]", "a", false}, {"x[!a]", "x\xff", true},     {"[a-c-e]", "-", true},
        {"[a-c-e]", "d", false},     {"[*?]", "*", true},          {"[*?]", "a", false},
    };

    CHECK_MATCHES(cases);
}

static void a_backslash_takes_the_meaning_of_the_next_byte(void)
{
    static const struct match_case cases[] = {
        {"\\*", "*", true},     {"\\*", "a", false},  {"\\?", "?", true},           {"\\[a]", "[a]", true},
        {"\\\\", "\\", true},   {"\\a", "a", true},   {"\\!a", "!a", true},         {"a\\*b*", "a*bc", true},
        {"a\\**", "a*b", true}, {"*\\*", "a*", true}, {"\\***", "*anything", true}, {"a\\ ", "a ", true},
    };

    CHECK_MATCHES(cases);
}

static void case_is_folded_for_ascii_letters_only(void)
{
    static const struct match_case cases[] = {
        {"FoO", "fOo", true},    {"*.JPG", "a.jpg", true},   {"*.jpg", "A.JPG", true},
        {"[A]", "a", true},      {"[a]", "A", true},         {"[!a]", "A", false},
        {"[B-C]x", "cX", true},  {"[[:upper:]]", "a", true}, {"a*B?c", "AxbYC", true},
        {"\xc9", "\xe9", false}, {"[\xc9]", "\xe9", false},  {"a/**/B", "A/x/b", true},
        {"@", "`", false},       {"*xY", "Xxy", true},       {"*aB?", "AABab1", true},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check_case("'%s' and '%s'", cases[i].glob, cases[i].path);
        CHECK_EQ(matches_with(cases[i].glob, GLOB_FOLD_CASE, cases[i].path), cases[i].matches);
    }
    check_case_over();
    CHECK(!matches_with("FoO", 0, "foo"));
}

static void what_is_wrong_with_a_glob_is_told_with_its_place(void)
{
    static const struct {
        const char *glob, *why;
        size_t at;
    } cases[] = {
        {"", "empty", 0},
        {"/", "empty", 0},
        {"//", "empty", 0},
        {"ab[c", "'[' without ']'", 2},
        {"[", "'[' without ']'", 0},
        {"[]", "'[' without ']'", 0},
        {"[!]", "'[' without ']'", 0},
        {"a[b\\", "'[' without ']'", 1},
        {"[a-", "'[' without ']'", 0},
        {"[a-\\", "'[' without ']'", 0},
        {"[[:alpha:]", "'[' without ']'", 0},
        {"[[:alpha", "'[' without ']'", 0},
        {"a\\", "a backslash at the end", 1},
        {"a\\/", "a backslash at the end", 1},
        {"a[b[:alfa:]]", "no such class of characters", 3},
        {"[[::]]", "no such class of characters", 1},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct glob *g;
        const char *why = "nothing";
        size_t at = 1000;

        check_case("'%s'", cases[i].glob);
        if (!CHECK_EQ(glob_new(&g, cases[i].glob, strlen(cases[i].glob), 0, &why, &at), -EINVAL))
            free(g);
        CHECK_STR(why, cases[i].why);
        CHECK_EQ(at, cases[i].at);
    }
    check_case_over();
}

static void a_glob_that_is_too_long_is_refused(void)
{
    char *const text = malloc(GLOB_LEN_MAX + 1);
    const char *why = NULL;
    struct glob *g;
    size_t at = 0;

    NEED(text != NULL);
    memset(text, '?', GLOB_LEN_MAX + 1);
    CHECK_EQ(glob_new(&g, text, GLOB_LEN_MAX + 1, 0, &why, &at), -EINVAL);
    CHECK_STR(why, "too long");
    CHECK_EQ(at, GLOB_LEN_MAX);
    CHECK_EQ(glob_new(&g, text, GLOB_LEN_MAX, 0, &why, &at), 0);
    CHECK(!glob_match(g, "a", 1, 0, false));
    free(g);
    free(text);
}

static void a_glob_tells_whether_the_name_is_enough(void)
{
    static const struct {
        const char *glob;
        bool needs_path;
    } cases[] = {{"a", false},     {"a/", false},    {"/a", true},     {"a/b", true},  {"**/a", false},
                 {"**/a/", false}, {"/**/a", false}, {"**/a/b", true}, {"a/**", true}, {"[/]", true}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct glob *const g = compile(cases[i].glob, 0);

        check_case("'%s'", cases[i].glob);
        CHECK_EQ(glob_needs_path(g), cases[i].needs_path);
        free(g);
    }
    check_case_over();
}

static void a_compiled_glob_can_be_moved_and_fits_its_bound(void)
{
    static const char *const globs[] = {"a", "[a]", "[a][b]", "?a?a?a?a", "*a*a*a*", "a/**/b/**/c[!d]e"};

    for (size_t i = 0; i < COUNT_OF(globs); i++) {
        const size_t bound = glob_bound(strlen(globs[i]));
        struct glob *const g = malloc(bound), *moved;

        check_case("'%s'", globs[i]);
        NEED(g != NULL);
        CHECK_EQ(glob_compile(g, globs[i], strlen(globs[i]), 0, NULL, NULL), 0);
        CHECK_EQ(g->mark, 0);
        CHECK(glob_size(g) <= bound);
        moved = malloc(glob_size(g));
        NEED(moved != NULL);
        memcpy(moved, g, glob_size(g));
        free(g);
        CHECK_EQ(glob_match(moved, "a", 1, 0, false), i < 2);
        free(moved);
    }
    check_case_over();
}

static double seconds(void)
{
    struct timespec now;

    NEED(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What takes others the age of the universe. The limit is hundreds of times what it takes here. */
static void hostile_globs_do_not_take_long(void)
{
    static const struct {
        const char *piece, *end, *text;
        bool matches;
    } cases[] = {
        {"*a", "", "a", true},       {"*a", "b*", "a", false},      {"*a", "?b", "a", false},
        {"**/", "b/?", "a/", false}, {"**/*a/", "b?", "a/", false}, {"*[a]", "[b]", "a", false},
    };
    enum { TIMES = 10000 };
    const double start = seconds();

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const size_t piece = strlen(cases[i].piece), step = strlen(cases[i].text);
        char *const glob = calloc(TIMES * piece + 16, 1), *const text = calloc(TIMES * step + 1, 1);
        struct glob *g;
        size_t len = TIMES * step;

        NEED(glob && text);
        for (size_t k = 0; k < TIMES; k++) {
            memcpy(glob + k * piece, cases[i].piece, piece);
            memcpy(text + k * step, cases[i].text, step);
        }
        memcpy(glob + TIMES * piece, cases[i].end, strlen(cases[i].end));
        len -= text[len - 1] == '/';
        g = compile(glob, 0);
        check_case("'%s...%s'", cases[i].piece, cases[i].end);
        CHECK_EQ(glob_match(g, text, len, step == 1 ? 0 : len - 1, false), cases[i].matches);
        free(g);
        free(glob);
        free(text);
    }
    check_case_over();
    CHECK(seconds() - start < 20);
}

static void random_globs_match_what_trying_everything_says(void)
{
    static const char *const pieces[] = {"a",    "b",    "*",   "**",  "/",     "**/", "/**", "/**/", "?",
                                         "[ab]", "[!a]", "\\a", "\\/", "**\\/", "*a",  "b*",  "a/b",  "[b-]"};
    const size_t rounds = random_rounds(200000);
    size_t matched = 0;

    for (size_t i = 0; i < rounds; i++) {
        char glob[64] = "", path[16];
        size_t len = 0, name_at = 0, at;
        const bool is_dir = random_below(2);
        const char *why;
        struct glob *g;
        bool matches;

        for (size_t k = 1 + random_below(6); k > 0; k--)
            strcat(glob, pieces[random_below(COUNT_OF(pieces))]);
        for (size_t wanted = 1 + random_below(10); len < wanted || path[len - 1] == '/'; len++) {
            path[len] = len > 0 && path[len - 1] != '/' && len + 1 < wanted ? "aab/"[random_below(4)]
                                                                            : "ab"[random_below(2)];
            if (path[len] == '/')
                name_at = len + 1;
        }
        if (glob_new(&g, glob, strlen(glob), 0, &why, &at) < 0)
            continue;
        matches = glob_match(g, path, len, name_at, is_dir);
        check_case("'%s' and '%.*s'", glob, (int)len, path);
        CHECK_EQ(matches, reference_match(glob, path, len, name_at, is_dir));
        matched += matches;
        free(g);
    }
    check_case_over();
    CHECK(matched > rounds / 50);
}

int main(void)
{
    random_start();
    a_glob_without_a_slash_is_for_names_wherever_they_are();
    a_glob_with_a_slash_is_for_whole_paths();
    a_slash_at_the_end_leaves_it_to_directories();
    two_stars_for_whole_components_cross_directories();
    two_stars_as_the_first_special_characters_count_whatever_is_before_them();
    sets_hold_bytes_ranges_and_classes();
    a_backslash_takes_the_meaning_of_the_next_byte();
    case_is_folded_for_ascii_letters_only();
    what_is_wrong_with_a_glob_is_told_with_its_place();
    a_glob_that_is_too_long_is_refused();
    a_glob_tells_whether_the_name_is_enough();
    a_compiled_glob_can_be_moved_and_fits_its_bound();
    hostile_globs_do_not_take_long();
    random_globs_match_what_trying_everything_says();
    return check_status();
}
