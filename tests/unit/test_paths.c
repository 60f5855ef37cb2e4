/* test_paths.c: PATHs as given and as joined, lists of them, and what is refused in a list.
 * Neighbours: paths.h. Lists are memfds, read through /proc, so that no file is left behind. */
#include "paths.h"

#include "check.h"
#include "random.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- lists to read ---- */

struct list_file {
    int fd;
    char name[64];
};

static struct list_file list_file(const char *bytes, size_t len)
{
    struct list_file f = {.fd = memfd_create("list", MFD_CLOEXEC)};

    NEED(f.fd >= 0);
    for (size_t at = 0; at < len;) {
        const ssize_t n = write(f.fd, bytes + at, len - at);

        NEED(n > 0);
        at += (size_t)n;
    }
    NEED(lseek(f.fd, 0, SEEK_SET) == 0);
    snprintf(f.name, sizeof(f.name), "/proc/self/fd/%d", f.fd);
    return f;
}

struct wanted {
    const char *bytes;
    size_t len;
    bool null;
    int err;
    size_t line; /* where it is refused */
    size_t count;
    const char *paths[4];
};

#define BYTES(literal) (literal), sizeof(literal) - 1

static void check_list(const struct path_list *list, size_t before, const struct wanted *wanted,
                       const char *name)
{
    CHECK_EQ(list->count, before + wanted->count);
    for (size_t i = 0; i < wanted->count && before + i < list->count; i++) {
        const struct path *const p = list->items[before + i];

        CHECK_STR(p->given, wanted->paths[i]);
        CHECK_EQ(p->line, i + 1);
        CHECK(p->list == name);
    }
}

static const struct wanted lists[] = {
    {BYTES("a\nb\nc\n"), false, 0, 0, 3, {"a", "b", "c"}},
    {BYTES("a\nb\nc"), false, 0, 0, 3, {"a", "b", "c"}},
    {BYTES("only"), false, 0, 0, 1, {"only"}},
    {BYTES(""), false, 0, 0, 0, {0}},
    {BYTES(" a \n\tb\r\n"), false, 0, 0, 2, {" a ", "\tb\r"}},
    {BYTES("#a\n-\n"), false, 0, 0, 2, {"#a", "-"}},
    {BYTES("caf\xe9\n\xff\xfe\n"), false, 0, 0, 2, {"caf\xe9", "\xff\xfe"}},
    {BYTES("a\na\n"), false, 0, 0, 2, {"a", "a"}},
    {BYTES("\n"), false, -EINVAL, 1, 0, {0}},
    {BYTES("a\n\nb\n"), false, -EINVAL, 2, 1, {"a"}},
    {BYTES("a\nb\n\n"), false, -EINVAL, 3, 2, {"a", "b"}},
    {BYTES("a\nb\0c\nd\n"), false, -EINVAL, 2, 1, {"a"}},
    {BYTES("a\nb\0\n"), false, -EINVAL, 2, 1, {"a"}},
    {BYTES("a\n\0\n"), false, -EINVAL, 2, 1, {"a"}},
    {BYTES("a\n\0"), false, -EINVAL, 2, 1, {"a"}},
    {BYTES("a\nb\0c"), false, -EINVAL, 2, 1, {"a"}},
    {BYTES("a\0b\0c\0"), true, 0, 0, 3, {"a", "b", "c"}},
    {BYTES("a\0b\0c"), true, 0, 0, 3, {"a", "b", "c"}},
    {BYTES("a\nb\0\n\0"), true, 0, 0, 2, {"a\nb", "\n"}},
    {BYTES("a\n"), true, 0, 0, 1, {"a\n"}},
    {BYTES(""), true, 0, 0, 0, {0}},
    {BYTES("\0"), true, -EINVAL, 1, 0, {0}},
    {BYTES("a\0\0b\0"), true, -EINVAL, 2, 1, {"a"}},
    {BYTES("a\0b\0\0"), true, -EINVAL, 3, 2, {"a", "b"}},
};

static void a_list_gives_a_path_a_line_or_tells_which_line_is_wrong(void)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct wanted *const wanted = &lists[i];
        struct list_file f = list_file(wanted->bytes, wanted->len);
        struct path_list list = {0};
        size_t line = 4711;

        check_case("list %zu", i);
        CHECK_EQ(paths_add_file(&list, f.name, wanted->null, &line), wanted->err);
        if (wanted->err < 0)
            CHECK_EQ(line, wanted->line);
        check_list(&list, 0, wanted, f.name);
        paths_free(&list);
        close(f.fd);
    }
    check_case_over();
}

