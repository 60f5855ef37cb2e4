/* table.c: rows of counts to bytes, in three forms. Neighbours: stats.c has the counts; format.c writes the
 * values; output.c takes the bytes. */
#include "table.h"

#include "program.h"
#include "utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a row is of. */
enum row_kind { ROW_COUNTED, ROW_OTHER, ROW_SUM };

/* A row of any table, whatever it counts. */
struct line {
    enum row_kind kind;
    uint64_t total;
    const struct stats_row *row; /* NULL: it is of one event */
    unsigned event;
};

/* A table that is being written. */
struct writing {
    struct table *table;
    const struct stats *stats;
    struct output *output;
    struct format style; /* for program_put_value() */
    uint64_t columns;    /* those that are shown */
    int widths[STATS_KINDS];
    int total_width;
    size_t shown, of; /* rows, without those of ROW_OTHER and ROW_SUM */
    char *time_text;  /* as the style writes it */
    size_t time_len;
    int64_t passed_ns;
};

/* ---- what any form needs ---- */

#define NUMBER_MAX 24 /* bytes of the longest number, and what stands around it */

/* All columns of a line, but for its path. */
#define COLUMNS_MAX (STATS_KINDS * (STATS_NAME_MAX + NUMBER_MAX + 8))

/* Room for a line with a value of len bytes. */
static char *reserve(struct writing *w, size_t len)
{
    return output_reserve(w->output, COLUMNS_MAX + w->time_len + 8 * len + 512);
}

static int commit(struct writing *w, const char *end)
{
    output_commit(w->output, end);
    return 0;
}

