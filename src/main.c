/* main.c: from options to an exit status. Setting up is setup.c's, running loop.c's.
 * The three share app.h. */
#include "app.h"

#include "message.h"
#include "quota.h"
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

void app_say_error(const char *line)
{
    message(MESSAGE_ERROR, "%s", line);
}

int app_fail(const char *what, int err)
{
    message(MESSAGE_ERROR, "%s: %s", what, strerror(-err));
    if (err == -EMFILE)
        quota_explain(QUOTA_INSTANCES, app_say_error);
    return STATUS_FAILED;
}

/* Reading, decoding or writing has failed. */
int app_fail_batch(const struct inotap *app, int err)
{
    if (err == -EPIPE && output_error(app->output) == -EPIPE)
        return STATUS_SIGNAL + SIGPIPE;
    if (output_error(app->output) < 0)
        return app_fail(app->options.output ? app->options.output : "standard output",
                        output_error(app->output));
    if (err == -EBADMSG)
        message(MESSAGE_ERROR,
                "the kernel's answer cannot be decoded from byte %zu on; everything before it is printed",
                backend_offset(app->backend));
    else
        return app_fail("inotify", err);
    return STATUS_FAILED;
}

static int clean_up(struct inotap *app, int status)
{
    const int err = output_close(app->output);

    if (err < 0 && status != STATUS_FAILED && status < STATUS_SIGNAL)
        status = app_fail(app->options.output ? app->options.output : "standard output", err);
    pid_file_remove(&app->pid_file);
    backend_close(app->backend);
    format_free(app->format);
    timestamp_free(app->default_time);
    roots_free(&app->roots);
    target_set_free(app->set);
    paths_free(&app->paths);
    options_free(&app->options);
    return status;
}

int main(int argc, char **argv)
{
    static struct inotap app = {.report_fd = -1, .epoll_fd = -1, .timeout_fd = -1, .idle_fd = -1};
    int status;

    switch (options_parse(&app.options, argc, argv)) {
    case OPTIONS_RUN:
        status = setup(&app);
        if (status == STATUS_GOING_ON)
            status = loop(&app);
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
    status = clean_up(&app, status);
    if (status >= STATUS_SIGNAL)
        signals_die_of(status - STATUS_SIGNAL);
    return status;
}
