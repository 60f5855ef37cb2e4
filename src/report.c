/* report.c: puts together what a record says. Neighbours: tap.c, presence.c and overlap.c tell it what
 * happened; watch.c knows the paths of directories, format.c and output.c take what comes out. */
#include "report.h"

#include "backend.h"
#include "ere.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char renamed[] = "RENAME";

/* What is always told. */
#define UNFILTERED ((uint32_t)(IN_Q_OVERFLOW | IN_UNMOUNT))

void report_free(struct report *r)
{
    free(r->half.text);
    r->half = (struct report_half){0};
}

/* Number it, format it, hand it to the output. */
static int print(struct report *r, struct record *record)
{
    char *room;

    if (r->sink)
        return r->sink(r->sink_context, record);
    room = output_reserve(r->output, format_bound(r->format, record));
    if (!room)
        return output_error(r->output);
    record->seq = ++r->seq;
    output_commit(r->output, format_record(r->format, record, room));
    return 0;
}

/* Was it asked for? Whoever waits for a file must not go on because that was removed, or could not be
 * watched. */
static bool does_count(const struct report *r, const struct record *record)
{
    if (record->label)
        return strcmp(record->label, renamed) == 0 || strcmp(record->label, "BACK") == 0;
    return (record->mask & r->counted) != 0;
}

static int tell(struct report *r, struct record *record)
{
    if (report_is_full(r))
        return 0;
    r->told += does_count(r, record);
    return print(r, record);
}

int report_settled(void *context, const struct record *record, const struct timespec *when)
{
    struct report *const r = context;

    struct record numbered = *record;

    format_set_time(r->format, when);
    return tell(r, &numbered);
}

static int settle(struct report *r, struct record *record, enum merge_presence before)
{
    r->happened++;
    if (r->merge && record->cookie != 0 &&
        (record->cookie == r->unsettled[0] || record->cookie == r->unsettled[1])) {
        struct record alone = *record;
        const int err = merge_flush(r->merge);

        alone.count = 1;
        format_set_time(r->format, &r->when);
        return err < 0 ? err : tell(r, &alone);
    }
    return r->merge ? merge_add(r->merge, record, before, r->now_ns, &r->when) : tell(r, record);
}

/* ---- pairs ---- */

bool report_holds_half(const struct report *r)
{
    return r->half.is_held;
}

int report_release_half(struct report *r)
{
    if (!r->half.is_held)
        return 0;
    r->half.is_held = false;
    return settle(r, &r->half.record, MERGE_UNKNOWN);
}

/* Its texts do not stay where they are: path, name, watched. */
static int hold_half(struct report *r, const struct record *record)
{
    struct report_half *const half = &r->half;
    const size_t needed = record->path_len + record->name_len + record->watched_len;
    char *at;

    if (needed > half->text_size) {
        char *const larger = realloc(half->text, 2 * needed);

        if (!larger)
            return -ENOMEM;
        half->text = larger;
        half->text_size = 2 * needed;
    }
    half->record = *record;
    half->record.path = at = half->text;
    at = (char *)memcpy(at, record->path, record->path_len) + record->path_len;
    half->record.name = at;
    at = (char *)memcpy(at, record->name, record->name_len) + record->name_len;
    half->record.watched = memcpy(at, record->watched, record->watched_len);
    half->is_held = true;
    return 0;
}

static int tell_pair(struct report *r, const struct record *to, enum merge_presence before)
{
    const struct record *const from = &r->half.record;
    struct record pair = *to;

    r->half.is_held = false;
    pair.label = renamed;
    pair.from = from->path; /* its name stands right behind */
    pair.from_len = from->path_len + from->name_len;
    pair.synthetic = to->synthetic || from->synthetic;
    return settle(r, &pair, before);
}

