/* warn.c: what inotap cannot see, said to people: file systems that do not tell everything, and links that
 * are not followed. Neighbours: setup.c before the loop; remote.c knows the file systems, compare.c meets
 * them. */
#include "app.h"

#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many are kept in mind, to be told once each; those beyond are not told. */
#define MET_MAX 1000

/* What the one line about the kernel's own may name. */
#define LINE_MAX_BYTES ((size_t)1000)

static const char *what_is_not_seen(enum file_system_kind kind)
{
    return kind == FILE_SYSTEM_KERNEL ? "the kernel does not report everything that happens there"
                                      : "changes made on other machines are not seen";
}

void warn_free(struct warnings *w)
{
    for (size_t i = 0; i < w->met_count; i++)
        free(w->met[i].path);
    free(w->met);
}

static void tell_met(const struct met *m)
{
    if (m->fs.kind == FILE_SYSTEM_KERNEL)
        message(MESSAGE_WARNING, "%s: left out: a file system of the kernel (%s)", m->path, m->fs.name);
    else
        message(MESSAGE_WARNING, "%s: on %s: %s", m->path, m->fs.name, what_is_not_seen(m->fs.kind));
}

void warn_of_met(void *context, const char *path, const struct file_system *fs)
{
    struct inotap *const app = context;
    struct warnings *const w = &app->warnings;
    struct met *more;
    char *copy;

    if (app->options.compat.program)
        return;
    for (size_t i = 0; i < w->met_count; i++)
        if (w->met[i].fs.kind == fs->kind && strcmp(w->met[i].path, path) == 0)
            return; /* told before */
    if (w->met_count == MET_MAX)
        return;
    copy = strdup(path);
    more = copy ? reallocarray(w->met, w->met_count + 1, sizeof(*more)) : NULL;
    if (!more) {
        free(copy);
        return;
    }
    w->met = more;
    more[w->met_count++] = (struct met){.path = copy, .fs = *fs};
    if (w->is_started)
        tell_met(&more[w->met_count - 1]);
}

/* Those of the kernel's own that are below a PATH, in one line. */
static void tell_left_out(const struct warnings *w)
{
    char line[LINE_MAX_BYTES] = "", more[64] = "";
    size_t len = 0, unnamed = 0;

    for (size_t i = 0; i < w->met_count; i++) {
        const struct met *const m = &w->met[i];
        int n;

        if (m->fs.kind != FILE_SYSTEM_KERNEL)
            continue;
        n = snprintf(line + len, sizeof(line) - len, "%s%s (%s)", len > 0 ? ", " : "", m->path, m->fs.name);
        if (n >= 0 && (size_t)n < sizeof(line) - len)
            len += (size_t)n;
        else
            unnamed++;
        line[len] = '\0';
    }
    if (unnamed > 0)
        snprintf(more, sizeof(more), "%s%zu more", len > 0 ? ", and " : "", unnamed);
    if (len > 0 || unnamed > 0)
        message(MESSAGE_WARNING, "file systems of the kernel are left out: %s%s", line, more);
}

/* PATHs on file systems of a kind, and for remote ones also what is mounted below PATHs: one line. */
static void tell_kind(const struct inotap *app, enum file_system_kind kind)
{
    const struct warnings *const w = &app->warnings;
    const char *first = NULL, *first_name = NULL;
    char others[64] = "", below[64] = "";
    size_t more = 0, mounts = 0;

    for (size_t i = 0; i < app->paths.count; i++) {
        const struct path *const p = app->paths.items[i];
        struct file_system fs = {.kind = FILE_SYSTEM_ORDINARY};

        if (p->target)
            file_system_of(p->given, &fs);
        if (fs.kind != kind)
            continue;
        more += first != NULL;
        if (!first)
            first = p->given, first_name = fs.name;
    }
    for (size_t i = 0; kind == FILE_SYSTEM_REMOTE && i < w->met_count; i++) {
        if (w->met[i].fs.kind != kind)
            continue;
        mounts += first != NULL;
        if (!first)
            first = w->met[i].path, first_name = w->met[i].fs.name;
    }
    if (more > 0)
        snprintf(others, sizeof(others), ", and %zu more PATH%s", more, more == 1 ? "" : "s");
    if (mounts > 0)
        snprintf(below, sizeof(below), ", and %zu more mount%s below", mounts, mounts == 1 ? "" : "s");
    if (first)
        message(MESSAGE_WARNING, "%s: on %s%s%s: %s", first, first_name, others, below,
                what_is_not_seen(kind));
}

/* With -r somebody wants to know of what is below, and may not know that it is a link. */
static void tell_links(const struct inotap *app)
{
    for (size_t i = 0; app->options.recursive && i < app->paths.count; i++) {
        const struct path *const p = app->paths.items[i];

        if (p->target && !p->target->is_dir && roots_leads_to_directory(p))
            message(MESSAGE_WARNING,
                    "%s: a symbolic link, which -P does not follow: nothing below it is watched", p->given);
    }
}

int warn_at_start(struct inotap *app)
{
    if (app->options.compat.program)
        return STATUS_GOING_ON; /* clients take any such line for a failure */
    tell_left_out(&app->warnings);
    tell_kind(app, FILE_SYSTEM_KERNEL);
    tell_kind(app, FILE_SYSTEM_REMOTE);
    tell_links(app);
    app->warnings.is_started = true;
    return STATUS_GOING_ON;
}
