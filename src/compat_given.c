/* compat_given.c: what the command lines of inotifywait and inotifywatch have in common: values, what goes
 * together, FILEs. Neighbours: compat_wait.c and compat_watch.c, which have the rest; ere.c compiles regexes.
 */
#include "compat_given.h"

#include "compat.h"
#include "ere.h"
#include "message.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
static bool take_events(struct given *given, const char *list)
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

static bool take_timeout(struct given *given, const char *text)
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
static bool take_regex(struct regex *regex, const char *text)
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

bool given_take_option(struct options *o, struct given *given, int letter, const char *value)
{
    switch (letter) {
    case 't':
        return take_timeout(given, value);
    case 'e':
        return take_events(given, value);
    case 'r':
        return o->recursive = o->compat.recursive = true;
    case 'P':
        o->flags |= IN_DONT_FOLLOW;
        return true;
    case 'I': /* with which of the two it watches is up to inotap */
    case 'F':
        return true;
    case 'S':
        return given->filesystem = true;
    case GIVEN_FROMFILE:
        return given_take_file(&given->fromfile, value, "fromfile");
    case GIVEN_EXCLUDE:
        return take_regex(&given->exclude, value);
    case GIVEN_EXCLUDEI:
        return take_regex(&given->excludei, value);
    case GIVEN_INCLUDE:
        return take_regex(&given->include, value);
    case GIVEN_INCLUDEI:
        return take_regex(&given->includei, value);
    default:
        return false;
    }
}

/* ---- what goes together ---- */

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

bool given_refuses_filesystem(const struct options *o, const struct given *given)
{
    if (!given->filesystem || strncmp(o->compat.program, "fs", 2) != 0)
        return false;
    message(MESSAGE_ERROR,
            "-S: watching whole file systems is not available yet; without it inotify is used.");
    return true;
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

int64_t given_nanoseconds(long seconds)
{
    int64_t ns;

    if (seconds <= 0)
        return -1;
    return __builtin_mul_overflow((int64_t)seconds, (int64_t)1000000000, &ns) ? INT64_MAX : ns;
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
