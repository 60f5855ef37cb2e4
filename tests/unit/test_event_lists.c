/* test_event_lists.c: what -e takes: lists of names, groups and numbers, and what it answers to everything
 * else. Neighbours: events.h; test_events.c for the rest of that. */
#include "events.h"

#include "check.h"
#include "known_events.h"
#include "room.h"

#include <ctype.h>
#include <errno.h>

/* Several lists, separated by '|', added up and finished. */
static int take_lists(const char *lists, uint32_t *events, uint32_t *flags, char *why, size_t why_size)
{
    struct event_list list = {0};
    char text[4096];
    int err = 0;

    snprintf(text, sizeof(text), "%s", lists);
    for (char *rest = text, *one; err == 0 && (one = strsep(&rest, "|"));)
        err = events_list_add(&list, one, why, why_size);
    return err < 0 ? err : events_list_finish(&list, events, flags, why, why_size);
}

static void check_lists(const char *lists, uint32_t wanted_events, uint32_t wanted_flags)
{
    uint32_t events = 0xdead, flags = 0xdead;
    char why[512] = "";

    check_case("%s", lists);
    if (CHECK_EQ(take_lists(lists, &events, &flags, why, sizeof(why)), 0)) {
        CHECK_EQ(events, wanted_events);
        CHECK_EQ(flags, wanted_flags);
        CHECK_STR(why, "");
    }
    check_case_over();
}

static void check_refused(const char *lists, const char *part)
{
    uint32_t events, flags;
    char why[512] = "";

    check_case("%s", lists);
    CHECK_EQ(take_lists(lists, &events, &flags, why, sizeof(why)), -EINVAL);
    CHECK_CONTAINS(why, part);
    check_case_over();
}

static void lists_come_to_events_and_flags(void)
{
    static const struct {
        const char *lists;
        uint32_t events, flags;
    } cases[] = {
        {"create", 0x100, 0},
        {"create,delete", 0x300, 0},
        {"create,create", 0x100, 0},
        {"create|delete|modify", 0x302, 0},
        {"close", 0x18, 0},
        {"move", 0xc0, 0},
        {"writes", 0x88, 0},
        {"all", 0xfff, 0},
        {"changes", CHANGES, 0},
        {"changes,open", CHANGES | 0x20, 0},
        /* taking away */
        {"all,-access", 0xffe, 0},
        {"all|-access", 0xffe, 0},
        {"all,-close", 0xfe7, 0},
        {"all,-changes", 0x31, 0},
        {"all,-0x3", 0xffc, 0},
        {"all,-IN_open,-in_Access", 0xfde, 0},
        {"all,-open,open", 0xfff, 0},
        {"all,-close,close_write", 0xfef, 0},
        {"create,delete,-delete,-delete", 0x100, 0},
        {"create,-open", 0x100, 0},
        {"-modify", CHANGES & ~2u, 0},
        {"-modify|-attrib", CHANGES & ~6u, 0},
        {"-modify,-modify", CHANGES & ~2u, 0},
        {"-open", CHANGES, 0},
        {"-changes,open", 0x20, 0},
        {"open,-changes", 0x20, 0},
        {"-modify,modify", 0x2, 0},
        /* flags are no events, so the default counts */
        {"onlydir", CHANGES, 0x01000000},
        {"onlydir,dont_follow|excl_unlink", CHANGES, 0x07000000},
        {"oneshot", CHANGES, 0x80000000},
        {"mask_add", CHANGES, 0x20000000},
        {"mask_create", CHANGES, 0x10000000},
        {"create,onlydir", 0x100, 0x01000000},
        {"onlydir,-onlydir", CHANGES, 0},
        {"-onlydir,onlydir", CHANGES, 0x01000000},
        {"mask_add,mask_create,-mask_add", CHANGES, 0x10000000},
        {"onlydir,-modify", CHANGES & ~2u, 0x01000000},
        {"all,-all,onlydir,open", 0x20, 0x01000000},
        /* numbers */
        {"1", 1, 0},
        {"2", 2, 0},
        {"0x2", 2, 0},
        {"0X2", 2, 0},
        {"002", 2, 0},
        {"4095", 0xfff, 0},
        {"0xFfF", 0xfff, 0},
        {"768,0x2", 0x302, 0},
        {"0x81000100", 0x100, 0x81000000},
        {"0x01000000", CHANGES, 0x01000000},
        {"16777216", CHANGES, 0x01000000},
        {"-2", CHANGES & ~2u, 0},
    };
    const struct event_list none = {0};
    uint32_t events, flags;
    char why[256];

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_lists(cases[i].lists, cases[i].events, cases[i].flags);
    CHECK_EQ(events_list_finish(&none, &events, &flags, why, sizeof(why)), 0);
    CHECK_EQ(events, CHANGES);
    CHECK_EQ(flags, 0);
}

