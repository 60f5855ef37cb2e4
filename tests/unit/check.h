/* check.h: the unit tests' assertions. A failed one says where, what and in which case, and the test goes on;
 * main() returns check_status(). Neighbours: every test_*.c; room.h and random.h help some of them. */
#ifndef CHECK_H
#define CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A loop that fails in every round would bury the first failure: so many are enough. */
#define CHECK_ENOUGH 40

static int check_failures;
static char check_case_name[200];

/* What the next checks are about, to be printed with a failure: a row of a table, a round of a loop. */
static inline void check_case(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void check_case(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(check_case_name, sizeof(check_case_name), format, args);
    va_end(args);
}

static inline void check_case_over(void)
{
    check_case_name[0] = '\0';
}

static inline void check_failed(const char *file, int line)
{
    if (check_case_name[0])
        fprintf(stderr, "%s:%d: in the case: %s\n", file, line, check_case_name);
    if (++check_failures >= CHECK_ENOUGH) {
        fprintf(stderr, "%s: %d failures are enough\n", file, check_failures);
        exit(1);
    }
}

static inline bool check_true(bool ok, const char *what, const char *file, int line)
{
    if (!ok) {
        fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
        check_failed(file, line);
    }
    return ok;
}

static inline bool check_equal(long long got, long long expected, const char *what, const char *file,
                               int line)
{
    if (got != expected) {
        fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", file, line, what, got, expected);
        check_failed(file, line);
    }
    return got == expected;
}

static inline void check_print_bytes(const char *title, const char *bytes, size_t len)
{
    fprintf(stderr, "  %s (%zu bytes): ", title, len);
    for (size_t i = 0; i < len && i < 600; i++)
        if (bytes[i] >= ' ' && bytes[i] <= '~' && bytes[i] != '\\')
            fputc(bytes[i], stderr);
        else
            fprintf(stderr, "\\x%02x", (unsigned char)bytes[i]);
    fputc('\n', stderr);
}

static inline bool check_bytes(const char *got, size_t got_len, const char *expected, size_t expected_len,
                               const char *what, const char *file, int line)
{
    const bool ok = got_len == expected_len && memcmp(got, expected, got_len) == 0;

    if (!ok) {
        fprintf(stderr, "%s:%d: %s differs\n", file, line, what);
        check_print_bytes("got", got, got_len);
        check_print_bytes("expected", expected, expected_len);
        check_failed(file, line);
    }
    return ok;
}

static inline bool check_contains(const char *got, const char *part, const char *what, const char *file,
                                  int line)
{
    const bool ok = strstr(got, part) != NULL;

    if (!ok) {
        fprintf(stderr, "%s:%d: %s is '%s', expected '%s' in it\n", file, line, what, got, part);
        check_failed(file, line);
    }
    return ok;
}

#define CHECK(expression)     check_true((expression), #expression, __FILE__, __LINE__)
#define CHECK_EQ(got, wanted) check_equal((long long)(got), (long long)(wanted), #got, __FILE__, __LINE__)
#define CHECK_STR(got, wanted)                                                                               \
    check_bytes((got), strlen(got), (wanted), strlen(wanted), #got, __FILE__, __LINE__)
#define CHECK_MEM(got, got_len, wanted, wanted_len)                                                          \
    check_bytes((got), (got_len), (wanted), (wanted_len), #got, __FILE__, __LINE__)
#define CHECK_CONTAINS(got, part) check_contains((got), (part), #got, __FILE__, __LINE__)

/* For what a test cannot go on without, such as a temporary file. */
#define NEED(expression)                                                                                     \
    do {                                                                                                     \
        if (!(expression)) {                                                                                 \
            perror(__FILE__ ": needed: " #expression);                                                       \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline int check_status(void)
{
    return check_failures > 0;
}

#endif
