/* compat.c: the names of other programs, and what they say on standard error.
 * Neighbours: compat_wait.c has a command line; setup.c and loop.c call for what is said. */
#include "compat.h"

#include "ere.h"
#include "message.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

static const struct name {
    const char *name;
    int (*parse)(struct options *o, int argc, char **argv);
} names[] = {
    {"inotifywait", compat_wait_parse},
    {"fsnotifywait", compat_wait_parse},
    {"inotifywatch", compat_watch_parse},
    {"fsnotifywatch", compat_watch_parse},
};

static const struct name *find_name(const char *argument)
{
    const char *const slash = strrchr(argument, '/');
    const char *const last = slash ? slash + 1 : argument;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i].name, last) == 0)
            return &names[i];
    return NULL;
}

int compat_parse(struct options *o, int argc, char **argv)
{
    const struct name *name = argc > 0 ? find_name(argv[0]) : NULL;

    if (!name && argc > 1 && !strchr(argv[1], '/')) {
        name = find_name(argv[1]);
        argc--;
        argv++;
    }
    if (!name)
        return -1;
    o->compat.program = name->name;
    return name->parse(o, argc, argv);
}

void compat_free(struct compat *c)
{
    for (size_t i = 0; i < c->text_count; i++)
        free(c->texts[i]);
    free(c->texts);
    free(c->excluded);
    ere_free(c->ere);
    *c = (struct compat){0};
}

/* ---- what is said ---- */

static const char *failed_to = "Couldn't";

void compat_say_setting_up(const struct compat *c)
{
    if (c->counts) {
        failed_to = "Failed to";
        message(MESSAGE_WARNING, "Establishing watches...");
        return;
    }
    message(MESSAGE_WARNING, "Setting up watches.%s",
            c->recursive ? "  Beware: since -r was given, this may take a while!" : "");
}

void compat_say_watching(const char *path)
{
    message(MESSAGE_INFO, "Setting up watch(es) on %s", path);
}

void compat_say_watched(const char *path)
{
    message(MESSAGE_INFO, "OK, %s is now being watched.", path);
}

void compat_say_established(const struct compat *c, size_t watches)
{
    if (c->counts) {
        message(MESSAGE_INFO, "Total of %zu watches.", watches);
        message(MESSAGE_WARNING, "Finished establishing watches, now collecting statistics.");
        if (c->timeout_s > 0)
            message(MESSAGE_INFO, "Will listen for events for %ld seconds.", c->timeout_s);
        return;
    }
    message(MESSAGE_WARNING, "Watches established.");
}

void compat_say_unwatched(const char *path, size_t path_len, int err, bool is_new)
{
    if (err == -ENOSPC && !is_new) {
        message(MESSAGE_ERROR, "Failed to watch %.*s; upper limit on inotify watches reached!", (int)path_len,
                path);
        message(MESSAGE_ERROR, "Please increase the amount of inotify watches allowed per user via "
                               "`/proc/sys/fs/inotify/max_user_watches'.");
        return;
    }
    message(MESSAGE_ERROR, "%s watch %s%.*s: %s", is_new ? "Couldn't" : failed_to,
            is_new ? "new directory " : "", (int)path_len, path, strerror(-err));
}

void compat_say_no_inotify(int err)
{
    message(MESSAGE_ERROR, "Couldn't initialize inotify: %s", strerror(err == -EUSERS ? EMFILE : -err));
    if (err == -EMFILE)
        message(MESSAGE_ERROR, "Try increasing the limit of open files, ulimit -n");
    if (err == -EUSERS)
        message(MESSAGE_ERROR, "Try increasing the value of /proc/sys/fs/inotify/max_user_instances");
}

void compat_say_no_output(const char *file)
{
    message_speak_as("", MESSAGE_TO_STDERR); /* with -s, too */
    message(MESSAGE_ERROR, "Failed to open output file %s", file);
}

void compat_say_no_events(void)
{
    message(MESSAGE_ERROR, "No events occurred.");
}

void compat_say_lost(void)
{
    message(MESSAGE_ERROR,
            "The kernel's queue was full (fs.inotify.max_queued_events): events are lost here.");
}

void compat_say_negative_timeout(void)
{
    message_speak_as("", MESSAGE_TO_STDERR); /* with -s, too */
    message(MESSAGE_ERROR, "Negative timeout specified - abort!");
}
