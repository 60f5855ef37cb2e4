/* drain.c: processor time for an event: events are queued while the subject is stopped, then it drains them.
 * Neighbours: queue.c lets the kernel hold them; bench.c plans and measures both formats. */
#include "bench.h"
#include "directory.h"
#include "ending.h"
#include "floor.h"
#include "limit.h"
#include "subject.h"
#include "table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define WARMUP_EVENTS 10000
#define QUEUE_SPARE   1024
#define MAX_RATIO     2.0
#define MAX_GLOBS_NS  250.0 /* that ten globs add to an event */

#define NS_PER_US 1000
#define NS_PER_S  1000000000

/* One drain. The sum is exact; the kernel splits it by sampling at clock ticks. */
struct cost {
    double event_ns;
    double user_ns;
    double system_ns;
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- the plan ---- */

/* Raised once to try it, and put back. */
static int try_raising(uint64_t events)
{
    const int err = limit_raise(LIMIT_EVENTS, events);

    limit_restore();
    return err;
}

void drain_plan(struct plan *plan)
{
    const uint64_t needed = plan->events + QUEUE_SPARE;
    uint64_t limit;
    int err = limit_read(LIMIT_EVENTS, &limit);

    if (err < 0)
        die("cannot read " LIMIT_EVENTS ": %s", strerror(-err));
    plan->batch = plan->events;
    if (limit >= needed)
        return;
    err = try_raising(needed);
    plan->raise_limit = err == 0;
    if (plan->raise_limit)
        return;
    if (err != -EACCES && err != -EPERM && err != -EROFS)
        die("cannot raise " LIMIT_EVENTS ": %s", strerror(-err));
    if (limit == 0)
        die(LIMIT_EVENTS " is 0 and cannot be raised: %s", strerror(-err));
    plan->batch = smaller(plan->events, limit / 2 > QUEUE_SPARE ? limit - QUEUE_SPARE : (limit + 1) / 2);
    printf("the queue limit of %" PRIu64
           " events cannot be raised (%s): a round is done in batches of %" PRIu64 "\n",
           limit, strerror(-err), plan->batch);
}

/* ---- one drain ---- */

static void start_with_queue(struct subject *s, const struct plan *plan)
{
    const int err = plan->raise_limit ? limit_raise(LIMIT_EVENTS, plan->batch + QUEUE_SPARE) : 0;

    if (err < 0)
        die("cannot raise " LIMIT_EVENTS ": %s", strerror(-err));
    subject_start(s);
    limit_restore();
}

static double cpu_ns(const struct subject *s)
{
    struct timespec used;
    clockid_t id;
    int error = clock_getcpuclockid(s->pid, &id);

    if (error == 0 && clock_gettime(id, &used) < 0)
        error = errno;
    if (error != 0)
        die("cannot read the CPU clock of %s: %s", s->name, strerror(error));
    return (double)used.tv_sec * NS_PER_S + (double)used.tv_nsec;
}

static double to_ns(struct timeval t)
{
    return (double)t.tv_sec * NS_PER_S + (double)t.tv_usec * NS_PER_US;
}

/* event_ns is of the time from just before the first events are queued to the end of the process. */
static struct cost drain(struct subject *s, const struct plan *plan)
{
    struct rusage usage;
    struct cost cost;
    double before_ns = 0;
    uint64_t queued = 0;

    start_with_queue(s, plan);
    while (queued < plan->events) {
        const uint64_t batch = smaller(plan->batch, plan->events - queued);

        subject_stop(s);
        if (queued == 0)
            before_ns = cpu_ns(s);
        for (uint64_t i = 0; i < batch; i++)
            directory_make_event();
        queued += batch;
        subject_continue(s);
        subject_await(s, queued);
    }
    subject_end(s, plan->events, &usage);
    cost.user_ns = to_ns(usage.ru_utime);
    cost.system_ns = to_ns(usage.ru_stime);
    cost.event_ns = (cost.user_ns + cost.system_ns - before_ns) / (double)plan->events;
    return cost;
}

/* ---- the measure ---- */

/* What the floor's records are to be like: as long as inotap's were in its last drain, on average. */
static size_t record_bytes(const struct subject *inotap)
{
    const size_t mean = (size_t)((inotap->bytes + inotap->lines / 2) / inotap->lines);

    if (mean > FLOOR_MAX_RECORD_BYTES)
        die("%s: its records are of %zu bytes", inotap->name, mean);
    return mean;
}

/* A short drain first: it shows at once a program that does not work. */
static void warm_up(struct subject *inotap, struct subject *floor, const struct plan *plan)
{
    struct plan small = *plan;

    small.events = smaller(plan->events, WARMUP_EVENTS);
    drain(inotap, &small);
    floor->record_bytes = record_bytes(inotap);
    drain(floor, &small);
}

void drain_measure(struct subject *inotap, const struct plan *plan)
{
    static double inotap_ns[PLAN_MAX_ROUNDS], floor_ns[PLAN_MAX_ROUNDS], ratios[PLAN_MAX_ROUNDS];
    const char *const group = inotap->json ? "drain JSON" : "drain text";
    struct subject floor = {.name = "floor"};
    struct subject *const subjects[] = {inotap, &floor};
    double user_ns = 0, system_ns = 0;

    warm_up(inotap, &floor, plan);
    for (unsigned round = 0; round < plan->rounds; round++) {
        const unsigned first = round % 2; /* in turn, so that what going first costs falls on both */
        struct cost costs[2];

        floor.record_bytes = record_bytes(inotap);
        costs[first] = drain(subjects[first], plan);
        costs[!first] = drain(subjects[!first], plan);
        inotap_ns[round] = costs[0].event_ns;
        floor_ns[round] = costs[1].event_ns;
        ratios[round] = costs[0].event_ns / costs[1].event_ns;
        user_ns += costs[0].user_ns;
        system_ns += costs[0].system_ns;
    }
    table_figure(group, "inotap", table_percentile(inotap_ns, plan->rounds, 50), 1, "ns/event");
    table_figure(group, "inotap, user part", 100 * user_ns / (user_ns + system_ns), 0, "% by ticks");
    table_figure(group, "floor", table_percentile(floor_ns, plan->rounds, 50), 1, "ns/event");
    table_figure(group, "record", (double)inotap->bytes / (double)inotap->lines, 1, "bytes");
    table_at_most(group, "inotap / floor", table_percentile(ratios, plan->rounds, 50), 3, "times", MAX_RATIO);
}

void drain_measure_globs(struct subject *globs, struct subject *plain, const struct plan *plan)
{
    static double globs_ns[PLAN_MAX_ROUNDS], plain_ns[PLAN_MAX_ROUNDS], added_ns[PLAN_MAX_ROUNDS];
    const char *const group = "drain with ten globs";
    struct subject *const subjects[] = {globs, plain};

    for (unsigned round = 0; round < plan->rounds; round++) {
        const unsigned first = round % 2;
        struct cost costs[2];

        costs[first] = drain(subjects[first], plan);
        costs[!first] = drain(subjects[!first], plan);
        globs_ns[round] = costs[0].event_ns;
        plain_ns[round] = costs[1].event_ns;
        added_ns[round] = costs[0].event_ns - costs[1].event_ns;
    }
    table_figure(group, "inotap", table_percentile(globs_ns, plan->rounds, 50), 1, "ns/event");
    table_figure(group, "without", table_percentile(plain_ns, plan->rounds, 50), 1, "ns/event");
    table_at_most(group, "what they add", table_percentile(added_ns, plan->rounds, 50), 1, "ns/event",
                  MAX_GLOBS_NS);
}
