/* report.c: puts together what a record says. Neighbours: tap.c, presence.c and overlap.c tell it what
 * happened; watch.c knows the paths of directories, format.c and output.c take what comes out. */
#include "report.h"

#include <errno.h>
#include <string.h>

/* Number it, format it, hand it to the output. */
static int print(struct report *r, const struct record *given)
{
    struct record numbered = *given, *const record = &numbered;
    char *const room = output_reserve(r->output, format_bound(r->format, record));

    if (!room)
        return output_error(r->output);
    record->seq = ++r->seq;
    output_commit(r->output, format_record(r->format, record, room));
    return 0;
}

static int tell(struct report *r, const struct record *record)
{
    if (report_is_full(r))
        return 0;
    r->told++;
    return print(r, record);
}

void report_set_time(struct report *r)
{
    struct timespec now;

    clock_gettime(r->clock, &now);
    format_set_time(r->format, &now);
}

static struct record of_event(const struct event *ev, bool synthetic)
{
    return (struct record){
        .wd = ev->wd,
        .mask = ev->mask,
        .cookie = ev->cookie,
        .len = ev->len,
        .path = "",
        .watched = "",
        .name = ev->name,
        .name_len = ev->name_len,
        .synthetic = synthetic,
    };
}

int report_path_event(struct report *r, const struct event *ev, const struct path *p, bool synthetic)
{
    struct record record = of_event(ev, synthetic);
    const bool named = ev->name_len > 0;

    if (p) {
        record.path = named ? p->joined : p->given;
        record.path_len = named ? p->joined_len : p->given_len;
        record.watched = p->target->is_dir ? p->joined : p->given;
        record.watched_len = p->target->is_dir ? p->joined_len : p->given_len;
    }
    return tell(r, &record);
}

int report_node_event(struct report *r, const struct event *ev, uint32_t node, bool synthetic)
{
    struct record record = of_event(ev, synthetic);
    const bool named = ev->name_len > 0;

    if (report_is_full(r))
        return 0;
    if (!named && watch_has(r->watches, node, WATCH_ROOT) && !watch_parent(r->watches, node))
        return report_path_event(r, ev, watch_path_given(r->watches, node), synthetic);
    record.watched = watch_path(r->watches, node, &record.watched_len);
    if (!record.watched)
        return watch_path_given(r->watches, node) ? -ENOMEM : 0;
    record.path = record.watched;
    record.path_len = record.watched_len - !named;
    return tell(r, &record);
}

int report_path_label(struct report *r, const char *label, const struct path *p)
{
    const struct record record = {
        .wd = -1,
        .label = label,
        .path = p->given,
        .path_len = p->given_len,
        .watched = p->given,
        .watched_len = p->given_len,
        .name = "",
    };

    return tell(r, &record);
}

int report_error(struct report *r, const char *path, size_t path_len, int err)
{
    const struct record record = {
        .wd = -1,
        .label = "ERROR",
        .path = path,
        .path_len = path_len,
        .watched = path,
        .watched_len = path_len,
        .name = "",
        .error = strerror(-err),
    };

    report_set_time(r);
    return tell(r, &record);
}

int report_announce(struct report *r, const char *label)
{
    const struct record record = {.wd = -1, .label = label, .path = "", .watched = "", .name = ""};
    int err;

    report_set_time(r);
    err = print(r, &record);
    return err < 0 ? err : report_flush(r);
}

bool report_is_full(const struct report *r)
{
    return r->limit > 0 && r->told >= r->limit;
}

int report_flush(struct report *r)
{
    return output_flush(r->output);
}
