/* loop.c: becoming ready, and then waiting for what happens next until something ends it.
 * Neighbours: setup.c before it; tap.c does the work of each batch. */
#include "app.h"

#include "home.h"
#include "message.h"
#include "presence.h"
#include "signals.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* ---- waiting ---- */

enum source {
    SOURCE_EVENTS,
    SOURCE_SIGNALS,
    SOURCE_OUTPUT,
    SOURCE_GUARDS,
    SOURCE_MOUNTS,
    SOURCE_TIMEOUT,
    SOURCE_IDLE,
    SOURCE_INTERVAL,
    SOURCE_KEYS,
    SOURCE_COUNT
};

static int wait_on(struct inotap *app, int fd, uint32_t events, enum source source)
{
    struct epoll_event ev = {.events = events, .data.u32 = source};

    return epoll_ctl(app->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int arm_timer(int fd, int64_t delay_ns)
{
    const int64_t ns = delay_ns > 0 ? delay_ns : 1; /* zero would disarm it */
    const struct itimerspec spec = {
        .it_value = {.tv_sec = ns / 1000000000, .tv_nsec = (long)(ns % 1000000000)}};

    return timerfd_settime(fd, 0, &spec, NULL) < 0 ? -errno : 0;
}

/* A timer that starts now. Its descriptor is -1 for no timer. */
static int start_timer(struct inotap *app, int *fd, int64_t delay_ns, enum source source)
{
    int err;

    if (delay_ns < 0)
        return 0;
    *fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (*fd < 0)
        return -errno;
    err = arm_timer(*fd, delay_ns);
    return err < 0 ? err : wait_on(app, *fd, EPOLLIN, source);
}

/* A timer that goes off again and again. */
static int repeat_timer(int fd, int64_t interval_ns)
{
    const struct timespec step = {.tv_sec = interval_ns / 1000000000,
                                  .tv_nsec = (long)(interval_ns % 1000000000)};
    const struct itimerspec spec = {.it_value = step, .it_interval = step};

    return timerfd_settime(fd, 0, &spec, NULL) < 0 ? -errno : 0;
}

/* A reader of the output that has gone is noticed at once, not at the next record. A file cannot be waited
 * on, and needs not. */
static void watch_reader(struct inotap *app)
{
    wait_on(app, output_fd(app->output), 0, SOURCE_OUTPUT);
}

static int start_waiting(struct inotap *app)
{
    int err;

    app->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (app->epoll_fd < 0)
        return app_fail("epoll", -errno);
    err = wait_on(app, backend_fd(app->backend), EPOLLIN, SOURCE_EVENTS);
    if (err == 0)
        err = wait_on(app, app->signals_fd, EPOLLIN, SOURCE_SIGNALS);
    if (err == 0 && (app->roots.guard_backend || app->names))
        err = wait_on(app, app->names ? names_fd(app->names) : backend_fd(app->roots.guard_backend), EPOLLIN,
                      SOURCE_GUARDS);
    if (err == 0 && app->mounts && wait_on(app, mounts_fd(app->mounts), EPOLLPRI, SOURCE_MOUNTS) < 0)
        message(MESSAGE_INFO, "%s", APP_NO_MOUNTS);
    if (err < 0)
        return app_fail("epoll", err);
    watch_reader(app);
    return STATUS_GOING_ON;
}

/* ---- ready ---- */

/* How many watches there are: of directories of trees, and of what PATHs name besides. */
static size_t count_watches(const struct inotap *app)
{
    size_t count = app->options.recursive ? watch_count(app->watches) : 0, position = 0;
    const struct target *w;

    while ((w = target_each(app->set, &position)))
        count += !app->options.recursive || !w->is_dir;
    return count;
}

static void say_ready_as_other(const struct inotap *app)
{
    const struct compat *const c = &app->options.compat;

    for (size_t i = 0; c->counts && c->recursive && i < app->paths.count; i++) {
        compat_say_watching(app->paths.items[i]->given);
        compat_say_watched(app->paths.items[i]->given);
    }
    compat_say_established(c, count_watches(app));
}

static void say_ready(const struct inotap *app)
{
    const size_t count = target_path_count(app->set);
    const size_t directories = app->options.recursive ? watch_count(app->watches) : 0;
    const bool asked = app->options.verbosity > 0;
    char in_them[64] = "";

    if (app->options.compat.program) {
        say_ready_as_other(app);
        return;
    }
    if (directories > 0)
        snprintf(in_them, sizeof(in_them), ", %zu director%s", directories, directories == 1 ? "y" : "ies");
    if (asked || (app->options.verbosity == 0 && isatty(STDERR_FILENO)))
        message(asked ? MESSAGE_INFO : MESSAGE_WARNING, "watching %zu PATH%s%s%s", count,
                count == 1 ? "" : "s", in_them, app->options.daemon ? "" : "; Ctrl-C ends it");
}

/* Tell the service manager, if there is one. Returns as service_notify(). */
static int tell_manager(const struct inotap *app, const char *word)
{
    char text[64];

    if (app->options.compat.program)
        return 0; /* a script of a service is not that service */
    /* The process that was started is not the one that stays. */
    snprintf(text, sizeof(text), "MAINPID=%ld\n%s", (long)getpid(), word);
    return service_notify(app->options.daemon ? text : word);
}

/* A regular expression that ran into its limits. */
static void warn_of_overruns(struct inotap *app)
{
    const char *text;

    while (app->choice.filter && (text = filter_take_overrun(app->choice.filter)))
        message(MESSAGE_WARNING,
                text[0] == '!' ? "--regex=%s: this takes too long for some names, which it does not leave out"
                               : "--regex=%s: this takes too long for some names, which it keeps",
                text);
}

/* Everything is watched: tell whoever wants to know, and start the clocks. */
static int become_ready(struct inotap *app)
{
    const struct options *const o = &app->options;
    const int64_t interval_ns = o->top ? LIVE_TICK_NS : o->stats_interval_ns;
    int err = 0;

    warn_of_overruns(app);
    if (!o->top)
        say_ready(app);
    if (o->compat.timeout_s < 0) {
        compat_say_negative_timeout();
        return STATUS_FAILED;
    }
    app->tap.is_ready = true;
    err = o->ready ? report_announce(&app->tap.report, "READY") : report_flush(&app->tap.report);
    if (err < 0)
        return app_fail_batch(app, err);
    clock_gettime(CLOCK_MONOTONIC, &app->last_event);
    app->watching_since = app->last_event;
    err = start_timer(app, &app->timeout_fd, o->timeout_ns, SOURCE_TIMEOUT);
    if (err == 0)
        err = start_timer(app, &app->idle_fd, o->idle_ns, SOURCE_IDLE);
    if (err == 0)
        err = start_timer(app, &app->interval_fd, interval_ns, SOURCE_INTERVAL);
    if (err == 0 && app->interval_fd >= 0)
        err = repeat_timer(app->interval_fd, interval_ns);
    if (err < 0)
        return app_fail("timer", err);
    err = o->ready_fd >= 0 ? service_ready_fd(o->ready_fd) : 0;
    if (err < 0)
        return app_fail("--ready-fd", err);
    err = tell_manager(app, "READY=1");
    if (err < 0)
        message(MESSAGE_WARNING, "$NOTIFY_SOCKET: %s", strerror(-err));
    err = app->report_fd >= 0 ? daemon_report(app->report_fd, o->output != NULL) : 0;
    return err < 0 ? app_fail("--daemon", err) : STATUS_GOING_ON;
}

/* The terminal is taken over last, so that all before it may still speak there. */
static int show_live(struct inotap *app)
{
    const int err = wait_on(app, STDIN_FILENO, 0, SOURCE_KEYS);

    return err < 0 ? app_fail("epoll", err) : live_start(app);
}

void app_hear_keys(const struct inotap *app, bool wanted)
{
    struct epoll_event ev = {.events = wanted ? EPOLLIN : 0, .data.u32 = SOURCE_KEYS};

    epoll_ctl(app->epoll_fd, EPOLL_CTL_MOD, STDIN_FILENO, &ev);
}

/* ---- the loop ---- */

int64_t app_since_ns(const struct timespec *then)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)(now.tv_sec - then->tv_sec) * 1000000000 + now.tv_nsec - then->tv_nsec;
}

