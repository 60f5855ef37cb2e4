/* tool.c: what the benchmark in Python needs done exactly, one task a run. Figures go to standard output.
 * Neighbours: bench.py runs it; floor.c, storm.c, probe.c and starter.c do the work. */
#include "ending.h"
#include "floor.h"
#include "probe.h"
#include "starter.h"
#include "storm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE 2

struct task {
    const char *name;
    const char *usage;
    int least_arguments;
    void (*run)(char **arguments);
};

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
    char *end;
    uint64_t value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < least || value > most)
        die("'%s' is not a number from %" PRIu64 " to %" PRIu64, text, least, most);
    return value;
}

static double read_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void run_floor(char **arguments)
{
    size_t count;
    char **const directories = storm_read_paths(arguments[3], &count);

    floor_watch(directories, count, (uint32_t)number(arguments[0], 1, UINT32_MAX),
                (size_t)number(arguments[1], 1, FLOOR_MAX_RECORD_BYTES), (int)number(arguments[2], 3, 1000));
}

static void run_storm(char **arguments)
{
    struct storm storm = {.written = number(arguments[0], 0, 1) == 1,
                          .name_length = (size_t)number(arguments[2], 8, 255)};
    double begin_ms;

    storm.directories = storm_read_paths(arguments[3], &storm.directory_count);
    begin_ms = read_ms(CLOCK_MONOTONIC);
    storm_run(&storm, number(arguments[1], 1, UINT64_MAX));
    printf("%.6f\n", (read_ms(CLOCK_MONOTONIC) - begin_ms) / 1e3);
}

static void run_probe(char **arguments)
{
    const size_t events = (size_t)number(arguments[1], 1, 10000000);
    int64_t *const samples_ns = calloc(events, sizeof(*samples_ns));

    if (!samples_ns)
        die("no memory for the samples");
    probe_run(arguments[0], events, (unsigned)number(arguments[2], 0, 1000000),
              (unsigned)number(arguments[3], 0, 1000000), number(arguments[4], 0, 1) == 1, samples_ns);
    for (size_t i = 0; i < events; i++)
        printf("%" PRId64 "\n", samples_ns[i]);
}

static void print_start(struct start start)
{
    printf("%.3f %.3f %lu\n", start.wall_ms, start.processor_ms, start.resident_kib);
}

static void run_start(char **arguments)
{
    print_start(starter_run(arguments + 2, (int)number(arguments[0], 0, 1000), arguments[1]));
}

/* What a recursive watch cannot do without: its calls of inotify_add_watch(2). */
static void run_bare(char **arguments)
{
    const int fd = inotify_init1(IN_CLOEXEC);
    struct start start = {0};
    size_t count;
    char **const paths = storm_read_paths(arguments[0], &count);
    const double wall_ms = read_ms(CLOCK_MONOTONIC), processor_ms = read_ms(CLOCK_PROCESS_CPUTIME_ID);

    for (size_t i = 0; i < count; i++)
        if (inotify_add_watch(fd, paths[i], IN_CREATE) < 0)
            die("cannot watch %s: %s", paths[i], strerror(errno));
    start.wall_ms = read_ms(CLOCK_MONOTONIC) - wall_ms;
    start.processor_ms = read_ms(CLOCK_PROCESS_CPUTIME_ID) - processor_ms;
    print_start(start);
}

static const struct task tasks[] = {
    {"floor", "MASK RECORD-BYTES READY-FD LIST-OF-DIRECTORIES", 4, run_floor},
    {"storm", "WRITTEN FILES NAME-LENGTH LIST-OF-DIRECTORIES", 4, run_storm},
    {"probe", "DIRECTORY EVENTS GAP-US PER-SECOND LOOSE <PIPE", 5, run_probe},
    {"start", "FD READY COMMAND [ARGUMENT]...", 3, run_start},
    {"bare", "LIST-OF-DIRECTORIES", 1, run_bare},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(tasks) / sizeof(tasks[0]); i++) {
        if (strcmp(argv[1], tasks[i].name) == 0 && argc - 2 >= tasks[i].least_arguments) {
            ending_prepare(starter_kill);
            tasks[i].run(argv + 2);
            return EXIT_SUCCESS;
        }
    }
    for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++)
        fprintf(stderr, "usage: inotap-bench-tool %s %s\n", tasks[i].name, tasks[i].usage);
    return EXIT_USAGE;
}
