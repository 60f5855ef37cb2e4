/* compat_wait.c: the command line of inotifywait and fsnotifywait, translated into struct options.
 * Neighbours: compat.c has the names, compat_given.c what inotifywatch takes as well. */
#include "compat.h"

#include "compat_given.h"
#include "message.h"
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum long_only {
    OPTION_FORMAT = GIVEN_LONG_END,
    OPTION_TIMEFMT,
    OPTION_NO_NEWLINE,
};

/* The letters I, F and S are taken by both programs. */
static const char letters[] = "mrhcdsPqft:o:e:IFS";

/* In this order getopt_long(3) names them where an abbreviation is ambiguous. */
static const struct option longs[] = {
    {"help", no_argument, NULL, 'h'},
    {"event", required_argument, NULL, 'e'},
    {"monitor", no_argument, NULL, 'm'},
    {"quiet", no_argument, NULL, 'q'},
    {"timeout", required_argument, NULL, 't'},
    {"filename", no_argument, NULL, 'f'},
    {"recursive", no_argument, NULL, 'r'},
    {"inotify", no_argument, NULL, 'I'},
    {"fanotify", no_argument, NULL, 'F'},
    {"filesystem", no_argument, NULL, 'S'},
    {"csv", no_argument, NULL, 'c'},
    {"daemon", no_argument, NULL, 'd'},
    {"syslog", no_argument, NULL, 's'},
    {"no-dereference", no_argument, NULL, 'P'},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"no-newline", no_argument, NULL, OPTION_NO_NEWLINE},
    {"timefmt", required_argument, NULL, OPTION_TIMEFMT},
    {"fromfile", required_argument, NULL, GIVEN_FROMFILE},
    {"outfile", required_argument, NULL, 'o'},
    {"exclude", required_argument, NULL, GIVEN_EXCLUDE},
    {"excludei", required_argument, NULL, GIVEN_EXCLUDEI},
    {"include", required_argument, NULL, GIVEN_INCLUDE},
    {"includei", required_argument, NULL, GIVEN_INCLUDEI},
    {NULL, 0, NULL, 0},
};

/* ---- help ---- */

static void print_help(const char *program)
{
    printf("%s " COMPAT_VERSION " (inotap " INOTAP_VERSION "): wait for events on files and directories.\n"
           "usage: %s [OPTION]... FILE...\n\n",
           program, program);
    printf("  @FILE                       with -r: do not watch this directory\n"
           "  -m, --monitor               go on after the first event\n"
           "  -d, --daemon                the same in the background; needs -o\n"
           "  -r, --recursive             directories with everything below them\n"
           "  -P, --no-dereference        watch a symbolic link itself\n"
           "      --fromfile FILE         read FILEs and @FILEs, one a line; - is standard input\n"
           "  -e, --event EVENT,...       wait for these; without it, for all\n"
           "      --exclude, --excludei RE    leave out paths that match; with i in any case\n"
           "      --include, --includei RE    keep only paths that match\n"
           "  -t, --timeout SECONDS       stop after so long without an event; 0: never\n"
           "  -o, --outfile FILE          append events to FILE\n"
           "  -c, --csv                   comma-separated values\n"
           "      --format FMT            %%w watched, %%f name, %%e events, %%Xe with X between them, %%T "
           "time,\n"
           "                              %%c cookie, %%0 NUL, %%n newline\n"
           "      --no-newline            nothing behind what --format says\n"
           "      --timefmt FMT           %%T as strftime(3) writes it\n"
           "  -q, -qq, --quiet            say less; the second time no events either\n"
           "  -s, --syslog                messages to syslog(3)\n");
    if (strcmp(program, "fsnotifywait") == 0)
        printf(
            "  -I, --inotify; -F, --fanotify; -S, --filesystem\n"
            "                              watch with inotify (always so here; -S is not available yet)\n");
    printf("\nEvents: access modify attrib close_write close_nowrite close open moved_to moved_from move\n"
           "move_self create delete delete_self unmount\n\n"
           "Status: 0 an event, 1 an error or an end nobody asked for, 2 the timeout passed.\n"
           "inotap(1) says what differs from inotify-tools.\n");
}

/* ---- options ---- */