/* Under another name what nobody asked for may be the end, too. */
static int status_of_unasked(struct inotap *app)
{
    uint32_t *const unasked = &app->tap.report.unasked;
    const bool lost = *unasked & IN_Q_OVERFLOW;

    *unasked = 0;
    if (lost)
        compat_say_lost();
    return app->options.compat.single ? STATUS_FAILED : STATUS_GOING_ON;
}

#define ENDS_NAMED 10

static const char *words_of_end(enum path_end end)
{
    switch (end) {
    case END_MOVED:
        return "was moved";
    case END_REPLACED:
        return "was replaced";
    case END_UNMOUNTED:
        return "was unmounted";
    case END_COVERED:
        return "was mounted over";
    case END_SPENT:
        return "had a oneshot watch, which has ended";
    default:
        return "was removed";
    }
}

/* Say how each PATH came to its end. */
static void say_how_they_ended(const struct inotap *app)
{
    const struct path_list *const paths = &app->paths;
    bool would_follow = false;
    size_t count = 0;

    for (size_t i = 0; i < paths->count; i++) {
        const struct path *const p = paths->items[i];

        would_follow |= p->end != END_NOT_YET && p->end != END_SPENT;
        if (p->end != END_NOT_YET && count++ < ENDS_NAMED)
            message(MESSAGE_WARNING, "%s %s", p->given, words_of_end(p->end));
    }
    if (count > ENDS_NAMED)
        message(MESSAGE_WARNING, "%zu more PATHs have ended", count - ENDS_NAMED);
    message(MESSAGE_WARNING, "nothing is left to watch%s",
            would_follow ? "; with -F inotap would follow the name, and wait for it" : "");
}

