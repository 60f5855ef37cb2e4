/* test_events.c: the decoder on hand-made buffers, the table, and masks turned into names.
 * Neighbours: events.h; test_event_lists.c for -e. */
#include "events.h"

#include "check.h"
#include "known_events.h"
#include "random.h"
#include "room.h"

#include <errno.h>

/* ---- decoding ---- */

/* Append a raw event whose name field has len bytes, of which the name takes name_len and NUL the rest. */
static size_t put_raw(char *buffer, size_t at, int32_t wd, uint32_t mask, uint32_t cookie, const char *name,
                      size_t name_len, uint32_t len)
{
    const uint32_t numbers[3] = {mask, cookie, len};

    memcpy(buffer + at, &wd, 4);
    memcpy(buffer + at + 4, numbers, sizeof(numbers));
    memset(buffer + at + EVENT_HEADER_SIZE, 0, len);
    memcpy(buffer + at + EVENT_HEADER_SIZE, name, name_len);
    return at + EVENT_HEADER_SIZE + len;
}

/* A copy with nothing behind it, so that a sanitizer sees any byte read too many. */
static char *exactly(const char *bytes, size_t len)
{
    char *const copy = malloc(len);

    NEED(copy || len == 0);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

static void check_event(const struct event *ev, int wd, uint32_t mask, uint32_t cookie, uint32_t len,
                        const char *name, size_t name_len)
{
    CHECK_EQ(ev->wd, wd);
    CHECK_EQ(ev->mask, mask);
    CHECK_EQ(ev->cookie, cookie);
    CHECK_EQ(ev->len, len);
    CHECK_MEM(ev->name, ev->name_len, name, name_len);
}

static void an_empty_buffer_holds_no_event(void)
{
    char byte = 'x';
    struct event_cursor cursor = {&byte, &byte};
    struct event ev;

    CHECK_EQ(events_next(&cursor, &ev), 0);
    CHECK(cursor.at == &byte);
}

static void a_header_cut_short_is_refused_where_it_stands(void)
{
    for (size_t left = 1; left < EVENT_HEADER_SIZE; left++) {
        char *const buffer = exactly("\1\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0", left);
        struct event_cursor cursor = {buffer, buffer + left};
        struct event ev;

        check_case("%zu bytes", left);
        CHECK_EQ(events_next(&cursor, &ev), -EBADMSG);
        CHECK(cursor.at == buffer);
        free(buffer);
    }
    check_case_over();
}

static void a_name_longer_than_the_buffer_is_refused_where_it_stands(void)
{
    static const uint32_t lens[] = {17, 18, 32, 256, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    char raw[64];
    const size_t first = put_raw(raw, 0, 1, IN_CREATE, 0, "before", 6, 16);
    const size_t size = put_raw(raw, first, 2, IN_CREATE, 0, "a", 1, 16);

    for (size_t i = 0; i < COUNT_OF(lens); i++) {
        char *const buffer = exactly(raw, size);
        struct event_cursor cursor = {buffer, buffer + size};
        struct event ev;

        check_case("len %u, with 16 bytes left", lens[i]);
        memcpy(buffer + first + 12, &lens[i], 4);
        CHECK_EQ(events_next(&cursor, &ev), 1);
        check_event(&ev, 1, IN_CREATE, 0, 16, "before", 6);
        CHECK_EQ(events_next(&cursor, &ev), -EBADMSG);
        CHECK_EQ(events_next(&cursor, &ev), -EBADMSG);
        CHECK_EQ(cursor.at - buffer, (long)first);
        free(buffer);
    }
    check_case_over();
}

static void a_header_cut_short_behind_an_event_is_refused(void)
{
    char raw[64];
    const size_t first = put_raw(raw, 0, 1, IN_DELETE, 0, "gone", 4, 16);
    const size_t size = put_raw(raw, first, 1, IN_DELETE, 0, "", 0, 0) - 1;
    char *const buffer = exactly(raw, size);
    struct event_cursor cursor = {buffer, buffer + size};
    struct event ev;

    CHECK_EQ(events_next(&cursor, &ev), 1);
    CHECK_EQ(events_next(&cursor, &ev), -EBADMSG);
    CHECK_EQ(cursor.at - buffer, (long)first);
    free(buffer);
}

static void an_overflow_has_the_descriptor_minus_one_and_no_name(void)
{
    char raw[EVENT_HEADER_SIZE];
    const size_t size = put_raw(raw, 0, -1, IN_Q_OVERFLOW, 0, "", 0, 0);
    char *const buffer = exactly(raw, size);
    struct event_cursor cursor = {buffer, buffer + size};
    struct event ev;

    CHECK_EQ(events_next(&cursor, &ev), 1);
    check_event(&ev, -1, IN_Q_OVERFLOW, 0, 0, "", 0);
    CHECK_EQ(events_next(&cursor, &ev), 0);
    free(buffer);
}

static void a_name_without_nul_fills_its_field_and_no_more(void)
{
    char raw[64];
    const size_t first = put_raw(raw, 0, 7, IN_OPEN, 0, "sixteen_bytes_16", 16, 16);
    const size_t size = put_raw(raw, first, 8, IN_OPEN, 0, "z", 1, 1);
    char *const buffer = exactly(raw, size);
    struct event_cursor cursor = {buffer, buffer + size};
    struct event ev;

    CHECK_EQ(events_next(&cursor, &ev), 1);
    check_event(&ev, 7, IN_OPEN, 0, 16, "sixteen_bytes_16", 16);
    CHECK_EQ(events_next(&cursor, &ev), 1);
    check_event(&ev, 8, IN_OPEN, 0, 1, "z", 1);
    CHECK_EQ(events_next(&cursor, &ev), 0);
    free(buffer);
}

static void the_longest_name_is_the_largest_event(void)
{
    char raw[EVENT_USUAL_SIZE], name[255];
    struct event ev;
    size_t size;

    memset(name, 'n', sizeof(name));
    size = put_raw(raw, 0, 3, IN_CREATE, 0, name, sizeof(name), 256);
    CHECK_EQ(size, EVENT_USUAL_SIZE);

    char *const buffer = exactly(raw, size);
    struct event_cursor cursor = {buffer, buffer + size};

    CHECK_EQ(events_next(&cursor, &ev), 1);
    check_event(&ev, 3, IN_CREATE, 0, 256, name, sizeof(name));
    CHECK(cursor.at == cursor.end);
    free(buffer);
}

static void what_stands_behind_the_first_nul_is_not_the_name(void)
{
    char raw[64];
    const size_t first = put_raw(raw, 0, 1, IN_CREATE, 0, "ab\0garbage", 10, 16);
    const size_t size = put_raw(raw, first, 1, IN_CREATE, 0, "\0x", 2, 16);
    struct event_cursor cursor = {raw, raw + size};
    struct event ev;

    CHECK_EQ(events_next(&cursor, &ev), 1);
    check_event(&ev, 1, IN_CREATE, 0, 16, "ab", 2);
    CHECK_EQ(events_next(&cursor, &ev), 1);
    check_event(&ev, 1, IN_CREATE, 0, 16, "", 0);
}

static void several_events_come_in_order_wherever_the_buffer_stands(void)
{
    char raw[256], shifted[256 + 16];
    size_t size = put_raw(raw, 0, 1, IN_CREATE, 0, "a", 1, 16);
    struct event ev;

    size = put_raw(raw, size, 2, IN_MOVED_FROM | IN_ISDIR, 4711, "old", 3, 16);
    size = put_raw(raw, size, 3, IN_MOVED_TO | IN_ISDIR, 4711, "new", 3, 32);
    size = put_raw(raw, size, INT32_MAX, IN_DELETE_SELF, UINT32_MAX, "", 0, 0);
    size = put_raw(raw, size, INT32_MIN, IN_IGNORED, 0, "odd", 3, 5);
    for (size_t shift = 0; shift < 16; shift++) {
        struct event_cursor cursor = {shifted + shift, shifted + shift + size};

        check_case("shifted by %zu", shift);
        memcpy(shifted + shift, raw, size);
        CHECK_EQ(events_next(&cursor, &ev), 1);
        check_event(&ev, 1, IN_CREATE, 0, 16, "a", 1);
        CHECK(ev.name == shifted + shift + EVENT_HEADER_SIZE);
        CHECK_EQ(events_next(&cursor, &ev), 1);
        check_event(&ev, 2, IN_MOVED_FROM | IN_ISDIR, 4711, 16, "old", 3);
        CHECK_EQ(events_next(&cursor, &ev), 1);
        check_event(&ev, 3, IN_MOVED_TO | IN_ISDIR, 4711, 32, "new", 3);
        CHECK_EQ(events_next(&cursor, &ev), 1);
        check_event(&ev, INT32_MAX, IN_DELETE_SELF, UINT32_MAX, 0, "", 0);
        CHECK_EQ(events_next(&cursor, &ev), 1);
        check_event(&ev, INT32_MIN, IN_IGNORED, 0, 5, "odd", 3);
        CHECK_EQ(events_next(&cursor, &ev), 0);
        CHECK(cursor.at == cursor.end);
    }
    check_case_over();
}

static void masks_pass_as_they_are(void)
{
    static const uint32_t masks[] = {0, 1, 0x1000, 0x00abc000, 0x80000000, UINT32_MAX};

    for (size_t i = 0; i < COUNT_OF(masks); i++) {
        char raw[EVENT_HEADER_SIZE];
        const size_t size = put_raw(raw, 0, 1, masks[i], 0, "", 0, 0);
        struct event_cursor cursor = {raw, raw + size};
        struct event ev;

        CHECK_EQ(events_next(&cursor, &ev), 1);
        CHECK_EQ(ev.mask, masks[i]);
    }
}

/* ---- the table ---- */

static void the_table_is_that_of_inotify_7(void)
{
    size_t count;
    const struct event_row *const table = events_table(&count);

    CHECK_EQ(count, COUNT_OF(known));
    for (size_t i = 0; i < COUNT_OF(known) && i < count; i++) {
        const char *const help = table[i].help;

        check_case("%s", known[i].name);
        CHECK_STR(table[i].name, known[i].name);
        CHECK_EQ(table[i].bits, known[i].bits);
        CHECK_EQ(table[i].kind, known[i].kind);
        CHECK(help[0] != '\0' && help[strlen(help) - 1] != '.' && !strchr(help, '\n'));
    }
    check_case_over();
}

static void a_group_is_found_by_its_name_and_nothing_else_is(void)
{
    CHECK_EQ(events_group("all"), 0xfff);
    CHECK_EQ(events_group("changes"), CHANGES);
    CHECK_EQ(events_group("writes"), 0x88);
    CHECK_EQ(events_group("CREATE"), 0);
    CHECK_EQ(events_group("create"), 0);
    CHECK_EQ(events_group("change"), 0);
    CHECK_EQ(events_group(""), 0);
}

/* ---- names ---- */

static void check_names(uint32_t mask, const char *separator, const char *wanted)
{
    struct room room = room_new(events_put_bound(strlen(separator)));
    const size_t len = (size_t)(events_put(room.bytes, mask, separator, strlen(separator)) - room.bytes);

    check_case("mask 0x%x", mask);
    CHECK_MEM(room.bytes, len, wanted, strlen(wanted));
    CHECK_ROOM(room, len);
    check_case_over();
    room_free(&room);
}

static void every_single_bit_is_a_name_or_a_number(void)
{
    for (int bit = 0; bit < 32; bit++) {
        const uint32_t mask = (uint32_t)1 << bit;
        char wanted[32];

        snprintf(wanted, sizeof(wanted), "0x%x", mask);
        for (size_t i = 0; i < COUNT_OF(known); i++)
            if (known[i].kind <= EVENT_TOLD && known[i].bits == mask)
                snprintf(wanted, sizeof(wanted), "%s", known[i].name);
        check_names(mask, ",", wanted);
    }
}

static void names_stand_in_the_order_of_the_table_and_isdir_last(void)
{
    check_names(0, ",", "0x0");
    check_names(IN_ISDIR, ",", "ISDIR");
    check_names(IN_CREATE | IN_ISDIR, ",", "CREATE,ISDIR");
    check_names(IN_OPEN | IN_MODIFY | IN_ATTRIB | IN_ACCESS, ",", "ACCESS,ATTRIB,MODIFY,OPEN");
    check_names(IN_UNMOUNT | IN_ISDIR | IN_IGNORED, ",", "IGNORED,UNMOUNT,ISDIR");
    check_names(
        0x4000efff, ",",
        "ACCESS,ATTRIB,CLOSE_WRITE,CLOSE_NOWRITE,CREATE,DELETE,DELETE_SELF,MODIFY,MOVE_SELF,MOVED_FROM,"
        "MOVED_TO,OPEN,IGNORED,Q_OVERFLOW,UNMOUNT,ISDIR");
}

static void bits_without_a_name_follow_in_hexadecimal_before_isdir(void)
{
    check_names(0x1000, ",", "0x1000");
    check_names(0x1100, ",", "CREATE,0x1000");
    check_names(0x40001000, ",", "0x1000,ISDIR");
    check_names(0x40001100, ",", "CREATE,0x1000,ISDIR");
    check_names(0x80000100, ",", "CREATE,0x80000000");
    check_names(0x00aba002, ",", "MODIFY,IGNORED,UNMOUNT,0xab0000");
    check_names(
        UINT32_MAX, "+",
        "ACCESS+ATTRIB+CLOSE_WRITE+CLOSE_NOWRITE+CREATE+DELETE+DELETE_SELF+MODIFY+MOVE_SELF+MOVED_FROM+"
        "MOVED_TO+OPEN+IGNORED+Q_OVERFLOW+UNMOUNT+0xbfff1000+ISDIR");
}

static void any_separator_stands_between_two_names_only(void)
{
    static const char nul_separated[] = "CREATE\0ISDIR";
    char out[256];

    check_names(0x40001100, "", "CREATE0x1000ISDIR");
    check_names(0x40001100, " | ", "CREATE | 0x1000 | ISDIR");
    check_names(0x40001100, "\",\"", "CREATE\",\"0x1000\",\"ISDIR");
    check_names(IN_CREATE, " | ", "CREATE");
    CHECK_MEM(out, (size_t)(events_put(out, IN_CREATE | IN_ISDIR, "\0", 1) - out), nul_separated,
              sizeof(nul_separated) - 1);
}

/* Read the names back. */
static uint32_t mask_of(char *names, const char *separator)
{
    uint32_t mask = 0;

    for (char *rest = names, *name; (name = strsep(&rest, separator));) {
        uint32_t bits = 0;

        for (size_t i = 0; i < COUNT_OF(known); i++)
            if (strcmp(known[i].name, name) == 0)
                bits = known[i].bits;
        mask |= bits ? bits : (uint32_t)strtoul(name, NULL, 16);
    }
    return mask;
}

static void no_bit_of_a_mask_is_lost_and_no_bound_exceeded(void)
{
    const size_t rounds = random_rounds(20000);

    for (size_t i = 0; i < rounds; i++) {
        const uint64_t some = random_next(), others = random_next();
        const uint32_t mask = (uint32_t)(some & others);
        char separator[16];
        const size_t separator_len = 1 + random_below(8);
        struct room room = room_new(events_put_bound(separator_len));
        size_t len;

        check_case("round %zu: mask 0x%x", i, mask);
        memset(separator, ';', sizeof(separator));
        len = (size_t)(events_put(room.bytes, mask, separator, separator_len) - room.bytes);
        CHECK_ROOM(room, len);
        room.bytes[len] = '\0';
        CHECK_EQ(mask_of(room.bytes, ";"), mask);
        room_free(&room);
    }
    check_case_over();
}

static void the_column_is_as_wide_as_what_is_commonly_seen(void)
{
    CHECK_EQ(events_width(0), strlen("Q_OVERFLOW"));
    CHECK_EQ(events_width(IN_MODIFY), strlen("Q_OVERFLOW"));
    CHECK_EQ(events_width(IN_CLOSE_WRITE), strlen("CLOSE_WRITE"));
    CHECK_EQ(events_width(IN_OPEN), strlen("OPEN,ISDIR"));
    CHECK_EQ(events_width(IN_CREATE), strlen("CREATE,ISDIR"));
    CHECK_EQ(events_width(CHANGES), strlen("DELETE_SELF,ISDIR"));
    CHECK_EQ(events_width(IN_ALL_EVENTS), strlen("CLOSE_NOWRITE,ISDIR"));
}

int main(void)
{
    random_start();
    an_empty_buffer_holds_no_event();
    a_header_cut_short_is_refused_where_it_stands();
    a_name_longer_than_the_buffer_is_refused_where_it_stands();
    a_header_cut_short_behind_an_event_is_refused();
    an_overflow_has_the_descriptor_minus_one_and_no_name();
    a_name_without_nul_fills_its_field_and_no_more();
    the_longest_name_is_the_largest_event();
    what_stands_behind_the_first_nul_is_not_the_name();
    several_events_come_in_order_wherever_the_buffer_stands();
    masks_pass_as_they_are();
    the_table_is_that_of_inotify_7();
    a_group_is_found_by_its_name_and_nothing_else_is();
    every_single_bit_is_a_name_or_a_number();
    names_stand_in_the_order_of_the_table_and_isdir_last();
    bits_without_a_name_follow_in_hexadecimal_before_isdir();
    any_separator_stands_between_two_names_only();
    no_bit_of_a_mask_is_lost_and_no_bound_exceeded();
    the_column_is_as_wide_as_what_is_commonly_seen();
    return check_status();
}
