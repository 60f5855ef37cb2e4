/* test_timestamp.c: --time in all its forms, in several time zones, and what is kept within a second.
 * Neighbours: timestamp.h. Time zones are POSIX strings, so that no data base of them is needed. */
#include "timestamp.h"

#include "check.h"
#include "room.h"

#include <errno.h>
#include <stdint.h>

/* 2023-11-14 22:13:20 UTC, a Tuesday, day 318. */
#define SOME_SECOND ((time_t)1700000000)

static void set_zone(const char *zone)
{
    NEED(setenv("TZ", zone, 1) == 0);
    tzset();
}

static struct timestamp *parsed(const char *format)
{
    struct timestamp *t = NULL;
    char why[256] = "";

    if (!CHECK_EQ(timestamp_parse(format, &t, why, sizeof(why)), 0) || !CHECK(t != NULL))
        exit(1);
    CHECK_STR(why, "");
    return t;
}

static void check_render(struct timestamp *t, time_t second, long ns, const char *wanted)
{
    const struct timespec when = {.tv_sec = second, .tv_nsec = ns};
    size_t len = 4711;
    const char *const text = timestamp_render(t, &when, &len);

    CHECK_MEM(text, len, wanted, strlen(wanted));
}

static void check_once(const char *format, time_t second, long ns, const char *wanted)
{
    check_case("'%s'", format);

    struct timestamp *const t = parsed(format);

    check_render(t, second, ns, wanted);
    timestamp_free(t);
    check_case_over();
}

static void none_is_no_time_at_all(void)
{
    struct timestamp *t = (struct timestamp *)&t;
    char why[256] = "";

    CHECK_EQ(timestamp_parse("none", &t, why, sizeof(why)), 0);
    CHECK(t == NULL);
    timestamp_free(NULL);
}

static void rfc3339_is_local_time_with_its_offset(void)
{
    set_zone("UTC0");
    check_once("rfc3339", SOME_SECOND, 123456789, "2023-11-14T22:13:20.123456789+00:00");
    check_once("rfc3339", 0, 0, "1970-01-01T00:00:00.000000000+00:00");
    check_once("rfc3339", INT64_C(4102444800), 999999999, "2100-01-01T00:00:00.999999999+00:00");
    set_zone("IST-5:30");
    check_once("rfc3339", SOME_SECOND, 5, "2023-11-15T03:43:20.000000005+05:30");
    set_zone("NST3:30");
    check_once("rfc3339", SOME_SECOND, 5, "2023-11-14T18:43:20.000000005-03:30");
    set_zone("ODD0:09");
    check_once("rfc3339", SOME_SECOND, 5, "2023-11-14T22:04:20.000000005-00:09");
    set_zone("LINT-14");
    check_once("rfc3339", SOME_SECOND, 5, "2023-11-15T12:13:20.000000005+14:00");
}

static void the_offset_changes_with_summer_time_between_two_seconds(void)
{
    struct timestamp *t;

    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    t = parsed("rfc3339");
    check_render(t, 1711846799, 999999999, "2024-03-31T01:59:59.999999999+01:00");
    check_render(t, 1711846800, 0, "2024-03-31T03:00:00.000000000+02:00");
    check_render(t, 1729990799, 0, "2024-10-27T02:59:59.000000000+02:00");
    check_render(t, 1729990800, 0, "2024-10-27T02:00:00.000000000+01:00");
    timestamp_free(t);
}

static void unix_and_mono_are_seconds_and_nanoseconds_wherever_we_are(void)
{
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    check_once("unix", SOME_SECOND, 7, "1700000000.000000007");
    check_once("unix", 0, 0, "0.000000000");
    check_once("mono", 12345, 678000000, "12345.678000000");
    check_once("mono", 0, 1, "0.000000001");
}

static void only_mono_is_of_the_monotonic_clock(void)
{
    static const struct {
        const char *format;
        clockid_t clock;
    } cases[] = {
        {"rfc3339", CLOCK_REALTIME}, {"unix", CLOCK_REALTIME},   {"%s", CLOCK_REALTIME},
        {"mono", CLOCK_MONOTONIC},   {"mono%%", CLOCK_REALTIME},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct timestamp *const t = parsed(cases[i].format);

        check_case("%s", cases[i].format);
        CHECK_EQ(timestamp_clock(t), cases[i].clock);
        timestamp_free(t);
    }
    check_case_over();
}

