/* process.c: the steps of set-up that are about the process itself: its descriptors, its signals, its life in
 * the background, its process ID. Neighbour: setup.c, which has them in their order.
 */
#include "app.h"

#include "message.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A standard stream that is closed would be given to the next file that is opened, and records or messages
 * would end up there. /dev/null takes its place, opened so that using it fails. */
int process_fill_streams(struct inotap *app)
{
    (void)app;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return app_fail("/dev/null", -errno);
    return STATUS_GOING_ON;
}

/* First of all: an end by a signal must be possible while a FIFO or a list of PATHs is waited for. */
int process_unblock_signals(struct inotap *app)
{
    (void)app;
    signals_unblock();
    return STATUS_GOING_ON;
}

int process_check_ready_fd(struct inotap *app)
{
    if (app->options.ready_fd < 0 || fcntl(app->options.ready_fd, F_SETFD, FD_CLOEXEC) == 0 || errno != EBADF)
        return STATUS_GOING_ON;
    message(MESSAGE_ERROR, "--ready-fd: %d is not an open file descriptor", app->options.ready_fd);
    return STATUS_USAGE;
}

int process_go_to_background(struct inotap *app)
{
    int status = 0, role;

    if (!app->options.daemon)
        return STATUS_GOING_ON;
    role = daemon_start(&app->report_fd, &status);
    if (role < 0)
        return app_fail("--daemon", role);
    return role == 0 ? STATUS_GOING_ON : status;
}

/* Early, so that an end by a signal is an orderly one from here on. */
int process_take_signals(struct inotap *app)
{
    const struct options *const o = &app->options;

    app->signals_fd = signals_start((o->output && !o->compat.program ? SIGNALS_REOPEN : 0) |
                                    (o->stats ? SIGNALS_REPORT : 0) | (o->top ? SIGNALS_SCREEN : 0));
    return app->signals_fd < 0 ? app_fail("signals", app->signals_fd) : STATUS_GOING_ON;
}

/* The descriptor that a name such as /dev/fd/7 or /proc/self/fd/7/below means, or -1. */
static int named_descriptor(const char *name)
{
    static const char *const places[] = {"/dev/fd/", "/proc/self/fd/"};

    for (size_t i = 0; name && i < sizeof(places) / sizeof(places[0]); i++) {
        const size_t len = strlen(places[i]);
        char *end;
        long fd;

        if (strncmp(name, places[i], len) != 0)
            continue;
        fd = strtol(name + len, &end, 10);
        if (end > name + len && (*end == '\0' || *end == '/') && fd >= 0 && fd <= INT_MAX)
            return (int)fd;
    }
    return -1;
}

/* A daemon has no descriptor of its caller's (daemon(7)): a lock or a pipe that came along would be held for
 * as long as it runs. Files of ignore rules are read by now, of which the shell may have made descriptors.
 * What is still to be opened by the number of a descriptor, or watched by it, stays. */
int process_close_inherited(struct inotap *app)
{
    const struct options *const o = &app->options;
    int *keep;
    size_t count = 0;

    if (!o->daemon)
        return STATUS_GOING_ON;
    keep = calloc(app->paths.count + 6, sizeof(*keep));
    if (!keep)
        return app_fail("--daemon", -ENOMEM);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        keep[count++] = fd;
    keep[count++] = app->report_fd;
    keep[count++] = o->ready_fd;
    keep[count++] = named_descriptor(o->output);
    for (size_t i = 0; i < app->paths.count; i++)
        keep[count++] = named_descriptor(app->paths.items[i]->given);
    daemon_close_others(keep, count);
    free(keep);
    return STATUS_GOING_ON;
}

int process_write_pid_file(struct inotap *app)
{
    const char *const name = app->options.pid_file;
    pid_t other = 0;
    const int err = name ? pid_file_write(&app->pid_file, name, &other) : 0;

    if (err == -EEXIST && pid_file_is_running(other)) {
        message(MESSAGE_ERROR, "%s: held by process %ld, which is still running", name, (long)other);
        return STATUS_FAILED;
    }
    if (err == -EEXIST) {
        message(MESSAGE_ERROR, "%s: another process has locked it, and no number of one that runs is in it",
                name);
        return STATUS_FAILED;
    }
    if (err == PID_FILE_OF_OTHERS) {
        message(
            MESSAGE_ERROR,
            "%s: others could change the number in it: it is another user's, or all may write to it, or it "
            "has a second name; remove it, or give another FILE",
            name);
        return STATUS_FAILED;
    }
    if (err == -EINVAL) {
        message(MESSAGE_ERROR, "%s: it holds something else than a process ID, and is left as it is", name);
        return STATUS_FAILED;
    }
    return err < 0 ? app_fail(name, err) : STATUS_GOING_ON;
}
