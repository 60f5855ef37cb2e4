/* floor.h: the barest loop that could do inotap's work: read(2) events, write(2) as many records of a fixed
 * length. It shows what the kernel costs on this machine. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stddef.h>
#include <stdint.h>

#define FLOOR_MAX_RECORD_BYTES ((size_t)64 * 1024)

/* Watch the directory, write READY=1 to ready_fd, and go on until killed. record_bytes, at least 1, has the
 * line end in it. For a child process. */
_Noreturn void floor_main(size_t record_bytes, int ready_fd);

/* The same for many directories, with a mask of its own. */
_Noreturn void floor_watch(char *const *directories, size_t count, uint32_t mask, size_t record_bytes,
                           int ready_fd);

/* The same for the time to ready: a program that does no more than start, watch the working directory, say
 * ready, and wait to be ended. It is run by executing ourselves with these arguments. Does not return. */
#define FLOOR_START_OPTION "--only-start"
void floor_start_main(const char *ready_fd);

#endif
