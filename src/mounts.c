/* mounts.c: the lines of /proc/self/mountinfo, sorted, and the difference between two readings.
 * Neighbours: loop.c waits for changes and has tree.c look at the places. */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ROOM   ((size_t)8 * 1024)
#define FILTER_WORDS ((size_t)16)

struct mount {
    long id;
    const char *point; /* in the text of its reading */
    size_t point_len;
};

/* The mounts of one reading, by ID. */
struct reading {
    char *text;
    struct mount *items;
    size_t count;
    const struct mount **by_name;  /* sorted by the last part of the mount point */
    uint64_t filter[FILTER_WORDS]; /* a bit for each such part, by bit_of() */
};

struct mounts {
    int fd;
    struct reading before, now;
    const struct mount **changed; /* of both */
    size_t changed_count, vanished_count, told;
};

static void drop_reading(struct reading *r)
{
    free(r->text);
    free(r->items);
    free(r->by_name);
    *r = (struct reading){.text = NULL};
}

/* ---- reading ---- */

/* All of the file, terminated. Returns 0 or -errno. */
static int read_text(int fd, char **result)
{
    size_t len = 0, room = FIRST_ROOM;
    char *text = malloc(room), *larger;
    ssize_t got;
    int err = text ? 0 : -ENOMEM;

    if (err == 0 && lseek(fd, 0, SEEK_SET) < 0)
        err = -errno;
    while (err == 0) {
        got = read(fd, text + len, room - len - 1);
        if (got == 0)
            break;
        if (got < 0) {
            err = errno == EINTR ? 0 : -errno;
            continue;
        }
        len += (size_t)got;
        if (room - len > room / 2)
            continue;
        larger = realloc(text, 2 * room);
        if (!larger) {
            err = -ENOMEM;
            break;
        }
        text = larger;
        room *= 2;
    }
    if (err < 0) {
        free(text);
        return err;
    }
    text[len] = '\0';
    *result = text;
    return 0;
}

static bool is_octal(const char *digits)
{
    for (int i = 0; i < 3; i++)
        if (digits[i] < '0' || digits[i] > '7')
            return false;
    return true;
}