/* Nothing is left to watch. Under the names of others the end is the event that was waited for, the time
 * limit or a signal: clients take an end that they did not ask for as a failure. */
static int status_of_bereft(const struct inotap *app, int otherwise)
{
    const struct compat *const c = &app->options.compat;

    if (c->program && (!c->single || app->options.idle_ns >= 0))
        return otherwise;
    if (!c->program && !app->options.daemon) /* nobody waits for what a daemon says */
        say_how_they_ended(app);
    return STATUS_NOTHING_LEFT;
}

/* What the state of the tap means, or `otherwise`. */
static int status_of_tap(struct inotap *app, int otherwise)
{
    if (app->tap.report.unasked && status_of_unasked(app) != STATUS_GOING_ON)
        return STATUS_FAILED;
    if (report_is_full(&app->tap.report))
        return STATUS_DONE;
    if (app->failed && !tap_is_behind(&app->tap))
        return STATUS_FAILED;
    return tap_is_bereft(&app->tap) ? status_of_bereft(app, otherwise) : otherwise;
}

static int on_events(struct inotap *app)
{
    const uint64_t before = app->tap.report.happened;
    const int got = tap_batch(&app->tap);

    if (got < 0)
        return app_fail_batch(app, got);
    warn_of_overruns(app);
    if (app->idle_fd >= 0 && app->tap.report.happened != before)
        clock_gettime(CLOCK_MONOTONIC, &app->last_event);
    return status_of_tap(app, STATUS_GOING_ON);
}

static int on_guards(struct inotap *app)
{
    const int err = tap_check_guards(&app->tap);

    return err < 0 ? app_fail_batch(app, err) : status_of_tap(app, STATUS_GOING_ON);
}

/* Something was mounted at a place, or unmounted: if it is in the tree, compare. */
static int look_at_mount_point(struct inotap *app, const char *point)
{
    const char *const name = strrchr(point, '/') + 1;
    char *const directory = strndup(point, (size_t)(name - point));
    int err = 0, wd;

    if (!directory)
        return -ENOMEM;
    wd = *name ? tree_wd_at(app->tree, directory) : -1;
    if (wd >= 0)
        err = tree_look_again(app->tree, watch_find(app->watches, wd), name, strlen(name));
    free(directory);
    return err;
}

static int look_at_mounts(struct inotap *app)
{
    const char *point;
    bool vanished;
    int err = 0;

    report_set_time(&app->tap.report);
    while (err == 0 && (point = mounts_next_changed(app->mounts, &vanished))) {
        const char *const name = strrchr(point, '/');

        if (app->names && name)
            presence_touch_name(&app->tap, name + 1, strlen(name + 1));
        if (app->options.recursive && (vanished || !app->options.one_file_system))
            err = look_at_mount_point(app, point);
    }
    if (err == 0)
        err = presence_mounts_changed(&app->tap);
    return err < 0 ? err : report_flush(&app->tap.report);
}

