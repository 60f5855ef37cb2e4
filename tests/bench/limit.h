/* limit.h: limits of the kernel's on inotify, one at a time. Raised only while a subject starts; another
 * benchmark that would touch or read the same one meanwhile waits. */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include <stdint.h>

/* How many events are queued for an inotify instance, from the moment that is made; and watches of a user. */
#define LIMIT_EVENTS  "/proc/sys/fs/inotify/max_queued_events"
#define LIMIT_WATCHES "/proc/sys/fs/inotify/max_user_watches"

/* Read a limit. Returns 0 or -errno. */
int limit_read(const char *path, uint64_t *value);

/* Make it at least so much, until limit_restore(). Returns 0 or -errno, and then there is nothing to put
 * back. */
int limit_raise(const char *path, uint64_t least);

/* Put it back if it was raised. Safe in a signal handler. */
void limit_restore(void);

#endif
