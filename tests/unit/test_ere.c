/* test_ere.c: a POSIX extended regular expression over a path in two parts.
 * Neighbours: ere.h. */
#include "ere.h"

#include "check.h"

#include <errno.h>

static struct ere *compiled(const char *text, bool fold_case, bool keeps)
{
    struct ere *e = NULL;

    NEED(ere_new(&e, text, fold_case, keeps) == 0);
    return e;
}

static int tells(struct ere *e, const char *a, const char *b)
{
    return ere_tells(e, a, strlen(a), b, strlen(b));
}

static void what_matches_is_left_out_or_is_all_that_is_kept(void)
{
    struct ere *const excludes = compiled("/\\.git/|~$", false, false);
    struct ere *const includes = compiled("/\\.git/|~$", false, true);

    CHECK_EQ(tells(excludes, "d/.git/", "index"), 0);
    CHECK_EQ(tells(excludes, "d/", ".git"), 1);
    CHECK_EQ(tells(excludes, "d/", "a~"), 0);
    CHECK_EQ(tells(excludes, "d/", "a~b"), 1);
    CHECK_EQ(tells(includes, "d/.git/", "index"), 1);
    CHECK_EQ(tells(includes, "d/", "a"), 0);
    ere_free(excludes);
    ere_free(includes);
}

static void the_two_parts_are_one_path(void)
{
    struct ere *const e = compiled("^d/a$", false, true);

    CHECK_EQ(tells(e, "d/", "a"), 1);
    CHECK_EQ(tells(e, "d/a", ""), 1);
    CHECK_EQ(tells(e, "", "d/a"), 1);
    CHECK_EQ(tells(e, "x/d/", "a"), 0);
    CHECK_EQ(ere_tells(e, "d/xx", 2, "abc", 1), 1); /* neither is terminated */
    ere_free(e);
}

static void case_counts_unless_it_is_folded(void)
{
    struct ere *const exact = compiled("A{2}", false, true), *const folded = compiled("A{2}", true, true);

    CHECK_EQ(tells(exact, "d/", "aA"), 0);
    CHECK_EQ(tells(exact, "d/", "xAAx"), 1);
    CHECK_EQ(tells(folded, "d/", "aA"), 1);
    ere_free(exact);
    ere_free(folded);
}

static void bytes_need_not_be_utf8(void)
{
    struct ere *const e = compiled("^d/.\xff.$", false, true);

    CHECK_EQ(tells(e, "d/", "\xfe\xff\n"), 1);
    CHECK_EQ(tells(e, "d/", "\xff"), 0);
    ere_free(e);
}

static void a_path_may_be_longer_than_any_before(void)
{
    struct ere *const e = compiled("b$", false, true);
    char *const path = malloc(100000);

    NEED(path != NULL);
    memset(path, 'a', 100000);
    for (size_t len = 1; len <= 100000; len *= 10) {
        CHECK_EQ(ere_tells(e, path, len, "b", 1), 1);
        CHECK_EQ(ere_tells(e, path, len, "", 0), 0);
    }
    free(path);
    ere_free(e);
}

static void what_is_no_expression_is_refused(void)
{
    static const char *const bad[] = {"(", "[a", "*", "a{2,1}", "\\"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ere *e = compiled("x", false, false), *const before = e;

        check_case("%s", bad[i]);
        if (CHECK_EQ(ere_new(&e, bad[i], false, false), -EINVAL))
            CHECK(e == NULL);
        ere_free(before);
        check_case_over();
    }
    ere_free(NULL);
}

int main(void)
{
    what_matches_is_left_out_or_is_all_that_is_kept();
    the_two_parts_are_one_path();
    case_counts_unless_it_is_folded();
    bytes_need_not_be_utf8();
    a_path_may_be_longer_than_any_before();
    what_is_no_expression_is_refused();
    return check_status();
}
