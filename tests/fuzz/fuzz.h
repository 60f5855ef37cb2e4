/* fuzz.h: what the fuzz targets share: a requirement that stops the fuzzer, and an input cut into pieces.
 * Neighbours: decode.c, record.c, arguments.c. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What libFuzzer calls: once at the start, then for every input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(3), which a release build leaves out. */
#define REQUIRE(expression)                                                                                  \
    do {                                                                                                     \
        if (!(expression)) {                                                                                 \
            fprintf(stderr, "%s:%d: required: %s\n", __FILE__, __LINE__, #expression);                       \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

struct input {
    const uint8_t *data;
    size_t size;
};

/* The next len bytes as a number, 0 where the input has ended. */
static inline uint64_t take_number(struct input *in, size_t len)
{
    uint64_t number = 0;

    for (; len > 0 && in->size > 0; len--, in->size--)
        number = number << 8 | *in->data++;
    return number;
}

/* The next bytes, at most len, in memory of exactly their size and a NUL, so that a sanitizer sees whoever
 * reads past them. NUL cannot stand in a path or an argument: it becomes another byte. */
static inline char *take_text(struct input *in, size_t len, size_t *taken)
{
    const size_t size = len < in->size ? len : in->size;
    char *const text = malloc(size + 1);

    REQUIRE(text != NULL);
    for (size_t i = 0; i < size; i++)
        text[i] = in->data[i] ? (char)in->data[i] : '\1';
    text[size] = '\0';
    in->data += size;
    in->size -= size;
    *taken = size;
    return text;
}

/* A fixed zone, so that an input does the same everywhere. */
static inline void fix_time_zone(void)
{
    REQUIRE(setenv("TZ", "NST3:30NDT,M3.2.0,M11.1.0", 1) == 0);
    tzset();
}

#endif
