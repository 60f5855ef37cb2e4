/* test_watch.c: the tree of watched directories against a plain model: names, descriptors, moves, paths, and
 * the memory that a directory costs. Neighbours: watch.h; test_target.c for the PATHs of roots. */
#include "watch.h"

#include "check.h"
#include "random.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* ---- a set and its PATHs ---- */

enum { GIVEN_MAX = 8 };

struct scene {
    struct target_set *targets;
    struct watch_set *set;
    struct path given[GIVEN_MAX];
    size_t given_count;
};

static struct scene new_scene(bool with_stamps)
{
    struct scene s = {.targets = target_set_new()};

    NEED(s.targets != NULL);
    s.set = watch_set_new(s.targets, with_stamps);
    NEED(s.set != NULL);
    return s;
}

static void end_scene(struct scene *s)
{
    watch_set_free(s->set);
    target_set_free(s->targets);
    for (size_t i = 0; i < s->given_count; i++)
        free(s->given[i].joined);
}

/* A PATH that is watched by a descriptor. */
static struct path *give(struct scene *s, int wd, const char *joined, size_t rank)
{
    struct target *const target = target_add(s->targets, wd, true);
    struct path *const p = &s->given[s->given_count++];

    NEED(target && s->given_count <= GIVEN_MAX);
    *p = (struct path){.rank = rank, .joined_len = strlen(joined)};
    p->joined = malloc(p->joined_len); /* not terminated: a sanitizer sees a byte too many */
    NEED(p->joined != NULL);
    memcpy(p->joined, joined, p->joined_len);
    target_attach(s->targets, target, p);
    return p;
}

static uint32_t added(struct watch_set *set, uint32_t parent, const char *name, unsigned flags)
{
    const uint32_t id = watch_add(set, parent, name, strlen(name), flags);

    NEED(id != WATCH_NONE);
    return id;
}

/* A directory with its watch. */
static uint32_t watched(struct watch_set *set, uint32_t parent, const char *name, int wd)
{
    const uint32_t id = added(set, parent, name, WATCH_DIR);

    watch_set_wd(set, id, wd);
    return id;
}

static uint32_t root(struct watch_set *set, int wd)
{
    const uint32_t id = watched(set, WATCH_NONE, "", wd);

    watch_mark(set, id, WATCH_ROOT);
    watch_forget_path(set);
    return id;
}

static uint32_t child(const struct watch_set *set, uint32_t parent, const char *name)
{
    return watch_child(set, parent, name, strlen(name));
}

static int attach(struct watch_set *set, uint32_t id, uint32_t parent, const char *name)
{
    return watch_attach(set, id, parent, name, strlen(name));
}

static void check_name(const struct watch_set *set, uint32_t id, const char *wanted)
{
    size_t len = SIZE_MAX;
    const char *const name = watch_name(set, id, &len);

    CHECK_MEM(name, len, wanted, strlen(wanted));
    CHECK_EQ(name[len], '\0');
}

/* wanted: NULL: it has no place. */
static void check_path(struct watch_set *set, uint32_t id, const char *wanted)
{
    size_t len = SIZE_MAX;
    const char *const path = watch_path(set, id, &len);

    if (CHECK((path != NULL) == (wanted != NULL)) && path)
        CHECK_MEM(path, len, wanted, strlen(wanted));
}

/* ---- nodes ---- */

static void a_new_set_is_empty(void)
{
    struct scene s = new_scene(false);

    CHECK_EQ(watch_count(s.set), 0);
    CHECK_EQ(watch_node_count(s.set), 0);
    CHECK(watch_memory(s.set) > 0);
    CHECK_EQ(watch_find(s.set, 0), WATCH_NONE);
    CHECK_EQ(watch_find(s.set, 1), WATCH_NONE);
    CHECK_EQ(watch_find(s.set, -1), WATCH_NONE);
    CHECK_EQ(watch_find(s.set, INT32_MAX), WATCH_NONE);
    end_scene(&s);
    watch_set_free(NULL);
}

static void a_node_is_what_it_was_made(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = added(s.set, WATCH_NONE, "", WATCH_DIR | WATCH_ROOT);
    const uint32_t dir = added(s.set, top, "dir", WATCH_DIR), file = added(s.set, dir, "f\xff\n", 0);

    CHECK(top != dir && dir != file && top != file);
    CHECK_EQ(watch_parent(s.set, top), WATCH_NONE);
    CHECK_EQ(watch_parent(s.set, dir), top);
    CHECK_EQ(watch_parent(s.set, file), dir);
    check_name(s.set, top, "");
    check_name(s.set, dir, "dir");
    check_name(s.set, file, "f\xff\n");
    CHECK_EQ(watch_first_child(s.set, top), dir);
    CHECK_EQ(watch_first_child(s.set, dir), file);
    CHECK_EQ(watch_first_child(s.set, file), WATCH_NONE);
    CHECK_EQ(watch_sibling(s.set, top), WATCH_NONE);
    CHECK_EQ(watch_sibling(s.set, dir), WATCH_NONE);
    CHECK_EQ(watch_wd(s.set, top), -1);
    CHECK_EQ(watch_wd(s.set, file), -1);
    CHECK_EQ(watch_node_count(s.set), 3);
    CHECK_EQ(watch_count(s.set), 0);
    end_scene(&s);
}

static const unsigned all_flags[] = {WATCH_DIR,  WATCH_ROOT,  WATCH_BLIND,
                                     WATCH_SEEN, WATCH_STALE, WATCH_UNTOLD};

static void flags_are_marked_and_unmarked_each_for_itself(void)
{
    struct scene s = new_scene(false);
    const uint32_t id = added(s.set, WATCH_NONE, "n", 0), other = added(s.set, WATCH_NONE, "o", 0);

    for (unsigned wanted = 0; wanted < 1U << COUNT_OF(all_flags); wanted++) {
        for (size_t i = 0; i < COUNT_OF(all_flags); i++) {
            if (wanted & 1U << i)
                watch_mark(s.set, id, all_flags[i]);
            else
                watch_unmark(s.set, id, all_flags[i]);
        }
        check_case("flags %#x", wanted);
        for (size_t i = 0; i < COUNT_OF(all_flags); i++) {
            CHECK_EQ(watch_has(s.set, id, all_flags[i]), (wanted & 1U << i) != 0);
            CHECK(!watch_has(s.set, other, all_flags[i]));
            for (size_t j = 0; j < COUNT_OF(all_flags); j++) /* both of two */
                CHECK_EQ(watch_has(s.set, id, all_flags[i] | all_flags[j]),
                         (wanted & 1U << i) != 0 && (wanted & 1U << j) != 0);
        }
        watch_mark(s.set, id, WATCH_SEEN | WATCH_UNTOLD);
        watch_unmark(s.set, id, WATCH_SEEN | WATCH_STALE);
        CHECK(!watch_has(s.set, id, WATCH_SEEN) && !watch_has(s.set, id, WATCH_STALE));
        CHECK(watch_has(s.set, id, WATCH_UNTOLD));
    }
    check_case_over();
    end_scene(&s);
}

