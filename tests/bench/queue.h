/* queue.h: how many events the kernel queues for an inotify instance, from the moment that is made.
 * Raised only while a subject starts; another benchmark that would touch or read it meanwhile waits. */
#ifndef BENCH_QUEUE_H
#define BENCH_QUEUE_H

#include <stdint.h>

#define QUEUE_LIMIT_PATH "/proc/sys/fs/inotify/max_queued_events"

/* Read the limit, in events. Returns 0 or -errno. */
int queue_limit(uint64_t *events);

/* Make it at least so many events, until queue_restore(). Returns 0 or -errno, and
 * then there is nothing to put back. */
int queue_raise(uint64_t events);

/* Put it back if it was raised. Safe in a signal handler. */
void queue_restore(void);

#endif
