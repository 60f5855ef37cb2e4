/* main.c: from options to an exit status. Setting up is setup.c's, running loop.c's.
 * The three share app.h. */
#include "app.h"

#include "kernel.h"
#include "message.h"
#include "quota.h"
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

void app_say_warning(const char *line)
{
    message(MESSAGE_WARNING, "%s", line);
}

void app_say_error(const char *line)
{
    message(MESSAGE_ERROR, "%s", line);
}

int app_fail(const char *what, int err)
{
    const enum quota_kind limit = quota_of(err);

    message(MESSAGE_ERROR, "%s: %s", what, strerror(err == -EUSERS ? EMFILE : -err));
    if (limit != QUOTA_WATCHES) /* here ENOSPC is of a file system */
        quota_explain(limit, app_say_error);
    return STATUS_FAILED;
}

/* Reading, decoding or writing has failed. */
int app_fail_batch(const struct inotap *app, int err)
{
    if (err == -EINTR && signals_stop())
        return STATUS_SIGNAL + signals_stop();
    if (err == -EPIPE && output_error(app->output) == -EPIPE)
        return STATUS_SIGNAL + SIGPIPE;
    if (output_error(app->output) < 0)
        return app_fail(app->options.output ? app->options.output : "standard output",
                        output_error(app->output));
    if (err == -EBADMSG)
        message(MESSAGE_ERROR,
                "the kernel's answer cannot be decoded from byte %zu on; everything before it is printed",
                queue_offset(backend_queue(app->backend)));
    else
        return app_fail("inotify", err);
    return STATUS_FAILED;
}

/* What was reached is a limit: of watches, of descriptors, of memory. Whatever else is wrong with a directory
 * is wrong with that one only. */
static bool is_limit(int err)
{
    return err == -ENOSPC || err == -EMFILE || err == -ENFILE || err == -ENOMEM;
}

void app_explain_once(struct inotap *app, int err, bool is_error)
{
    const unsigned limit = 1U << quota_of(err);

    if (!(app->explained & limit) && !app->options.compat.program)
        quota_explain(quota_of(err), is_error ? app_say_error : app_say_warning);
    app->explained |= limit;
}

/* The same in the words of another name. There a limit that is reached later is no end, and nothing is said
 * of a directory that cannot be read: clients take any line before "Watches established." for a failure. */
static int blind_as_other(struct inotap *app, const char *path, size_t path_len, int err)
{
    const bool is_new = app->tap.is_ready, is_end = is_limit(err) && !is_new;

    if (is_limit(err))
        compat_say_unwatched(path, path_len, err, is_new);
    app->failed = app->failed || is_end;
    return is_end ? -ECANCELED : 0;
}

/* So many are named; -v names all. */
#define BLIND_NAMED_MAX 10

void app_count_blind(struct inotap *app)
{
    const size_t unnamed = app->blind_count - app->blind_named;

    if (app->blind_count > 0)
        message(MESSAGE_WARNING, "%zu director%s could not be watched%s", app->blind_count,
                app->blind_count == 1 ? "y" : "ies", unnamed > 0 ? "; -v names all of them" : "");
    app->blind_count = app->blind_named = 0;
}

/* A directory that cannot be watched is left out, unless a limit was reached: that is an error, if --partial
 * does not say otherwise. */
int app_blind(void *context, const char *path, size_t path_len, int err)
{
    struct inotap *const app = context;
    const bool fatal = !app->options.partial && is_limit(err);
    const enum message_level level = fatal ? MESSAGE_ERROR : MESSAGE_WARNING;

    if (app->options.compat.program)
        return blind_as_other(app, path, path_len, err);
    app->blind_count++;
    if (fatal && app->failed)
        return 0; /* one will do */
    if (fatal || app->options.verbosity > 0 || app->blind_named < BLIND_NAMED_MAX) {
        app->blind_named++;
        message(level, "%.*s: %s", (int)path_len, path, backend_why_not(err));
    }
    app_explain_once(app, err, fatal);
    app->failed = app->failed || fatal;
    return fatal && !app->tap.is_ready ? -ECANCELED : 0;
}

/* As git does, go on without a file of ignore rules that cannot be used. Anybody may put many of them in a
 * tree, so not all are named. */
