/* compat_wait.c: the command line of inotifywait and fsnotifywait, translated into struct options.
 * Neighbours: compat.c has the names; ere.c compiles --exclude and its kin. */
#include "compat.h"

#include "compat_given.h"
#include "ere.h"
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
    OPTION_EXCLUDE = 256,
    OPTION_EXCLUDEI,
    OPTION_INCLUDE,
    OPTION_INCLUDEI,
    OPTION_FORMAT,
    OPTION_TIMEFMT,
    OPTION_FROMFILE,
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
    {"fromfile", required_argument, NULL, OPTION_FROMFILE},
    {"outfile", required_argument, NULL, 'o'},
    {"exclude", required_argument, NULL, OPTION_EXCLUDE},
    {"excludei", required_argument, NULL, OPTION_EXCLUDEI},
    {"include", required_argument, NULL, OPTION_INCLUDE},
    {"includei", required_argument, NULL, OPTION_INCLUDEI},
    {NULL, 0, NULL, 0},
};

/* ---- help ---- */

static void print_help(const char *program)
{
    printf("%s, as inotap %s takes it: wait for events on files and directories.\n"
           "usage: %s [OPTION]... FILE...\n\n",
           program, INOTAP_VERSION, program);
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

/* ---- values ---- */

static const struct {
    const char *name;
    uint32_t bits;
} events[] = {
    {"access", IN_ACCESS},
    {"modify", IN_MODIFY},
    {"attrib", IN_ATTRIB},
    {"close_write", IN_CLOSE_WRITE},
    {"close_nowrite", IN_CLOSE_NOWRITE},
    {"open", IN_OPEN},
    {"moved_from", IN_MOVED_FROM},
    {"moved_to", IN_MOVED_TO},
    {"create", IN_CREATE},
    {"delete", IN_DELETE},
    {"delete_self", IN_DELETE_SELF},
    {"unmount", IN_UNMOUNT},
    {"q_overflow", IN_Q_OVERFLOW},
    {"ignored", IN_IGNORED},
    {"close", IN_CLOSE},
    {"move_self", IN_MOVE_SELF},
    {"move", IN_MOVE},
    {"isdir", IN_ISDIR},
    {"oneshot", IN_ONESHOT},
    {"all_events", IN_ALL_EVENTS},
};

uint32_t given_bits_of(const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (strlen(events[i].name) == len && strncasecmp(events[i].name, word, len) == 0)
            return events[i].bits;
    return 0;
}

/* Returns whether every word of the list is one; a list with an empty word asks for nothing. */
bool given_take_events(struct given *given, const char *list)
{
    uint32_t bits = 0;
    bool has_empty = false;

    for (const char *word = list;; word++) {
        const size_t len = strcspn(word, ",");
        const uint32_t more = given_bits_of(word, len);

        if (len > 0 && more == 0) {
            message(MESSAGE_ERROR,
                    "'%s' is not a valid event!  Run with the '--help' option to see a list of events.",
                    list);
            return false;
        }
        has_empty = has_empty || len == 0;
        bits |= more;
        word += len;
        if (*word == '\0')
            break;
    }
    given->bits |= has_empty ? 0 : bits;
    return true;
}

bool given_take_timeout(struct given *given, const char *text)
{
    char *end;

    errno = 0;
    given->timeout_s = strtol(text, &end, 10);
    if (errno == ERANGE) {
        message(MESSAGE_ERROR, "Something went wrong with the timeout value you provided.");
        message(MESSAGE_ERROR, "%s", strerror(ERANGE));
        return false;
    }
    if (end != text && *end == '\0')
        return true;
    if (*text == '\0')
        message(MESSAGE_ERROR, "The provided value is not a valid timeout value.");
    else
        message(MESSAGE_ERROR, "'%s' is not a valid timeout value.", text);
    message(MESSAGE_ERROR, "Please specify a long int value.");
    return false;
}

/* The last of its kind counts. */
bool given_take_regex(struct regex *regex, const char *text)
{
    regex->is_repeated = regex->text;
    regex->text = text;
    return true;
}

bool given_take_file(const char **place, const char *file, const char *option)
{
    if (*place) {
        message(MESSAGE_ERROR, "Multiple --%s options given.", option);
        return false;
    }
    *place = file;
    return true;
}

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
    case 'r':
        o->recursive = o->compat.recursive = true;
        break;
    case 'P':
        o->flags |= IN_DONT_FOLLOW;
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
    case 'I':
        given->with_fanotify = false;
        break;
    case 'F':
        given->with_fanotify = true;
        break;
    case 'S':
        given->filesystem = given->with_fanotify = true;
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
    case 't':
        return given_take_timeout(given, value);
    case 'e':
        return given_take_events(given, value);
    case 'o':
        return given_take_file(&given->outfile, value, "outfile");
    case OPTION_FROMFILE:
        return given_take_file(&given->fromfile, value, "fromfile");
    case OPTION_FORMAT:
        given->format = value;
        return true;
    case OPTION_TIMEFMT:
        given->timefmt = value;
        return true;
    case OPTION_EXCLUDE:
        return given_take_regex(&given->exclude, value);
    case OPTION_EXCLUDEI:
        return given_take_regex(&given->excludei, value);
    case OPTION_INCLUDE:
        return given_take_regex(&given->include, value);
    case OPTION_INCLUDEI:
        return given_take_regex(&given->includei, value);
    default:
        return take_switch(o, given, letter);
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

/* Returns a complaint or NULL. */
const char *given_check(const struct given *given)
{
    const bool excludes = given->exclude.text || given->excludei.text;
    const bool includes = given->include.text || given->includei.text;

    if (given->exclude.text && given->excludei.text)
        return "--exclude and --excludei cannot both be specified.";
    if (given->include.text && given->includei.text)
        return "--include and --includei cannot both be specified.";
    if (includes && excludes)
        return "include and exclude regexp cannot both be specified.";
    if (given->format && given->csv)
        return "-c and --format cannot both be specified.";
    if (!given->format && given->no_newline)
        return "--no-newline cannot be specified without --format.";
    if (!given->format && given->timefmt)
        return "--timefmt cannot be specified without --format.";
    if (given->format && !given->timefmt && strstr(given->format, "%T"))
        return "%T is in --format string, but --timefmt was not specified.";
    if (given->daemon && !given->outfile)
        return "-o must be specified with -d.";
    return NULL;
}

/* ---- translation ---- */

int given_compile_regex(struct options *o, const struct given *given)
{
    const struct {
        const struct regex *regex;
        const char *option;
        bool fold_case, keeps;
    } kinds[] = {
        {&given->exclude, "exclude", false, false},
        {&given->excludei, "excludei", true, false},
        {&given->include, "include", false, true},
        {&given->includei, "includei", true, true},
    };
    int err = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && err == 0; i++) {
        if (!kinds[i].regex->text)
            continue;
        if (kinds[i].regex->is_repeated && !kinds[i].keeps)
            message(MESSAGE_ERROR, "--%s: only the last option will be taken into consideration.",
                    kinds[i].option);
        err = ere_new(&o->compat.ere, kinds[i].regex->text, kinds[i].fold_case, kinds[i].keeps);
        if (err == -EINVAL)
            message(MESSAGE_ERROR, "Error in `%s' regular expression.",
                    kinds[i].keeps ? "include" : "exclude");
    }
    return err;
}

