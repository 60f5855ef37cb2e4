/* test_notes.c: what a tree keeps in mind of directories: found again, given up in time, and bounded whatever
 * happens meanwhile. Neighbours: notes.h; test_watch.c for the nodes that notes are about. */
#include "notes.h"

#include "check.h"

/* The storms below would take some hundred times as much. */
#define BOUND ((size_t)16 * 1024)

static struct watch_set *set;
static struct notes notes;
static struct target_set *targets;
static uint32_t top;

static void begin(void)
{
    targets = target_set_new();
    set = targets ? watch_set_new(targets, false) : NULL;
    NEED(set != NULL);
    memset(&notes, 0, sizeof(notes));
    top = watch_add(set, WATCH_NONE, "", 0, WATCH_DIR | WATCH_ROOT);
    NEED(top != WATCH_NONE);
}

static void end(void)
{
    notes_free(&notes);
    watch_set_free(set);
    target_set_free(targets);
}

static uint32_t add(uint32_t parent, const char *name)
{
    const uint32_t id = watch_add(set, parent, name, strlen(name), WATCH_DIR);

    NEED(id != WATCH_NONE);
    return id;
}

static uint32_t displaced(uint32_t dir, const char *name)
{
    return notes_displaced(&notes, set, dir, name, strlen(name));
}

/* As a tree does it. */
static void give_place(uint32_t node, uint32_t dir, const char *name)
{
    notes_place(&notes, set, node);
    NEED(watch_attach(set, node, dir, name, strlen(name)) == 0);
}

static void drop(uint32_t node)
{
    notes_place(&notes, set, node);
    watch_remove(set, node);
}

static void what_is_displaced_is_found_by_where_it_was_and_the_last_first(void)
{
    uint32_t a, b, c;

    begin();
    a = add(top, "x");
    CHECK_EQ(displaced(top, "x"), WATCH_NONE);
    CHECK_EQ(notes_displaced_since(&notes), INT64_MAX);
    CHECK_EQ(notes_displace(&notes, set, a, 10), 0);
    b = add(top, "x");
    c = add(b, "x");
    CHECK_EQ(displaced(top, "x"), a);
    CHECK_EQ(displaced(top, "y"), WATCH_NONE);
    CHECK_EQ(displaced(b, "x"), WATCH_NONE);
    CHECK_EQ(notes_displace(&notes, set, b, 20), 0);
    CHECK_EQ(displaced(top, "x"), b);
    CHECK_EQ(notes_displace(&notes, set, c, 30), 0);
    CHECK_EQ(displaced(b, "x"), c);
    CHECK_EQ(displaced(top, "x"), b);
    CHECK_EQ(notes_displaced_since(&notes), 10);

    give_place(b, top, "moved");
    CHECK_EQ(displaced(top, "x"), a);
    CHECK_EQ(notes_displace(&notes, set, b, 40), 0);
    CHECK_EQ(displaced(top, "moved"), b); /* only from where it was last */
    CHECK_EQ(displaced(top, "x"), a);
    drop(a);
    CHECK_EQ(displaced(top, "x"), WATCH_NONE);
    end();
}

static void what_is_displaced_is_given_up_in_order_a_path_as_well(void)
{
    uint32_t nodes[4];

    begin();
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        nodes[i] = add(top, i % 2 ? "odd" : "even");
        CHECK_EQ(notes_displace(&notes, set, nodes[i], (int64_t)i), 0);
    }
    watch_mark(set, nodes[1], WATCH_ROOT);
    give_place(nodes[2], top, "back");
    CHECK_EQ(notes_take_displaced(&notes, set, -1), WATCH_NONE);
    CHECK_EQ(notes_take_displaced(&notes, set, 2), nodes[0]);
    CHECK_EQ(displaced(top, "odd"), nodes[3]);
    CHECK_EQ(notes_take_displaced(&notes, set, 2), nodes[1]);
    CHECK_EQ(notes_take_displaced(&notes, set, 2), WATCH_NONE);
    CHECK_EQ(notes_displaced_since(&notes), 3);
    CHECK_EQ(notes_take_displaced(&notes, set, 3), nodes[3]);
    CHECK_EQ(notes_take_displaced(&notes, set, 3), WATCH_NONE);
    CHECK_EQ(displaced(top, "odd"), WATCH_NONE);
    CHECK_EQ(displaced(top, "even"), WATCH_NONE);
    end();
}

/* A storm that never ends: one directory is displaced at any time, and then has a place again or is gone. */
static void a_storm_of_what_is_displaced_takes_no_memory(void)
{
    uint32_t node, last;

    begin();
    last = add(top, "last");
    CHECK_EQ(notes_displace(&notes, set, last, 0), 0);
    node = add(top, "a");
    for (int i = 0; i < 100000; i++) {
        char name[16];

        CHECK_EQ(notes_displace(&notes, set, node, i), 0);
        snprintf(name, sizeof(name), "%d", i % 50);
        if (i % 3 > 0) {
            give_place(node, top, name);
        } else {
            drop(node);
            if (watch_gone_count(set) > 100) {
                notes_forget_gone(&notes, set);
                watch_reuse(set);
            }
            node = add(top, name);
        }
    }
    CHECK(notes_memory(&notes) < BOUND);
    CHECK(watch_memory(set) < 2 * 1024 * sizeof(uint64_t) * 8);
    CHECK_EQ(displaced(top, "last"), last);
    CHECK_EQ(notes_take_displaced(&notes, set, 0), last);
    end();
}

