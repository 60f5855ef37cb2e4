/* test_values.c: the values of options, whole valid ones and everything near them.
 * Neighbours: values.h. */
#include "values.h"

#include "check.h"

#include <errno.h>

struct number_case {
    const char *text;
    uint64_t max;
    int err;
    uint64_t number;
};

static void a_number_is_decimal_or_hexadecimal_and_nothing_else(void)
{
    static const struct number_case cases[] = {
        {"0", 0, 0, 0},
        {"7", 100, 0, 7},
        {"00012", 100, 0, 12},
        {"1234567890", UINT32_MAX, 0, 1234567890},
        {"0x0", 100, 0, 0},
        {"0x1f", 100, 0, 31},
        {"0X1F", 100, 0, 31},
        {"0xabcdef", UINT32_MAX, 0, 0xabcdef},
        {"0xABCDEF", UINT32_MAX, 0, 0xabcdef},
        {"0x0000000000000000000000001", 100, 0, 1},
        {"", 100, -EINVAL, 0},
        {"0x", 100, -EINVAL, 0},
        {"x1", 100, -EINVAL, 0},
        {"-1", 100, -EINVAL, 0},
        {"+1", 100, -EINVAL, 0},
        {" 1", 100, -EINVAL, 0},
        {"1 ", 100, -EINVAL, 0},
        {"1\n", 100, -EINVAL, 0},
        {"1.0", 100, -EINVAL, 0},
        {"1e3", 10000, -EINVAL, 0},
        {"1k", 10000, -EINVAL, 0},
        {"12a", UINT32_MAX, -EINVAL, 0},
        {"a", 100, -EINVAL, 0},
        {"0x1g", 100, -EINVAL, 0},
        {"0x@", 100, -EINVAL, 0},
        {"0x`", 100, -EINVAL, 0},
        {"0x-1", 100, -EINVAL, 0},
        {"0x0x1", 100, -EINVAL, 0},
        {"1/", 100, -EINVAL, 0},
        {"1:", 100, -EINVAL, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t number = 0;

        check_case("'%s'", cases[i].text);
        CHECK_EQ(values_number(cases[i].text, cases[i].max, &number), cases[i].err);
        if (cases[i].err == 0)
            CHECK_EQ(number, cases[i].number);
    }
    check_case_over();
}

static void a_number_is_refused_from_the_first_one_above_the_maximum(void)
{
    static const struct number_case cases[] = {
        {"0", 0, 0, 0},
        {"1", 0, -ERANGE, 0},
        {"9", 8, -ERANGE, 0},
        {"8", 8, 0, 8},
        {"10", 9, -ERANGE, 0},
        {"100", 100, 0, 100},
        {"101", 100, -ERANGE, 0},
        {"109", 100, -ERANGE, 0},
        {"110", 100, -ERANGE, 0},
        {"1000", 100, -ERANGE, 0},
        {"0x10", 16, 0, 16},
        {"0x11", 16, -ERANGE, 0},
        {"0xf", 14, -ERANGE, 0},
        {"4294967295", UINT32_MAX, 0, UINT32_MAX},
        {"4294967296", UINT32_MAX, -ERANGE, 0},
        {"0xffffffff", UINT32_MAX, 0, UINT32_MAX},
        {"0x100000000", UINT32_MAX, -ERANGE, 0},
        {"9223372036854775807", INT64_MAX, 0, INT64_MAX},
        {"9223372036854775808", INT64_MAX, -ERANGE, 0},
        {"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, -ERANGE, 0},
        {"18446744073709551620", UINT64_MAX, -ERANGE, 0},
        {"99999999999999999999999999", UINT64_MAX, -ERANGE, 0},
        {"0xffffffffffffffff", UINT64_MAX, 0, UINT64_MAX},
        {"0x10000000000000000", UINT64_MAX, -ERANGE, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t number = 0;

        check_case("'%s' of at most %llu", cases[i].text, (unsigned long long)cases[i].max);
        CHECK_EQ(values_number(cases[i].text, cases[i].max, &number), cases[i].err);
        if (cases[i].err == 0)
            CHECK(number == cases[i].number);
    }
    check_case_over();
}

static void a_size_takes_one_unit_of_1024(void)
{
    static const uint64_t gib = (uint64_t)1 << 30;
    static const struct number_case cases[] = {
        {"0", 0, 0, 0},
        {"272", 1000, 0, 272},
        {"1K", UINT64_MAX, 0, 1024},
        {"1k", UINT64_MAX, 0, 1024},
        {"3M", UINT64_MAX, 0, (uint64_t)3 << 20},
        {"3m", UINT64_MAX, 0, (uint64_t)3 << 20},
        {"1G", gib, 0, gib},
        {"1g", gib, 0, gib},
        {"1024M", gib, 0, gib},
        {"1025M", gib, -ERANGE, 0},
        {"1048576K", gib, 0, gib},
        {"1048577K", gib, -ERANGE, 0},
        {"1073741824", gib, 0, gib},
        {"1073741825", gib, -ERANGE, 0},
        {"2G", gib, -ERANGE, 0},
        {"17179869183G", UINT64_MAX, 0, UINT64_C(17179869183) << 30},
        {"17179869184G", UINT64_MAX, -ERANGE, 0},
        {"99999999999999999999", UINT64_MAX, -ERANGE, 0},
        {"", gib, -EINVAL, 0},
        {"K", gib, -EINVAL, 0},
        {"1T", UINT64_MAX, -EINVAL, 0},
        {"1KB", gib, -EINVAL, 0},
        {"1Ki", gib, -EINVAL, 0},
        {"1KK", gib, -EINVAL, 0},
        {"1 K", gib, -EINVAL, 0},
        {"1K ", gib, -EINVAL, 0},
        {"1.5K", gib, -EINVAL, 0},
        {"-1", gib, -EINVAL, 0},
        {"0x10", gib, -EINVAL, 0},
        {"1+", gib, -EINVAL, 0},
        {"1\v", gib, -EINVAL, 0},
        {"1 ", UINT64_MAX, -EINVAL, 0},
        {"0 ", gib, -EINVAL, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t bytes = 0;

        check_case("'%s' of at most %llu", cases[i].text, (unsigned long long)cases[i].max);
        CHECK_EQ(values_size(cases[i].text, cases[i].max, &bytes), cases[i].err);
        if (cases[i].err == 0)
            CHECK(bytes == cases[i].number);
    }
    check_case_over();
}

static void no_single_byte_but_the_six_letters_is_a_unit_of_size(void)
{
    for (int c = 1; c < 256; c++) {
        const char text[] = {'1', (char)c, '\0'};
        const bool valid = (c >= '0' && c <= '9') || strchr("kKmMgG", c) != NULL;
        uint64_t bytes;

        check_case("1 and the byte 0x%02x", (unsigned)c);
        CHECK_EQ(values_size(text, UINT64_MAX, &bytes), valid ? 0 : -EINVAL);
    }
    check_case_over();
}

struct duration_case {
    const char *text;
    int err;
    int64_t ns;
};

static void a_duration_is_a_decimal_number_and_a_unit(void)
{
    static const int64_t s = 1000000000;
    static const struct duration_case cases[] = {
        {"0", 0, 0},
        {"5", 0, 5 * s},
        {"5s", 0, 5 * s},
        {"0.5", 0, s / 2},
        {".5", 0, s / 2},
        {"0.5s", 0, s / 2},
        {"500ms", 0, s / 2},
        {"0.5ms", 0, 500000},
        {"1.5ms", 0, 1500000},
        {"2m", 0, 120 * s},
        {"0.5m", 0, 30 * s},
        {"1h", 0, 3600 * s},
        {"1.5h", 0, 5400 * s},
        {"0.001h", 0, 3600000000},
        {"0.1", 0, s / 10},
        {"0.3", 0, 300000000},
        {"0.7", 0, 700000000},
        {"1.23456789", 0, 1234567890},
        {"0.123456789", 0, 123456789},
        {"0.000000001", 0, 1},
        {"0.0000000019", 0, 1},
        {"0.0000000009", 0, 0},
        {"0.000001ms", 0, 1},
        {"0.99999999999999999999999999999999", 0, 999999999},
        {"00005", 0, 5 * s},
        {"", -EINVAL, 0},
        {".", -EINVAL, 0},
        {"s", -EINVAL, 0},
        {".s", -EINVAL, 0},
        {"5.", -EINVAL, 0},
        {"5.s", -EINVAL, 0},
        {"-5", -EINVAL, 0},
        {"+5", -EINVAL, 0},
        {" 5", -EINVAL, 0},
        {"5 ", -EINVAL, 0},
        {"5 s", -EINVAL, 0},
        {"5S", -EINVAL, 0},
        {"5us", -EINVAL, 0},
        {"5d", -EINVAL, 0},
        {"5ss", -EINVAL, 0},
        {"5mss", -EINVAL, 0},
        {"5sm", -EINVAL, 0},
        {"1m30s", -EINVAL, 0},
        {"1.2.3", -EINVAL, 0},
        {"1,5", -EINVAL, 0},
        {"1e3", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"inf", -EINVAL, 0},
        {"nan", -EINVAL, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ns = -1;

        check_case("'%s'", cases[i].text);
        CHECK_EQ(values_duration(cases[i].text, &ns), cases[i].err);
        if (cases[i].err == 0)
            CHECK_EQ(ns, cases[i].ns);
    }
    check_case_over();
}

static void a_duration_beyond_292_years_is_out_of_range(void)
{
    static const struct duration_case cases[] = {
        {"9223372036", 0, INT64_C(9223372036000000000)},
        {"9223372036.854775807", 0, INT64_MAX},
        {"9223372036.854775808", -ERANGE, 0},
        {"9223372036.9", -ERANGE, 0},
        {"9223372037", -ERANGE, 0},
        {"9223372036854ms", 0, INT64_C(9223372036854000000)},
        {"9223372036855ms", -ERANGE, 0},
        {"153722867m", 0, INT64_C(9223372020000000000)},
        {"153722868m", -ERANGE, 0},
        {"2562047h", 0, INT64_C(9223369200000000000)},
        {"2562048h", -ERANGE, 0},
        {"9223372036854775807h", -ERANGE, 0},
        {"9223372036854775808", -ERANGE, 0},
        {"99999999999999999999999999", -ERANGE, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ns = -1;

        check_case("'%s'", cases[i].text);
        CHECK_EQ(values_duration(cases[i].text, &ns), cases[i].err);
        if (cases[i].err == 0)
            CHECK_EQ(ns, cases[i].ns);
    }
    check_case_over();
}

int main(void)
{
    a_number_is_decimal_or_hexadecimal_and_nothing_else();
    a_number_is_refused_from_the_first_one_above_the_maximum();
    a_size_takes_one_unit_of_1024();
    no_single_byte_but_the_six_letters_is_a_unit_of_size();
    a_duration_is_a_decimal_number_and_a_unit();
    a_duration_beyond_292_years_is_out_of_range();
    return check_status();
}
