/* setup.c: the steps from options to watches in place, in order; the first that fails decides the status.
 * Neighbours: main.c before it, loop.c after it. */
#include "app.h"

#include "home.h"
#include "message.h"
#include "presence.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static int check_terminal(struct inotap *app)
{
    return app->options.top ? live_check(app) : STATUS_GOING_ON;
}

/* Why a PATH cannot be watched; --partial makes it a warning. */
static void report_path(const struct inotap *app, const struct path *p, int err)
{
    const bool partial = app->options.partial;
    const enum message_level level = partial ? MESSAGE_WARNING : MESSAGE_ERROR;
    const char *const why =
        err == -EEXIST ? "it is watched already, by another PATH (mask_create)" : backend_why_not(err);

    if (app->options.compat.program)
        compat_say_unwatched(p->given, p->given_len, err, false);
    else if (p->list)
        message(level, "%s:%zu: %s: %s", p->list, p->line, p->given, why);
    else
        message(level, "%s: %s", p->given, why);
}

static int collect_paths(struct inotap *app)
{
    const struct options *const o = &app->options;

    app->paths.keeps_slashes = o->compat.program;
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

/* A script that wants no lines, inotifywait -qq, may well have closed standard output. */
static int open_file(struct inotap *app)
{
    const struct options *const o = &app->options;
    const int record_end = o->compat.no_newline ? -1 : o->null ? '\0' : '\n';
    const int err = output_open(&app->output, o->output, record_end, !o->daemon);
    const bool is_needed = o->output || o->kind != FORMAT_NOTHING || o->stats;

    return err == -EBADF && !is_needed ? output_open(&app->output, "/dev/null", -1, true) : err;
}

static int open_output(struct inotap *app)
{
    struct options *const o = &app->options;
    int err = open_file(app);
    const char *header;
    size_t header_len;
    char why[256] = "";

    if (err < 0 && o->compat.program && o->output) {
        compat_say_no_output(o->output);
        return STATUS_FAILED;
    }
    if (err < 0)
        return app_fail(o->output ? o->output : "standard output", err);

    const bool terminal = isatty(output_fd(app->output));

    app->live.color = color_wanted(o, terminal);
    if (o->daemon && terminal) {
        message(MESSAGE_ERROR,
                "--daemon: the records would go to this terminal: give --output=FILE or redirect");
        return STATUS_USAGE;
    }
    if (!o->time_given) {
        const char *const text = o->stats ? "%Y-%m-%d %H:%M:%S" : terminal ? "%H:%M:%S.%3N" : "rfc3339";
        const char *const form = o->kind == FORMAT_TEXT ? text : "rfc3339";

        err = timestamp_parse(form, &app->default_time, why, sizeof(why));
        if (err < 0)
            return app_fail("--time", err);
    }

    const struct format_spec spec = {
        .kind = o->kind,
        .template = o->template,
        .no_newline = o->compat.no_newline,
        .fields = o->field_count > 0 ? o->fields : NULL,
        .field_count = o->field_count,
        .time = o->time_given ? o->time : app->default_time,
        .time_wanted = o->time_given,
        .host = o->host,
        .with_from = o->rename,
        .with_count = o->settle_ns >= 0,
        .null = o->null,
        .terminal = terminal,
        .color = color_wanted(o, terminal),
        .events = o->events,
    };

    err = format_new(&app->format, &spec, why, sizeof(why));
    header = err == 0 && !o->stats && !o->no_header ? format_header(app->format, &header_len) : NULL;
    if (header && output_begin_with(app->output, header, header_len) < 0)
        return app_fail("--csv", output_error(app->output));
    app->tap.report.clock = spec.time ? timestamp_clock(spec.time) : CLOCK_MONOTONIC;
    return err < 0 ? app_fail("--format", err) : STATUS_GOING_ON;
}

/* See that every PATH can be watched before the first one is. With --partial those that cannot are left out.
 */
static int check_paths(struct inotap *app)
{
    const bool partial = app->options.partial;
    size_t kept = 0, bad = 0;

    for (size_t i = 0; i < app->paths.count; i++) {
        int err = roots_check(&app->roots, app->paths.items[i]);

        if (app->options.follow_name && presence_may_come(err)) {
            app->paths.items[i]->missing = true;
            kept++;
            continue;
        }
        if (err < 0) {
            report_path(app, app->paths.items[i], err);
            bad++;
            if (app->options.compat.program)
                break;
        }
        app->paths.items[i]->usable = err == 0;
        kept += err == 0;
    }
    if (kept == 0 && partial)
        message(MESSAGE_ERROR, "no PATH can be watched");
    return kept == 0 || (bad > 0 && !partial) ? STATUS_FAILED : STATUS_GOING_ON;
}

/* A PATH that is waited for is not there yet, which is no trouble, or it may not be read. */
static int wait_for(struct inotap *app, struct path *p, int err)
{
    presence_touch(&app->tap, p);
    if (err != -EACCES && err != -EPERM)
        return 0;
    p->warned = true;
    message(MESSAGE_WARNING, "%s: %s; it is watched once it may be read", p->given, strerror(-err));
    return 0;
}

/* Watch one PATH, and what is below it. Returns 0 or -errno; -ECANCELED: why was said. */
static int watch_path_and_below(struct inotap *app, struct path *p)
{
    int err = app->names ? presence_begin(&app->tap, p) : roots_watch(&app->roots, p);

    if (app->names && presence_may_come(err))
        return wait_for(app, p, err);
    p->warned = app->names && err < 0;
    if (err == 0 && app->tree && p->target->is_dir)
        err = tree_add_root(app->tree, p->target->wd, true);
    return err;
}

static int watch_paths(struct inotap *app)
{
    const bool partial = app->options.partial;

    clock_gettime(CLOCK_MONOTONIC, &app->walk_began);
    for (size_t i = 0; i < app->paths.count; i++) {
        struct path *const p = app->paths.items[i];
        const int err = p->usable || p->missing ? watch_path_and_below(app, p) : 0;

        if (signals_stop())
            return STATUS_SIGNAL + signals_stop();
        if (app->failed)
            return STATUS_FAILED;
        if (err == 0)
            continue;
        report_path(app, p, err);
        app_explain_once(app, err, !partial);
        if (!partial)
            return STATUS_FAILED;
    }
    if (tap_is_bereft(&app->tap)) {
        message(MESSAGE_ERROR, "no PATH can be watched");
        return STATUS_FAILED;
    }
    /* Under another name a watcher has one inotify instance, of which a user has 128, and hears of a
     * directory that is removed while somebody holds it open when the kernel says so. */
    if (app->names || app->options.compat.program)
        return STATUS_GOING_ON;
    return roots_guard(&app->roots, &app->paths) < 0 ? app_fail("watches", -ENOMEM) : STATUS_GOING_ON;
}

/* What walks cause themselves is asked for only when they are through. */
static int finish_tree(struct inotap *app)
{
    const int err = app->tree ? tree_add_noise(app->tree) : 0;

    message_hide();
    if (err < 0)
        return app_fail("watches", err);
    app_count_blind(app);
    return STATUS_GOING_ON;
}

static int read_ignore_files(struct inotap *app)
{
    const struct options *const o = &app->options;
    struct choice *const c = &app->choice;

    if (o->ignore_file_count > 0 && !(c->files = calloc(o->ignore_file_count, sizeof(struct ignore_rules *))))
        return app_fail("--ignore-file", -ENOMEM);
    for (size_t i = 0; i < o->ignore_file_count; i++) {
        const char *const name = o->ignore_files[i];
        const bool is_missing = access(name, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
        const int err = is_missing ? -errno : ignore_rules_read(&c->files[i], AT_FDCWD, name, true);

        if (err < 0) {
            message(MESSAGE_ERROR, "%s: %s", name, ignore_explain(err));
            return STATUS_FAILED;
        }
        c->file_count++;
    }
    return STATUS_GOING_ON;
}

/* What is told, and what is not even entered. */
static int make_choice(struct inotap *app)
{
    struct options *const o = &app->options;

    app->choice.filter = o->filter;
    o->filter = NULL;
    app->choice.gitignore = o->gitignore;
    app->choice.type = o->type;
    app->choice.excluded = o->compat.excluded;
    app->choice.excluded_count = o->compat.excluded_count;
    whole_start(&app->tap.whole, o->events, o->flags, o->all || o->compat.program);
    return read_ignore_files(app);
}

/* So much is pending at most: over a million paths of sixty bytes. */
#define SETTLE_MEMORY_MAX ((size_t)256 << 20)

static int make_merge(struct inotap *app)
{
    const struct merge_settings settings = {
        .settle_ns = app->options.settle_ns,
        .max_delay_ns = app->options.max_delay_ns,
        .memory_max = SETTLE_MEMORY_MAX,
        .emit = report_settled,
        .context = &app->tap.report,
    };

    if (app->options.settle_ns < 0)
        return STATUS_GOING_ON;
    return merge_new(&app->merge, &settings) < 0 ? app_fail("--settle", -ENOMEM) : STATUS_GOING_ON;
}

/* What tables of CSV may need: their columns stay the same from one to the next. */
static uint64_t counted_kinds(const struct inotap *app)
{
    const struct options *const o = &app->options;
    uint64_t kinds = o->events | IN_Q_OVERFLOW | IN_UNMOUNT | IN_IGNORED | STATS_KIND_BIT(STATS_OTHER);

    if (app->tap.whole.finds)
        kinds |= IN_CREATE;
    if (o->rename)
        kinds |= STATS_KIND_BIT(STATS_RENAME);
    if (o->partial)
        kinds |= STATS_KIND_BIT(STATS_ERROR);
    if (o->follow_name)
        kinds |= STATS_KIND_BIT(STATS_GONE) | STATS_KIND_BIT(STATS_BACK);
    if (o->recursive || o->follow_name)
        kinds |= STATS_KIND_BIT(STATS_RESYNCED);
    return kinds;
}

/* What no name of a file can know. */
static uint64_t random_seed(const struct inotap *app)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
        seed = (uint64_t)(uintptr_t)app->output; /* the address is random, too */
    return seed;
}

/* With --stats records go there, and not to the output. */
static int make_stats(struct inotap *app)
{
    const struct options *const o = &app->options;

    if (o->top)
        return live_make(app, random_seed(app));
    if (!o->stats)
        return STATUS_GOING_ON;
    app->stats = stats_new(o->by, o->memory_max, random_seed(app));
    if (!app->stats)
        return app_fail("--stats", -ENOMEM);
    app->tap.report.sink = stats_count;
    app->tap.report.sink_context = app->stats;
    app->table.spec = (struct table_spec){
        .kind = o->kind,
        .by = o->by,
        .key = o->sort_key,
        .ascending = o->sort_ascending,
        .limit = (size_t)o->limit,
        .columns = counted_kinds(app),
        .time = o->time_given ? o->time : app->default_time,
        .terminal = isatty(output_fd(app->output)),
    };
    return STATUS_GOING_ON;
}

static bool is_relative(const char *name)
{
    return name && name[0] != '/';
}

/* Is there a name that means the working directory, also later? */
static bool has_relative_names(const struct inotap *app)
{
    bool has = is_relative(app->options.output) || is_relative(app->options.pid_file);

    for (size_t i = 0; i < app->paths.count && !has; i++)
        has = is_relative(app->paths.items[i]->given);
    return has;
}

/* With --follow-name the tree tells what is in a directory that comes back, also where it is one level deep.
 */
static int plant_tree(struct inotap *app)
{
    const struct options *const o = &app->options;
    int err;

    if (!o->recursive && !o->follow_name && !o->gitignore)
        return STATUS_GOING_ON;
    err = home_open(has_relative_names(app));
    if (err < 0)
        return app_fail("the working directory, which relative names need", err);
    app->watches = watch_set_new(app->set, o->resync);
    if (!app->watches)
        return app_fail("watches", -ENOMEM);

    const struct tree_settings settings = {
        .backend = app->backend,
        .set = app->watches,
        .targets = app->set,
        .events = o->events | whole_needs(&app->tap.whole, true),
        .flags = o->flags & (IN_EXCL_UNLINK),
        .max_depth = o->recursive ? (size_t)o->max_depth : 1,
        .one_file_system = o->one_file_system,
        .mounts = app->mounts,
        .with_index = o->resync,
        .choice = choice_is_any(&app->choice) ? &app->choice : NULL,
        .listener = &tap_listener,
        .context = &app->tap,
    };

    app->choice.set = app->watches;
    err = tree_new(&app->tree, &settings);
    if (err < 0)
        return app_fail("watches", err);
    if (o->follow_name)
        err = names_new(&app->names);
    return err < 0 ? app_fail("--follow-name", err) : STATUS_GOING_ON;
}

/* Before the walk, so that what is mounted during it counts as a change. Without /proc it is not noticed.
 * Other programs follow no mounts, but for a tree inotap's own promises hold under their names, too. */
static int take_mounts(struct inotap *app)
{
    const bool is_wanted = !app->options.compat.program || app->options.recursive;
    const int err = is_wanted ? mounts_new(&app->mounts) : 0;

    if (err == -ENOMEM)
        return app_fail("mounts", err);
    if (err < 0)
        message(MESSAGE_INFO, "%s", APP_NO_MOUNTS);
    return STATUS_GOING_ON;
}

static int open_backend(struct inotap *app)
{
    const int err = backend_open(&app->backend, app->options.buffer_size);

    if (err < 0 && app->options.compat.program) {
        compat_say_no_inotify(err);
        return STATUS_FAILED;
    }
    if (err < 0)
        return app_fail("inotify", err);
    if (app->tap.whole.finds)
        queue_index_closing(backend_queue(app->backend));
    app->set = target_set_new();
    return app->set ? STATUS_GOING_ON : app_fail("watches", -ENOMEM);
}

/* What another name does not do as inotap does. */
static void connect_as_other(struct inotap *app)
{
    struct report *const r = &app->tap.report;

    r->ere = app->options.compat.ere;
    r->hidden = app->options.compat.unasked;
    r->counted = ~(uint32_t)0; /* IGNORED and UNMOUNT can be asked for */
    r->only_kernel = true;
    app->tap.under_first = true;
}

/* Wire up what an event passes. */
static void connect_rooms(struct inotap *app)
{
    app->roots = (struct roots){
        .backend = app->backend,
        .set = app->set,
        .events = app->options.events,
        .flags = app->options.flags,
        .enters_links = app->options.compat.recursive,
        .needs = (app->tree ? tree_needs(app->tree) : 0) | whole_needs(&app->tap.whole, app->tree),
        .held_back = app->tree ? tree_noise(app->tree) : 0,
    };
    app->tap.backend = app->backend;
    app->tap.set = app->set;
    app->tap.roots = &app->roots;
    app->tap.paths = &app->paths;
    app->tap.report.format = app->format;
    app->tap.report.output = app->output;
    app->tap.events = app->options.events;
    app->tap.all = app->options.all;
    app->tap.with_errors = app->options.partial;
    app->tap.all_compared = app->options.resync;
    app->tap.watches = app->tap.report.watches = app->watches;
    app->tap.tree = app->tree;
    app->tap.names = app->names;
    app->tap.blind = app_blind;
    app->tap.progress = app_progress;
    app->tap.context = app;
    app->tap.report.choice = choice_is_any(&app->choice) ? &app->choice : NULL;
    tap_connect_tree(&app->tap);
    app->tap.report.limit = app->options.count;
    app->tap.report.counted = IN_ALL_EVENTS;
    app->tap.report.merge = app->merge;
    app->tap.report.with_renames = app->options.rename;
    app->tap.report.with_index = app->options.resync;
    app->tap.complain = app_complain;
    app->tap.met = warn_of_met;
    if (app->options.compat.program)
        connect_as_other(app);
    own_drained(&app->tap.own);
}

static int connect_and_check(struct inotap *app)
{
    if (app->options.compat.program)
        compat_say_setting_up(&app->options.compat);
    connect_rooms(app);
    return check_paths(app);
}

static int find_places(struct inotap *app)
{
    tap_find_own_output(&app->tap);
    overlap_find(&app->tap);
    beneath_find(&app->tap);
    return STATUS_GOING_ON;
}

/* A rename that has begun while the walk came by ends soon, unless renames never end. So there is a limit of
 * time; but on a busy machine time passes while nothing is done, and so many rounds are made in any case. */
#define SETTLE_MAX_S      2
#define SETTLE_ROUNDS_MIN 50
#define SETTLE_WAIT_MS    1

/* Directories that were being renamed when the walk came by are found where the queue says that they went:
 * before anybody is told that everything is watched, for nothing in them is told before. */
static int settle_tree(struct inotap *app)
{
    struct timespec began, now;

    clock_gettime(CLOCK_MONOTONIC, &began);
    now = began;
    for (int round = 0; app->tree && tree_owes(app->tree, SIZE_MAX); round++) {
        int got = tap_batch(&app->tap);

        if (got == 0 || tap_held_until(&app->tap) >= 0)
            backend_wait(app->backend, SETTLE_WAIT_MS);
        if (got == 0)
            got = tree_settle(app->tree);
        if (got < 0)
            return app_fail_batch(app, got);
        if (signals_stop())
            return STATUS_SIGNAL + signals_stop();
        if (app->failed)
            return STATUS_FAILED;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (report_is_full(&app->tap.report) ||
            (round >= SETTLE_ROUNDS_MIN && now.tv_sec - began.tv_sec >= SETTLE_MAX_S))
            break;
    }
    return STATUS_GOING_ON;
}

int setup(struct inotap *app)
{
    typedef int step(struct inotap * app);
    static step *const steps[] = {
        process_fill_streams,
        process_unblock_signals,
        check_terminal,
        process_check_ready_fd,
        collect_paths,
        process_go_to_background,
        make_choice,
        process_close_inherited,
        open_output,
        make_stats,
        make_merge,
        open_backend,
        take_mounts,
        plant_tree,
        process_take_signals,
        connect_and_check,
        process_write_pid_file,
        watch_paths,
        finish_tree,
        warn_at_start,
        find_places,
        settle_tree,
    };
    int status = STATUS_GOING_ON;

    for (size_t i = 0; status == STATUS_GOING_ON && i < sizeof(steps) / sizeof(steps[0]); i++)
        status = steps[i](app);
    if (status == STATUS_GOING_ON && home_error() < 0)
        return app_fail("the working directory", home_error());
    return status;
}