static void a_format_is_that_of_strftime(void)
{
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    check_once("%Y-%m-%d %H:%M:%S", SOME_SECOND, 0, "2023-11-14 23:13:20");
    check_once("%H:%M:%S", 1720000000, 0, "11:46:40");
    check_once("%A %B %e", SOME_SECOND, 0, "Tuesday November 14");
    check_once("%a %b %-d", SOME_SECOND, 0, "Tue Nov 14");
    check_once("%j %u %y", SOME_SECOND, 0, "318 2 23");
    check_once("%D %F %T %R", SOME_SECOND, 0, "11/14/23 2023-11-14 23:13:20 23:13");
    check_once("%I %p", SOME_SECOND, 0, "11 PM");
    check_once("%G-W%V-%u", SOME_SECOND, 0, "2023-W46-2");
    check_once("%z %Z", SOME_SECOND, 0, "+0100 CET");
    check_once("%z %Z", 1720000000, 0, "+0200 CEST");
    check_once("%s", SOME_SECOND, 0, "1700000000");
    check_once("%Ey %Od %EY", SOME_SECOND, 0, "23 14 2023");
    check_once("%5Y|%_m|%-m", SOME_SECOND, 0, "02023|11|11");
    check_once("%%", SOME_SECOND, 0, "%");
    check_once("at %% %H %%", SOME_SECOND, 0, "at % 23 %");
    check_once("%%N%%:z%%3N%%s", SOME_SECOND, 0, "%N%:z%3N%s");
    check_once("\xc3\xa9\xff%d\xe2\x82", SOME_SECOND, 0,
               "\xc3\xa9\xff"
               "14\xe2\x82");
    check_once("[%H]", SOME_SECOND, 0, "[23]");
    check_once("|%H|", SOME_SECOND, 0, "|23|");
    check_once("%n%t", SOME_SECOND, 0, "\n\t");
}

#ifdef __GLIBC__
static void a_format_may_have_what_the_gnu_library_adds(void)
{
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    check_once("%I %P", SOME_SECOND, 0, "11 pm");
    check_once("%k|%l", SOME_SECOND - 54000, 0, " 8| 8");
    check_once("%^a|%#Z|%_5d|%-I", SOME_SECOND, 0, "TUE|cet|   14|11");
}
#endif

static void nanoseconds_have_as_many_digits_as_asked(void)
{
    static const char *const wanted[] = {"1",      "12",      "123",      "1234",     "12345",
                                         "123456", "1234567", "12345678", "123456789"};

    for (int digits = 1; digits <= 9; digits++) {
        char format[8];

        snprintf(format, sizeof(format), "%%%dN", digits);
        check_once(format, SOME_SECOND, 123456789, wanted[digits - 1]);
    }
    check_once("%N", SOME_SECOND, 123456789, "123456789");
    check_once("%N", SOME_SECOND, 1000, "000001000");
    check_once("%3N", SOME_SECOND, 999999, "000");
    check_once("%3N", SOME_SECOND, 1000000, "001");
    check_once("%3N", SOME_SECOND, 999999999, "999");
    check_once("%1N%1N", SOME_SECOND, 987654321, "99");
    check_once("%N%3N", SOME_SECOND, 987654321, "987654321987");
    check_once("%3Nx", SOME_SECOND, 987654321, "987x");
    check_once("%s%N", SOME_SECOND, 42, "1700000000000000042");
}

static void an_offset_may_have_a_colon(void)
{
    set_zone("NST3:30NDT,M3.2.0,M11.1.0");
    check_once("%:z", SOME_SECOND, 0, "-03:30");
    check_once("%:z", 1720000000, 0, "-02:30");
    check_once("<%:z|%z>", SOME_SECOND, 0, "<-03:30|-0330>");
}