/* What was queued before the change comes before what is found after it. */
static int handle_mounts(struct inotap *app)
{
    int err = tap_drain(&app->tap);
    const int status = err < 0 ? app_fail_batch(app, err) : status_of_tap(app, STATUS_GOING_ON);

    if (status != STATUS_GOING_ON)
        return status;
    err = look_at_mounts(app);
    return err < 0 ? app_fail_batch(app, err) : status_of_tap(app, STATUS_GOING_ON);
}

/* What was unmounted is looked at only when the kernel had time for UNMOUNT. */
static int on_mounts(struct inotap *app)
{
    int changed;

    if (app->mounts_held)
        return STATUS_GOING_ON; /* check_mounts() asks again */
    changed = mounts_update(app->mounts);
    if (changed <= 0)
        return changed < 0 ? app_fail("mounts", changed) : STATUS_GOING_ON;
    if (!mounts_have_vanished(app->mounts))
        return handle_mounts(app);
    app->mounts_held = true;
    clock_gettime(CLOCK_MONOTONIC, &app->mounts_held_since);
    return STATUS_GOING_ON;
}

/* Print what is queued, then end. */
static int finish(struct inotap *app, int status)
{
    int err = app->roots.guard_backend || app->names ? tap_check_guards(&app->tap) : 0;

    if (err == 0)
        err = tap_drain(&app->tap);
    if (err == 0)
        err = whole_look(&app->tap, true);
    if (err == 0)
        err = report_finish(&app->tap.report);
    if (app->tap.report.unasked)
        status_of_unasked(app); /* for what it says: this is the end anyway */
    return err < 0 ? app_fail_batch(app, err) : status;
}

/* Print what was counted, with what is queued by now. */
static int print_table_now(struct inotap *app)
{
    const int err = tap_drain(&app->tap);
    int status = err < 0 ? app_fail_batch(app, err) : status_of_tap(app, STATUS_GOING_ON);

    if (status == STATUS_GOING_ON)
        status = app_print_table(app);
    if (status == STATUS_GOING_ON && app->options.compat.counts)
        status = app_print_empty_line(app);
    return status;
}

static int on_interval(struct inotap *app)
{
    uint64_t expired;

    if (read(app->interval_fd, &expired, sizeof(expired)) < 0)
        return errno == EAGAIN || errno == EINTR ? STATUS_GOING_ON : app_fail("timer", -errno);
    return app->live.top ? live_on_tick(app) : print_table_now(app);
}

static int on_hangup(struct inotap *app)
{
    int reopen_error;
    const int err = tap_reopen(&app->tap, &reopen_error);

    if (err < 0)
        return app_fail_batch(app, err);
    if (reopen_error < 0)
        message(MESSAGE_WARNING, "%s: %s; going on with the file as it was", app->options.output,
                strerror(-reopen_error));
    else
        message(MESSAGE_INFO, "%s: reopened", app->options.output);
    table_begin_file(&app->table);
    watch_reader(app); /* of the new one; the old one left with its descriptor */
    return status_of_tap(app, STATUS_GOING_ON);
}

static int on_signals(struct inotap *app)
{
    int status = STATUS_GOING_ON;

    signals_acknowledge();
    if (signals_stop())
        return finish(app, STATUS_SIGNAL + signals_stop());
    if (signals_take_hangup())
        status = on_hangup(app);
    if (status == STATUS_GOING_ON && signals_take_usr1() && app->stats)
        status = print_table_now(app);
    if (status == STATUS_GOING_ON && app->live.top)
        status = live_on_signals(app);
    return status;
}

static int on_timeout(struct inotap *app)
{
    const int status = finish(app, STATUS_TIMEOUT);

    if (status != STATUS_TIMEOUT)
        return status;
    return status_of_tap(app, app->tap.report.limit == 0 && app->tap.report.told > 0 ? STATUS_DONE
                                                                                     : STATUS_TIMEOUT);
}

/* Timers are not moved for every event: this one goes off early, looks at how long it has really been, and
 * sleeps for the rest. */