/* Blanks, newlines and backslashes are written like \040. Decodes in place, and returns the length. */
static size_t decode(char *text)
{
    char *to = text;

    for (const char *from = text; *from; to++) {
        if (from[0] == '\\' && is_octal(from + 1)) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* A line: ID, parent's ID, device, root, mount point, and more. Returns whether it is one. */
static bool parse_line(char *line, struct mount *m)
{
    char *field = line, *end;

    m->id = strtol(line, NULL, 10);
    for (int i = 1; i < 5; i++) {
        field = strchr(field, ' ');
        if (!field)
            return false;
        field++;
    }
    end = strchr(field, ' ');
    if (!end)
        return false;
    *end = '\0';
    m->point = field;
    m->point_len = decode(field);
    return true;
}

static int compare_mounts(const void *a, const void *b)
{
    const struct mount *const x = a, *const y = b;

    return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : strcmp(x->point, y->point);
}

/* ---- names ---- */

static const char *name_of(const struct mount *m, size_t *len)
{
    const char *const slash = strrchr(m->point, '/');
    const char *const name = slash ? slash + 1 : m->point;

    *len = m->point_len - (size_t)(name - m->point);
    return name;
}

static int compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len != b_len ? (a_len > b_len) - (a_len < b_len) : memcmp(a, b, a_len);
}

static int by_name(const void *a, const void *b)
{
    size_t a_len, b_len;
    const char *const a_name = name_of(*(const struct mount *const *)a, &a_len);
    const char *const b_name = name_of(*(const struct mount *const *)b, &b_len);

    return compare_names(a_name, a_len, b_name, b_len);
}

static size_t bit_of(const char *name, size_t len)
{
    if (len == 0)
        return 0;
    return (len * 131U + (size_t)31 * (unsigned char)name[0] + (size_t)7 * (unsigned char)name[len - 1] +
            (unsigned char)name[len / 2]) %
           (FILTER_WORDS * 64);
}

static int sort_names(struct reading *r)
{
    r->by_name = calloc(r->count + 1, sizeof(struct mount *));
    if (!r->by_name)
        return -ENOMEM;
    for (size_t i = 0; i < r->count; i++) {
        size_t len, bit;
        const char *const name = name_of(&r->items[i], &len);

        bit = bit_of(name, len);
        r->filter[bit / 64] |= UINT64_C(1) << (bit % 64);
        r->by_name[i] = &r->items[i];
    }
    qsort(r->by_name, r->count, sizeof(struct mount *), by_name);
    return 0;
}

bool mounts_have_name(const struct mounts *m, const char *name, size_t name_len)
{
    const struct reading *const r = &m->now;
    const size_t bit = bit_of(name, name_len);
    size_t low = 0, high = r->count;

    if (!(r->filter[bit / 64] & UINT64_C(1) << (bit % 64)))
        return false;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        size_t len;
        const char *const other = name_of(r->by_name[middle], &len);
        const int order = compare_names(other, len, name, name_len);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static int read_mounts(int fd, struct reading *r)
{
    size_t lines = 1;
    char *line = NULL, *rest;
    int err;

    *r = (struct reading){.text = NULL};
    err = read_text(fd, &r->text);
    if (err < 0)
        return err;
    for (const char *at = r->text; (at = strchr(at, '\n')); at++)
        lines++;
    r->items = calloc(lines, sizeof(*r->items));
    if (!r->items) {
        drop_reading(r);
        return -ENOMEM;
    }
    rest = r->text;
    while ((line = strsep(&rest, "\n")))
        r->count += parse_line(line, &r->items[r->count]);
    qsort(r->items, r->count, sizeof(*r->items), compare_mounts);
    err = sort_names(r);
    if (err < 0)
        drop_reading(r);
    return err;
}

/* ---- comparing ---- */

static int deepest_first(const void *a, const void *b)
{
    const struct mount *const x = *(const struct mount *const *)a, *const y = *(const struct mount *const *)b;

    return (x->point_len < y->point_len) - (x->point_len > y->point_len);
}

static int deepest_last(const void *a, const void *b)
{
    return deepest_first(b, a);
}

/* Append the mounts of one reading that are not in the other. Both are sorted. */
static void collect(struct mounts *m, const struct reading *of, const struct reading *without)
{
    size_t other = 0;

    for (size_t i = 0; i < of->count; i++) {
        while (other < without->count && compare_mounts(&without->items[other], &of->items[i]) < 0)
            other++;
        if (other == without->count || compare_mounts(&without->items[other], &of->items[i]) != 0)
            m->changed[m->changed_count++] = &of->items[i];
    }
}

int mounts_update(struct mounts *m)
{
    struct reading next;
    const struct mount **room;
    int err = read_mounts(m->fd, &next);

    if (err < 0)
        return err == -ENOMEM ? err : 0;
    room = calloc(m->now.count + next.count + 1, sizeof(struct mount *));
    if (!room) {
        drop_reading(&next);
        return -ENOMEM;
    }
    free(m->changed);
    drop_reading(&m->before);
    m->before = m->now;
    m->now = next;
    m->changed = room;
    m->changed_count = m->told = 0;
    collect(m, &m->before, &m->now);
    m->vanished_count = m->changed_count;
    collect(m, &m->now, &m->before);
    qsort(room, m->vanished_count, sizeof(struct mount *), deepest_first);
    qsort(room + m->vanished_count, m->changed_count - m->vanished_count, sizeof(struct mount *),
          deepest_last);
    return m->changed_count > 0;
}

bool mounts_have_vanished(const struct mounts *m)
{
    return m->vanished_count > 0;
}

const char *mounts_next_changed(struct mounts *m, bool *vanished)
{
    *vanished = m->told < m->vanished_count;
    return m->told < m->changed_count ? m->changed[m->told++]->point : NULL;
}

/* ---- life ---- */

int mounts_new(struct mounts **result)
{
    struct mounts *const m = calloc(1, sizeof(*m));
    int err;

    *result = NULL;
    if (!m)
        return -ENOMEM;
    m->fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    err = m->fd < 0 ? -errno : read_mounts(m->fd, &m->now);
    if (err < 0) {
        mounts_free(m);
        return err;
    }
    *result = m;
    return 0;
}

void mounts_free(struct mounts *m)
{
    if (!m)
        return;
    drop_reading(&m->before);
    drop_reading(&m->now);
    free(m->changed);
    if (m->fd >= 0)
        close(m->fd);
    free(m);
}

int mounts_fd(const struct mounts *m)
{
    return m->fd;
}
