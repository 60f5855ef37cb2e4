/* live.c: --top: the model of top.c and the terminal of screen.c, joined to the loop.
 * Neighbours: setup.c makes it; loop.c hands it keys, ticks and signals. */
#include "app.h"

#include "message.h"
#include "screen.h"
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int live_check(const struct inotap *app)
{
    const int err = screen_check();

    (void)app;
    if (err == -ENOSYS)
        message(MESSAGE_ERROR, "--top: this inotap was built without ncurses, and has no live view; "
                               "--stats counts without one");
    else if (err < 0)
        message(MESSAGE_ERROR,
                "--top: standard input and output must be a terminal; --stats counts without one");
    return err < 0 ? STATUS_USAGE : STATUS_GOING_ON;
}

int live_make(struct inotap *app, uint64_t seed)
{
    app->live.top = top_new(app->options.memory_max, seed);
    if (!app->live.top)
        return app_fail("--top", -ENOMEM);
    app->tap.report.sink = top_count;
    app->tap.report.sink_context = app->live.top;
    return STATUS_GOING_ON;
}

/* What is watched, as far as it fits. */
static void name_paths(struct inotap *app)
{
    struct live *const live = &app->live;
    const struct path_list *const list = &app->paths;
    char more[64] = "";
    size_t len = list->items[0]->given_len, more_len;

    if (list->count > 1)
        snprintf(more, sizeof(more), " and %zu more", list->count - 1);
    more_len = strlen(more);
    len = len < sizeof(live->paths) - more_len ? len : sizeof(live->paths) - more_len;
    memcpy(live->paths, list->items[0]->given, len);
    memcpy(live->paths + len, more, more_len);
    live->paths_len = len + more_len;
}

static int draw(struct inotap *app, int err)
{
    const struct screen_facts facts = {
        .paths = app->live.paths,
        .paths_len = app->live.paths_len,
        .watches = app->watches ? watch_count(app->watches) : target_count(app->set),
    };

    if (err < 0)
        return app_fail("--top", err);
    screen_draw(app->live.top, &facts);
    return STATUS_GOING_ON;
}

static int draw_anew(struct inotap *app)
{
    int rows, columns;

    screen_size(&rows, &columns);
    return draw(app, top_resize(app->live.top, rows, columns));
}

/* Forget the oldest lines, as many as half the room has; the newest may tell why it ends. */
static void make_room(struct live *live)
{
    char *p = live->said;
    char *const end = live->said + live->said_len;

    while (p < end && p < live->said + sizeof(live->said) / 2) {
        p = (char *)memchr(p, '\n', (size_t)(end - p)) + 1;
        live->unsaid++;
    }
    live->said_len = (size_t)(end - p);
    memmove(live->said, p, live->said_len);
}

/* What would be said on the terminal is shown at its bottom, and said when the terminal is back. */
static void keep_message(void *context, const char *line, size_t len)
{
    struct inotap *const app = context;
    struct live *const live = &app->live;

    top_notice(live->top, line, len);
    if (len >= sizeof(live->said) / 2)
        len = sizeof(live->said) / 2 - 1;
    if (len >= sizeof(live->said) - live->said_len)
        make_room(live);
    memcpy(live->said + live->said_len, line, len);
    live->said_len += len;
    live->said[live->said_len++] = '\n';
}

/* Open the terminal for the first time. */
static int open_screen(struct inotap *app)
{
    const int err = screen_open(app->live.color);
    const char *const term = getenv("TERM");

    if (err == -ENOENT) {
        message(
            MESSAGE_ERROR,
            "--top: the terminal '%s' of $TERM is not one that is known to move its cursor; --stats counts "
            "without one",
            term ? term : "");
        return STATUS_FAILED;
    }
    if (err < 0)
        return app_fail("--top", err);
    app->live.is_open = true;
    return STATUS_GOING_ON;
}

/* The terminal is somebody else's, or will be: leave it, and count on. */
static void step_aside(struct inotap *app)
{
    if (app->live.is_away)
        return;
    app->live.is_away = true;
    screen_lend(signals_have_terminal());
    signals_unguard_screen();
    app_hear_keys(app, false);
}

static int step_up(struct inotap *app)
{
    const int status = app->live.is_open ? STATUS_GOING_ON : open_screen(app);
    struct termios settings;
    const char *bytes;
    size_t len;

    if (status != STATUS_GOING_ON)
        return status;
    app->live.is_away = false;
    bytes = screen_last_words(&len, &settings);
    signals_guard_screen(bytes, len, &settings);
    screen_take_back();
    screen_resized();
    app_hear_keys(app, true);
    return draw_anew(app);
}

/* Show what there is, if the terminal is for us. A job that runs on from the background to the foreground is
 * told of that by nobody, so that this is asked each time. */
static int show(struct inotap *app)
{
    if (signals_stop())
        return STATUS_GOING_ON; /* the loop will see */
    if (!signals_have_terminal()) {
        step_aside(app);
        return STATUS_GOING_ON;
    }
    return app->live.is_away ? step_up(app) : draw(app, 0);
}

int live_start(struct inotap *app)
{
    app->live.is_away = true;
    message_divert(keep_message, app);
    name_paths(app);
    return show(app);
}

void live_end(struct inotap *app)
{
    struct live *const live = &app->live;

    if (!live->top)
        return;
    screen_close(signals_have_terminal());
    signals_unguard_screen();
    message_divert(NULL, NULL);
    if (live->unsaid > 0)
        message(MESSAGE_ERROR, "%zu message%s before these %s left out", live->unsaid,
                live->unsaid == 1 ? "" : "s", live->unsaid == 1 ? "is" : "are");
    fwrite(live->said, 1, live->said_len, stderr);
    live->said_len = live->unsaid = 0;
}

int live_on_tick(struct inotap *app)
{
    const int err = top_advance(app->live.top, app_since_ns(&app->watching_since));

    return err < 0 ? app_fail("--top", err) : show(app);
}

int live_on_keys(struct inotap *app)
{
    uint32_t key;
    int more = 1;

    if (!signals_have_terminal())
        step_aside(app);
    while (!app->live.is_away && more > 0 && (key = screen_key()) != TOP_KEY_NONE)
        more = top_press(app->live.top, key);
    if (more < 0)
        return app_fail("--top", more);
    if (more == 0)
        return STATUS_DONE;
    return screen_has_gone() ? STATUS_SIGNAL + SIGHUP : show(app);
}

int live_on_signals(struct inotap *app)
{
    const bool has_another_size = signals_take_resize();

    if (signals_take_suspend()) {
        step_aside(app);
        signals_suspend();
        signals_take_continue();
        return show(app);
    }
    if (signals_take_continue()) {
        step_aside(app); /* who stopped it may have changed everything */
        return show(app);
    }
    if (has_another_size && !app->live.is_away && signals_have_terminal()) {
        screen_resized();
        return draw_anew(app);
    }
    return STATUS_GOING_ON;
}
