/* test_watch.c: the watch set against a plain model, above all what removal leaves of a table with open
 * addressing. Neighbours: target.h. */
#include "target.h"

#include "check.h"
#include "random.h"

static struct target_set *new_set(void)
{
    struct target_set *const set = target_set_new();

    NEED(set != NULL);
    return set;
}

static struct target *added(struct target_set *set, int wd)
{
    struct target *const w = target_add(set, wd, true);

    NEED(w != NULL);
    return w;
}

/* ---- watches ---- */

static void a_new_set_is_empty(void)
{
    struct target_set *const set = new_set();
    size_t position = 0;

    CHECK_EQ(target_count(set), 0);
    CHECK_EQ(target_path_count(set), 0);
    CHECK(target_find(set, 1) == NULL);
    CHECK(target_find(set, -1) == NULL);
    CHECK(target_take_suspect(set) == NULL);
    CHECK(target_each(set, &position) == NULL);
    target_set_free(set);
    target_set_free(NULL);
}

static void a_watch_is_made_once_and_stays_what_it_is(void)
{
    struct target_set *const set = new_set();
    struct target *const dir = target_add(set, 1, true), *const file = target_add(set, 2, false);

    CHECK(dir->wd == 1 && dir->is_dir && !dir->let_go && !dir->suspect && !dir->paths);
    CHECK(file->wd == 2 && !file->is_dir);
    CHECK(target_add(set, 1, true) == dir);
    CHECK(target_add(set, 2, false) == file);
    CHECK_EQ(target_count(set), 2);
    CHECK(target_find(set, 1) == dir && target_find(set, 2) == file);
    CHECK(target_find(set, 3) == NULL);
    target_remove(set, dir);
    CHECK(target_find(set, 1) == NULL && target_find(set, 2) == file);
    CHECK_EQ(target_count(set), 1);
    target_set_free(set);
}

static void a_watch_stays_where_it_is_while_the_set_grows(void)
{
    enum { MANY = 20000 };
    static struct target *watches[MANY];
    struct target_set *const set = new_set();

    for (int wd = 0; wd < MANY; wd++)
        watches[wd] = added(set, wd + 1);
    CHECK_EQ(target_count(set), MANY);
    for (int wd = 0; wd < MANY; wd++)
        CHECK(target_find(set, wd + 1) == watches[wd] && watches[wd]->wd == wd + 1);
    CHECK(target_find(set, MANY + 1) == NULL);
    target_set_free(set);
}

/* So few that the table does not grow, and every order of them can be tried. */
#define FEW 7

static const int patterns[][FEW] = {
    {1, 2, 3, 4, 5, 6, 7},               /* as the kernel gives them */
    {3, 19, 35, 51, 67, 83, 99},         /* all of one home */
    {15, 31, 47, 63, 14, 30, 46},        /* past the end of the table */
    {13, 14, 15, 16, 29, 30, 31},        /* across it */
    {4, 20, 5, 21, 6, 22, 36},           /* homes that interleave */
    {6, 5, 4, 20, 21, 22, 38},           /* the same from behind */
    {15, 0, 16, 32, 1, 31, 47},          /* a home at the end, displaced to the beginning */
    {2147483647, 15, -1, 31, 0, 16, -2}, /* no descriptor that there is, but the set need not care */
};

static void check_removed(const int *wds, const int *order)
{
    struct target_set *const set = new_set();
    struct target *w[FEW];
    bool present[FEW];

    for (size_t i = 0; i < FEW; i++) {
        w[i] = added(set, wds[i]);
        present[i] = true;
    }
    for (size_t removed = 0; removed < FEW; removed++) {
        target_remove(set, w[order[removed]]);
        present[order[removed]] = false;
        for (size_t i = 0; i < FEW; i++)
            CHECK(target_find(set, wds[i]) == (present[i] ? w[i] : NULL));
        CHECK_EQ(target_count(set), FEW - removed - 1);
    }
    target_set_free(set);
}

static void swap(int *a, int *b)
{
    const int was = *a;

    *a = *b;
    *b = was;
}

/* The next permutation in lexicographic order; false after the last. */
static bool next_permutation(int *order, size_t count)
{
    size_t i = count - 1, j = count - 1;

    while (i > 0 && order[i - 1] >= order[i])
        i--;
    if (i == 0)
        return false;
    while (order[j] <= order[i - 1])
        j--;
    swap(&order[i - 1], &order[j]);
    for (size_t a = i, b = count - 1; a < b; a++, b--)
        swap(&order[a], &order[b]);
    return true;
}

