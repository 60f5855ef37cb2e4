/* values.h: the values that options take, from text: whole valid ones or nothing.
 * Every function returns 0 and fills its result, or -EINVAL (not of the form) or -ERANGE (too large). */
#ifndef INOTAP_VALUES_H
#define INOTAP_VALUES_H

#include <stddef.h>
#include <stdint.h>

/* A non-negative integer, decimal or 0x hexadecimal, at most max. */
int values_number(const char *text, uint64_t max, uint64_t *number);

/* A size in bytes: a decimal number, perhaps with K, M or G (powers of 1024). */
int values_size(const char *text, uint64_t max, uint64_t *bytes);

/* A duration in nanoseconds: a decimal number, perhaps with a fraction, then ms, s (default), m or h.
 * Digits below a nanosecond are dropped. */
int values_duration(const char *text, int64_t *duration_ns);

#endif