static void a_conversion_that_is_none_is_refused(void)
{
    static const struct {
        const char *format, *part;
    } cases[] = {
        {"", "''"},         {"now", "'now'"},   {"RFC3339", "'RFC3339'"}, {"iso", "'iso'"},
        {"%", "'%'"},       {"%H %", "'%'"},    {"%Q", "'%Q'"},           {"%H:%M:%q", "'%q'"},
        {"%:", "'%:'"},     {"%:s", "'%:s'"},   {"%::z", "'%::z'"},       {"%E", "'%E'"},
        {"%-", "'%-'"},     {"%5", "'%5'"},     {"%-05", "'%-05'"},       {"%EEy", "'%EEy'"},
        {"%0N", "'%0N'"},   {"%10N", "'%10N'"}, {"%-3N", "'%-3N'"},       {"%3", "'%3'"},
        {"%f", "'%f'"},     {"%i", "'%i'"},     {"% Y", "'% Y'"},         {"%\xff", "'%\xff'"},
        {"%.3S", "'%.3S'"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct timestamp *t = (struct timestamp *)&t;
        char why[256] = "";

        check_case("'%s'", cases[i].format);
        CHECK_EQ(timestamp_parse(cases[i].format, &t, why, sizeof(why)), -EINVAL);
        CHECK(t == NULL);
        CHECK_CONTAINS(why, cases[i].part);
    }
    check_case_over();
}

static void a_message_is_never_longer_than_its_room(void)
{
    static const char *const formats[] = {"no percent sign at all", "%Q", "%300Y"};

    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        for (size_t size = 1; size < 40; size++) {
            struct room why = room_new(size);
            struct timestamp *t;

            CHECK_EQ(timestamp_parse(formats[i], &t, why.bytes, why.size), -EINVAL);
            CHECK(memchr(why.bytes, '\0', why.size) != NULL);
            CHECK(room_kept(&why));
            room_free(&why);
        }
    }
}

/* A format that renders `len` bytes on the day with the longest names, in the C locale. */
static int parse_of_length(size_t len, const char *pattern, size_t pattern_len, struct timestamp **t)
{
    char format[2 * TIMESTAMP_MAX], why[256];

    memset(format, 'x', len - pattern_len);
    snprintf(format + len - pattern_len, sizeof(format) - (len - pattern_len), "%s", pattern);
    return timestamp_parse(format, t, why, sizeof(why));
}

static void a_time_that_would_be_too_long_is_refused(void)
{
    static const struct {
        const char *pattern;
        size_t longest;
    } cases[] = {
        {"%%", 1},
        {"%N", 9},
        {"%1N", 1},
        {"%s", 10},
        {"%H", 2},
        {"%:z", 6},
        {"%A, %d %B %Y", sizeof("Wednesday, 30 September 2026") - 1},
        {"%A%N%B", sizeof("Wednesday123456789September") - 1},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct timestamp *t;

        check_case("%s", cases[i].pattern);
        if (CHECK_EQ(parse_of_length(TIMESTAMP_MAX - 2, cases[i].pattern, cases[i].longest, &t), 0)) {
            struct timespec when = {.tv_sec = SOME_SECOND};

            for (int day = 0; day < 400; day++, when.tv_sec += 86400) {
                size_t len;

                timestamp_render(t, &when, &len);
                CHECK(len > 0 && len < TIMESTAMP_MAX);
            }
            timestamp_free(t);
        }
        CHECK_EQ(parse_of_length(TIMESTAMP_MAX + 1, cases[i].pattern, cases[i].longest, &t), -EINVAL);
        CHECK_EQ(parse_of_length(TIMESTAMP_MAX + 40, cases[i].pattern, cases[i].longest, &t), -EINVAL);
    }
    check_case_over();
}

static void a_huge_width_is_refused(void)
{
    static const char *const formats[] = {
        "%256Y",
        "%300Y",
        "%100000Y",
#ifdef __GLIBC__
        "%99999999999999999999d",
        "%99999c",
#endif
    };

    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct timestamp *t;
        char why[256];

        check_case("%s", formats[i]);
        CHECK_EQ(timestamp_parse(formats[i], &t, why, sizeof(why)), -EINVAL);
    }
    check_case_over();
}

