/* compat_table.c: counts of watches, joined by their descriptors, sorted and written as inotifywatch does.
 * Neighbours: stats.c has counted; loop.c tells which watches there are. */
#include "compat_table.h"

#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#define KINDS ((size_t)32)

struct row {
    int wd;          /* INT_MAX: what there was no memory for */
    bool is_current; /* the name is that of now */
    bool is_last;    /* the watch ended under this name */
    char *name;
    size_t len;
    uint64_t total, counts[KINDS];
};

struct compat_table {
    struct row *rows;
    size_t count, capacity;
};

struct compat_table *compat_table_new(void)
{
    return calloc(1, sizeof(struct compat_table));
}

void compat_table_free(struct compat_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        free(t->rows[i].name);
    free(t->rows);
    free(t);
}

/* A further row, of zeros; NULL without memory. */
static struct row *append(struct compat_table *t, int wd, const char *name, size_t len)
{
    struct row *row;

    if (t->count == t->capacity) {
        const size_t capacity = t->capacity > 0 ? 2 * t->capacity : 64;
        struct row *const more = reallocarray(t->rows, capacity, sizeof(*more));

        if (!more)
            return NULL;
        t->rows = more;
        t->capacity = capacity;
    }
    row = &t->rows[t->count];
    *row = (struct row){.wd = wd, .name = malloc(len + 1), .len = len};
    if (!row->name)
        return NULL;
    memcpy(row->name, name, len);
    t->count++;
    return row;
}

int compat_table_add(struct compat_table *t, int wd, const char *name, size_t len)
{
    struct row *const row = append(t, wd, name, len);

    if (row)
        row->is_current = true;
    return row ? 0 : -ENOMEM;
}

static int add_counts(struct compat_table *t, int wd, const char *name, size_t len,
                      const struct stats_row *counted)
{
    struct row *const row = append(t, wd, name, len);

    if (!row)
        return -ENOMEM;
    row->total = counted->total;
    row->is_last = counted->kinds & IN_IGNORED;
    for (unsigned kind = 0; kind < KINDS; kind++)
        row->counts[kind] = stats_of_kind(counted, kind);
    return 0;
}

int compat_table_count(struct compat_table *t, const struct stats *s)
{
    static const char other[] = "(other: no memory for more)";
    const struct stats_query all = {.key = STATS_TOTAL};
    const struct stats_row **rows;
    size_t count, of;
    int err = stats_query(s, &all, &rows, &count, &of);

    for (size_t i = 0; i < count && err == 0; i++) {
        size_t len;
        const char *const key = stats_path(rows[i], &len);
        uint32_t wd = 0;

        for (size_t byte = 0; byte < STATS_WD_SIZE; byte++)
            wd = wd << 8 | (unsigned char)key[byte];
        if ((int)wd >= 0) /* Q_OVERFLOW is of none */
            err = add_counts(t, (int)wd, key + STATS_WD_SIZE, len - STATS_WD_SIZE, rows[i]);
    }
    free(rows);
    if (err == 0 && stats_rest(s)->total > 0)
        err = add_counts(t, INT32_MAX, other, strlen(other), stats_rest(s));
    return err;
}

/* ---- one row a watch ---- */

/* By the descriptor, the best name first. */
static int by_watch(const void *a, const void *b)
{
    const struct row *const x = a, *const y = b;

    if (x->wd != y->wd)
        return x->wd < y->wd ? -1 : 1;
    if (x->is_current != y->is_current)
        return x->is_current ? -1 : 1;
    return (int)y->is_last - (int)x->is_last;
}

static void join(struct compat_table *t)
{
    size_t kept = 0;

    if (t->count > 0)
        qsort(t->rows, t->count, sizeof(t->rows[0]), by_watch);
    for (size_t i = 0; i < t->count; i++) {
        struct row *const row = &t->rows[i], *const last = kept > 0 ? &t->rows[kept - 1] : NULL;

        if (!last || last->wd != row->wd) {
            t->rows[kept++] = *row;
            continue;
        }
        last->total += row->total;
        for (size_t kind = 0; kind < KINDS; kind++)
            last->counts[kind] += row->counts[kind];
        free(row->name);
    }
    t->count = kept;
}

