/* directory.h: the directory that is watched, of our own and in memory if possible, and events in it.
 * Failures end the benchmark by die(). */
#ifndef BENCH_DIRECTORY_H
#define BENCH_DIRECTORY_H

/* Where it is made: $TMPDIR, else /tmp, or /dev/shm where only that is in memory. */
const char *directory_parent(void);

void directory_make(void);

/* Its absolute path, unless TMPDIR's is not. */
const char *directory_path(void);

/* Cause one event: create or delete a file, in turn. */
void directory_make_event(void);

/* Remove it and its files, if it is there. Safe in a signal handler. */
void directory_remove(void);

#endif
