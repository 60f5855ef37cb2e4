/* setup.c: the steps from options to watches in place, in order; the first that fails decides the status.
 * Neighbours: main.c before it, loop.c after it. */
#include "app.h"

#include "message.h"
#include "quota.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A standard stream that is closed would be given to the next file that is opened, and records or messages
 * would end up there. /dev/null takes its place, opened so that using it fails. */
static int fill_standard_streams(struct inotap *app)
{
    (void)app;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return app_fail("/dev/null", -errno);
    return STATUS_GOING_ON;
}

static int check_ready_fd(struct inotap *app)
{
    if (app->options.ready_fd < 0 || fcntl(app->options.ready_fd, F_SETFD, FD_CLOEXEC) == 0)
        return STATUS_GOING_ON;
    message(MESSAGE_ERROR, "--ready-fd: %d is not an open file descriptor", app->options.ready_fd);
    return STATUS_USAGE;
}

static int go_to_background(struct inotap *app)
{
    int status = 0, role;

    if (!app->options.daemon)
        return STATUS_GOING_ON;
    role = daemon_start(&app->report_fd, &status);
    if (role < 0)
        return app_fail("--daemon", role);
    return role == 0 ? STATUS_GOING_ON : status;
}

static void say_warning(const char *line)
{
    message(MESSAGE_WARNING, "%s", line);
}

/* Why a PATH cannot be watched; `partial` makes it a warning. */
static void report_path(const struct path *p, int err, bool partial)
{
    const enum message_level level = partial ? MESSAGE_WARNING : MESSAGE_ERROR;
    const char *const why = err == -ENOSPC   ? "no more inotify watches"
                            : err == -EEXIST ? "it is watched already, by another PATH (mask_create)"
                                             : strerror(-err);

    if (p->list)
        message(level, "%s:%zu: %s: %s", p->list, p->line, p->given, why);
    else
        message(level, "%s: %s", p->given, why);
}

static int collect_paths(struct inotap *app)
{
    const struct options *const o = &app->options;

    for (size_t i = 0; i < o->path_count; i++)
        if (paths_add(&app->paths, o->paths[i]) < 0)
            return app_fail(o->paths[i], -ENOMEM);
    for (size_t i = 0; i < o->source_count; i++) {
        size_t line;
        const int err = paths_add_file(&app->paths, o->sources[i].file, o->sources[i].null, &line);

        if (err == -EINVAL && line > 0) {
            message(MESSAGE_ERROR, "%s:%zu: a PATH is expected, and this one is empty or holds a NUL",
                    o->sources[i].file, line);
            return STATUS_FAILED;
        }
        if (err < 0)
            return app_fail(o->sources[i].file, err);
    }
    if (app->paths.count == 0) {
        message(MESSAGE_ERROR, "--paths-from: no PATH is left to watch: every list is empty");
        return STATUS_USAGE;
    }
    return paths_drop_repeated(&app->paths) < 0 ? app_fail("PATHs", -ENOMEM) : STATUS_GOING_ON;
}