static void watches_can_be_removed_in_every_order(void)
{
    for (size_t p = 0; p < COUNT_OF(patterns); p++) {
        int order[FEW];
        size_t orders = 0;

        for (int i = 0; i < FEW; i++)
            order[i] = i;
        do {
            check_case("pattern %zu, order %zu", p, orders++);
            check_removed(patterns[p], order);
        } while (next_permutation(order, FEW));
        CHECK_EQ(orders, 5040);
    }
    check_case_over();
}

static void check_walk(const struct target_set *set, struct target *const *model, size_t model_size)
{
    size_t position = 0, seen = 0, present = 0;
    struct target *w;

    while ((w = target_each(set, &position)))
        for (size_t i = 0; i < model_size; i++)
            seen += model[i] == w;
    for (size_t i = 0; i < model_size; i++)
        present += model[i] != NULL;
    CHECK_EQ(seen, present);
    CHECK_EQ(target_count(set), present);
    CHECK(target_each(set, &position) == NULL);
}

static void a_walk_meets_every_watch(void)
{
    enum { SOME = 40 };
    struct target *model[SOME] = {NULL};
    struct target_set *const set = new_set();

    for (int wd = SOME - 1; wd >= 0; wd--) {
        check_case("from %d on", wd);
        model[wd] = added(set, wd);
        check_walk(set, model, SOME);
    }
    check_case_over();
    target_set_free(set);
}

/* Descriptors that crowd around a few homes, and some of everywhere. */
static int random_wd(size_t i)
{
    static const int strides[] = {1, 16, 64, 1024, 37};

    return (int)(i % 50) * strides[i / 50 % COUNT_OF(strides)] + (int)(i / 50) * 7;
}

static void adding_and_removing_is_that_of_a_plain_model(void)
{
    enum { WDS = 250 };
    const size_t rounds = random_rounds(60000);
    struct target_set *const set = new_set();
    static int wds[WDS];
    static struct target *model[WDS];

    for (size_t i = 0; i < WDS; i++) {
        wds[i] = random_wd(i);
        for (size_t j = 0; j < i; j++)
            if (wds[j] == wds[i])
                wds[i] = 1000000 + (int)i; /* each only once */
    }
    for (size_t round = 0; round < rounds; round++) {
        /* Long rises and falls, so that the table is often nearly full and often nearly empty. */
        const bool rising = round / 1000 % 2 == 0;
        const size_t i = random_below(WDS);

        check_case("round %zu", round);
        if (model[i] && (!rising || random_below(4) == 0)) {
            target_remove(set, model[i]);
            model[i] = NULL;
        } else if (!model[i] && (rising || random_below(4) == 0)) {
            model[i] = added(set, wds[i]);
        }
        CHECK(target_find(set, wds[i]) == model[i]);
        if (round % 16 == 0)
            for (size_t j = 0; j < WDS; j++)
                CHECK(target_find(set, wds[j]) == model[j]);
        if (round % 64 == 0)
            check_walk(set, model, WDS);
    }
    check_case_over();
    target_set_free(set);
}

/* ---- PATHs ---- */

/* The PATHs of a watch are these, in this order, and know it. */
static void check_attached(const struct target *w, struct path *const *wanted, size_t count)
{
    const struct path *p = w->paths;

    for (size_t i = 0; i < count; i++) {
        if (!CHECK(p == wanted[i]) || !p)
            return;
        CHECK(p->target == w);
        p = p->next;
    }
    CHECK(p == NULL);
}

static void paths_are_kept_in_the_order_they_are_attached(void)
{
    struct target_set *const set = new_set();
    struct target *const w = added(set, 1), *const other = added(set, 2);
    struct path a = {0}, b = {0}, c = {0}, d = {0};

    target_attach(set, w, &b);
    target_attach(set, other, &d);
    target_attach(set, w, &a);
    target_attach(set, w, &c);
    check_attached(w, (struct path *[]){&b, &a, &c}, 3);
    check_attached(other, (struct path *[]){&d}, 1);
    CHECK_EQ(target_path_count(set), 4);
    CHECK_EQ(target_count(set), 2);
    target_set_free(set);
}

