/* subject.h: a process being measured, inotap or the floor, one at a time: start, stop, read, end it.
 * If it does not do what it should, in time, the benchmark ends by die(). */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct subject {
    const char *name;    /* for messages; borrowed */
    const char *program; /* inotap's path, borrowed; NULL: the floor */
    bool json;           /* inotap: JSON instead of text */
    bool only_starts;    /* the floor: executed, and does no more than start */
    bool with_globs;     /* inotap: with ten globs, none of which matches */
    size_t record_bytes; /* the floor: of a record, with its line end */

    /* Of the process last started. */
    pid_t pid;
    int out_fd;     /* the end we read of its standard output, a pipe */
    uint64_t lines; /* read so far */
    uint64_t bytes;
};

/* Start it watching the directory for files made and deleted; it is ready on return. */
void subject_start(struct subject *s);

/* Halt it, until subject_continue(). */
void subject_stop(const struct subject *s);
void subject_continue(const struct subject *s);

/* Read its output once, and count. Nothing comes of it if a signal interrupts, or if out_fd does not block
 * and there is nothing. */
void subject_read(struct subject *s);

/* Read until so many lines have come since the start. */
void subject_await(struct subject *s, uint64_t lines);

/* End it by SIGTERM. It must then have written so many lines and no more. *usage, unless NULL, is what it
 * used altogether. out_fd must block. */
void subject_end(struct subject *s, uint64_t lines, struct rusage *usage);

/* End the process that runs, if one does, by SIGKILL. Safe in a signal handler. */
void subject_kill(void);

#endif