static int pair(struct report *r, struct record *record, enum merge_presence before)
{
    if (!r->merge && !r->with_renames) {
        r->happened += !report_is_full(r);
        return tell(r, record);
    }

    const bool is_event = !record->label && r->with_renames && record->cookie != 0;
    int err;

    if (report_is_full(r))
        return 0;
    if (is_event && (record->mask & IN_MOVED_TO) && r->half.is_held &&
        r->half.record.cookie == record->cookie)
        return tell_pair(r, record, before);
    err = report_release_half(r);
    if (err < 0)
        return err;
    return is_event && (record->mask & IN_MOVED_FROM) ? hold_half(r, record) : settle(r, record, before);
}

/* ---- records ---- */

void report_set_time(struct report *r)
{
    struct timespec now;

    clock_gettime(r->clock, &r->when);
    format_set_time(r->format, &r->when);
    if (!r->merge)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    r->now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
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

/* Is what happened to a PATH, or in it, to be told? */
static int is_chosen(struct report *r, const struct event *ev, const struct path *p)
{
    if (!r->choice || !p || (ev->mask & (UNFILTERED | IN_IGNORED)))
        return 1;
    if (ev->name_len > 0)
        return choice_tells(r->choice, WATCH_NONE, ev->name, ev->name_len, ev->mask & IN_ISDIR);
    return choice_tells_path(r->choice, p->given, p->given_len, p->target->is_dir);
}

/* Only under another name (compat.h). */
static bool is_hidden(const struct report *r, uint32_t mask)
{
    return (mask & r->hidden) && !(mask & ~(r->hidden | IN_ISDIR));
}

static int is_matched(struct report *r, const struct record *record)
{
    return ere_tells(r->ere, record->watched, record->watched_len, record->name, record->name_len);
}

static int path_event(struct report *r, const struct event *ev, const struct path *p, bool synthetic)
{
    struct record record = of_event(ev, synthetic);
    const bool named = ev->name_len > 0;

    if (p) {
        record.path = named ? p->joined : p->given;
        record.path_len = named ? p->joined_len : p->given_len;
        record.watched = p->target->is_dir ? p->joined : p->given;
        record.watched_len = p->target->is_dir ? p->joined_len : p->given_len;
        if (r->ere) {
            const int matched = is_matched(r, &record);

            if (matched <= 0)
                return matched;
        }
    }
    return pair(r, &record, MERGE_UNKNOWN);
}

/* What is hidden may end it all the same, but for a path that is left out, and for the end of a watch that we
 * let go of ourselves. */
static int path_event_hidden(struct report *r, const struct event *ev, const struct path *p)
{
    const struct target *const w = p ? p->target : NULL;
    int matched = 1;

    if (w && w->let_go && (ev->mask & IN_IGNORED))
        return 0;
    if (w && r->ere)
        matched = ere_tells(r->ere, w->is_dir ? p->joined : p->given,
                            w->is_dir ? p->joined_len : p->given_len, ev->name, ev->name_len);
    if (matched > 0)
        r->unasked |= ev->mask;
    return matched < 0 ? matched : 0;
}

int report_path_event(struct report *r, const struct event *ev, const struct path *p, bool synthetic)
{
    const int chosen = is_chosen(r, ev, p);

    /* Under another name a PATH that we let go of has not ended. */
    if (r->only_kernel && p && (ev->mask & IN_IGNORED) && (synthetic || p->target->let_go))
        return 0;
    if (is_hidden(r, ev->mask))
        return path_event_hidden(r, ev, p);
    return chosen <= 0 ? chosen : path_event(r, ev, p, synthetic);
}

static int is_chosen_of_node(struct report *r, const struct event *ev, uint32_t node)
{
    const uint32_t dir = ev->name_len > 0 ? node : watch_parent(r->watches, node);
    const char *name = ev->name;
    size_t name_len = ev->name_len;

    if (!r->choice || (ev->mask & UNFILTERED))
        return 1;
    if (name_len == 0)
        name = watch_name(r->watches, node, &name_len);
    return choice_tells(r->choice, dir, name, name_len, ev->name_len == 0 || (ev->mask & IN_ISDIR));
}

int report_keeps(struct report *r, const struct event *ev, uint32_t node, const struct path *p)
{
    return node ? is_chosen_of_node(r, ev, node) : is_chosen(r, ev, p);
}

/* What the index knows of a name before an event changes that. */
static enum merge_presence presence_of(const struct report *r, const struct event *ev, uint32_t node)
{
    if (!r->with_index || !r->merge || !(ev->mask & IN_MOVED_TO))
        return MERGE_UNKNOWN;
    return watch_child(r->watches, node, ev->name, ev->name_len) ? MERGE_WAS_THERE : MERGE_WAS_ABSENT;
}

int report_node_event(struct report *r, const struct event *ev, uint32_t node, enum merge_presence before,
                      bool synthetic)
{
    struct record record = of_event(ev, synthetic);
    const bool named = ev->name_len > 0;
    int chosen;

    if (report_is_full(r))
        return 0;
    if (!named && watch_has(r->watches, node, WATCH_ROOT) && !watch_parent(r->watches, node))
        return report_path_event(r, ev, watch_path_given(r->watches, node), synthetic);
    chosen = is_hidden(r, ev->mask) ? 0 : is_chosen_of_node(r, ev, node);
    if (chosen <= 0)
        return chosen;
    record.watched = watch_path(r->watches, node, &record.watched_len);
    if (!record.watched)
        return watch_path_given(r->watches, node) ? -ENOMEM : 0;
    if (r->ere) {
        chosen = is_matched(r, &record);
        if (chosen <= 0)
            return chosen;
    }
    record.path = record.watched;
    record.path_len = record.watched_len - !named;
    return pair(r, &record, before == MERGE_UNKNOWN ? presence_of(r, ev, node) : before);
}

int report_path_label(struct report *r, const char *label, const struct path *p)
{
    struct record record = {
        .wd = -1,
        .label = label,
        .path = p->given,
        .path_len = p->given_len,
        .watched = p->given,
        .watched_len = p->given_len,
        .name = "",
    };

    return pair(r, &record, MERGE_UNKNOWN);
}

int report_error(struct report *r, const char *path, size_t path_len, int err)
{
    struct record record = {
        .wd = -1,
        .label = "ERROR",
        .path = path,
        .path_len = path_len,
        .watched = path,
        .watched_len = path_len,
        .name = "",
        .error = backend_why_not(err),
    };

    if (r->only_kernel)
        return 0;
    report_set_time(r);
    return pair(r, &record, MERGE_UNKNOWN);
}

int report_announce(struct report *r, const char *label)
{
    struct record record = {.wd = -1, .label = label, .path = "", .watched = "", .name = ""};
    int err = report_release_half(r);

    if (err == 0 && r->merge)
        err = merge_flush(r->merge);
    report_set_time(r);
    if (err == 0 && !r->only_kernel)
        err = print(r, &record);
    return err < 0 ? err : report_flush(r);
}

bool report_is_full(const struct report *r)
{
    return r->limit > 0 && (r->told >= r->limit || r->unasked);
}

int report_flush(struct report *r)
{
    int err = 0;

    if (r->merge && merge_next_due(r->merge) >= 0) {
        report_set_time(r);
        err = merge_flush_due(r->merge, r->now_ns);
    }
    return err < 0 ? err : output_flush(r->output);
}

int report_flush_after(struct report *r, int err)
{
    const int flush_err = report_flush(r);

    return flush_err < 0 ? flush_err : err;
}

int report_finish(struct report *r)
{
    int err = report_release_half(r);

    if (err == 0 && r->merge)
        err = merge_flush(r->merge);
    return err < 0 ? err : output_flush(r->output);
}

int64_t report_next_due(const struct report *r)
{
    return r->merge ? merge_next_due(r->merge) : -1;
}
