/* compat_watch.c: the command line of inotifywatch and fsnotifywatch, translated into struct options.
 * Neighbours: compat_given.c has what inotifywait takes as well; compat_table.c writes the table. */
#include "compat.h"

#include "compat_given.h"
#include "message.h"
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char letters[] = "hrPzvIFSt:e:a:d:";

/* In this order getopt_long(3) names them where an abbreviation is ambiguous. */
static const struct option longs[] = {
    {"help", no_argument, NULL, 'h'},
    {"event", required_argument, NULL, 'e'},
    {"timeout", required_argument, NULL, 't'},
    {"verbose", no_argument, NULL, 'v'},
    {"ascending", required_argument, NULL, 'a'},
    {"descending", required_argument, NULL, 'd'},
    {"recursive", no_argument, NULL, 'r'},
    {"inotify", no_argument, NULL, 'I'},
    {"fanotify", no_argument, NULL, 'F'},
    {"filesystem", no_argument, NULL, 'S'},
    {"no-dereference", no_argument, NULL, 'P'},
    {"zero", no_argument, NULL, 'z'},
    {"fromfile", required_argument, NULL, GIVEN_FROMFILE},
    {"exclude", required_argument, NULL, GIVEN_EXCLUDE},
    {"excludei", required_argument, NULL, GIVEN_EXCLUDEI},
    {"include", required_argument, NULL, GIVEN_INCLUDE},
    {"includei", required_argument, NULL, GIVEN_INCLUDEI},
    {NULL, 0, NULL, 0},
};

static void print_help(const char *program)
{
    printf("%s " COMPAT_VERSION " (inotap " INOTAP_VERSION
           "): count what happens to files and directories, and print a table.\n"
           "usage: %s [OPTION]... FILE...\n\n",
           program, program);
    printf("  @FILE                       with -r: do not watch this directory\n"
           "  -r, --recursive             directories with everything below them\n"
           "  -P, --no-dereference        watch a symbolic link itself\n"
           "      --fromfile FILE         read FILEs and @FILEs, one a line; - is standard input\n"
           "  -e, --event EVENT,...       count these; without it, all\n"
           "      --exclude, --excludei RE    leave out paths that match; with i in any case\n"
           "      --include, --includei RE    keep only paths that match\n"
           "  -t, --timeout SECONDS       count that long; 0: until a signal\n"
           "  -a, --ascending EVENT       sort by an event, or by total, the least first\n"
           "  -d, --descending EVENT      the same, the most first; without either, by total\n"
           "  -z, --zero                  also rows and columns of nothing but zeros\n"
           "  -v, --verbose               say more\n");
    if (strcmp(program, "fsnotifywatch") == 0)
        printf(
            "  -I, --inotify; -F, --fanotify; -S, --filesystem\n"
            "                              watch with inotify (always so here; -S is not available yet)\n");
    printf("\nEvents: access modify attrib close_write close_nowrite close open moved_to moved_from move\n"
           "move_self create delete delete_self unmount\n\n"
           "SIGUSR1 prints the table so far. Status: 0, or 1 for an error.\n"
           "inotap(1) says what differs from inotify-tools.\n");
}

/* ---- sorting ---- */

/* What may be given once. */
struct sorting {
    bool is_given, is_ascending;
    uint32_t bits; /* 0: the total */
};

static bool refuse_several(const char *name, const char *two)
{
    message(MESSAGE_ERROR, "Cannot sort by `%s' event; please use %s.", name, two);
    return false;
}

static bool take_sorting(struct sorting *sorting, const char *key, bool is_ascending)
{
    const bool is_total = strcasecmp(key, "total") == 0;
    const uint32_t bits = is_total ? 0 : given_bits_of(key, strlen(key));

    if (sorting->is_given) {
        message(MESSAGE_ERROR, "Please specify -a or -d once only!");
        return false;
    }
    if (bits == IN_MOVE)
        return refuse_several("move", "`moved_from' or `moved_to'");
    if (bits == IN_CLOSE)
        return refuse_several("close", "`close_write' or `close_nowrite'");
    if (!is_total && __builtin_popcount(bits) != 1) {
        message(MESSAGE_ERROR, "'%s' is not a valid key for sorting!", key);
        return false;
    }
    *sorting =
        (struct sorting){.is_given = !is_total || is_ascending, .is_ascending = is_ascending, .bits = bits};
    return true;
}

/* ---- options ---- */

static bool take_option(struct options *o, struct given *given, struct sorting *sorting, int letter,
                        const char *value)
{
    switch (letter) {
    case 'a':
    case 'd':
        return take_sorting(sorting, value, letter == 'a');
    case 'z':
        return o->compat.zeros = true;
    case 'v':
        return o->compat.verbose = true;
    default: /* getopt_long(3) has said why it is none */
        return given_take_option(o, given, letter, value);
    }
}

/* ---- translation ---- */

static void translate(struct options *o, const struct given *given, const struct sorting *sorting)
{
    struct compat *const c = &o->compat;

    given_set_events(o, given);
    c->counts = true;
    c->columns = (given->bits ? given->bits : IN_ALL_EVENTS) & (IN_ALL_EVENTS | IN_UNMOUNT);
    c->unasked &= ~(uint32_t)(IN_IGNORED | IN_UNMOUNT); /* these count in the total */
    c->sort_key = sorting->bits ? __builtin_ctz(sorting->bits) : STATS_TOTAL;
    c->sort_ascending = sorting->is_ascending;
    c->timeout_s = given->timeout_s;
    o->stats = true;
    o->by = STATS_BY_WATCH;
    o->kind = FORMAT_NOTHING;
    o->time_given = true;
    o->timeout_ns = given_nanoseconds(given->timeout_s);
    o->verbosity = c->verbose ? 1 : 0;
}

static int check(const struct options *o, const struct given *given, const struct sorting *sorting)
{
    const uint32_t bits = given->bits ? given->bits : IN_ALL_EVENTS;
    const char *const complaint = given_check(given);

    if (complaint)
        message(MESSAGE_ERROR, "%s", complaint);
    else if (sorting->bits && !(sorting->bits & bits))
        message(MESSAGE_ERROR, "Can't sort by an event which isn't being watched for!");
    else if (!given_refuses_filesystem(o, given))
        return 0;
    return -EINVAL;
}

static int parse(struct options *o, int argc, char **argv)
{
    struct given given = {0};
    struct sorting sorting = {0};
    int letter, err;

    optind = 1;
    while ((letter = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (letter == 'h') {
            print_help(o->compat.program);
            return -ECANCELED;
        }
        if (!take_option(o, &given, &sorting, letter, optarg))
            return -EINVAL;
    }
    err = check(o, &given, &sorting);
    if (err == 0)
        err = given_compile_regex(o, &given);
    if (err == 0)
        err = given_collect_files(o, &given, argc - optind, argv + optind);
    if (err == 0)
        translate(o, &given, &sorting);
    return err;
}

int compat_watch_parse(struct options *o, int argc, char **argv)
{
    int err;

    message_speak_as(o->compat.program, MESSAGE_TO_STDERR);
    err = parse(o, argc, argv);
    if (err == -ENOMEM)
        message(MESSAGE_ERROR, "%s", strerror(ENOMEM));
    if (err < 0)
        return OPTIONS_FAILED;
    message_verbosity(o->verbosity);
    return OPTIONS_RUN;
}