static void a_child_is_found_by_its_parent_and_its_whole_name(void)
{
    static const char *const others[] = {"", "n", "nam", "named", "Name", "eman", "nam\xe5"};
    struct scene s = new_scene(false);
    const uint32_t a = added(s.set, WATCH_NONE, "", WATCH_DIR), b = added(s.set, WATCH_NONE, "", WATCH_DIR);
    const uint32_t in_a = added(s.set, a, "name", 0), in_b = added(s.set, b, "name", 0);

    CHECK_EQ(child(s.set, a, "name"), in_a);
    CHECK_EQ(child(s.set, b, "name"), in_b);
    CHECK_EQ(child(s.set, in_a, "name"), WATCH_NONE);
    CHECK_EQ(child(s.set, WATCH_NONE, ""), WATCH_NONE);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        check_case("'%s'", others[i]);
        CHECK_EQ(child(s.set, a, others[i]), WATCH_NONE);
    }
    check_case_over();
    CHECK_EQ(watch_child(s.set, a, "named", 4), in_a);
    CHECK_EQ(watch_child(s.set, a, "name\0x", 6), WATCH_NONE);
    end_scene(&s);
}

/* Each is the beginning of the next, and words of eight bytes may begin anywhere. */
static void names_of_every_length_are_told_apart(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = added(s.set, WATCH_NONE, "", WATCH_DIR);
    static uint32_t ids[256], other_ids[256];
    char zeros[256], name[256];

    memset(zeros, '0', sizeof(zeros));
    for (size_t len = 1; len < 256; len++) {
        memset(name, '0', sizeof(name));
        name[len - 1] = '1';
        ids[len] = watch_add(s.set, top, zeros, len, WATCH_DIR);
        other_ids[len] = watch_add(s.set, top, name, len, WATCH_DIR);
    }
    for (size_t len = 1; len < 256; len++) {
        char *const exactly = malloc(len);
        size_t got;

        NEED(exactly != NULL);
        check_case("%zu bytes", len);
        memset(exactly, '0', len);
        CHECK_EQ(watch_child(s.set, top, exactly, len), ids[len]);
        CHECK_MEM(watch_name(s.set, ids[len], &got), len, exactly, len);
        CHECK_EQ(got, len);
        exactly[len - 1] = '1';
        CHECK_EQ(watch_child(s.set, top, exactly, len), other_ids[len]);
        free(exactly);
    }
    check_case_over();
    end_scene(&s);
}

static void a_name_that_no_node_can_have_changes_nothing(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = root(s.set, 1), dir = watched(s.set, top, "dir", 2);
    const size_t too_long = 65536 + 3;
    char *const name = malloc(too_long);

    NEED(name != NULL);
    memset(name, 'd', too_long);
    give(&s, 1, "/top/", 0);
    CHECK_EQ(watch_add(s.set, top, name, too_long, WATCH_DIR), WATCH_NONE);
    CHECK_EQ(watch_attach(s.set, dir, WATCH_NONE, name, too_long), -ENOMEM);
    CHECK_EQ(watch_attach(s.set, dir, top, name, too_long), -ENOMEM);
    CHECK_EQ(watch_parent(s.set, dir), top);
    CHECK_EQ(child(s.set, top, "dir"), dir);
    CHECK_EQ(watch_next(s.set, top, top), dir);
    check_path(s.set, dir, "/top/dir/");
    CHECK_EQ(watch_node_count(s.set), 2);
    free(name);
    end_scene(&s);
}

static void a_node_that_is_removed_is_not_found_again(void)
{
    struct scene s = new_scene(true);
    const uint32_t top = root(s.set, 1);
    const uint32_t a = watched(s.set, top, "a", 2), b = watched(s.set, top, "b", 3);
    uint32_t again;

    watch_stamp(s.set, b)->ino = 17;
    watch_mark(s.set, b, WATCH_BLIND | WATCH_ROOT);
    watch_remove(s.set, b);
    CHECK(!watch_is_there(s.set, b) && watch_is_there(s.set, a));
    CHECK_EQ(watch_gone_count(s.set), 1);
    CHECK_EQ(child(s.set, top, "b"), WATCH_NONE);
    CHECK_EQ(watch_find(s.set, 3), WATCH_NONE);
    CHECK_EQ(watch_first_child(s.set, top), a);
    CHECK_EQ(watch_sibling(s.set, a), WATCH_NONE);
    CHECK_EQ(watch_count(s.set), 2);
    CHECK_EQ(watch_node_count(s.set), 2);
    CHECK(added(s.set, top, "before", 0) != b); /* its number may still be noted */
    watch_remove(s.set, child(s.set, top, "before"));
    watch_reuse(s.set);
    CHECK_EQ(watch_gone_count(s.set), 0);
    again = added(s.set, a, "again", 0); /* has nothing of what had its number */
    CHECK_EQ(watch_wd(s.set, again), -1);
    CHECK_EQ(watch_first_child(s.set, again), WATCH_NONE);
    CHECK_EQ(watch_sibling(s.set, again), WATCH_NONE);
    CHECK_EQ(watch_parent(s.set, again), a);
    CHECK(!watch_has(s.set, again, WATCH_BLIND) && !watch_has(s.set, again, WATCH_ROOT));
    CHECK(!watch_has(s.set, again, WATCH_DIR));
    CHECK_EQ(watch_stamp(s.set, again)->ino, 0);
    end_scene(&s);
}

static void a_subtree_is_removed_with_all_of_it_and_no_more(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = root(s.set, 1), before = watched(s.set, top, "before", 2);
    const uint32_t dir = watched(s.set, top, "dir", 3), after = watched(s.set, top, "after", 4);
    int wd = 10;

    for (int i = 0; i < 3; i++) {
        char name[8];
        uint32_t id;

        snprintf(name, sizeof(name), "d%d", i);
        id = watched(s.set, dir, name, wd++);
        for (int j = 0; j < 3; j++, wd++) {
            snprintf(name, sizeof(name), "e%d", j);
            watched(s.set, watched(s.set, id, name, wd), "f", wd + 100);
        }
    }
    CHECK_EQ(watch_node_count(s.set), 4 + 3 + 9 + 9);
    watch_remove_subtree(s.set, dir);
    CHECK_EQ(watch_node_count(s.set), 3);
    CHECK_EQ(watch_count(s.set), 3);
    CHECK_EQ(child(s.set, top, "dir"), WATCH_NONE);
    for (wd = 10; wd < 200; wd++)
        CHECK_EQ(watch_find(s.set, wd), WATCH_NONE);
    CHECK_EQ(watch_find(s.set, 2), before);
    CHECK_EQ(watch_find(s.set, 4), after);
    CHECK_EQ(watch_first_child(s.set, top), after);
    CHECK_EQ(watch_sibling(s.set, after), before);
    CHECK_EQ(watch_sibling(s.set, before), WATCH_NONE);
    watch_remove_subtree(s.set, before); /* a single node is one too */
    CHECK_EQ(watch_first_child(s.set, top), after);
    watch_remove_subtree(s.set, top);
    CHECK_EQ(watch_node_count(s.set), 0);
    CHECK_EQ(watch_count(s.set), 0);
    CHECK_EQ(watch_find(s.set, 1), WATCH_NONE);
    end_scene(&s);
}