void given_set_events(struct options *o, const struct given *given)
{
    const uint32_t bits = given->bits ? given->bits : IN_ALL_EVENTS;
    const uint32_t told = IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED;

    o->events = bits & IN_ALL_EVENTS;
    o->all = true;
    o->compat.unasked = told & ~bits;
    if ((bits & IN_ONESHOT) && !o->recursive)
        o->flags |= IN_ONESHOT;
}

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

int64_t given_nanoseconds(long seconds)
{
    int64_t ns;

    if (seconds <= 0)
        return -1;
    return __builtin_mul_overflow((int64_t)seconds, (int64_t)1000000000, &ns) ? INT64_MAX : ns;
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
    o->idle_ns = given_nanoseconds(given->timeout_s);
    o->verbosity = given->quiet > 0 ? -1 : 0;
    return err;
}

/* ---- files ---- */

static int append(char ***list, size_t *count, char *text)
{
    char **const more = realloc(*list, (*count + 1) * sizeof(char *));

    if (!more)
        return -ENOMEM;
    *list = more;
    more[(*count)++] = text;
    return 0;
}

/* One FILE or @FILE; an empty one is none. */
static int add_file(struct options *o, char *text)
{
    struct compat *const c = &o->compat;
    size_t len = strlen(text);

    if (*text != '@')
        return len > 0 ? append(&o->paths, &o->path_count, text) : 0;
    if (len > 2 && text[len - 1] == '/')
        text[--len] = '\0';
    return len > 1 ? append(&c->excluded, &c->excluded_count, text + 1) : 0;
}

static int read_lines(struct options *o, FILE *in)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int err = 0;

    while (err == 0 && (errno = 0, len = getline(&line, &size, in)) >= 0) {
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        err = append(&o->compat.texts, &o->compat.text_count, line);
        if (err < 0)
            break;
        err = add_file(o, line);
        line = NULL; /* it is the list's */
        size = 0;
    }
    if (err == 0 && !feof(in))
        err = errno ? -errno : -EIO;
    free(line);
    return err;
}

/* A file that cannot be read is said to be so, and there may be others on the command line. */
static int read_fromfile(struct options *o, const char *file)
{
    const bool standard = strcmp(file, "-") == 0;
    FILE *const in = standard ? stdin : fopen(file, "re");
    int err;

    if (!in) {
        message(MESSAGE_ERROR, "Couldn't open %s: %s", file, strerror(errno));
        return 0;
    }
    err = read_lines(o, in);
    if (!standard)
        fclose(in);
    if (err < 0 && err != -ENOMEM) {
        message(MESSAGE_ERROR, "Couldn't read %s: %s", file, strerror(-err));
        return 0;
    }
    return err;
}

int given_collect_files(struct options *o, const struct given *given, int count, char **files)
{
    int err = given->fromfile ? read_fromfile(o, given->fromfile) : 0;

    for (int i = 0; i < count && err == 0; i++)
        err = add_file(o, files[i]);
    if (err == 0 && o->path_count == 0) {
        message(MESSAGE_ERROR, "No files specified to watch!");
        return -EINVAL;
    }
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
    if (err == 0 && given->filesystem && strcmp(o->compat.program, "fsnotifywait") == 0) {
        message(MESSAGE_ERROR,
                "-S: watching whole file systems is not available yet; without it inotify is used.");
        return -EINVAL;
    }
    return err;
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