static void standard_input_is_a_list_too(void)
{
    static const struct wanted wanted = {BYTES("x\ny"), false, 0, 0, 2, {"x", "y"}};
    static const char dash[] = "-";
    struct list_file f = list_file(wanted.bytes, wanted.len);
    struct path_list list = {0};
    size_t line;

    NEED(dup2(f.fd, STDIN_FILENO) == STDIN_FILENO);
    CHECK_EQ(paths_add_file(&list, dash, false, &line), 0);
    check_list(&list, 0, &wanted, dash);
    paths_free(&list);
    close(f.fd);
}

static void lists_and_the_command_line_keep_their_order(void)
{
    static const struct wanted wanted = {BYTES("l1\nl2\n"), false, 0, 0, 2, {"l1", "l2"}};
    struct list_file f = list_file(wanted.bytes, wanted.len);
    struct path_list list = {0};
    size_t line;

    CHECK_EQ(paths_add(&list, "first"), 0);
    CHECK_EQ(paths_add_file(&list, f.name, false, &line), 0);
    CHECK_EQ(paths_add(&list, "last"), 0);
    CHECK_EQ(list.count, 4);
    check_list(&(struct path_list){.items = list.items, .count = 3}, 1, &wanted, f.name);
    CHECK_STR(list.items[0]->given, "first");
    CHECK_STR(list.items[3]->given, "last");
    CHECK(list.items[0]->list == NULL && list.items[3]->list == NULL);
    paths_free(&list);
    close(f.fd);
}

static void a_list_that_cannot_be_read_is_an_error(void)
{
    struct path_list list = {0};
    size_t line = 4711;

    CHECK_EQ(paths_add_file(&list, "/nonexistent/list", false, &line), -ENOENT);
    CHECK_EQ(line, 0);
    CHECK_EQ(paths_add_file(&list, "/", false, &line), -EISDIR);
    CHECK_EQ(line, 0);
    CHECK_EQ(list.count, 0);
    paths_free(&list);
}

static void a_list_may_be_long_and_so_may_a_path(void)
{
    enum { PATHS = 5000, LONG = 1 << 20 };
    char *const text = malloc(PATHS * 8 + LONG + 2), *end = text;
    struct path_list list = {0};
    struct list_file f;
    size_t line;

    NEED(text != NULL);
    for (int i = 0; i < PATHS; i++)
        end += sprintf(end, "p%d\n", i);
    memset(end, 'x', LONG);
    end[LONG] = '\n';
    f = list_file(text, (size_t)(end - text) + LONG + 1);
    CHECK_EQ(paths_add_file(&list, f.name, false, &line), 0);
    if (CHECK_EQ(list.count, PATHS + 1)) {
        CHECK_STR(list.items[PATHS - 1]->given, "p4999");
        CHECK_EQ(list.items[PATHS - 1]->line, PATHS);
        CHECK_MEM(list.items[PATHS]->given, list.items[PATHS]->given_len, end, LONG);
        CHECK_EQ(list.items[PATHS]->joined_len, LONG + 1);
    }
    paths_free(&list);
    close(f.fd);
    free(text);
}

/* ---- one PATH ---- */

