/* storm.h: events as fast as they can be made, in one directory or in many. Failures end the program by
 * die(). */
#ifndef BENCH_STORM_H
#define BENCH_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct storm {
    char **directories; /* used in turn; borrowed */
    size_t directory_count;
    size_t name_length; /* 8 to NAME_MAX */
    bool written;       /* each file is created, written, closed and unlinked; else made and unlinked only */
};

/* Make so many files and remove each of them again. */
void storm_run(const struct storm *storm, uint64_t files);

/* Read the paths in a file, one a line, into allocated memory that is never freed. */
char **storm_read_paths(const char *file, size_t *count);

#endif