static bool take_filename(void)
{
    message(MESSAGE_ERROR, "The '--filename' option no longer exists.  The option it enabled in earlier");
    message(MESSAGE_ERROR, "versions of inotifywait is now turned on by default.");
    return false;
}

static bool take_switch(struct options *o, struct given *given, int letter)
{
    switch (letter) {
    case 'm':
        given->monitor = true;
        break;
    case 'd':
        given->daemon = given->monitor = true;
        break;
    case 'q':
        given->quiet++;
        break;
    case 'c':
        given->csv = true;
        break;
    case 's':
        o->compat.syslog = true;
        break;
    case OPTION_NO_NEWLINE:
        given->no_newline = true;
        break;
    default: /* getopt_long(3) has said why */
        return false;
    }
    return true;
}

static bool take_option(struct options *o, struct given *given, int letter, const char *value)
{
    switch (letter) {
    case 'f':
        return take_filename();
    case 'o':
        return given_take_file(&given->outfile, value, "outfile");
    case OPTION_FORMAT:
        given->format = value;
        return true;
    case OPTION_TIMEFMT:
        given->timefmt = value;
        return true;
    default:
        return given_take_option(o, given, letter, value) || take_switch(o, given, letter);
    }
}

/* ---- what goes together ---- */

/* A record would be empty for what happens to a file itself, or for nothing that has a name. */
static bool is_without_text(const char *format)
{
    while (format[0] == '%' && (format[1] == 'w' || format[1] == 'f'))
        format += 2;
    return *format == '\0';
}

/* ---- translation ---- */

static int set_output(struct options *o, const struct given *given)
{
    o->output = given->outfile;
    o->kind = given->quiet > 1 ? FORMAT_NOTHING : given->csv ? FORMAT_WAIT_CSV : FORMAT_WAIT;
    o->template = given->format ? given->format : "%w %,e %f";
    o->compat.no_newline = given->no_newline;
    o->time_given = true;
    if (given->timefmt) {
        const int err = timestamp_strftime(given->timefmt, &o->time);

        if (err == -EINVAL)
            message(MESSAGE_ERROR, "--timefmt: the time would be longer than %zu bytes.", TIMESTAMP_MAX - 1);
        return err;
    }
    return 0;
}

static int translate(struct options *o, const struct given *given)
{
    int err = given_compile_regex(o, given);

    if (err == 0 && given->no_newline && is_without_text(given->format)) {
        message(MESSAGE_ERROR, "Something is wrong with your format string.");
        err = -EINVAL;
    }
    if (err == 0)
        given_set_events(o, given);
    if (err == 0)
        err = set_output(o, given);
    o->daemon = given->daemon;
    o->compat.single = !given->monitor;
    o->count = given->monitor ? 0 : 1;
    o->compat.timeout_s = given->timeout_s;
    o->idle_ns = given_nanoseconds(given->timeout_s);
    o->verbosity = given->quiet > 0 ? -1 : 0;
    return err;
}

/* ---- all of it ---- */

static int parse(struct options *o, struct given *given, int argc, char **argv)
{
    const char *complaint;
    int letter, err;

    optind = 1;
    while ((letter = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (letter == 'h') {
            print_help(o->compat.program);
            return -ECANCELED;
        }
        if (!take_option(o, given, letter, optarg))
            return -EINVAL;
    }
    complaint = given_check(given);
    if (complaint) {
        message(MESSAGE_ERROR, "%s", complaint);
        return -EINVAL;
    }
    err = translate(o, given);
    if (err == 0)
        err = given_collect_files(o, given, argc - optind, argv + optind);
    return err == 0 && given_refuses_filesystem(o, given) ? -EINVAL : err;
}

int compat_wait_parse(struct options *o, int argc, char **argv)
{
    struct given given = {0};
    int err;

    message_speak_as(o->compat.program, MESSAGE_TO_STDERR);
    err = parse(o, &given, argc, argv);
    if (err == -ENOMEM)
        message(MESSAGE_ERROR, "%s", strerror(ENOMEM));
    if (err < 0)
        return OPTIONS_FAILED;
    message_speak_as(o->compat.program, o->compat.syslog ? MESSAGE_TO_SYSLOG
                                        : o->daemon      ? MESSAGE_TO_BOTH
                                                         : MESSAGE_TO_STDERR);
    message_verbosity(o->verbosity);
    return OPTIONS_RUN;
}