static void a_node_stays_itself_wherever_it_is_moved(void)
{
    struct scene s = new_scene(true);
    const uint32_t top = root(s.set, 1), a = watched(s.set, top, "a", 2), b = watched(s.set, top, "b", 3);
    const uint32_t dir = watched(s.set, a, "dir", 4), below = watched(s.set, dir, "below", 5);

    watch_stamp(s.set, dir)->size = 4711;
    watch_mark(s.set, dir, WATCH_UNTOLD);
    CHECK_EQ(attach(s.set, dir, b, "other"), 0);
    CHECK_EQ(child(s.set, a, "dir"), WATCH_NONE);
    CHECK_EQ(child(s.set, b, "dir"), WATCH_NONE);
    CHECK_EQ(child(s.set, a, "other"), WATCH_NONE);
    CHECK_EQ(child(s.set, b, "other"), dir);
    CHECK_EQ(child(s.set, dir, "below"), below);
    CHECK_EQ(watch_first_child(s.set, a), WATCH_NONE);
    CHECK_EQ(watch_first_child(s.set, b), dir);
    CHECK_EQ(watch_find(s.set, 4), dir);
    CHECK_EQ(watch_stamp(s.set, dir)->size, 4711);
    CHECK(watch_has(s.set, dir, WATCH_UNTOLD | WATCH_DIR));
    check_name(s.set, dir, "other");

    watch_detach(s.set, dir);
    CHECK_EQ(watch_parent(s.set, dir), WATCH_NONE);
    CHECK_EQ(watch_first_child(s.set, b), WATCH_NONE);
    CHECK_EQ(child(s.set, b, "other"), WATCH_NONE);
    CHECK_EQ(child(s.set, dir, "below"), below);
    CHECK_EQ(watch_find(s.set, 4), dir);
    check_name(s.set, dir, "other");
    watch_detach(s.set, dir);
    CHECK_EQ(watch_node_count(s.set), 5);
    CHECK_EQ(attach(s.set, dir, top, "other"), 0);
    CHECK_EQ(child(s.set, top, "other"), dir);
    CHECK_EQ(attach(s.set, dir, top, "other"), 0); /* where it is */
    CHECK_EQ(child(s.set, top, "other"), dir);
    CHECK_EQ(watch_first_child(s.set, top), dir);
    CHECK_EQ(attach(s.set, dir, WATCH_NONE, "nowhere"), 0);
    CHECK_EQ(watch_parent(s.set, dir), WATCH_NONE);
    check_name(s.set, dir, "nowhere");
    CHECK_EQ(child(s.set, WATCH_NONE, "nowhere"), WATCH_NONE);
    end_scene(&s);
}

static void a_node_may_be_given_the_name_that_it_has(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = root(s.set, 1), a = watched(s.set, top, "a", 2), dir = watched(s.set, a, "dir", 3);
    size_t len;
    const char *const name = watch_name(s.set, dir, &len);

    CHECK_EQ(watch_attach(s.set, dir, top, name, len), 0);
    check_name(s.set, dir, "dir");
    CHECK_EQ(child(s.set, top, "dir"), dir);
    CHECK_EQ(child(s.set, a, "dir"), WATCH_NONE);
    end_scene(&s);
}

static void a_descriptor_can_be_given_changed_and_taken_away(void)
{
    struct scene s = new_scene(false);
    const uint32_t a = added(s.set, WATCH_NONE, "a", WATCH_DIR), b = added(s.set, WATCH_NONE, "b", WATCH_DIR);

    watch_set_wd(s.set, a, -1);
    CHECK_EQ(watch_count(s.set), 0);
    watch_set_wd(s.set, a, 7);
    CHECK_EQ(watch_wd(s.set, a), 7);
    CHECK_EQ(watch_find(s.set, 7), a);
    CHECK_EQ(watch_count(s.set), 1);
    watch_set_wd(s.set, a, 7);
    CHECK_EQ(watch_find(s.set, 7), a);
    CHECK_EQ(watch_count(s.set), 1);
    watch_set_wd(s.set, a, 3);
    CHECK_EQ(watch_find(s.set, 7), WATCH_NONE);
    CHECK_EQ(watch_find(s.set, 3), a);
    watch_set_wd(s.set, b, 7);
    CHECK_EQ(watch_find(s.set, 7), b);
    CHECK_EQ(watch_find(s.set, 3), a);
    CHECK_EQ(watch_count(s.set), 2);
    watch_set_wd(s.set, b, -1);
    CHECK_EQ(watch_find(s.set, 7), WATCH_NONE);
    CHECK_EQ(watch_find(s.set, -1), WATCH_NONE);
    CHECK_EQ(watch_wd(s.set, b), -1);
    CHECK_EQ(watch_count(s.set), 1);
    watch_set_wd(s.set, b, 0);
    watch_set_wd(s.set, a, INT32_MAX);
    CHECK_EQ(watch_find(s.set, 0), b);
    CHECK_EQ(watch_find(s.set, INT32_MAX), a);
    CHECK_EQ(watch_find(s.set, INT32_MAX - 1), WATCH_NONE);
    end_scene(&s);
}

static void nodes_names_and_stamps_stay_where_they_are_while_the_set_grows(void)
{
    enum { MANY = 100000 };
    struct scene s = new_scene(true);
    const uint32_t top = root(s.set, 1);
    static uint32_t ids[MANY];
    static const char *names[MANY];
    char name[32];

    for (int i = 0; i < MANY; i++) {
        size_t len;

        snprintf(name, sizeof(name), "n%d", i);
        ids[i] = watched(s.set, i % 3 || i == 0 ? top : ids[i / 2], name, i + 2);
        names[i] = watch_name(s.set, ids[i], &len);
        watch_stamp(s.set, ids[i])->ino = (uint64_t)i;
    }
    CHECK_EQ(watch_node_count(s.set), MANY + 1);
    CHECK_EQ(watch_count(s.set), MANY + 1);
    for (int i = 0; i < MANY; i++) {
        size_t len;

        snprintf(name, sizeof(name), "n%d", i);
        check_case("%s", name);
        CHECK_EQ(child(s.set, i % 3 || i == 0 ? top : ids[i / 2], name), ids[i]);
        CHECK_EQ(watch_find(s.set, i + 2), ids[i]);
        CHECK_EQ(watch_wd(s.set, ids[i]), i + 2);
        CHECK(watch_name(s.set, ids[i], &len) == names[i]);
        CHECK_EQ(watch_stamp(s.set, ids[i])->ino, i);
        if (i % 3 && i / 2 != i)
            CHECK_EQ(child(s.set, ids[i / 2], name), WATCH_NONE);
    }
    check_case_over();
    CHECK_EQ(watch_find(s.set, MANY + 2), WATCH_NONE);
    end_scene(&s);
}

static void descriptors_are_found_in_whatever_order_they_were_given(void)
{
    enum { SOME = 1000 };
    struct scene s = new_scene(false);
    static uint32_t ids[SOME];

    for (int i = 0; i < SOME; i++)
        ids[i] = added(s.set, WATCH_NONE, "n", WATCH_DIR);
    for (int given = SOME - 1; given >= 0; given--) { /* the last node first */
        watch_set_wd(s.set, ids[given], 2 * given);
        check_case("from %d on", given);
        CHECK_EQ(watch_find(s.set, 2 * given + 1), WATCH_NONE);
        for (int i = given; i < SOME; i += i < given + 100 ? 1 : 17)
            CHECK_EQ(watch_find(s.set, 2 * i), ids[i]);
        CHECK_EQ(watch_find(s.set, 2 * (SOME - 1)), ids[SOME - 1]);
    }
    check_case_over();
    end_scene(&s);
}