static int on_idle(struct inotap *app)
{
    const int64_t quiet_ns = app_since_ns(&app->last_event);
    /* Something has happened that is not told yet. */
    const bool is_behind = tap_is_behind(&app->tap) || app->tap.whole.due_ns >= 0;
    int err;

    if (quiet_ns >= app->options.idle_ns && !is_behind)
        return app->options.compat.program ? STATUS_TIMEOUT : STATUS_DONE;
    err = arm_timer(app->idle_fd, app->options.idle_ns - (is_behind ? 0 : quiet_ns));
    return err < 0 ? app_fail("timer", err) : STATUS_GOING_ON;
}

static int on_source(struct inotap *app, enum source source)
{
    switch (source) {
    case SOURCE_EVENTS:
        return on_events(app);
    case SOURCE_SIGNALS:
        return on_signals(app);
    case SOURCE_OUTPUT:
        return STATUS_SIGNAL + SIGPIPE;
    case SOURCE_TIMEOUT:
        return on_timeout(app);
    case SOURCE_IDLE:
        return on_idle(app);
    case SOURCE_GUARDS:
        return on_guards(app);
    case SOURCE_MOUNTS:
        return on_mounts(app);
    case SOURCE_INTERVAL:
        return on_interval(app);
    case SOURCE_KEYS:
        return live_on_keys(app);
    case SOURCE_COUNT:
        break;
    }
    return STATUS_GOING_ON;
}

/* While a PATH is absent, look at it every TAP_GRACE_NS; at other times nothing wakes the loop but a source.
 * Returns the time limit of epoll_wait(2). */
static int check_absent(struct inotap *app, int *status)
{
    int err;

    if (!app->tap.absent) {
        app->in_grace = false;
        return -1;
    }
    if (!app->in_grace) {
        app->in_grace = true;
        clock_gettime(CLOCK_MONOTONIC, &app->grace_began);
    } else if (app_since_ns(&app->grace_began) >= TAP_GRACE_NS) {
        clock_gettime(CLOCK_MONOTONIC, &app->grace_began);
        err = tap_check_absent(&app->tap);
        *status = err < 0 ? app_fail_batch(app, err) : status_of_tap(app, STATUS_GOING_ON);
    }
    return (int)(TAP_GRACE_NS / 1000000);
}

/* Look now and then at what no event will tell of, if there is such. Returns like check_absent(). */
static int check_retry(struct inotap *app, int *status)
{
    int64_t left_ns;
    int err;

    if (!tap_is_to_retry(&app->tap)) {
        app->is_to_retry = false;
        return -1;
    }
    if (!app->is_to_retry) {
        app->is_to_retry = true;
        clock_gettime(CLOCK_MONOTONIC, &app->retried);
    }
    left_ns = TAP_RETRY_NS - app_since_ns(&app->retried);
    if (left_ns <= 0) {
        err = tap_retry(&app->tap);
        *status = err < 0 ? app_fail_batch(app, err) : status_of_tap(app, STATUS_GOING_ON);
        clock_gettime(CLOCK_MONOTONIC, &app->retried);
        left_ns = TAP_RETRY_NS;
    }
    return (int)((left_ns + 999999) / 1000000);
}

/* So long the kernel is given from the end of a mount to its UNMOUNT. */
#define UNMOUNT_GRACE_NS INT64_C(50000000)

/* Look at what was unmounted when its time has come, and at what happened meanwhile. Returns like
 * check_absent(). */
static int check_mounts(struct inotap *app, int *status)
{
    if (!app->mounts_held)
        return -1;
    if (app_since_ns(&app->mounts_held_since) >= UNMOUNT_GRACE_NS) {
        app->mounts_held = false;
        *status = handle_mounts(app);
        if (*status == STATUS_GOING_ON)
            *status = on_mounts(app);
    }
    return app->mounts_held ? (int)(UNMOUNT_GRACE_NS / 1000000) : -1;
}