/* Print at p, which has room for it. */
static char *put(char *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static char *put(char *p, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(p, 512, format, args);
    va_end(args);
    return p + (len > 0 ? len : 0);
}

static uint64_t count_of(const struct line *line, unsigned kind)
{
    return line->row ? stats_of_kind(line->row, kind) : line->event == kind ? line->total : 0;
}

/* What a row is of, as JSON and CSV name it. */
static const char *word_of(const struct writing *w, const struct line *line)
{
    static const char *const words[] = {[STATS_BY_PATH] = "path",
                                        [STATS_BY_DIR] = "dir",
                                        [STATS_BY_WATCH] = "watch",
                                        [STATS_BY_EVENT] = "event"};

    if (line->kind != ROW_COUNTED)
        return line->kind == ROW_OTHER ? "other" : "sum";
    return words[w->table->spec.by];
}

/* The path or the event of a row. */
static const char *value_of(const struct line *line, char event[STATS_NAME_MAX], size_t *len)
{
    *len = 0;
    if (line->kind != ROW_COUNTED)
        return "";
    if (line->row)
        return stats_path(line->row, len);
    *len = (size_t)(stats_put_name(event, line->event) - event);
    return event;
}

/* ---- text ---- */

static const char *plural(uint64_t number)
{
    return number == 1 ? "" : "s";
}

static char *put_noun(const struct writing *w, char *p)
{
    static const char *const nouns[] = {[STATS_BY_PATH] = "path",
                                        [STATS_BY_DIR] = "directory",
                                        [STATS_BY_WATCH] = "watch",
                                        [STATS_BY_EVENT] = "event"};

    if (w->table->spec.by == STATS_BY_DIR && w->of != 1)
        return put(p, "%zu directories", w->of);
    if (w->table->spec.by == STATS_BY_WATCH && w->of != 1)
        return put(p, "%zu watches", w->of);
    return put(p, "%zu %s%s", w->of, nouns[w->table->spec.by], plural(w->of));
}

static int text_begin(struct writing *w)
{
    const struct stats_row *const sum = stats_sum(w->stats);
    char *p = reserve(w, 0);

    if (!p)
        return output_error(w->output);
    if (w->table->number > 1)
        *p++ = '\n';
    p = stpcpy(p, "# ");
    if (w->time_len > 0) {
        p = (char *)memcpy(p, w->time_text, w->time_len) + w->time_len;
        *p++ = ' ';
    }
    p = put(p, "after %lld.%lld s: ", (long long)(w->passed_ns / 1000000000),
            (long long)(w->passed_ns % 1000000000 / 100000000));
    p = put(p, "%llu record%s\n", (unsigned long long)sum->total, plural(sum->total));
    if (sum->total == 0)
        return commit(w, p);
    p = put(p, "%*s", w->total_width, "total");
    for (unsigned kind = 0; kind < STATS_KINDS; kind++) {
        char name[STATS_NAME_MAX + 1];

        if (!(w->columns & STATS_KIND_BIT(kind)))
            continue;
        *stats_put_name(name, kind) = '\0';
        p = put(p, "  %*s", w->widths[kind], name);
    }
    return commit(w, put(p, "  %s\n", word_of(w, &(struct line){.kind = ROW_COUNTED})));
}

/* The path, or in round brackets what is none; a path that begins with such does so by an escape. */
static char *put_text_value(const struct writing *w, const struct line *line, char *p)
{
    char event[STATS_NAME_MAX];
    size_t len;
    const char *value = value_of(line, event, &len);

    if (line->kind == ROW_OTHER)
        return stpcpy(p, "(other: no memory for more)");
    if (line->kind == ROW_SUM) {
        *p++ = '(';
        p = put_noun(w, p);
        if (w->shown < w->of)
            p = put(p, ", %zu shown", w->shown);
        *p++ = ')';
        return p;
    }
    if (len == 0)
        return stpcpy(p, "(no path)");
    if (*value == '(') {
        p = stpcpy(p, "\\x28");
        value++;
        len--;
    }
    return program_put_value(&w->style, p, "", value, len, "", 0);
}

static int text_line(struct writing *w, const struct line *line)
{
    char event[STATS_NAME_MAX];
    size_t len;
    char *p;

    if (line->kind == ROW_SUM && line->total == 0)
        return 0;
    value_of(line, event, &len);
    p = reserve(w, len);
    if (!p)
        return output_error(w->output);
    p = put(p, "%*llu", w->total_width, (unsigned long long)line->total);
    for (unsigned kind = 0; kind < STATS_KINDS; kind++)
        if (w->columns & STATS_KIND_BIT(kind))
            p = put(p, "  %*llu", w->widths[kind], (unsigned long long)count_of(line, kind));
    p = put_text_value(w, line, stpcpy(p, "  "));
    *p++ = '\n';
    return commit(w, p);
}

/* ---- JSON ---- */

static int json_line(struct writing *w, const struct line *line)
{
    char event[STATS_NAME_MAX];
    size_t len;
    const char *const value = value_of(line, event, &len);
    const char *separator = "";
    char *p = reserve(w, len);

    if (!p)
        return output_error(w->output);
    p = put(p, "{\"table\":%llu", (unsigned long long)w->table->number);
    if (w->time_len > 0) {
        p = stpcpy(p, ",\"time\":");
        p = (char *)memcpy(p, w->time_text, w->time_len) + w->time_len;
    }
    p = put(p, ",\"row\":\"%s\"", word_of(w, line));
    if (line->kind == ROW_COUNTED) {
        p = stpcpy(p, line->row ? ",\"path\":" : ",\"event\":");
        p = program_put_value(&w->style, p, "path_b64", value, len, "", 0);
    }
    p = put(p, ",\"total\":%llu", (unsigned long long)line->total);
    if (line->row) {
        p = stpcpy(p, ",\"events\":{");
        for (unsigned kind = 0; kind < STATS_KINDS; kind++) {
            const uint64_t count = count_of(line, kind);

            if (count == 0)
                continue;
            p = stats_put_name(put(p, "%s\"", separator), kind);
            p = put(p, "\":%llu", (unsigned long long)count);
            separator = ",";
        }
        *p++ = '}';
    }
    if (line->kind == ROW_SUM)
        p = put(p, ",\"rows\":%zu,\"shown\":%zu,\"seconds\":%lld.%03lld", w->of, w->shown,
                (long long)(w->passed_ns / 1000000000), (long long)(w->passed_ns % 1000000000 / 1000000));
    return commit(w, stpcpy(p, "}\n"));
}

/* ---- CSV ---- */

static int csv_begin(struct writing *w)
{
    char *p;

    if (w->table->titled)
        return 0;
    p = reserve(w, 0);
    if (!p)
        return output_error(w->output);
    w->table->titled = true;
    p = put(p, "table,%srow,%s,total", w->time_len > 0 ? "time," : "",
            w->table->spec.by == STATS_BY_EVENT ? "event" : "path");
    for (unsigned kind = 0; kind < STATS_KINDS; kind++)
        if (w->columns & STATS_KIND_BIT(kind))
            p = stats_put_name(stpcpy(p, ","), kind);
    return commit(w, stpcpy(p, "\r\n"));
}

static int csv_line(struct writing *w, const struct line *line)
{
    char event[STATS_NAME_MAX];
    size_t len;
    const char *const value = value_of(line, event, &len);
    char *p = reserve(w, len);

    if (!p)
        return output_error(w->output);
    p = put(p, "%llu,", (unsigned long long)w->table->number);
    if (w->time_len > 0) {
        p = (char *)memcpy(p, w->time_text, w->time_len) + w->time_len;
        *p++ = ',';
    }
    p = program_put_value(&w->style, put(p, "%s,", word_of(w, line)), "", value, len, "", 0);
    p = put(p, ",%llu", (unsigned long long)line->total);
    for (unsigned kind = 0; kind < STATS_KINDS; kind++)
        if (w->columns & STATS_KIND_BIT(kind))
            p = put(p, ",%llu", (unsigned long long)count_of(line, kind));
    return commit(w, stpcpy(p, "\r\n"));
}

/* ---- any form ---- */

static int begin(struct writing *w)
{
    if (w->table->spec.kind == FORMAT_TEXT)
        return text_begin(w);
    return w->table->spec.kind == FORMAT_CSV ? csv_begin(w) : 0;
}

static int write_line(struct writing *w, const struct line *line)
{
    if (w->table->spec.kind == FORMAT_TEXT)
        return text_line(w, line);
    return w->table->spec.kind == FORMAT_CSV ? csv_line(w, line) : json_line(w, line);
}

static int digits(uint64_t number)
{
    int count = 1;

    while (number >= 10) {
        number /= 10;
        count++;
    }
    return count;
}

/* Text shows the kinds that there were. No count of a column is greater than its sum. */
static void measure(struct writing *w)
{
    const struct stats_row *const sum = stats_sum(w->stats);
    const int total_digits = digits(sum->total);

    w->columns = w->table->spec.kind == FORMAT_TEXT ? sum->kinds : w->table->spec.columns;
    if (w->table->spec.by == STATS_BY_EVENT)
        w->columns = 0;
    w->total_width = total_digits > (int)strlen("total") ? total_digits : (int)strlen("total");
    for (unsigned kind = 0; kind < STATS_KINDS; kind++) {
        char name[STATS_NAME_MAX];
        const int name_len = (int)(stats_put_name(name, kind) - name);
        const int count_len = digits(stats_of_kind(sum, kind));

        w->widths[kind] = count_len > name_len ? count_len : name_len;
    }
}

static int put_time(struct writing *w, const struct timespec *when)
{
    const char *text;
    size_t len;

    if (!w->table->spec.time)
        return 0;
    text = timestamp_render(w->table->spec.time, when, &len);
    w->time_text = malloc(8 * len + 64);
    if (!w->time_text)
        return -ENOMEM;
    w->time_len =
        (size_t)(program_put_value(&w->style, w->time_text, "time_b64", text, len, "", 0) - w->time_text);
    return 0;
}

/* Rows of events. There are few of them, so the simplest way to sort does. */
static int write_events(struct writing *w)
{
    const struct stats_row *const sum = stats_sum(w->stats);
    const size_t limit = w->table->spec.limit;
    uint64_t left = sum->kinds;

    w->of = (size_t)__builtin_popcountll(left);
    w->shown = limit > 0 && limit < w->of ? limit : w->of;
    for (size_t i = 0; i < w->shown; i++) {
        unsigned best = STATS_KINDS;
        struct line line;
        int err;

        for (unsigned kind = 0; kind < STATS_KINDS; kind++) {
            if (!(left & STATS_KIND_BIT(kind)))
                continue;
            if (best == STATS_KINDS ||
                (w->table->spec.ascending ? stats_of_kind(sum, kind) < stats_of_kind(sum, best)
                                          : stats_of_kind(sum, kind) > stats_of_kind(sum, best)))
                best = kind;
        }
        left &= ~STATS_KIND_BIT(best);
        line = (struct line){.total = stats_of_kind(sum, best), .event = best};
        err = write_line(w, &line);
        if (err < 0)
            return err;
    }
    return 0;
}

static int write_paths(struct writing *w, const struct stats_row **rows)
{
    const struct stats_row *const rest = stats_rest(w->stats);
    int err = 0;

    for (size_t i = 0; i < w->shown && err == 0; i++)
        err = write_line(w, &(struct line){.total = rows[i]->total, .row = rows[i]});
    if (err == 0 && rest->total > 0)
        err = write_line(w, &(struct line){.kind = ROW_OTHER, .total = rest->total, .row = rest});
    return err;
}

static int write_all(struct writing *w)
{
    const struct table_spec *const spec = &w->table->spec;
    const struct stats_query query = {.key = spec->key, .ascending = spec->ascending, .limit = spec->limit};
    const struct stats_row *const sum = stats_sum(w->stats), **rows = NULL;
    int err = 0;

    if (spec->by != STATS_BY_EVENT)
        err = stats_query(w->stats, &query, &rows, &w->shown, &w->of);
    if (err == 0)
        err = begin(w);
    if (err == 0)
        err = spec->by == STATS_BY_EVENT ? write_events(w) : write_paths(w, rows);
    if (err == 0)
        err = write_line(w, &(struct line){.kind = ROW_SUM, .total = sum->total, .row = sum});
    free(rows);
    return err;
}

int table_write(struct table *t, const struct stats *s, const struct timespec *when, int64_t passed_ns,
                struct output *output)
{
    static const enum style styles[] = {
        [FORMAT_TEXT] = STYLE_TEXT, [FORMAT_JSON] = STYLE_JSON, [FORMAT_CSV] = STYLE_CSV};
    const unsigned escape = t->spec.terminal ? ESCAPE_TERMINAL : 0;
    struct writing w = {
        .table = t,
        .stats = s,
        .output = output,
        .style = {.style = styles[t->spec.kind],
                  .escape = escape | (t->spec.kind == FORMAT_TEXT ? ESCAPE_BACKSLASH : ESCAPE_QUOTES),
                  .terminal = t->spec.terminal},
        .passed_ns = passed_ns,
    };
    int err;

    t->number++;
    measure(&w);
    err = put_time(&w, when);
    if (err == 0)
        err = write_all(&w);
    free(w.time_text);
    return err;
}

void table_begin_file(struct table *t)
{
    t->titled = false;
}