static void within_a_second_only_the_nanoseconds_are_made_anew(void)
{
    struct timestamp *t;

    set_zone("UTC0");
    t = parsed("%T.%3N %:z %N");
    check_render(t, SOME_SECOND, 1000000, "22:13:20.001 +00:00 001000000");
    check_render(t, SOME_SECOND, 999999999, "22:13:20.999 +00:00 999999999");
    set_zone("CET-1");
    check_render(t, SOME_SECOND, 0, "22:13:20.000 +00:00 000000000");
    check_render(t, SOME_SECOND + 1, 0, "23:13:21.000 +01:00 000000000");
    check_render(t, SOME_SECOND + 1, 5, "23:13:21.000 +01:00 000000005");
    check_render(t, SOME_SECOND, 5, "23:13:20.000 +01:00 000000005");
    check_render(t, 0, 5, "01:00:00.000 +01:00 000000005");
    timestamp_free(t);
}

static void two_formats_do_not_share_what_they_keep(void)
{
    struct timestamp *a, *b;

    set_zone("UTC0");
    a = parsed("%s.%1N");
    b = parsed("%S");
    check_render(a, SOME_SECOND, 100000000, "1700000000.1");
    check_render(b, SOME_SECOND + 5, 0, "25");
    check_render(a, SOME_SECOND, 200000000, "1700000000.2");
    check_render(b, SOME_SECOND + 6, 0, "26");
    timestamp_free(a);
    timestamp_free(b);
}

/* The name of a zone may grow after the format was tried: no time is then better than half a one. */
static void what_has_become_too_long_is_left_out_and_comes_back(void)
{
    enum { ZONES = 60 };
    char format[8 + 2 * ZONES] = "%1N ", wanted[8 + 3 * ZONES] = "0 ";
    struct timestamp *t;

    for (int i = 0; i < ZONES; i++) {
        memcpy(format + 4 + 2 * (size_t)i, "%Z", 3);
        memcpy(wanted + 2 + 3 * (size_t)i, "XYZ", 4);
    }
    set_zone("UTC0");
    t = parsed(format);
    set_zone("LONGER0");
    check_render(t, SOME_SECOND, 0, "");
    check_render(t, SOME_SECOND + 1, 0, "");
    set_zone("XYZ0");
    check_render(t, SOME_SECOND + 1, 0, wanted);
    timestamp_free(t);
}

static void strftime_alone_knows_no_name_and_no_conversion_of_ours(void)
{
    static const struct {
        const char *format, *wanted;
    } cases[] = {
        {"", ""}, {"unix", "unix"}, {"none", "none"}, {"%H:%M|", "22:13|"}, {"%%T", "%T"},
    };
    struct timestamp *t;
    char longer[TIMESTAMP_MAX + 1];

    set_zone("UTC0");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NEED(timestamp_strftime(cases[i].format, &t) == 0);
        CHECK_EQ(timestamp_clock(t), CLOCK_REALTIME);
        check_render(t, SOME_SECOND, 0, cases[i].wanted);
        timestamp_free(t);
    }
#ifdef __GLIBC__
    NEED(timestamp_strftime("%N", &t) == 0);
    check_render(t, SOME_SECOND, 5, "%N");
    timestamp_free(t);
#endif
    memset(longer, 'x', TIMESTAMP_MAX);
    longer[TIMESTAMP_MAX] = '\0';
    CHECK_EQ(timestamp_strftime(longer, &t), -EINVAL);
    CHECK(t == NULL);
}

int main(void)
{
    none_is_no_time_at_all();
    rfc3339_is_local_time_with_its_offset();
    the_offset_changes_with_summer_time_between_two_seconds();
    unix_and_mono_are_seconds_and_nanoseconds_wherever_we_are();
    only_mono_is_of_the_monotonic_clock();
    a_format_is_that_of_strftime();
#ifdef __GLIBC__
    a_format_may_have_what_the_gnu_library_adds();
#endif
    nanoseconds_have_as_many_digits_as_asked();
    an_offset_may_have_a_colon();
    a_conversion_that_is_none_is_refused();
    a_message_is_never_longer_than_its_room();
    a_time_that_would_be_too_long_is_refused();
    a_huge_width_is_refused();
    within_a_second_only_the_nanoseconds_are_made_anew();
    two_formats_do_not_share_what_they_keep();
    what_has_become_too_long_is_left_out_and_comes_back();
    strftime_alone_knows_no_name_and_no_conversion_of_ours();
    return check_status();
}
