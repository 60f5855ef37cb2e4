/* setup.c: what setting up a recursive watch of a hundred thousand directories costs: bare calls of
 * inotify_add_watch(2), inotap, inotifywait. A benchmark of its own: command line, order, clean-up.
 * Neighbours: wide_tree.c makes what is watched, starter.c measures one start, table.c prints. */
#include "directory.h"
#include "ending.h"
#include "limit.h"
#include "starter.h"
#include "table.h"
#include "wide_tree.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS    100
#define SPARE_WATCHES 50000 /* for whatever else this user watches */
#define STATUS_CANNOT 77    /* the limit of watches is too low, and not ours to raise */

struct command_line {
    unsigned rounds;
    double most_of_bare, least_of_inotifywait; /* limits of ratios; 0: none */
    char *program;
};

static _Noreturn void usage_error(void)
{
    fputs("usage: inotap-setup-bench [--rounds N] [--most-of-bare RATIO] [--least-of-inotifywait RATIO] "
          "INOTAP-BINARY\n",
          stderr);
    exit(2);
}

static double take_number(const char *text, double least, double most)
{
    char *end;
    const double number = strtod(text, &end);

    if (end == text || *end != '\0' || !(number >= least && number <= most))
        usage_error();
    return number;
}

static void take_command_line(struct command_line *line, int argc, char **argv)
{
    static const struct option options[] = {{"rounds", required_argument, NULL, 'r'},
                                            {"most-of-bare", required_argument, NULL, 'b'},
                                            {"least-of-inotifywait", required_argument, NULL, 'w'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'r')
            line->rounds = (unsigned)take_number(optarg, 1, MAX_ROUNDS);
        else if (option == 'b')
            line->most_of_bare = take_number(optarg, 0.01, 1000);
        else if (option == 'w')
            line->least_of_inotifywait = take_number(optarg, 0.01, 1000);
        else
            usage_error();
    }
    if (optind != argc - 1)
        usage_error();
    line->program = argv[optind];
}

static void clean_up(void)
{
    limit_restore();
    starter_kill();
    wide_tree_remove();
}

static double read_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* In a process of its own. */
static struct start add_bare_watches(void)
{
    const int fd = inotify_init1(IN_CLOEXEC);
    const struct start begin = {.processor_ms = read_ms(CLOCK_PROCESS_CPUTIME_ID),
                                .wall_ms = read_ms(CLOCK_MONOTONIC)};

    for (size_t i = 0; i < WIDE_TREE_DIRECTORIES; i++) {
        if (inotify_add_watch(fd, wide_tree_path(i), IN_CREATE) < 0) {
            dprintf(STDERR_FILENO, "inotap-bench: cannot watch %s: %s\n", wide_tree_path(i), strerror(errno));
            _exit(EXIT_FAILURE);
        }
    }
    return (struct start){.processor_ms = read_ms(CLOCK_PROCESS_CPUTIME_ID) - begin.processor_ms,
                          .wall_ms = read_ms(CLOCK_MONOTONIC) - begin.wall_ms};
}

static struct start start_inotap(char *program)
{
    char recursive[] = "-re", events[] = "create", ready[] = "--ready-fd=9", tree[256];
    char *const argv[] = {program, recursive, events, ready, tree, NULL};

    snprintf(tree, sizeof(tree), "%s", wide_tree_path(0));
    return starter_run(argv, 9, "READY=1\n");
}

static struct start start_inotifywait(void)
{
    char program[] = "inotifywait", recursive[] = "-mre", events[] = "create", tree[256];
    char *const argv[] = {program, recursive, events, tree, NULL};

    snprintf(tree, sizeof(tree), "%s", wide_tree_path(0));
    return starter_run(argv, STDERR_FILENO, "Watches established.");
}

static void raise_limit(void)
{
    const uint64_t wanted = WIDE_TREE_DIRECTORIES + SPARE_WATCHES;
    uint64_t limit;
    int err = limit_raise(LIMIT_WATCHES, wanted);

    if (err == 0)
        return;
    if (limit_read(LIMIT_WATCHES, &limit) == 0 && limit >= wanted)
        return;
    complain("cannot raise " LIMIT_WATCHES ": %s", strerror(-err));
    exit(STATUS_CANNOT);
}

static struct start median(struct start *starts, unsigned count)
{
    double processor_ms[MAX_ROUNDS], wall_ms[MAX_ROUNDS];

    for (unsigned i = 0; i < count; i++) {
        processor_ms[i] = starts[i].processor_ms;
        wall_ms[i] = starts[i].wall_ms;
    }
    return (struct start){.processor_ms = table_percentile(processor_ms, count, 50),
                          .wall_ms = table_percentile(wall_ms, count, 50)};
}

static void print_start(const char *who, struct start start)
{
    table_figure(who, "processor time", start.processor_ms, 0, "ms");
    table_figure(who, "time", start.wall_ms, 0, "ms");
}

static void print_ratio(const char *who, double processor, double wall)
{
    table_figure(who, "of processor time", processor, 2, "times");
    table_figure(who, "of time", wall, 2, "times");
}

int main(int argc, char **argv)
{
    static struct start bare[MAX_ROUNDS], inotap[MAX_ROUNDS], other[MAX_ROUNDS];
    struct command_line line = {.rounds = 5};
    struct start a, b, c;

    take_command_line(&line, argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    ending_prepare(clean_up);
    wide_tree_make();
    printf("directories: %zu; rounds: %u; in: %s\n", WIDE_TREE_DIRECTORIES, line.rounds, directory_parent());
    table_begin(true);
    for (unsigned i = 0; i < line.rounds; i++) {
        raise_limit();
        bare[i] = starter_call(add_bare_watches);
        inotap[i] = start_inotap(line.program);
        other[i] = start_inotifywait();
        limit_restore();
    }
    a = median(bare, line.rounds);
    b = median(inotap, line.rounds);
    c = median(other, line.rounds);
    print_start("bare", a);
    print_start("inotap", b);
    print_start("inotifywait", c);
    print_ratio("inotap / bare", b.processor_ms / a.processor_ms, b.wall_ms / a.wall_ms);
    print_ratio("inotifywait / inotap", c.processor_ms / b.processor_ms, c.wall_ms / b.wall_ms);
    if (line.most_of_bare > 0)
        table_at_most("inotap / bare", "checked", b.processor_ms / a.processor_ms, 2, "times",
                      line.most_of_bare);
    if (line.least_of_inotifywait > 0)
        table_at_least("inotifywait / inotap", "checked", c.processor_ms / b.processor_ms, 2, "times",
                       line.least_of_inotifywait);
    return table_end();
}