/* What so many look-ups take among so many nodes, in seconds of processor time. */
static double time_finding(int nodes, bool by_name)
{
    struct scene s = new_scene(false);
    const uint32_t top = root(s.set, 1);
    struct timespec begin, end;
    size_t found = 0;

    for (int i = 0; i < nodes; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%d", i);
        watched(s.set, top, name, i + 2);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (int i = 0; i < 20000; i++) {
        const int which = (int)((unsigned)i * 7919U % (unsigned)nodes);
        char name[16];

        snprintf(name, sizeof(name), "n%d", which);
        found += (by_name ? child(s.set, top, name) : watch_find(s.set, which + 2)) != WATCH_NONE;
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    CHECK_EQ(found, 20000);
    end_scene(&s);
    return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

/* By a bound so wide that only chains which grow with the set exceed it. */
static void finding_takes_no_longer_among_many(void)
{
    for (int by_name = 0; by_name < 2; by_name++) {
        const double few = time_finding(50, by_name), many = time_finding(100000, by_name);

        check_case("%s: %.3f ms among 50, %.3f ms among 100000", by_name ? "names" : "descriptors", few * 1e3,
                   many * 1e3);
        CHECK(many < 10 * few + 0.01);
    }
    check_case_over();
}

/* ---- order and depth ---- */

static void the_next_node_is_below_before_it_is_beside(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = root(s.set, 1), before = watched(s.set, top, "before", 2);
    const uint32_t dir = watched(s.set, top, "dir", 3), after = watched(s.set, top, "after", 4);
    const uint32_t a = watched(s.set, dir, "a", 5), b = watched(s.set, dir, "b", 6);
    const uint32_t c = watched(s.set, b, "c", 7), d = watched(s.set, c, "d", 8);

    CHECK_EQ(watch_next(s.set, dir, dir), b); /* those that came last are first */
    CHECK_EQ(watch_next(s.set, dir, b), c);
    CHECK_EQ(watch_next(s.set, dir, c), d);
    CHECK_EQ(watch_next(s.set, dir, d), a);
    CHECK_EQ(watch_next(s.set, dir, a), WATCH_NONE);
    CHECK_EQ(watch_next(s.set, top, a), before);
    CHECK_EQ(watch_next(s.set, top, top), after);
    CHECK_EQ(watch_next(s.set, top, after), dir);
    CHECK_EQ(watch_next(s.set, top, before), WATCH_NONE);
    CHECK_EQ(watch_next(s.set, a, a), WATCH_NONE); /* and not what is beside it */
    CHECK_EQ(watch_next(s.set, d, d), WATCH_NONE);
    CHECK_EQ(watch_next(s.set, c, d), WATCH_NONE);
    end_scene(&s);
}

static void below_is_what_is_it_or_under_it(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = root(s.set, 1), a = watched(s.set, top, "a", 2), b = watched(s.set, top, "b", 3);
    const uint32_t in_a = watched(s.set, a, "x", 4);

    CHECK(watch_is_below(s.set, top, top));
    CHECK(watch_is_below(s.set, in_a, in_a));
    CHECK(watch_is_below(s.set, in_a, a) && watch_is_below(s.set, in_a, top));
    CHECK(!watch_is_below(s.set, a, in_a) && !watch_is_below(s.set, top, a));
    CHECK(!watch_is_below(s.set, in_a, b) && !watch_is_below(s.set, b, a));
    CHECK_EQ(attach(s.set, in_a, b, "x"), 0);
    CHECK(watch_is_below(s.set, in_a, b) && !watch_is_below(s.set, in_a, a));
    watch_detach(s.set, b);
    CHECK(watch_is_below(s.set, in_a, b) && !watch_is_below(s.set, in_a, top));
    end_scene(&s);
}

static void depth_is_counted_from_the_nearest_path(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = root(s.set, 1), a = watched(s.set, top, "a", 2), b = watched(s.set, a, "b", 3);
    const uint32_t c = watched(s.set, b, "c", 4);

    CHECK_EQ(watch_depth(s.set, top), 0);
    CHECK_EQ(watch_depth(s.set, a), 1);
    CHECK_EQ(watch_depth(s.set, c), 3);
    watch_mark(s.set, b, WATCH_ROOT);
    CHECK_EQ(watch_depth(s.set, a), 1);
    CHECK_EQ(watch_depth(s.set, b), 0);
    CHECK_EQ(watch_depth(s.set, c), 1);
    watch_unmark(s.set, b, WATCH_ROOT);
    CHECK_EQ(watch_depth(s.set, c), 3);
    CHECK_EQ(attach(s.set, b, top, "b"), 0);
    CHECK_EQ(watch_depth(s.set, c), 2);
    end_scene(&s);
}

/* ---- paths ---- */

static void a_path_begins_with_the_path_given(void)
{
    struct scene s = new_scene(false);
    const uint32_t slash = root(s.set, 1), here = root(s.set, 2), home = root(s.set, 3);

    give(&s, 1, "/", 0);
    give(&s, 2, "./", 1);
    give(&s, 3, "/home/user/", 2);
    check_path(s.set, slash, "/");
    check_path(s.set, here, "./");
    check_path(s.set, home, "/home/user/");
    check_path(s.set, watched(s.set, slash, "etc", 4), "/etc/");
    check_path(s.set, watched(s.set, watched(s.set, here, "a", 5), "b\n\xff", 6), "./a/b\n\xff/");
    check_path(s.set, added(s.set, home, "file", 0), "/home/user/file/");
    CHECK(watch_path_given(s.set, watch_find(s.set, 4)) == &s.given[0]);
    CHECK(watch_path_given(s.set, watch_find(s.set, 6)) == &s.given[1]);
    CHECK(watch_path_given(s.set, home) == &s.given[2]);
    end_scene(&s);
}

static void what_has_no_path_above_it_has_none(void)
{
    struct scene s = new_scene(false);
    const uint32_t alone = watched(s.set, WATCH_NONE, "alone", 1), below = watched(s.set, alone, "below", 2);
    const uint32_t top = root(s.set, 3), dir = watched(s.set, top, "dir", 4);

    check_path(s.set, alone, NULL);
    check_path(s.set, below, NULL);
    CHECK(watch_path_given(s.set, below) == NULL);
    check_path(s.set, dir, NULL); /* a root that no PATH names */
    CHECK(watch_path_given(s.set, top) == NULL);
    give(&s, 3, "/top/", 0);
    check_path(s.set, dir, "/top/dir/");
    check_path(s.set, below, NULL);
    give(&s, 2, "/below/", 1); /* PATHs count for roots only */
    check_path(s.set, below, NULL);
    watch_mark(s.set, dir, WATCH_ROOT); /* the one above it has lost its own, and is looked at all the same */
    give(&s, 4, "dir/", 2);
    target_detach(s.targets, &s.given[0]);
    watch_forget_path(s.set);
    check_path(s.set, dir, "dir/");
    CHECK(watch_path_given(s.set, dir) == &s.given[2]);
    end_scene(&s);
}

static void of_several_paths_the_first_given_counts(void)
{
    for (size_t order = 0; order < 2; order++) {
        struct scene s = new_scene(false);
        const uint32_t top = root(s.set, 1), dir = watched(s.set, top, "dir", 2);
        const uint32_t inner = watched(s.set, dir, "inner", 3), below = watched(s.set, inner, "below", 4);

        check_case("order %zu", order);
        watch_mark(s.set, inner, WATCH_ROOT);
        give(&s, 1, "/top/", order == 0 ? 5 : 6);
        give(&s, 1, "/same/", order == 0 ? 7 : 8); /* of the same directory: the later one */
        give(&s, 3, "in/", order == 0 ? 6 : 5);
        check_path(s.set, top, "/top/");
        check_path(s.set, dir, "/top/dir/");
        check_path(s.set, inner, order == 0 ? "/top/dir/inner/" : "in/");
        check_path(s.set, below, order == 0 ? "/top/dir/inner/below/" : "in/below/");
        CHECK(watch_path_given(s.set, below) == &s.given[order == 0 ? 0 : 2]);
        CHECK_EQ(watch_depth(s.set, below), 1);

        /* The one that counts goes; what is kept is to be forgotten. */
        target_detach(s.targets, &s.given[order == 0 ? 0 : 2]);
        watch_forget_path(s.set);
        check_path(s.set, below, order == 0 ? "in/below/" : "/top/dir/inner/below/");
        target_detach(s.targets, &s.given[order == 0 ? 2 : 0]);
        watch_forget_path(s.set);
        check_path(s.set, below, "/same/dir/inner/below/");
        target_detach(s.targets, &s.given[1]);
        watch_forget_path(s.set);
        check_path(s.set, below, NULL);
        end_scene(&s);
    }
    check_case_over();
}

static void a_path_that_was_moved_keeps_its_own_name(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = root(s.set, 1), dir = watched(s.set, top, "dir", 2);
    const uint32_t below = watched(s.set, dir, "below", 3);

    watch_mark(s.set, dir, WATCH_ROOT);
    give(&s, 1, "/top/", 1);
    give(&s, 2, "/top/dir/", 0);
    CHECK_EQ(attach(s.set, dir, top, "renamed"), 0);
    check_path(s.set, below, "/top/dir/below/");
    watch_detach(s.set, dir);
    check_path(s.set, below, "/top/dir/below/");
    check_path(s.set, dir, "/top/dir/");
    end_scene(&s);
}

/* Each time the path was asked for before, so that it is kept. */
static void a_path_that_is_kept_is_right_after_every_change(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = root(s.set, 1), a = watched(s.set, top, "a", 2), b = watched(s.set, top, "b", 3);
    uint32_t dir = watched(s.set, a, "dir", 4), below = watched(s.set, dir, "below", 5);

    give(&s, 1, "/top/", 0);
    check_path(s.set, below, "/top/a/dir/below/");
    check_path(s.set, below, "/top/a/dir/below/");
    CHECK_EQ(attach(s.set, below, dir, "renamed"), 0); /* itself */
    check_path(s.set, below, "/top/a/dir/renamed/");
    CHECK_EQ(attach(s.set, dir, a, "d"), 0); /* what it is in */
    check_path(s.set, below, "/top/a/d/renamed/");
    CHECK_EQ(attach(s.set, dir, b, "d"), 0);
    check_path(s.set, below, "/top/b/d/renamed/");
    CHECK_EQ(attach(s.set, b, a, "b"), 0); /* what that is in */
    check_path(s.set, below, "/top/a/b/d/renamed/");
    watch_detach(s.set, b);
    check_path(s.set, below, NULL);
    CHECK_EQ(attach(s.set, b, top, "a_name_that_is_much_longer_than_all_before"), 0);
    check_path(s.set, below, "/top/a_name_that_is_much_longer_than_all_before/d/renamed/");
    watch_remove_subtree(s.set, dir);
    dir = watched(s.set, a, "dir", 4); /* with the numbers of those that went, one way or the other */
    below = watched(s.set, dir, "new", 5);
    check_path(s.set, below, "/top/a/dir/new/");
    check_path(s.set, dir, "/top/a/dir/");
    check_path(s.set, below, "/top/a/dir/new/");
    watch_remove(s.set, below);
    below = watched(s.set, a, "elsewhere", 5);
    check_path(s.set, below, "/top/a/elsewhere/");
    watched(s.set, a, "beside", 6);
    check_path(s.set, below, "/top/a/elsewhere/");
    end_scene(&s);
}

static void a_path_is_put_together_once_for_a_run_of_events(void)
{
    struct scene s = new_scene(false);
    const uint32_t top = root(s.set, 1), dir = watched(s.set, top, "dir", 2);

    give(&s, 1, "/top/", 0);
    check_path(s.set, dir, "/top/dir/");
    s.given[0].joined[1] = 'T'; /* as nobody does: it shows whether it is looked at */
    check_path(s.set, dir, "/top/dir/");
    check_path(s.set, dir, "/top/dir/");
    watch_forget_path(s.set);
    check_path(s.set, dir, "/Top/dir/");
    end_scene(&s);
}

/* ---- deep ---- */

enum { LEVELS = 100000 };

/* So little stack that nothing which goes down the tree by calling itself gets to its end. */
static void limit_the_stack(void)
{
    struct rlimit limit;

    NEED(getrlimit(RLIMIT_STACK, &limit) == 0);
    limit.rlim_cur = (rlim_t)512 * 1024;
    NEED(setrlimit(RLIMIT_STACK, &limit) == 0);
}

static void a_tree_may_be_a_hundred_thousand_levels_deep(void)
{
    static uint32_t ids[LEVELS + 1];
    static char wanted[2 * LEVELS + 6];
    struct scene s = new_scene(false);
    const uint32_t other = root(s.set, LEVELS + 10);
    uint32_t id;
    size_t len = 0;

    give(&s, 1, "/top/", 0);
    ids[0] = root(s.set, 1);
    memcpy(wanted, "/top/", 5);
    for (int i = 1; i <= LEVELS; i++) {
        const char name[2] = {(char)('a' + i % 26), '\0'};

        ids[i] = watched(s.set, ids[i - 1], name, i + 1);
        wanted[5 + 2 * (i - 1)] = name[0];
        wanted[5 + 2 * (i - 1) + 1] = '/';
    }
    CHECK_EQ(watch_depth(s.set, ids[LEVELS]), LEVELS);
    CHECK(watch_is_below(s.set, ids[LEVELS], ids[0]));
    CHECK(!watch_is_below(s.set, ids[LEVELS], other));
    CHECK(watch_path_given(s.set, ids[LEVELS]) == &s.given[0]);
    check_path(s.set, ids[LEVELS], wanted);
    CHECK(watch_path(s.set, ids[LEVELS], &len) != NULL);
    CHECK_EQ(len, 2 * LEVELS + 5);
    id = ids[0];
    for (int i = 1; i <= LEVELS; i++) {
        id = watch_next(s.set, ids[0], id);
        if (!CHECK_EQ(id, ids[i]))
            break;
    }
    CHECK_EQ(watch_next(s.set, ids[0], ids[LEVELS]), WATCH_NONE);

    CHECK_EQ(attach(s.set, ids[1], other, "x"), 0); /* one change, whatever is below */
    CHECK(watch_is_below(s.set, ids[LEVELS], other));
    CHECK(watch_path(s.set, ids[LEVELS], &len) == NULL);
    CHECK_EQ(attach(s.set, ids[1], ids[0], "x"), 0);
    wanted[5] = 'x';
    check_path(s.set, ids[LEVELS], wanted);
    watch_remove_subtree(s.set, ids[LEVELS / 2]);
    CHECK_EQ(watch_node_count(s.set), LEVELS / 2 + 1);
    CHECK_EQ(watch_next(s.set, ids[0], ids[LEVELS / 2 - 1]), WATCH_NONE);
    CHECK_EQ(watch_find(s.set, LEVELS / 2 + 1), WATCH_NONE);
    watch_remove_subtree(s.set, ids[0]);
    CHECK_EQ(watch_node_count(s.set), 1);
    CHECK_EQ(watch_count(s.set), 1);
    end_scene(&s);
}

/* ---- a plain model ---- */

enum { SLOTS = 200, MODEL_ROOTS = 5, MODEL_NAMES = 40, NOWHERE = -1 };

struct model_node {
    uint32_t id; /* 0: free */
    int parent;  /* a slot, or NOWHERE */
    char name[24];
    int wd;
    unsigned flags;
    uint64_t stamp;
};

static struct model_node model[SLOTS];
static const size_t model_ranks[MODEL_ROOTS] = {3, 0, 4, 1, 2}; /* by wd, from 1 */

static size_t model_count(void)
{
    size_t count = 0;

    for (size_t i = 0; i < SLOTS; i++)
        count += model[i].id != 0;
    return count;
}

/* A slot in use, or NOWHERE. */
static int random_slot(void)
{
    for (int try = 0; try < 20; try++) {
        const int slot = (int)random_below(SLOTS);

        if (model[slot].id)
            return slot;
    }
    return NOWHERE;
}

static bool model_is_below(int slot, int top)
{
    while (slot != NOWHERE && slot != top)
        slot = model[slot].parent;
    return slot == top;
}

static int model_child(int parent, const char *name)
{
    for (int i = 0; i < SLOTS; i++)
        if (model[i].id && model[i].parent == parent && strcmp(model[i].name, name) == 0)
            return i;
    return NOWHERE;
}

static int model_find(int wd)
{
    for (int i = 0; i < SLOTS; i++)
        if (model[i].id && model[i].wd == wd)
            return i;
    return NOWHERE;
}

static uint32_t id_of(int slot)
{
    return slot == NOWHERE ? WATCH_NONE : model[slot].id;
}

static void random_name(char *name)
{
    const unsigned number = (unsigned)random_below(MODEL_NAMES);

    sprintf(name, number % 4 ? "%u" : "of_sixteen_bytes%u", number);
}

/* But for WATCH_ROOT. */
static unsigned random_flags(void)
{
    unsigned flags = 0;

    for (size_t i = 0; i < COUNT_OF(all_flags); i++)
        if (all_flags[i] != WATCH_ROOT && random_below(2))
            flags |= all_flags[i];
    return flags;
}

static void model_add(struct watch_set *set)
{
    int parent = random_below(10) == 0 ? NOWHERE : random_slot(), slot = 0;
    struct model_node n = {.wd = -1, .flags = random_flags()};

    random_name(n.name);
    while (slot < SLOTS && model[slot].id)
        slot++;
    if (slot == SLOTS || (parent != NOWHERE && model_child(parent, n.name) != NOWHERE))
        return;
    n.parent = parent;
    n.id = added(set, id_of(parent), n.name, n.flags);
    CHECK_EQ(watch_stamp(set, n.id)->ino, 0);
    for (int i = 0; i < SLOTS; i++)
        CHECK(model[i].id != n.id);
    n.stamp = watch_stamp(set, n.id)->ino = random_next();
    model[slot] = n;
}

static void model_move(struct watch_set *set)
{
    const int slot = random_slot(), parent = random_below(20) == 0 ? NOWHERE : random_slot();
    char name[24];

    random_name(name);
    if (slot == NOWHERE || (parent != NOWHERE && model_is_below(parent, slot)) ||
        (parent != NOWHERE && model_child(parent, name) != NOWHERE && model_child(parent, name) != slot))
        return;
    CHECK_EQ(attach(set, model[slot].id, id_of(parent), name), 0);
    model[slot].parent = parent;
    strcpy(model[slot].name, name);
}

static void model_detach(struct watch_set *set)
{
    const int slot = random_slot();

    if (slot == NOWHERE)
        return;
    watch_detach(set, model[slot].id);
    model[slot].parent = NOWHERE;
}

static void model_remove(struct watch_set *set, bool subtree)
{
    const int slot = random_slot();
    bool goes[SLOTS] = {false};

    if (slot == NOWHERE || (!subtree && watch_first_child(set, model[slot].id)))
        return;
    for (int i = 0; i < SLOTS; i++)
        goes[i] = model[i].id && model_is_below(i, slot);
    if (subtree)
        watch_remove_subtree(set, model[slot].id);
    else
        watch_remove(set, model[slot].id);
    for (int i = 0; i < SLOTS; i++) {
        if (!goes[i])
            continue;
        CHECK(!watch_is_there(set, model[i].id));
        model[i].id = 0;
    }
    if (random_below(8) == 0)
        watch_reuse(set);
}

/* Descriptors up to MODEL_ROOTS are those of roots, and stay so. */
static void model_set_wd(struct watch_set *set)
{
    const int slot = random_slot();
    int wd = random_below(3) == 0 ? -1 : MODEL_ROOTS + 1 + (int)random_below(random_below(2) ? 300 : 100000);

    if (slot == NOWHERE || (model[slot].flags & WATCH_ROOT) || (wd >= 0 && model_find(wd) != NOWHERE))
        return;
    watch_set_wd(set, model[slot].id, wd);
    model[slot].wd = wd;
}

static void model_set_root(struct watch_set *set)
{
    const int wd = 1 + (int)random_below(MODEL_ROOTS), was = model_find(wd), slot = random_slot();

    if (was != NOWHERE) {
        watch_unmark(set, model[was].id, WATCH_ROOT);
        watch_set_wd(set, model[was].id, -1);
        model[was].flags &= ~(unsigned)WATCH_ROOT;
        model[was].wd = -1;
    }
    if (slot != NOWHERE && !(model[slot].flags & WATCH_ROOT)) {
        watch_set_wd(set, model[slot].id, wd);
        watch_mark(set, model[slot].id, WATCH_ROOT);
        model[slot].flags |= WATCH_ROOT;
        model[slot].wd = wd;
    }
    watch_forget_path(set);
}

static void model_set_flags(struct watch_set *set)
{
    const int slot = random_slot();
    const unsigned flags = random_flags();

    if (slot == NOWHERE)
        return;
    if (random_below(2)) {
        watch_mark(set, model[slot].id, flags);
        model[slot].flags |= flags;
    } else {
        watch_unmark(set, model[slot].id, flags);
        model[slot].flags &= ~flags;
    }
}

/* The root whose PATH a path begins with, or NOWHERE. */
static int model_base(int slot)
{
    int base = NOWHERE;

    for (; slot != NOWHERE; slot = model[slot].parent)
        if ((model[slot].flags & WATCH_ROOT) &&
            (base == NOWHERE || model_ranks[model[slot].wd - 1] < model_ranks[model[base].wd - 1]))
            base = slot;
    return base;
}

static size_t model_path(char *path, const struct scene *s, int slot, int base)
{
    const struct path *const given = &s->given[model[base].wd - 1];
    size_t len;

    if (slot == base) {
        memcpy(path, given->joined, given->joined_len);
        return given->joined_len;
    }
    len = model_path(path, s, model[slot].parent, base);
    return len + (size_t)sprintf(path + len, "%s/", model[slot].name);
}

static void check_model_path(struct scene *s, int slot)
{
    const int base = model_base(slot);
    static char wanted[SLOTS * 24 + 64];
    size_t len;
    const char *const path = watch_path(s->set, model[slot].id, &len);

    CHECK(watch_path_given(s->set, model[slot].id) ==
          (base == NOWHERE ? NULL : &s->given[model[base].wd - 1]));
    if (CHECK((path != NULL) == (base != NOWHERE)) && path)
        CHECK_MEM(path, len, wanted, model_path(wanted, s, slot, base));
}

static void check_node(const struct watch_set *set, int slot)
{
    const struct model_node *const n = &model[slot];

    CHECK_EQ(watch_parent(set, n->id), id_of(n->parent));
    check_name(set, n->id, n->name);
    CHECK_EQ(watch_wd(set, n->id), n->wd);
    CHECK(watch_has(set, n->id, n->flags));
    for (size_t i = 0; i < COUNT_OF(all_flags); i++)
        CHECK_EQ(watch_has(set, n->id, all_flags[i]), (n->flags & all_flags[i]) != 0);
    CHECK_EQ(watch_stamp(set, n->id)->ino, n->stamp);
    if (n->parent != NOWHERE)
        CHECK_EQ(child(set, model[n->parent].id, n->name), n->id);
    if (n->wd >= 0)
        CHECK_EQ(watch_find(set, n->wd), n->id);
}

static int slot_of(uint32_t id)
{
    for (int i = 0; i < SLOTS; i++)
        if (id && model[i].id == id)
            return i;
    return NOWHERE;
}

/* Everything below a node comes once, each behind its parent and within what is below that. */
static void check_order(const struct watch_set *set, int top)
{
    size_t met = 0, wanted = 0;
    int last = top;

    for (uint32_t id = watch_next(set, model[top].id, model[top].id); id;
         id = watch_next(set, model[top].id, id)) {
        const int slot = slot_of(id);

        if (!CHECK(slot != NOWHERE) || !CHECK(met < SLOTS))
            return;
        CHECK(model_is_below(last, model[slot].parent));
        CHECK(model_is_below(slot, top));
        last = slot;
        met++;
    }
    for (int i = 0; i < SLOTS; i++)
        wanted += model[i].id && i != top && model_is_below(i, top);
    CHECK_EQ(met, wanted);
}

static void check_whole(const struct watch_set *set)
{
    size_t with_wd = 0;

    for (int i = 0; i < SLOTS; i++) {
        size_t depth = 0;
        const int other = random_slot();

        if (!model[i].id)
            continue;
        check_node(set, i);
        check_order(set, i);
        with_wd += model[i].wd >= 0;
        for (int at = i; at != NOWHERE && !(model[at].flags & WATCH_ROOT); at = model[at].parent)
            depth++;
        CHECK_EQ(watch_depth(set, model[i].id), depth);
        if (other != NOWHERE)
            CHECK_EQ(watch_is_below(set, model[i].id, model[other].id), model_is_below(i, other));
    }
    CHECK_EQ(watch_node_count(set), model_count());
    CHECK_EQ(watch_count(set), with_wd);
}

/* What is not there is not found. */
static void check_absent(const struct watch_set *set)
{
    const int parent = random_slot(), wd = 1 + (int)random_below(random_below(2) ? 300 : 100000);
    char name[24];

    random_name(name);
    CHECK_EQ(watch_find(set, wd), id_of(model_find(wd)));
    if (parent != NOWHERE)
        CHECK_EQ(child(set, model[parent].id, name), id_of(model_child(parent, name)));
}

static void a_set_is_that_of_a_plain_model(void)
{
    const size_t rounds = random_rounds(60000);
    struct scene s = new_scene(true);
    int asked = NOWHERE;

    memset(model, 0, sizeof(model));
    for (int i = 0; i < MODEL_ROOTS; i++) {
        char joined[16];

        snprintf(joined, sizeof(joined), "/root%.*s/", i, "xxxxxxxx");
        give(&s, i + 1, joined, model_ranks[i]);
    }
    for (size_t round = 0; round < rounds; round++) {
        const bool rising = round / 2000 % 2 == 0;
        const size_t what = random_below(100);

        check_case("round %zu", round);
        if (what < (rising ? 40 : 10))
            model_add(s.set);
        else if (what < 60)
            model_move(s.set);
        else if (what < 64)
            model_detach(s.set);
        else if (what < (rising ? 66 : 78))
            model_remove(s.set, random_below(4) == 0);
        else if (what < 90)
            model_set_wd(s.set);
        else if (what < 94)
            model_set_root(s.set);
        else
            model_set_flags(s.set);
        check_absent(s.set);
        if (asked != NOWHERE && model[asked].id) /* what was asked for last may be kept */
            check_model_path(&s, asked);
        if (random_below(2))
            asked = random_slot();
        if (asked != NOWHERE && model[asked].id)
            check_model_path(&s, asked);
        if (round % 64 == 0)
            check_whole(s.set);
    }
    check_case_over();
    end_scene(&s);
}

/* ---- memory ---- */

enum { DIRECTORIES = 100000, COST_MAX = 120 };

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

#if defined(__GLIBC__) && defined(__LP64__) && !defined(HAS_SANITIZER)
#if __GLIBC_PREREQ(2, 33)
#define CAN_MEASURE 1
#endif
#endif

#ifdef CAN_MEASURE

/* Everything that is allocated, tables that malloc(3) maps by themselves included. What it keeps at hand to
 * give out again counts as allocated there: so fill that to the brim before. */
static size_t allocated(void)
{
    enum { KEPT_MAX = 64, SIZE_MAX_KEPT = 1032 };
    void *blocks[KEPT_MAX];
    struct mallinfo2 info;

    for (size_t size = 24; size <= SIZE_MAX_KEPT; size += 16) {
        for (size_t i = 0; i < KEPT_MAX; i++)
            blocks[i] = malloc(size);
        for (size_t i = 0; i < KEPT_MAX; i++)
            free(blocks[i]);
    }
    info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* A block that is left over and too small to be of use goes with the one beside it. How often a name that has
 * a block of its own, being of 16 bytes or more, is so lucky is not the set's doing. */
static size_t luck(const char *name, size_t len)
{
    return len < 16 ? 0 : malloc_usable_size((void *)(uintptr_t)name) - 24;
}

#else

static size_t allocated(void)
{
    return 0;
}

static size_t luck(const char *name, size_t len)
{
    return len == 0 && name[0] == '/'; /* never */
}

#endif

static struct shape {
    uint32_t id;
    uint32_t parent, parent_now; /* in this table */
    char name[24], name_now[24];
} shape[DIRECTORIES];

static uint32_t shape_of_id[DIRECTORIES + 2];

/* 3 to 20 bytes, 10.5 in the mean. */
static void realistic_name(char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    const size_t len = random_below(10) == 0 ? 3 + random_below(18) : 5 + random_below(6) + random_below(6);

    for (size_t i = 0; i < len; i++)
        name[i] = letters[random_below(sizeof(letters) - 1)];
    name[len] = '\0';
}

/* Most are in one of the directories that came shortly before, as in a tree of sources; some near the top. */
static void make_shape(struct watch_set *set)
{
    size_t bytes = 0, depth = 0;

    for (uint32_t i = 0; i < DIRECTORIES; i++) {
        struct shape *const d = &shape[i];

        d->parent = i == 0             ? 0
                    : random_below(10) ? i - 1 - (uint32_t)random_below(i < 60 ? i : 60)
                                       : (uint32_t)random_below(i < 300 ? i : 300);
        do
            realistic_name(d->name);
        while (i > 0 && child(set, shape[d->parent].id, d->name));
        d->id = watched(set, i == 0 ? WATCH_NONE : shape[d->parent].id, d->name, (int)i + 1);
        d->parent_now = d->parent;
        strcpy(d->name_now, d->name);
        NEED(d->id < COUNT_OF(shape_of_id));
        shape_of_id[d->id] = i;
        bytes += strlen(d->name);
    }
    watch_mark(set, shape[0].id, WATCH_ROOT);
    for (uint32_t i = 0; i < DIRECTORIES; i++)
        depth += watch_depth(set, shape[i].id);
    printf("%d directories: names of %.1f bytes, %.1f levels deep\n", DIRECTORIES,
           (double)bytes / (int)DIRECTORIES, (double)depth / (int)DIRECTORIES);
}

static void storm_move(struct watch_set *set, uint32_t i)
{
    struct shape *const d = &shape[i];
    const uint32_t parent = random_below(3) ? d->parent_now : shape[1 + random_below(DIRECTORIES - 1)].parent;
    char name[24];

    realistic_name(name);
    if (watch_is_below(set, shape[parent].id, d->id) || child(set, shape[parent].id, name))
        return;
    CHECK_EQ(attach(set, d->id, shape[parent].id, name), 0);
    d->parent_now = parent;
    strcpy(d->name_now, name);
}

/* It goes with everything below it, and all of it comes again. */
static void storm_remove(struct watch_set *set, uint32_t i)
{
    enum { BELOW_MAX = 500 };
    uint32_t gone[BELOW_MAX];
    size_t count = 0;

    for (uint32_t id = shape[i].id; id; id = watch_next(set, shape[i].id, id)) {
        if (count == BELOW_MAX)
            return;
        gone[count++] = shape_of_id[id];
    }
    watch_remove_subtree(set, shape[i].id);
    watch_reuse(set);
    for (size_t g = 0; g < count; g++) {
        struct shape *const d = &shape[gone[g]];

        d->id = watched(set, shape[d->parent_now].id, d->name_now, (int)gone[g] + 1);
        NEED(d->id < COUNT_OF(shape_of_id));
        shape_of_id[d->id] = gone[g];
    }
}

static void restore(struct watch_set *set)
{
    for (uint32_t i = 1; i < DIRECTORIES; i++)
        watch_detach(set, shape[i].id);
    for (uint32_t i = 1; i < DIRECTORIES; i++)
        CHECK_EQ(attach(set, shape[i].id, shape[shape[i].parent].id, shape[i].name), 0);
    for (uint32_t i = 1; i < DIRECTORIES; i++)
        CHECK_EQ(child(set, shape[shape[i].parent].id, shape[i].name), shape[i].id);
}

static size_t luck_of_all(const struct watch_set *set)
{
    size_t sum = 0, len;

    for (uint32_t i = 0; i < DIRECTORIES; i++) {
        const char *const name = watch_name(set, shape[i].id, &len);

        sum += luck(name, len);
    }
    return sum;
}

static void a_directory_costs_little_and_a_storm_nothing(void)
{
    struct scene s = {.targets = target_set_new()};
    const size_t before = allocated();
    const size_t storm = random_rounds(1000000);
    size_t cost, apart_from_luck, told;

    NEED(s.targets != NULL);
    s.set = watch_set_new(s.targets, false);
    NEED(s.set != NULL);
    make_shape(s.set);
    cost = allocated() - before;
    apart_from_luck = cost - luck_of_all(s.set);
    told = watch_memory(s.set);
#ifdef CAN_MEASURE
    printf("%.2f bytes for each; watch_memory() says %.2f\n", (double)cost / (int)DIRECTORIES,
           (double)told / (int)DIRECTORIES);
    CHECK(cost > 0 && cost <= (size_t)COST_MAX * DIRECTORIES);
    CHECK(told <= cost && told > cost / 2);
#else
    printf("what a directory costs cannot be measured here\n");
#endif
    for (size_t i = 0; i < storm; i++) {
        const uint32_t which = 1 + (uint32_t)random_below(DIRECTORIES - 1);

        if (random_below(10))
            storm_move(s.set, which);
        else
            storm_remove(s.set, which);
    }
    restore(s.set);
    CHECK_EQ(allocated() - before - luck_of_all(s.set), apart_from_luck);
    CHECK_EQ(watch_memory(s.set), told);
    CHECK_EQ(watch_node_count(s.set), DIRECTORIES);
    CHECK_EQ(watch_count(s.set), DIRECTORIES);
    end_scene(&s);
}

int main(void)
{
    random_start();
    limit_the_stack();
    a_directory_costs_little_and_a_storm_nothing(); /* the first, with an orderly heap */
    a_new_set_is_empty();
    a_node_is_what_it_was_made();
    flags_are_marked_and_unmarked_each_for_itself();
    a_child_is_found_by_its_parent_and_its_whole_name();
    names_of_every_length_are_told_apart();
    a_name_that_no_node_can_have_changes_nothing();
    a_node_that_is_removed_is_not_found_again();
    a_subtree_is_removed_with_all_of_it_and_no_more();
    a_node_stays_itself_wherever_it_is_moved();
    a_node_may_be_given_the_name_that_it_has();
    a_descriptor_can_be_given_changed_and_taken_away();
    nodes_names_and_stamps_stay_where_they_are_while_the_set_grows();
    descriptors_are_found_in_whatever_order_they_were_given();
    finding_takes_no_longer_among_many();
    the_next_node_is_below_before_it_is_beside();
    below_is_what_is_it_or_under_it();
    depth_is_counted_from_the_nearest_path();
    a_path_begins_with_the_path_given();
    what_has_no_path_above_it_has_none();
    of_several_paths_the_first_given_counts();
    a_path_that_was_moved_keeps_its_own_name();
    a_path_that_is_kept_is_right_after_every_change();
    a_path_is_put_together_once_for_a_run_of_events();
    a_tree_may_be_a_hundred_thousand_levels_deep();
    a_set_is_that_of_a_plain_model();
    return check_status();
}