/* The shorter of two time limits, where -1 is none. */
static int sooner_ms(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* The time limit of epoll_wait(2) up to a time of CLOCK_MONOTONIC; -1 for -1. */
static int ms_until(int64_t when_ns)
{
    static const struct timespec zero;
    int64_t left_ns;

    if (when_ns < 0)
        return -1;
    left_ns = when_ns - app_since_ns(&zero);
    if (left_ns <= 0)
        return 0;
    return left_ns > INT64_C(1000000) * INT_MAX ? INT_MAX : (int)((left_ns + 999999) / 1000000);
}

/* What was read and not handled yet, and PATHs to look at, need no source. */
static int catch_up(struct inotap *app)
{
    const bool is_behind = tap_is_behind(&app->tap) && ms_until(tap_held_until(&app->tap)) <= 0;
    const int status = is_behind ? on_events(app) : STATUS_GOING_ON;
    int err = 0;

    if (status != STATUS_GOING_ON)
        return status;
    if (presence_is_due(&app->tap)) {
        report_set_time(&app->tap.report);
        err = presence_return(&app->tap);
        if (err == 0)
            err = report_flush(&app->tap.report);
    } else if (!is_behind && ms_until(report_next_due(&app->tap.report)) == 0) {
        err = report_flush(&app->tap.report);
    }
    if (err == 0 && ms_until(app->tap.whole.due_ns) == 0)
        err = whole_look(&app->tap, false);
    return err < 0 ? app_fail_batch(app, err) : status_of_tap(app, STATUS_GOING_ON);
}

/* How long to wait for a source: until something is due, but not at all for what is queued already. */
static int waiting_time(const struct inotap *app, int timeout_ms)
{
    timeout_ms = sooner_ms(timeout_ms, ms_until(report_next_due(&app->tap.report)));
    timeout_ms = sooner_ms(timeout_ms, ms_until(app->tap.whole.due_ns));
    if (presence_is_due(&app->tap))
        return 0;
    if (tap_is_behind(&app->tap)) {
        const int held_ms = ms_until(tap_held_until(&app->tap));

        timeout_ms = sooner_ms(timeout_ms, held_ms < 0 ? 0 : held_ms);
    }
    return timeout_ms;
}

/* Events are handled before anything else that has come at the same time. */
static int wait_once(struct inotap *app)
{
    struct epoll_event ready[SOURCE_COUNT];
    int status = STATUS_GOING_ON, count;
    int timeout_ms = check_mounts(app, &status);

    if (home_error() < 0)
        return app_fail("the working directory", home_error());
    if (status == STATUS_GOING_ON)
        timeout_ms = sooner_ms(timeout_ms, check_absent(app, &status));
    if (status == STATUS_GOING_ON)
        timeout_ms = sooner_ms(timeout_ms, check_retry(app, &status));
    if (status != STATUS_GOING_ON)
        return status;
    status = catch_up(app);
    if (status != STATUS_GOING_ON)
        return status;
    if (app->tree)
        tree_close(app->tree);
    count = epoll_wait(app->epoll_fd, ready, SOURCE_COUNT, waiting_time(app, timeout_ms));
    if (count < 0)
        return errno == EINTR ? on_signals(app) : app_fail("epoll", -errno); /* its wake-up may have failed */
    for (enum source source = SOURCE_EVENTS; source < SOURCE_COUNT; source++)
        for (int i = 0; i < count && status == STATUS_GOING_ON; i++)
            if (ready[i].data.u32 == source)
                status = on_source(app, source);
    return status;
}

/* However it ends, but for a reader that has gone. */
static int print_last_table(struct inotap *app, int status)
{
    int table_status;

    if (output_error(app->output) < 0 || status == STATUS_SIGNAL + SIGPIPE)
        return status;
    table_status = app_print_table(app);
    return table_status == STATUS_GOING_ON ? status : table_status;
}

int loop(struct inotap *app)
{
    int status = start_waiting(app);

    if (status == STATUS_GOING_ON && signals_stop())
        status = STATUS_SIGNAL + signals_stop();
    if (status == STATUS_GOING_ON)
        status = become_ready(app);
    if (status == STATUS_GOING_ON && app->live.top)
        status = show_live(app);
    if (status == STATUS_GOING_ON && app->mounts)
        status = on_mounts(app); /* since the walk */
    if (status != STATUS_GOING_ON)
        return status;
    while (status == STATUS_GOING_ON)
        status = wait_once(app);
    if (status < STATUS_SIGNAL && output_error(app->output) == 0) {
        const int err = report_finish(&app->tap.report);

        status = err < 0 ? app_fail_batch(app, err) : status;
    }
    if (app->stats)
        status = print_last_table(app, status);
    tell_manager(app, "STOPPING=1");
    return status;
}