static void names_are_taken_in_any_case_with_or_without_in_(void)
{
    static const char *const prefixes[] = {"", "IN_", "in_", "In_", "iN_"};

    for (size_t i = 0; i < COUNT_OF(known); i++) {
        const uint32_t events = known[i].kind == EVENT_FLAG ? CHANGES : known[i].bits;
        const uint32_t flags = known[i].kind == EVENT_FLAG ? known[i].bits : 0;

        for (size_t p = 0; p < COUNT_OF(prefixes); p++) {
            for (int style = 0; style < 3; style++) {
                char item[64];

                snprintf(item, sizeof(item), "%s%s", prefixes[p], known[i].name);
                for (char *c = item + strlen(prefixes[p]); *c; c++)
                    *c = (char)(style == 0 || (style == 2 && (c - item) % 2) ? tolower(*c) : toupper(*c));
                if (known[i].kind == EVENT_TOLD)
                    check_refused(item, item);
                else
                    check_lists(item, events, flags);
            }
        }
    }
}

static void what_the_kernel_says_unasked_cannot_be_asked_for(void)
{
    check_refused("ignored", "'ignored' is said by the kernel");
    check_refused("create,IN_Q_OVERFLOW", "'IN_Q_OVERFLOW' is said by the kernel");
    check_refused("all,-isdir", "'isdir' is said by the kernel");
    check_refused("0x40000100", "'0x40000100' is said by the kernel");
    check_refused("8192", "'8192' is said by the kernel");
}

