/* probe.h: how long it takes from an event to the line that somebody else writes of it into a pipe.
 * Failures end the program by die(). */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Make and remove a file in the directory in turn, so many events, each of which must give one line on
 * standard input, a pipe, in the same order. Each is made gap_us after the line of the one before has come;
 * if per_second is not 0, so many a second instead, whatever the lines do. samples_ns takes how long each
 * line took, from just before the system call. */
void probe_run(const char *directory, size_t events, unsigned gap_us, unsigned per_second, bool loose,
               int64_t *samples_ns);

#endif