static void a_path_is_joined_by_exactly_one_slash(void)
{
    static const char *const cases[][2] = {
        {"a", "a/"},       {"a/", "a/"},  {"a//", "a/"},     {"a////", "a/"}, {"/", "/"},
        {"//", "/"},       {"////", "/"}, {".", "./"},       {"./", "./"},    {"..", "../"},
        {"a//b", "a//b/"}, {"/a", "/a/"}, {"//a//", "//a/"}, {"a/.", "a/./"}, {" ", " /"},
        {"\xff", "\xff/"}, {"\n", "\n/"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct path_list list = {0};

        check_case("'%s'", cases[i][0]);
        CHECK_EQ(paths_add(&list, cases[i][0]), 0);
        if (CHECK_EQ(list.count, 1)) {
            const struct path *const p = list.items[0];

            CHECK_STR(p->given, cases[i][0]);
            CHECK_EQ(p->given_len, strlen(cases[i][0]));
            CHECK_MEM(p->joined, p->joined_len, cases[i][1], strlen(cases[i][1]));
            CHECK(p->list == NULL);
            CHECK(p->target == NULL && p->next == NULL && !p->usable);
        }
        paths_free(&list);
    }
    check_case_over();
}

static void an_empty_path_is_refused(void)
{
    struct path_list list = {0};

    CHECK_EQ(paths_add(&list, ""), -EINVAL);
    CHECK_EQ(list.count, 0);
    paths_free(&list);
}

static void a_path_is_a_copy(void)
{
    struct path_list list = {0};
    char text[] = "up";

    CHECK_EQ(paths_add(&list, text), 0);
    text[0] = 'x';
    CHECK_STR(list.items[0]->given, "up");
    CHECK_MEM(list.items[0]->joined, list.items[0]->joined_len, "up/", 3);
    paths_free(&list);
}

/* ---- repeated PATHs ---- */

static void check_kept(const char *const *given, size_t given_count, const char *const *kept,
                       size_t kept_count)
{
    struct path_list list = {0};

    for (size_t i = 0; i < given_count; i++)
        NEED(paths_add(&list, given[i]) == 0);
    CHECK_EQ(paths_drop_repeated(&list), 0);
    CHECK_EQ(list.count, kept_count);
    for (size_t i = 0; i < kept_count && i < list.count; i++)
        CHECK_STR(list.items[i]->given, kept[i]);
    paths_free(&list);
}

static void a_path_spelt_like_an_earlier_one_is_dropped(void)
{
    static const char *const given[] = {"b", "a", "b", "a/", "a", "./a", "b", "A", "a//", "a/"};
    static const char *const kept[] = {"b", "a", "a/", "./a", "A", "a//"};

    check_kept(given, COUNT_OF(given), kept, COUNT_OF(kept));
    check_kept(given, 0, kept, 0);
    check_kept(given, 1, kept, 1);
    check_kept((const char *const[]){"x", "x", "x"}, 3, (const char *const[]){"x"}, 1);
}

static void the_first_of_repeated_paths_is_the_one_that_stays(void)
{
    struct list_file f = list_file(BYTES("a\nb\na\n"));
    struct path_list list = {0};
    struct path *first, *second;
    size_t line;

    NEED(paths_add_file(&list, f.name, false, &line) == 0);
    NEED(paths_add(&list, "b") == 0);
    first = list.items[0];
    second = list.items[1];
    CHECK_EQ(paths_drop_repeated(&list), 0);
    CHECK_EQ(list.count, 2);
    CHECK(list.items[0] == first && list.items[1] == second);
    CHECK_EQ(list.items[1]->line, 2);
    CHECK_EQ(paths_add(&list, "c"), 0);
    CHECK_STR(list.items[2]->given, "c");
    paths_free(&list);
    close(f.fd);
}

static void repeated_paths_are_dropped_as_by_a_plain_search(void)
{
    const size_t rounds = random_rounds(500);

    for (size_t i = 0; i < rounds; i++) {
        char names[40][4];
        const char *given[40], *kept[40];
        const size_t given_count = random_below(40);
        size_t kept_count = 0;

        check_case("round %zu", i);
        for (size_t j = 0; j < given_count; j++) {
            size_t k = 0;

            snprintf(names[j], sizeof(names[j]), "%.*s", 1 + (int)random_below(3),
                     &"aabbabaa"[random_below(6)]);
            given[j] = names[j];
            while (k < kept_count && strcmp(kept[k], given[j]) != 0)
                k++;
            if (k == kept_count)
                kept[kept_count++] = given[j];
        }
        check_kept(given, given_count, kept, kept_count);
    }
    check_case_over();
}

static void a_freed_list_can_be_filled_again(void)
{
    struct path_list list = {0};

    NEED(paths_add(&list, "a") == 0);
    paths_free(&list);
    CHECK_EQ(list.count, 0);
    CHECK_EQ(paths_add(&list, "b"), 0);
    CHECK_STR(list.items[0]->given, "b");
    paths_free(&list);
}

static void a_list_may_keep_the_slashes_that_a_path_ends_in(void)
{
    static const struct {
        const char *given, *joined;
    } cases[] = {{"d", "d/"}, {"d/", "d/"}, {"d//", "d//"}, {"/", "/"}, {"//", "//"}, {"a//b", "a//b/"}};
    struct path_list list = {.keeps_slashes = true};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NEED(paths_add(&list, cases[i].given) == 0);
        CHECK_STR(list.items[i]->given, cases[i].given);
        CHECK_MEM(list.items[i]->joined, list.items[i]->joined_len, cases[i].joined, strlen(cases[i].joined));
    }
    paths_free(&list);
}

int main(void)
{
    random_start();
    a_list_gives_a_path_a_line_or_tells_which_line_is_wrong();
    standard_input_is_a_list_too();
    lists_and_the_command_line_keep_their_order();
    a_list_that_cannot_be_read_is_an_error();
    a_list_may_be_long_and_so_may_a_path();
    a_path_is_joined_by_exactly_one_slash();
    an_empty_path_is_refused();
    a_path_is_a_copy();
    a_path_spelt_like_an_earlier_one_is_dropped();
    the_first_of_repeated_paths_is_the_one_that_stays();
    repeated_paths_are_dropped_as_by_a_plain_search();
    a_freed_list_can_be_filled_again();
    a_list_may_keep_the_slashes_that_a_path_ends_in();
    return check_status();
}