static void words_of_other_tools_are_answered_with_ours(void)
{
    static const char *const cases[][2] = {
        {"remove", "inotap calls it 'delete'"},     {"Removed", "inotap calls it 'delete'"},
        {"read", "inotap calls it 'access'"},       {"rename", "inotap calls it 'move'"},
        {"chmod", "inotap calls it 'attrib'"},      {"metadata", "inotap calls it 'attrib'"},
        {"write", "inotap calls it 'writes'"},      {"create,modified", "inotap calls it 'modify'"},
        {"attributes", "inotap calls it 'attrib'"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_refused(cases[i][0], cases[i][1]);
}

static void a_word_that_is_near_nothing_is_answered_with_where_they_are_listed(void)
{
    static const char *const cases[] = {"xyz", "IN_", "in_in_create", "cr", "movement", "deletes_all"};

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_refused(cases[i], "'inotap --help' lists the events");
}

static void a_misspelt_name_is_answered_with_the_nearest(void)
{
    static const char *const cases[][2] = {
        {"creat", "'CREATE'"},
        {"IN_CREAT", "'CREATE'"},
        {"cretae", "'CREATE'"},
        {"modifyy", "'MODIFY'"},
        {"colse", "'close'"},
        {"mvoe", "'move'"},
        {"atrib", "'ATTRIB'"},
        {"close-write", "'CLOSE_WRITE'"},
        {"close_nowrit", "'CLOSE_NOWRITE'"},
        {"moved_ot", "'MOVED_TO'"},
        {"delet_self", "'DELETE_SELF'"},
        {"onlydirs", "'ONLYDIR'"},
        {"write", "'writes'"},
        {"change", "'changes'"},
        {"al", "'all'"},
        {"create,opn", "'OPEN'"},
        {"opens|create", "'OPEN'"},
        {"-creat", "'CREATE'"},
        {"--create", "'CREATE'"},
        {" create", "'CREATE'"},
        {"create ", "'CREATE'"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check_refused(cases[i][0], cases[i][1]);
        check_refused(cases[i][0], "there is no event '");
    }
    check_refused("create,opn", "'opn'");
}

static void what_cannot_be_asked_for_is_not_proposed_either(void)
{
    static const char *const words[] = {"ignred", "unmont", "q_overflo", "isdi"};

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        uint32_t events, flags;
        char why[512] = "";

        check_case("%s", words[i]);
        CHECK_EQ(take_lists(words[i], &events, &flags, why, sizeof(why)), -EINVAL);
        CHECK_CONTAINS(why, "there is no event");
        CHECK(!strstr(why, "IGNORED") && !strstr(why, "UNMOUNT") && !strstr(why, "Q_OVERFLOW") &&
              !strstr(why, "'ISDIR'"));
    }
    check_case_over();
}

static void numbers_are_of_bits_that_there_are(void)
{
    check_refused("0", "'0'");
    check_refused("0x0", "'0x0'");
    check_refused("0x", "'0x'");
    check_refused("12x", "'12x'");
    check_refused("0x1g", "'0x1g'");
    check_refused("1.5", "'1.5'");
    check_refused("4294967296", "'4294967296'");
    check_refused("0x100000001", "'0x100000001'");
    check_refused("0x1100", "0x1000");
    check_refused("0x08300001", "0x8300000");
    check_refused("65536", "0x10000");
    check_refused("-0x1000", "0x1000");
}

static void an_empty_item_is_refused(void)
{
    static const char *const lists[] = {"",  ",",        "create,", ",create", "create,,delete",
                                        "-", "create,-", "|create"};

    for (size_t i = 0; i < COUNT_OF(lists); i++)
        check_refused(lists[i], "empty");
}

static void a_list_that_leaves_nothing_is_refused(void)
{
    check_refused("-changes", "nothing is left");
    check_refused("-all", "nothing is left");
    check_refused("create,-create", "nothing is left");
    check_refused("create,-all,onlydir", "nothing is left");
    check_refused("create|-changes", "nothing is left");
}

static void flags_that_exclude_each_other_are_refused(void)
{
    check_refused("mask_add,mask_create", "'mask_add' and 'mask_create'");
    check_refused("create,0x30000000", "'mask_add' and 'mask_create'");
    check_refused("mask_create|mask_add", "'mask_add' and 'mask_create'");
}

static void an_item_of_any_length_is_refused_with_a_message_that_fits(void)
{
    static const size_t lens[] = {62, 63, 64, 65, 1000, 3000};
    static const size_t why_sizes[] = {1, 2, 20, 80};
    char item[4096];

    for (size_t i = 0; i < COUNT_OF(lens); i++) {
        snprintf(item, sizeof(item), "create,%0*d", (int)lens[i], 0);
        memset(item + 7, 'a', lens[i]);
        check_refused(item, lens[i] < 64 ? "there is no event 'aaaa" : "longer than any event's name");
        memcpy(item + 7 + lens[i], ",open", 6);
        check_refused(item, lens[i] < 64 ? "there is no event 'aaaa" : "longer than any event's name");
        for (size_t j = 0; j < COUNT_OF(why_sizes); j++) {
            struct room why = room_new(why_sizes[j]);
            struct event_list list = {0};

            check_case("a message of %zu bytes", why_sizes[j]);
            CHECK_EQ(events_list_add(&list, item, why.bytes, why.size), -EINVAL);
            CHECK(memchr(why.bytes, '\0', why.size) != NULL);
            CHECK(room_kept(&why));
            room_free(&why);
        }
    }
    check_case_over();
}

int main(void)
{
    lists_come_to_events_and_flags();
    names_are_taken_in_any_case_with_or_without_in_();
    what_the_kernel_says_unasked_cannot_be_asked_for();
    a_misspelt_name_is_answered_with_the_nearest();
    words_of_other_tools_are_answered_with_ours();
    a_word_that_is_near_nothing_is_answered_with_where_they_are_listed();
    what_cannot_be_asked_for_is_not_proposed_either();
    numbers_are_of_bits_that_there_are();
    an_empty_item_is_refused();
    a_list_that_leaves_nothing_is_refused();
    flags_that_exclude_each_other_are_refused();
    an_item_of_any_length_is_refused_with_a_message_that_fits();
    return check_status();
}