static void many_that_are_displaced_give_back_their_room(void)
{
    enum { MANY = 20000 };
    char name[16];

    begin();
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "%d", i);
        CHECK_EQ(notes_displace(&notes, set, add(top, name), i), 0);
    }
    for (int i = 0; i < MANY; i += 7) {
        snprintf(name, sizeof(name), "%d", i);
        CHECK(displaced(top, name) != WATCH_NONE);
    }
    CHECK(notes_memory(&notes) > BOUND);
    for (int i = 0; i < MANY; i++) {
        const uint32_t node = notes_take_displaced(&notes, set, MANY);

        CHECK(node != WATCH_NONE);
        drop(node);
    }
    CHECK_EQ(notes_take_displaced(&notes, set, MANY), WATCH_NONE);
    CHECK(notes_memory(&notes) < BOUND);
    end();
}

static void the_same_debt_is_noted_once(void)
{
    struct debt *debts;
    uint32_t other;
    size_t count;

    begin();
    other = add(top, "other");
    CHECK(notes_take_debts(&notes, &count) == NULL);
    CHECK_EQ(count, 0);
    for (int i = 0; i < 100000; i++) {
        char name[16];

        snprintf(name, sizeof(name), "%d", i % 40);
        CHECK_EQ(notes_owe(&notes, top, name, WALK_AS_NEW, false), 0);
    }
    CHECK_EQ(notes.debt_count, 40);
    CHECK_EQ(notes_owe(&notes, top, "0", WALK_AS_NEW, true), 0);
    CHECK_EQ(notes_owe(&notes, top, "0", WALK_REVIEW, true), 0);
    CHECK_EQ(notes_owe(&notes, top, NULL, WALK_REVIEW, true), 0);
    CHECK_EQ(notes_owe(&notes, top, NULL, WALK_REVIEW, true), 0);
    CHECK_EQ(notes_owe(&notes, other, "0", WALK_AS_NEW, true), 0);
    CHECK_EQ(notes.debt_count, 44);
    CHECK(notes_memory(&notes) < BOUND);
    watch_remove(set, other);
    notes_forget_gone(&notes, set);
    debts = notes_take_debts(&notes, &count);
    CHECK_EQ(count, 44);
    CHECK_EQ(debts[43].dir, WATCH_NONE);
    CHECK_EQ(debts[42].dir, top);
    CHECK(debts[42].name == NULL);
    for (size_t i = 0; i < 40; i++) {
        char name[16];

        snprintf(name, sizeof(name), "%zu", i);
        CHECK_STR(debts[i].name, name); /* in the order in which they were noted */
    }
    for (size_t i = 0; i < count; i++)
        free(debts[i].name);
    free(debts);
    CHECK_EQ(notes_owe(&notes, top, "0", WALK_AS_NEW, false), 0);
    CHECK_EQ(notes.debt_count, 1);
    end();
}

/* A directory that is to be walked as it may be told already, and one that must wait until more is handled.
 */
static void a_debt_waits_for_the_last_position_that_was_named(void)
{
    struct debt *debts;
    uint32_t other;
    size_t count;

    begin();
    other = add(top, "other");
    CHECK_EQ(notes_owe(&notes, other, NULL, WALK_AS_NEW, true), 0);
    CHECK_EQ(notes_await(&notes, other, 20), 0);
    CHECK_EQ(notes_await(&notes, other, 10), 0);
    CHECK_EQ(notes_owe(&notes, other, NULL, WALK_AS_NEW, true), 0);
    CHECK_EQ(notes_await(&notes, top, 30), 0);
    CHECK_EQ(notes_owe(&notes, top, NULL, WALK_REVIEW, true), 0);
    debts = notes_take_debts(&notes, &count);
    CHECK_EQ(count, 3);
    CHECK_EQ(debts[0].dir, other);
    CHECK_EQ(debts[0].position, 20);
    CHECK_EQ(debts[1].dir, top);
    CHECK_EQ(debts[1].position, 30);
    CHECK_EQ(debts[1].mode, WALK_AS_NEW);
    CHECK(debts[1].announced && !debts[1].name);
    CHECK_EQ(debts[2].position, 0);
    free(debts);
    end();
}

static void check_claim(const struct claim *claim, uint32_t node, const char *name)
{
    CHECK_EQ(claim->node, node);
    CHECK_STR(claim->name, name);
    free(claim->name);
}