/* ---- sorting and writing ---- */

static uint64_t value_of(const struct row *row, int key)
{
    return key == STATS_TOTAL ? row->total : row->counts[key];
}

static int by_key(const void *a, const void *b, void *context)
{
    const struct row *const x = a, *const y = b;
    const struct compat *const c = context;
    const uint64_t x_value = value_of(x, c->sort_key), y_value = value_of(y, c->sort_key);

    if (x_value != y_value)
        return (x_value < y_value) == c->sort_ascending ? -1 : 1;
    return x->wd < y->wd ? -1 : 1;
}

/* The events that have a column. */
static uint32_t columns_of(const struct compat_table *t, const struct compat *c)
{
    uint32_t there = 0;

    for (size_t i = 0; i < t->count; i++)
        for (unsigned kind = 0; kind < KINDS; kind++)
            if (t->rows[i].counts[kind] > 0)
                there |= UINT32_C(1) << kind;
    return c->zeros ? c->columns : c->columns & there;
}

/* MOVE_SELF stands with the other moves. */
static const uint32_t column_order[] = {
    IN_ACCESS,   IN_MODIFY,    IN_ATTRIB, IN_CLOSE_WRITE, IN_CLOSE_NOWRITE, IN_OPEN,    IN_MOVED_FROM,
    IN_MOVED_TO, IN_MOVE_SELF, IN_CREATE, IN_DELETE,      IN_DELETE_SELF,   IN_UNMOUNT,
};

#define COLUMNS     (sizeof(column_order) / sizeof(column_order[0]))
#define NUMBERS_MAX (32 * (COLUMNS + 1)) /* bytes of all numbers of a row, or of all titles */

static char *put_title(char *p, uint32_t bit)
{
    char *const start = p;

    p = stats_put_name(p, (unsigned)__builtin_ctz(bit));
    for (char *c = start; c < p; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 32);
    return p;
}

static int write_titles(uint32_t columns, struct output *output)
{
    char *p = output_reserve(output, NUMBERS_MAX + 32);

    if (!p)
        return output_error(output);
    p = stpcpy(p, "total  ");
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns & column_order[i])
            p = stpcpy(put_title(p, column_order[i]), "  ");
    output_commit(output, stpcpy(p, "filename\n"));
    return 0;
}

/* A line feed would end the row. */
static char *put_name(char *p, const struct row *row, bool terminal)
{
    if (terminal)
        return utf8_put_text(p, row->name, row->len, ESCAPE_TERMINAL);
    for (size_t i = 0; i < row->len; i++) {
        if (row->name[i] == '\n')
            p = stpcpy(p, "\\n");
        else
            *p++ = row->name[i];
    }
    return p;
}

/* A number, and spaces up to the width of its title. */
static char *put_number(char *p, uint64_t number, size_t width)
{
    return p + sprintf(p, "%-*llu  ", (int)width, (unsigned long long)number);
}

static int write_row(const struct row *row, uint32_t columns, bool terminal, struct output *output)
{
    char *p = output_reserve(output, NUMBERS_MAX + 4 * row->len + 1);
    char title[STATS_NAME_MAX];

    if (!p)
        return output_error(output);
    p = put_number(p, row->total, strlen("total"));
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns & column_order[i])
            p = put_number(p, row->counts[__builtin_ctz(column_order[i])],
                           (size_t)(put_title(title, column_order[i]) - title));
    p = put_name(p, row, terminal);
    *p++ = '\n';
    output_commit(output, p);
    return 0;
}

int compat_table_write(struct compat_table *t, const struct compat *c, bool terminal, struct output *output)
{
    struct compat settings = *c;
    uint64_t total = 0;
    uint32_t columns;
    int err;

    join(t);
    for (size_t i = 0; i < t->count; i++)
        total += t->rows[i].total;
    if (total == 0)
        return 0;
    columns = columns_of(t, c);
    qsort_r(t->rows, t->count, sizeof(t->rows[0]), by_key, &settings);
    err = write_titles(columns, output);
    for (size_t i = 0; i < t->count && err == 0; i++)
        if (c->zeros || t->rows[i].total > 0)
            err = write_row(&t->rows[i], columns, terminal, output);
    return err < 0 ? err : 1;
}
