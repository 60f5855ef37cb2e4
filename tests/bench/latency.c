/* latency.c: how long one waits: from an event to its record, and from the start to being ready.
 * Neighbours: subject.c runs what is measured; directory.c makes the events. */
#include "bench.h"
#include "directory.h"
#include "ending.h"
#include "subject.h"
#include "table.h"

#include <fcntl.h>
#include <stddef.h>
#include <time.h>

#define EVENTS       2000
#define GAP_US       200
#define RECORD_BYTES 24
#define TIMEOUT_S    120
#define STARTS       30

#define MAX_LATENCY_US  50.0
#define MAX_START_RATIO 1.5

#define NS_PER_US 1000
#define NS_PER_MS 1000000
#define NS_PER_S  INT64_C(1000000000)

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* The processor we are on stays as awake as it is, so that only the subject's own wake-up is measured. */
static void spin_us(int64_t us)
{
    const int64_t end_ns = now_ns() + us * NS_PER_US;

    while (now_ns() < end_ns)
        ;
}

/* From just before the file is made or deleted to its whole record being here. */
static double time_event_us(struct subject *s)
{
    const uint64_t wanted = s->lines + 1;
    const int64_t begin_ns = now_ns();
    int64_t taken_ns;

    directory_make_event();
    do {
        subject_read(s);
        taken_ns = now_ns() - begin_ns;
        if (taken_ns >= TIMEOUT_S * NS_PER_S)
            die("%s: no line within %d s of an event", s->name, TIMEOUT_S);
    } while (s->lines < wanted);
    if (s->lines > wanted)
        die("%s: wrote more than a line for an event", s->name);
    return (double)taken_ns / NS_PER_US;
}

static void time_events(struct subject *s, double *samples_us)
{
    subject_start(s);
    fcntl(s->out_fd, F_SETFL, O_NONBLOCK); /* being woken would cost more than the event */
    for (size_t i = 0; i < EVENTS; i++) {
        spin_us(GAP_US);
        samples_us[i] = time_event_us(s);
    }
    fcntl(s->out_fd, F_SETFL, 0);
    subject_end(s, EVENTS, NULL);
}

void latency_measure(struct subject *inotap)
{
    static const char group[] = "latency text";
    static double samples_us[EVENTS];
    struct subject floor = {.name = "floor", .record_bytes = RECORD_BYTES};

    time_events(inotap, samples_us);
    table_at_most(group, "inotap, p50", table_percentile(samples_us, EVENTS, 50), 1, "us", MAX_LATENCY_US);
    table_figure(group, "inotap, p99", table_percentile(samples_us, EVENTS, 99), 1, "us");
    time_events(&floor, samples_us);
    table_figure(group, "floor, p50", table_percentile(samples_us, EVENTS, 50), 1, "us");
    table_figure(group, "floor, p99", table_percentile(samples_us, EVENTS, 99), 1, "us");
}

static double start_ms(struct subject *s)
{
    const int64_t begin_ns = now_ns();
    int64_t end_ns;

    subject_start(s);
    end_ns = now_ns();
    subject_end(s, 0, NULL);
    return (double)(end_ns - begin_ns) / NS_PER_MS;
}

/* In turn with a program that does nothing else. What a start takes is the machine's in the first place, so
 * the limit is a ratio, and of the fastest: the median is also of what else runs. */
void latency_measure_start(struct subject *inotap)
{
    struct subject floor = {.name = "floor", .only_starts = true};
    double inotap_ms[STARTS], floor_ms[STARTS];

    for (size_t i = 0; i < STARTS; i++) {
        inotap_ms[i] = start_ms(inotap);
        floor_ms[i] = start_ms(&floor);
    }
    table_figure("start to ready", "inotap, median", table_percentile(inotap_ms, STARTS, 50), 2, "ms");
    table_figure("start to ready", "inotap, fastest", inotap_ms[0], 2, "ms");
    table_figure("start to ready", "floor, fastest", (table_percentile(floor_ms, STARTS, 0)), 2, "ms");
    table_at_most("start to ready", "inotap / floor", inotap_ms[0] / floor_ms[0], 2, "times",
                  MAX_START_RATIO);
}
