/* bench.c: what inotap costs, beside the barest loop that could do its work: command line, order, clean-up.
 * Neighbours: drain.c, latency.c and idle.c measure what subject.c runs; table.c prints. */
#include "bench.h"

#include "directory.h"
#include "ending.h"
#include "floor.h"
#include "limit.h"
#include "subject.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_EVENTS 10000000

struct command_line {
    bool check;
    struct plan plan;
    const char *program;
};

static _Noreturn void usage_error(void)
{
    fputs("usage: inotap-bench [--check] [--events N] [--rounds N] INOTAP-BINARY\n", stderr);
    exit(2);
}

static unsigned take_count(const char *option, const char *text, unsigned most)
{
    char *end;
    unsigned long number;

    errno = 0;
    number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < 1 || number > most) {
        complain("--%s takes a number from 1 to %u, not '%s'", option, most, text);
        usage_error();
    }
    return (unsigned)number;
}

static void take_command_line(struct command_line *line, int argc, char **argv)
{
    static const struct option options[] = {{"check", no_argument, NULL, 'c'},
                                            {"events", required_argument, NULL, 'e'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'c')
            line->check = true;
        else if (option == 'e')
            line->plan.events = take_count("events", optarg, MAX_EVENTS);
        else if (option == 'r')
            line->plan.rounds = take_count("rounds", optarg, PLAN_MAX_ROUNDS);
        else
            usage_error();
    }
    if (optind != argc - 1) {
        complain("%s", optind == argc ? "which program?" : "too many arguments");
        usage_error();
    }
    line->program = argv[optind];
}

/* A pipe that took the number of a closed standard stream would be lost to dup2(2). */
static void open_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static void clean_up(void)
{
    limit_restore();
    subject_kill();
    directory_remove();
}

int main(int argc, char **argv)
{
    struct command_line line = {.plan = {.events = 500000, .rounds = 5}};
    struct subject text = {.name = "inotap (text)"};
    struct subject json = {.name = "inotap (JSON)", .json = true};
    struct subject globs = {.name = "inotap (globs)", .with_globs = true};

    if (argc == 3 && strcmp(argv[1], FLOOR_START_OPTION) == 0)
        floor_start_main(argv[2]);
    open_standard_streams();
    take_command_line(&line, argc, argv);
    text.program = json.program = globs.program = line.program;
    setvbuf(stdout, NULL, _IOLBF, 0);
    ending_prepare(clean_up);
    directory_make();
    drain_plan(&line.plan);
    printf("events a round: %" PRIu64 "; queued at a time: %" PRIu64 "; rounds: %u; directory: %s\n",
           line.plan.events, line.plan.batch, line.plan.rounds, directory_path());
    table_begin(line.check);
    drain_measure(&text, &line.plan);
    drain_measure(&json, &line.plan);
    drain_measure_globs(&globs, &text, &line.plan);
    latency_measure(&text);
    latency_measure_start(&text);
    idle_measure(&text);
    return table_end();
}