static void claims_are_taken_by_node_or_once_their_rename_is_passed(void)
{
    static const char *const names[] = {"a", "b", "c"};
    struct claim claim;
    uint32_t a, b;

    begin();
    a = add(top, "a");
    b = add(top, "b");
    CHECK(!notes_take_claim_of(&notes, set, a, &claim));
    CHECK(!notes_take_claim_until(&notes, UINT64_MAX, &claim));
    for (uint64_t i = 0; i < 3; i++) {
        claim = (struct claim){.node = i == 1 ? b : a, .dir = top, .position = 10 * i};
        CHECK_EQ(notes_claim(&notes, set, &claim, names[i]), 0);
    }
    CHECK(notes_take_claim_of(&notes, set, b, &claim));
    check_claim(&claim, b, "b");
    CHECK(!notes_take_claim_of(&notes, set, b, &claim));
    CHECK(notes_take_claim_until(&notes, 5, &claim));
    check_claim(&claim, a, "a");
    CHECK(!notes_take_claim_until(&notes, 19, &claim));
    CHECK(notes_take_claim_of(&notes, set, a, &claim));
    check_claim(&claim, a, "c");
    CHECK(!notes_take_claim_until(&notes, UINT64_MAX, &claim));
    end();
}

/* A directory was walked twice before the rename was told. What the second walk found is no second rename. */
static void a_place_is_claimed_once_for_a_node(void)
{
    struct claim claim;
    uint32_t a, b;

    begin();
    a = add(top, "a");
    b = add(top, "b");
    for (uint64_t i = 0; i < 2; i++) {
        claim = (struct claim){.node = a, .dir = top, .position = i};
        CHECK_EQ(notes_claim(&notes, set, &claim, "x"), 0);
        CHECK_EQ(notes_claim(&notes, set, &claim, "y"), 0);
        claim = (struct claim){.node = b, .dir = top, .position = i};
        CHECK_EQ(notes_claim(&notes, set, &claim, "x"), 0);
    }
    CHECK(notes_take_claim_of(&notes, set, a, &claim));
    check_claim(&claim, a, "x");
    CHECK_EQ(claim.position, 0);
    CHECK(notes_take_claim_of(&notes, set, a, &claim));
    check_claim(&claim, a, "y");
    CHECK(!notes_take_claim_of(&notes, set, a, &claim));
    CHECK(notes_take_claim_until(&notes, UINT64_MAX, &claim));
    check_claim(&claim, b, "x");
    CHECK(!notes_take_claim_until(&notes, UINT64_MAX, &claim));
    end();
}

static void a_storm_of_claims_takes_no_memory(void)
{
    struct claim claim;
    uint32_t first, node, dir;

    begin();
    first = add(top, "first");
    node = add(top, "node");
    dir = add(top, "dir");
    claim = (struct claim){.node = first, .dir = top};
    CHECK_EQ(notes_claim(&notes, set, &claim, "of the first"), 0);
    for (uint64_t i = 1; i < 100000; i++) {
        claim = (struct claim){.node = node, .dir = dir, .position = i};
        CHECK_EQ(notes_claim(&notes, set, &claim, "x"), 0);
        CHECK(notes_take_claim_of(&notes, set, node, &claim));
        free(claim.name);
    }
    CHECK(notes_memory(&notes) < BOUND);
    claim = (struct claim){.node = node, .dir = dir, .position = 100000};
    CHECK_EQ(notes_claim(&notes, set, &claim, "x"), 0);
    watch_remove(set, dir);
    notes_forget_gone(&notes, set);
    CHECK(!notes_take_claim_of(&notes, set, node, &claim)); /* where it would be is gone */
    CHECK(notes_take_claim_of(&notes, set, first, &claim));
    check_claim(&claim, first, "of the first");
    end();
}

/* Nobody may take a number that is noted for that of another node. */
static void a_number_that_is_noted_is_not_used_again(void)
{
    struct debt *debts;
    uint32_t node;
    size_t count;

    begin();
    node = add(top, "a");
    CHECK_EQ(notes_owe(&notes, node, NULL, WALK_AS_NEW, true), 0);
    watch_remove(set, node);
    CHECK(!watch_is_there(set, node));
    CHECK(add(top, "b") != node);
    notes_forget_gone(&notes, set);
    watch_reuse(set);
    CHECK_EQ(add(top, "c"), node);
    debts = notes_take_debts(&notes, &count);
    CHECK_EQ(count, 1);
    CHECK_EQ(debts[0].dir, WATCH_NONE);
    free(debts);
    end();
}

int main(void)
{
    what_is_displaced_is_found_by_where_it_was_and_the_last_first();
    what_is_displaced_is_given_up_in_order_a_path_as_well();
    a_storm_of_what_is_displaced_takes_no_memory();
    many_that_are_displaced_give_back_their_room();
    the_same_debt_is_noted_once();
    a_debt_waits_for_the_last_position_that_was_named();
    claims_are_taken_by_node_or_once_their_rename_is_passed();
    a_place_is_claimed_once_for_a_node();
    a_storm_of_claims_takes_no_memory();
    a_number_that_is_noted_is_not_used_again();
    return check_status();
}
