/* bench.h: the measures, each of which prints its rows of the table. A subject that does not work ends the
 * benchmark by die(). Neighbours: drain.c, latency.c and idle.c measure; bench.c calls them in turn. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

struct subject;

/* ---- drain.c: processor time for an event, beside the floor's ---- */

#define PLAN_MAX_ROUNDS 1000

/* How the events of a round are portioned: the kernel's queue must hold a whole batch. */
struct plan {
    uint64_t events;
    unsigned rounds;  /* 1 to PLAN_MAX_ROUNDS */
    uint64_t batch;   /* events queued at a time */
    bool raise_limit; /* of the kernel's queue, for each start */
};

/* Given events and rounds, fill in the rest; says so if a round takes several batches. */
void drain_plan(struct plan *plan);

void drain_measure(struct subject *inotap, const struct plan *plan);

/* What filtering adds: one subject has globs, and the other is the same without. */
void drain_measure_globs(struct subject *globs, struct subject *plain, const struct plan *plan);

/* ---- latency.c: how long one waits ---- */

void latency_measure(struct subject *inotap);
void latency_measure_start(struct subject *inotap);

/* ---- idle.c: what it costs while nothing happens ---- */

void idle_measure(struct subject *inotap);

#endif