static void paths_can_be_detached_in_every_order_and_attached_again(void)
{
    int order[4] = {0, 1, 2, 3};

    do {
        struct target_set *const set = new_set();
        struct target *const w = added(set, 1);
        struct path paths[4], again = {0}, *left[5];
        size_t count = 4;

        memset(paths, 0, sizeof(paths));
        for (size_t i = 0; i < 4; i++) {
            target_attach(set, w, &paths[i]);
            left[i] = &paths[i];
        }
        check_case("order %d %d %d %d", order[0], order[1], order[2], order[3]);
        for (size_t i = 0; i < 4; i++) {
            struct path *const p = &paths[order[i]];
            size_t at = 0;

            target_detach(set, p);
            CHECK(p->target == NULL && p->next == NULL);
            while (left[at] != p)
                at++;
            for (count--; at < count; at++)
                left[at] = left[at + 1];
            check_attached(w, left, count);
            CHECK_EQ(target_path_count(set), count);
            /* what comes next is the last again, whichever was taken off */
            target_attach(set, w, &again);
            left[count] = &again;
            check_attached(w, left, count + 1);
            target_detach(set, &again);
            check_attached(w, left, count);
        }
        CHECK_EQ(target_count(set), 1);
        target_set_free(set);
    } while (next_permutation(order, 4));
    check_case_over();
}

static void a_removed_watch_lets_its_paths_go(void)
{
    struct target_set *const set = new_set();
    struct target *const w = added(set, 1), *const other = added(set, 17);
    struct path a = {0}, b = {0}, c = {0};

    target_attach(set, w, &a);
    target_attach(set, w, &b);
    target_attach(set, other, &c);
    target_remove(set, w);
    CHECK(a.target == NULL && a.next == NULL && b.target == NULL && b.next == NULL);
    CHECK_EQ(target_path_count(set), 1);
    CHECK_EQ(target_count(set), 1);
    CHECK(target_find(set, 17) == other);
    check_attached(other, (struct path *[]){&c}, 1);
    target_attach(set, other, &a);
    check_attached(other, (struct path *[]){&c, &a}, 2);
    target_set_free(set);
}

/* ---- suspects ---- */

/* Take all of them, in whatever order, and compare as a set. */
static void check_suspects(struct target_set *set, struct target *const *wanted, size_t count)
{
    struct target *w;
    size_t taken = 0, found = 0;

    while ((w = target_take_suspect(set))) {
        CHECK(!w->suspect);
        taken++;
        for (size_t i = 0; i < count; i++)
            found += wanted[i] == w;
    }
    CHECK_EQ(taken, count);
    CHECK_EQ(found, count);
    CHECK(target_take_suspect(set) == NULL);
}

static void a_suspect_is_taken_once_however_often_it_was_marked(void)
{
    struct target_set *const set = new_set();
    struct target *const a = added(set, 1), *const b = added(set, 2), *const c = added(set, 3);

    target_suspect(set, a);
    target_suspect(set, c);
    target_suspect(set, a);
    CHECK(a->suspect && c->suspect && !b->suspect);
    target_suspect(set, c);
    check_suspects(set, (struct target *[]){a, c}, 2);
    target_suspect(set, a);
    check_suspects(set, (struct target *[]){a}, 1);
    check_suspects(set, NULL, 0);
    target_set_free(set);
}

static void a_removed_suspect_is_not_taken(void)
{
    for (int mask = 0; mask < 16; mask++) {
        struct target_set *const set = new_set();
        struct target *left[4];
        size_t count = 0;

        check_case("removed: %#x", (unsigned)mask);
        for (int i = 0; i < 4; i++)
            target_suspect(set, added(set, i + 1));
        for (int i = 0; i < 4; i++) {
            struct target *const w = target_find(set, i + 1);

            if (mask & 1 << i)
                target_remove(set, w);
            else
                left[count++] = w;
        }
        check_suspects(set, left, count);
        target_set_free(set);
    }
    check_case_over();
}

static void a_suspect_may_be_marked_while_others_are_taken(void)
{
    struct target_set *const set = new_set();
    struct target *const a = added(set, 1), *const b = added(set, 2), *taken;

    target_suspect(set, a);
    taken = target_take_suspect(set);
    CHECK(taken == a && !a->suspect);
    target_suspect(set, b);
    target_suspect(set, a);
    target_remove(set, b);
    check_suspects(set, (struct target *[]){a}, 1);
    target_set_free(set);
}

int main(void)
{
    random_start();
    a_new_set_is_empty();
    a_watch_is_made_once_and_stays_what_it_is();
    a_watch_stays_where_it_is_while_the_set_grows();
    watches_can_be_removed_in_every_order();
    a_walk_meets_every_watch();
    adding_and_removing_is_that_of_a_plain_model();
    paths_are_kept_in_the_order_they_are_attached();
    paths_can_be_detached_in_every_order_and_attached_again();
    a_removed_watch_lets_its_paths_go();
    a_suspect_is_taken_once_however_often_it_was_marked();
    a_removed_suspect_is_not_taken();
    a_suspect_may_be_marked_while_others_are_taken();
    return check_status();
}
