/* starter.h: how long a program takes until it says that it watches. One at a time.
 * If it does not say so, in time, the benchmark ends by die(). */
#ifndef BENCH_STARTER_H
#define BENCH_STARTER_H

/* Of the start of a process until it was ready, or of a part of it. The processor time is what counts on a
 * machine that does something else as well: setting up waits for nothing. */
struct start {
    double processor_ms;
    double wall_ms;
    unsigned long resident_kib; /* when it was ready; of a function: 0 */
};

/* Run a program (argv[0], looked up as execvp(3) does) until `ready` stands in what it writes to the
 * descriptor fd of its own, then kill it. Its standard output goes nowhere. */
struct start starter_run(char *const argv[], int fd, const char *ready);

/* Run a function in a process of its own; it returns what it measured itself. */
struct start starter_call(struct start (*measure)(void));

/* End the process that runs, if one does, by SIGKILL. Safe in a signal handler. */
void starter_kill(void);

#endif