void app_complain(void *context, const char *path, int err)
{
    enum { NAMED_MAX = 10 };
    struct inotap *const app = context;

    if (app->complaints < NAMED_MAX || app->options.verbosity > 0)
        message(MESSAGE_WARNING, "%s: %s; these ignore rules do not count", path, ignore_explain(err));
    else if (app->complaints == NAMED_MAX)
        message(MESSAGE_WARNING, "more ignore rules do not count; -v names all of them");
    app->complaints++;
}

static double seconds_since(const struct timespec *then, const struct timespec *now)
{
    return (double)(now->tv_sec - then->tv_sec) + (double)(now->tv_nsec - then->tv_nsec) / 1e9;
}

/* A long set-up shows how it goes: after a second, and then ten times a second. */
int app_progress(void *context, size_t directories)
{
    struct inotap *const app = context;
    struct timespec now;
    char line[128];
    double passed;

    if (signals_stop())
        return -EINTR;
    if (app->tap.is_ready || app->options.compat.program)
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    passed = seconds_since(&app->walk_began, &now);
    if (passed < 1 || seconds_since(&app->walk_shown, &now) < 0.1)
        return 0;
    app->walk_shown = now;
    snprintf(line, sizeof(line), "%zu directories, %.0f a second", directories, (double)directories / passed);
    message_show(line);
    return 0;
}

static int clean_up(struct inotap *app, int status)
{
    int err;

    live_end(app);
    if (status < STATUS_SIGNAL)
        output_await_reader(app->output);
    err = output_close(app->output);
    if (err < 0 && status != STATUS_FAILED && status < STATUS_SIGNAL)
        status = app_fail(app->options.output ? app->options.output : "standard output", err);
    pid_file_remove(&app->pid_file);
    backend_close(app->backend);
    format_free(app->format);
    merge_free(app->merge);
    stats_free(app->stats);
    top_free(app->live.top);
    report_free(&app->tap.report);
    timestamp_free(app->default_time);
    roots_free(&app->roots);
    overlap_free(&app->tap.overlap);
    beneath_free(&app->tap.beneath);
    whole_free(&app->tap.whole);
    tree_free(app->tree);
    watch_set_free(app->watches);
    choice_free(&app->choice);
    names_free(app->names);
    mounts_free(app->mounts);
    warn_free(&app->warnings);
    target_set_free(app->set);
    paths_free(&app->paths);
    options_free(&app->options);
    return status;
}

/* The statuses of inotifywait, where 2 is its timeout, and of inotifywatch. */
static int status_as_other(const struct compat *c, int status)
{
    if (c->counts) /* any end that is no failure is as good as another */
        return status == STATUS_FAILED || status == STATUS_USAGE || status == STATUS_SIGNAL + SIGPIPE ? status
                                                                                                      : 0;
    switch (status) {
    case STATUS_TIMEOUT:
        return 2;
    case STATUS_USAGE:
    case STATUS_NOTHING_LEFT:
        return 1;
    default:
        return status;
    }
}

static int check_kernel(void)
{
    struct utsname name;

    if (uname(&name) < 0 || !kernel_is_too_old(name.release))
        return STATUS_GOING_ON;
    message(MESSAGE_ERROR, "this kernel is Linux %s, and inotap needs Linux " KERNEL_OLDEST " or later",
            name.release);
    return STATUS_FAILED;
}

int main(int argc, char **argv)
{
    static struct inotap app = {
        .report_fd = -1, .epoll_fd = -1, .timeout_fd = -1, .idle_fd = -1, .interval_fd = -1};
    int status;

    switch (options_parse(&app.options, argc, argv)) {
    case OPTIONS_RUN:
        status = check_kernel();
        if (status == STATUS_GOING_ON)
            status = setup(&app);
        if (status == STATUS_GOING_ON)
            status = loop(&app);
        if (app.blind_count > app.blind_named)
            app_count_blind(&app);
        break;
    case OPTIONS_DONE:
        status = STATUS_DONE;
        break;
    case OPTIONS_USAGE:
        status = STATUS_USAGE;
        break;
    default:
        status = STATUS_FAILED;
    }
    if (app.options.compat.program)
        status = status_as_other(&app.options.compat, status);
    status = clean_up(&app, status);
    if (status >= STATUS_SIGNAL)
        signals_die_of(status - STATUS_SIGNAL);
    return status;
}
