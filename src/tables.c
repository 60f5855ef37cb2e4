/* tables.c: printing what --stats has counted, as inotap or as another program does.
 * Neighbours: loop.c says when; table.c and compat_table.c write. */
#include "app.h"

#include "compat_table.h"

#include <errno.h>
#include <unistd.h>

/* Hand the table of another name the watches that there are. */
static int add_watches(const struct inotap *app, struct compat_table *table)
{
    size_t position = 0, len;
    const struct target *w;
    int err = 0;

    while (err == 0 && (w = target_each(app->set, &position)))
        if (w->paths)
            err = compat_table_add(table, w->wd, w->is_dir ? w->paths->joined : w->paths->given,
                                   w->is_dir ? w->paths->joined_len : w->paths->given_len);
    for (uint32_t id = WATCH_NONE;
         err == 0 && app->watches && (id = watch_each(app->watches, id)) != WATCH_NONE;) {
        const int wd = watch_wd(app->watches, id);
        const char *const path =
            wd >= 0 && !watch_has(app->watches, id, WATCH_ROOT) ? watch_path(app->watches, id, &len) : NULL;

        if (path)
            err = compat_table_add(table, wd, path, len);
    }
    return err;
}

/* Print what was counted as another program does. */
static int print_table_as_other(struct inotap *app)
{
    struct compat_table *const table = compat_table_new();
    int err = table ? add_watches(app, table) : -ENOMEM;

    if (err == 0)
        err = compat_table_count(table, app->stats);
    if (err == 0)
        err = compat_table_write(table, &app->options.compat, isatty(output_fd(app->output)), app->output);
    compat_table_free(table);
    if (err == 0)
        compat_say_no_events();
    if (err >= 0)
        err = output_flush(app->output);
    return err < 0 ? app_fail_batch(app, err) : STATUS_GOING_ON;
}

int app_print_table(struct inotap *app)
{
    struct timespec now;
    int err;

    if (app->options.compat.counts)
        return print_table_as_other(app);
    if (app->table.spec.time)
        clock_gettime(timestamp_clock(app->table.spec.time), &now);
    err = table_write(&app->table, app->stats, &now, app_since_ns(&app->watching_since), app->output);
    if (err == 0)
        err = output_flush(app->output);
    return err < 0 ? app_fail_batch(app, err) : STATUS_GOING_ON;
}

int app_print_empty_line(struct inotap *app)
{
    char *const p = output_reserve(app->output, 1);
    int err = p ? 0 : output_error(app->output);

    if (p) {
        *p = '\n';
        output_commit(app->output, p + 1);
        err = output_flush(app->output);
    }
    return err < 0 ? app_fail_batch(app, err) : STATUS_GOING_ON;
}
