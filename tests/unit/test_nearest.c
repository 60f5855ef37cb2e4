/* test_nearest.c: edit distances against a plain recursion, and which of several names is kept.
 * Neighbours: nearest.h. */
#include "nearest.h"

#include "check.h"
#include "random.h"

#include <ctype.h>

static size_t distance_between(const char *word, const char *name)
{
    struct nearest n;

    nearest_start(&n, word);
    nearest_offer(&n, name);
    return n.distance;
}

static void an_edit_is_an_insertion_a_deletion_a_replacement_or_a_swap(void)
{
    static const struct {
        const char *word, *name;
        size_t distance;
    } cases[] = {
        {"create", "create", 0},
        {"CrEaTe", "cReAtE", 0},
        {"creat", "create", 1},
        {"reate", "create", 1},
        {"ceate", "create", 1},
        {"createe", "create", 1},
        {"xcreate", "create", 1},
        {"crxeate", "create", 1},
        {"xreate", "create", 1},
        {"creatx", "create", 1},
        {"crxate", "create", 1},
        {"rceate", "create", 1},
        {"craete", "create", 1},
        {"creaet", "create", 1},
        {"RCEATE", "create", 1},
        {"", "", 0},
        {"", "close", 5},
        {"close", "", 5},
        {"abc", "xyz", 3},
        {"kitten", "sitting", 3},
        {"moved_ot", "moved_to", 1},
        {"abcd", "badc", 2},
        {"ab", "ba", 1},
        {"aa", "a", 1},
        {"close-write", "CLOSE_WRITE", 1},
        {"[", "{", 1},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check_case("from '%s' to '%s'", cases[i].word, cases[i].name);
        CHECK_EQ(distance_between(cases[i].word, cases[i].name), cases[i].distance);
        CHECK_EQ(distance_between(cases[i].name, cases[i].word), cases[i].distance);
    }
    check_case_over();
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Straight from the definition: exponential, so for short words only. */
static size_t plain_distance(const char *a, const char *b)
{
    size_t best;

    if (!*a || !*b)
        return strlen(a) + strlen(b);
    best = plain_distance(a + 1, b + 1) + (tolower((unsigned char)*a) != tolower((unsigned char)*b));
    best = least(best, plain_distance(a + 1, b) + 1);
    best = least(best, plain_distance(a, b + 1) + 1);
    if (a[1] && b[1] && tolower((unsigned char)a[0]) == tolower((unsigned char)b[1]) &&
        tolower((unsigned char)a[1]) == tolower((unsigned char)b[0]))
        best = least(best, plain_distance(a + 2, b + 2) + 1);
    return best;
}

static void random_word(char word[8])
{
    const size_t len = random_below(7);

    for (size_t i = 0; i < len; i++)
        word[i] = "abcABC_"[random_below(7)];
    word[len] = '\0';
}

static void distances_are_those_of_the_definition(void)
{
    const size_t rounds = random_rounds(3000);

    for (size_t i = 0; i < rounds; i++) {
        char a[8], b[8];

        random_word(a);
        random_word(b);
        check_case("from '%s' to '%s'", a, b);
        CHECK_EQ(distance_between(a, b), plain_distance(a, b));
    }
    check_case_over();
}

static void the_nearest_is_kept_and_the_first_of_equally_near_ones(void)
{
    static const char near[] = "modify", nearer[] = "create", as_near[] = "crexte", far[] = "xxxxxxxxxx";
    struct nearest n;

    nearest_start(&n, "creat");
    CHECK(n.best == NULL);
    nearest_offer(&n, near);
    CHECK(n.best == near);
    nearest_offer(&n, far);
    CHECK(n.best == near);
    nearest_offer(&n, nearer);
    CHECK(n.best == nearer);
    CHECK_EQ(n.distance, 1);
    nearest_offer(&n, "creatx");
    CHECK(n.best == nearer);
    nearest_offer(&n, as_near);
    nearest_offer(&n, near);
    CHECK(n.best == nearer);
    nearest_offer(&n, "CREAT");
    CHECK_STR(n.best, "CREAT");
    CHECK_EQ(n.distance, 0);
}

static void even_a_name_that_shares_nothing_is_better_than_none(void)
{
    struct nearest n;

    nearest_start(&n, "");
    nearest_offer(&n, "all");
    CHECK_STR(n.best, "all");
    CHECK_EQ(n.distance, 3);
}

static bool is_slip(const char *word, const char *name)
{
    struct nearest n;

    nearest_start(&n, word);
    nearest_offer(&n, name);
    return nearest_is_slip(&n);
}

static void a_slip_is_one_edit_or_two_in_a_long_word(void)
{
    struct nearest nothing;

    nearest_start(&nothing, "word");
    CHECK(!nearest_is_slip(&nothing));
    CHECK(is_slip("creat", "CREATE"));
    CHECK(is_slip("opne", "open"));
    CHECK(!is_slip("remove", "move"));
    CHECK(!is_slip("exclude", "fields"));
    CHECK(is_slip("recusrve", "recursive"));
    CHECK(!is_slip("recusrv", "recursive"));
    CHECK(is_slip("close_wirt", "close_write"));
}

static void a_search_can_be_started_anew(void)
{
    struct nearest n;

    nearest_start(&n, "open");
    nearest_offer(&n, "open");
    nearest_start(&n, "close");
    CHECK(n.best == NULL);
    nearest_offer(&n, "modify");
    CHECK_STR(n.best, "modify");
}

/* Longer than the matrix: no byte beyond may be written, and the beginnings still tell them apart. */
static void words_longer_than_any_name_are_compared_by_their_beginning(void)
{
    char word[5000], name[5000];

    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    memcpy(name, word, sizeof(name));
    CHECK_EQ(distance_between(word, name), 0);
    name[2] = 'b';
    name[4] = 'b';
    CHECK_EQ(distance_between(word, name), 2);
    name[64] = '\0';
    CHECK_EQ(distance_between(word, name), 2);
    CHECK_EQ(distance_between(word, "b"), 63);
}

int main(void)
{
    random_start();
    an_edit_is_an_insertion_a_deletion_a_replacement_or_a_swap();
    distances_are_those_of_the_definition();
    the_nearest_is_kept_and_the_first_of_equally_near_ones();
    a_slip_is_one_edit_or_two_in_a_long_word();
    even_a_name_that_shares_nothing_is_better_than_none();
    a_search_can_be_started_anew();
    words_longer_than_any_name_are_compared_by_their_beginning();
    return check_status();
}