static bool color_wanted(const struct options *o, bool terminal)
{
    const char *const no_color = getenv("NO_COLOR"), *const term = getenv("TERM");

    if (o->color != COLOR_AUTO)
        return o->color == COLOR_ALWAYS;
    return terminal && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

static int open_output(struct inotap *app)
{
    struct options *const o = &app->options;
    int err = output_open(&app->output, o->output);
    char why[256] = "";

    if (err < 0)
        return app_fail(o->output ? o->output : "standard output", err);

    const bool terminal = isatty(output_fd(app->output));

    if (o->daemon && terminal) {
        message(MESSAGE_ERROR,
                "--daemon: the records would go to this terminal: give --output=FILE or redirect");
        return STATUS_USAGE;
    }
    if (!o->time_given) {
        const bool screen = terminal && o->kind == FORMAT_TEXT;

        err = timestamp_parse(screen ? "%H:%M:%S.%3N" : "rfc3339", &app->default_time, why, sizeof(why));
        if (err < 0)
            return app_fail("--time", err);
    }

    const struct format_spec spec = {
        .kind = o->kind,
        .template = o->template,
        .fields = o->field_count > 0 ? o->fields : NULL,
        .field_count = o->field_count,
        .time = o->time_given ? o->time : app->default_time,
        .time_wanted = o->time_given,
        .host = o->host,
        .null = o->null,
        .terminal = terminal,
        .color = color_wanted(o, terminal),
        .events = o->events,
    };

    err = format_new(&app->format, &spec, why, sizeof(why));
    app->tap.clock = spec.time ? timestamp_clock(spec.time) : CLOCK_MONOTONIC;
    return err < 0 ? app_fail("--format", err) : STATUS_GOING_ON;
}

/* See that every PATH can be watched before the first one is. With --partial those that cannot are left out.
 */
static int check_paths(struct inotap *app)
{
    const bool partial = app->options.partial;
    size_t kept = 0, bad = 0;

    for (size_t i = 0; i < app->paths.count; i++) {
        const int err = roots_check(&app->roots, app->paths.items[i]);

        if (err < 0) {
            report_path(app->paths.items[i], err, partial);
            bad++;
        }
        app->paths.items[i]->usable = err == 0;
        kept += err == 0;
    }
    if (kept == 0 && partial)
        message(MESSAGE_ERROR, "no PATH can be watched");
    return kept == 0 || (bad > 0 && !partial) ? STATUS_FAILED : STATUS_GOING_ON;
}

static int watch_paths(struct inotap *app)
{
    const bool partial = app->options.partial;
    bool explained = false;

    for (size_t i = 0; i < app->paths.count; i++) {
        struct path *const p = app->paths.items[i];
        const int err = p->usable ? roots_watch(&app->roots, p) : 0;

        if (signals_stop())
            return STATUS_SIGNAL + signals_stop();
        if (err == 0)
            continue;
        report_path(p, err, partial);
        if (err == -ENOSPC && !explained)
            quota_explain(QUOTA_WATCHES, partial ? say_warning : app_say_error);
        explained = explained || err == -ENOSPC;
        if (!partial)
            return STATUS_FAILED;
    }
    if (tap_is_bereft(&app->tap)) {
        message(MESSAGE_ERROR, "no PATH can be watched");
        return STATUS_FAILED;
    }
    return roots_guard(&app->roots, &app->paths) < 0 ? app_fail("watches", -ENOMEM) : STATUS_GOING_ON;
}

static int open_backend(struct inotap *app)
{
    const int err = backend_open(&app->backend, app->options.buffer_size);

    if (err < 0)
        return app_fail("inotify", err);
    app->set = target_set_new();
    return app->set ? STATUS_GOING_ON : app_fail("watches", -ENOMEM);
}

static int write_pid_file(struct inotap *app)
{
    const char *const name = app->options.pid_file;
    pid_t other = 0;
    const int err = name ? pid_file_write(&app->pid_file, name, &other) : 0;

    if (err == -EEXIST) {
        message(MESSAGE_ERROR, "%s: held by process %ld, which is still running", name, (long)other);
        return STATUS_FAILED;
    }
    if (err == -EINVAL) {
        message(MESSAGE_ERROR, "%s: it holds something else than a process ID, and is left as it is", name);
        return STATUS_FAILED;
    }
    return err < 0 ? app_fail(name, err) : STATUS_GOING_ON;
}

/* Early, so that an end by a signal is an orderly one from here on. */
static int take_signals(struct inotap *app)
{
    app->signals_fd = signals_start(app->options.output != NULL);
    return app->signals_fd < 0 ? app_fail("signals", app->signals_fd) : STATUS_GOING_ON;
}

/* Wire up what an event passes. */
static void connect_rooms(struct inotap *app)
{
    app->roots = (struct roots){
        .backend = app->backend,
        .set = app->set,
        .events = app->options.events,
        .flags = app->options.flags,
    };
    app->tap.backend = app->backend;
    app->tap.set = app->set;
    app->tap.roots = &app->roots;
    app->tap.paths = &app->paths;
    app->tap.format = app->format;
    app->tap.output = app->output;
    app->tap.events = app->options.events;
    app->tap.limit = app->options.count;
    own_drained(&app->tap.own);
}

static int connect_and_check(struct inotap *app)
{
    connect_rooms(app);
    return check_paths(app);
}

static int find_own_output(struct inotap *app)
{
    tap_find_own_output(&app->tap);
    return STATUS_GOING_ON;
}

int setup(struct inotap *app)
{
    typedef int step(struct inotap * app);
    static step *const steps[] = {
        fill_standard_streams, check_ready_fd, collect_paths,   go_to_background,
        open_output,           open_backend,   take_signals,    connect_and_check,
        write_pid_file,        watch_paths,    find_own_output,
    };
    int status = STATUS_GOING_ON;

    for (size_t i = 0; status == STATUS_GOING_ON && i < sizeof(steps) / sizeof(steps[0]); i++)
        status = steps[i](app);
    return status;
}
