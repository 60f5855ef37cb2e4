/* timestamp.h: the time of a batch of events as text, in any of the forms of --time.
 * The clock is read by the caller; nothing here makes a system call after the first rendering. */
#ifndef INOTAP_TIMESTAMP_H
#define INOTAP_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* No rendered time is longer than this, in bytes; timestamp_parse() refuses a format that would be. */
#define TIMESTAMP_MAX ((size_t)256)

struct timestamp;

/* Compile a format: "rfc3339" (local time with its offset from UTC), "unix", "mono", "none", or a strftime(3)
 * string, in which %N is nanoseconds, %3N (%1N to %9N) their first digits and %:z the offset with a colon.
 * On success *result is owned by the caller, to be freed with timestamp_free(), or NULL for "none".
 * Returns 0, -ENOMEM, or -EINVAL with a message in why. */
int timestamp_parse(const char *format, struct timestamp **result, char *why, size_t why_size);

/* The same of a format exactly as strftime(3) takes it, which may be empty or have no conversion: no name is
 * special, and %N is nothing. Returns 0, -ENOMEM, or -EINVAL: the time would be longer than TIMESTAMP_MAX. */
int timestamp_strftime(const char *format, struct timestamp **result);

/* Free it; NULL is fine. */
void timestamp_free(struct timestamp *t);

/* The clock that the format shows: CLOCK_REALTIME or, for "mono", CLOCK_MONOTONIC. */
clockid_t timestamp_clock(const struct timestamp *t);

/* Render a time of that clock. Returns a text of *len bytes that lives until the next call. What does not
 * change within a second is kept from one call to the next. */
const char *timestamp_render(struct timestamp *t, const struct timespec *when, size_t *len);

#endif
