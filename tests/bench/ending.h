/* ending.h: every way out of the benchmark: main()'s end, die(), a signal. Each cleans up first.
 * Only SIGKILL and crashes do not; the kernel then kills the measured process, but the directory stays. */
#ifndef BENCH_ENDING_H
#define BENCH_ENDING_H

#include <stdbool.h>

/* From now on call clean_up on every way out. It may make only calls that are safe in a signal handler. */
void ending_prepare(void (*clean_up)(void));

/* Hold back signals that end us, while what clean_up looks at is not true for a moment. */
void ending_hold(bool hold);

/* In a child just forked with them held: signals as any program finds them. Nothing is cleaned up there. */
void ending_reset_signals(void);

/* Say one line, without its newline, on standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say it and exit with status 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
