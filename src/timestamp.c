/* timestamp.c: --time. A format is cut once into pieces for strftime(3) and pieces that it does not know;
 * within a second only the nanoseconds are written anew. Neighbours: options.c and format.c. */
#include "timestamp.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum piece_kind { PIECE_STRFTIME, PIECE_NANOSECONDS, PIECE_SECONDS, PIECE_OFFSET };

struct piece {
    enum piece_kind kind;
    int digits;       /* PIECE_NANOSECONDS */
    char *format;     /* PIECE_STRFTIME: ours, ends in a character of its own (see render_strftime) */
    size_t placed_at; /* PIECE_NANOSECONDS: where it stands in text */
};

struct timestamp {
    clockid_t clock;
    size_t piece_count;
    struct piece *pieces;
    bool rendered;
    time_t second;
    size_t text_len;
    char text[TIMESTAMP_MAX];
};

static int add_piece(struct timestamp *t, struct piece piece)
{
    struct piece *more = realloc(t->pieces, (t->piece_count + 1) * sizeof(*more));

    if (!more) {
        free(piece.format);
        return -ENOMEM;
    }
    t->pieces = more;
    t->pieces[t->piece_count++] = piece;
    return 0;
}

static int add_strftime(struct timestamp *t, const char *from, const char *to)
{
    char *format;

    if (from == to)
        return 0;
    if (asprintf(&format, "%.*s|", (int)(to - from), from) < 0)
        return -ENOMEM;
    return add_piece(t, (struct piece){.kind = PIECE_STRFTIME, .format = format});
}

/* The length of the conversion at p (which is '%'), or 0 if strftime(3) of the GNU C library has none such.
 */
static size_t conversion_len(const char *p)
{
    const char *const start = p++;

    p += strspn(p, "_-0^#");
    p += strspn(p, "0123456789");
    if (*p == 'E' || *p == 'O')
        p++;
    if (*p == '\0' || !strchr("aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%", *p))
        return 0;
    return (size_t)(p + 1 - start);
}

/* A conversion of our own at p: its length and what it is; 0 if it is none. */
static size_t own_conversion(const char *p, struct piece *piece)
{
    const bool has_digit = p[1] >= '1' && p[1] <= '9';

    if (p[1 + has_digit] == 'N') {
        *piece = (struct piece){.kind = PIECE_NANOSECONDS, .digits = has_digit ? p[1] - '0' : 9};
        return 2 + (size_t)has_digit;
    }
    if (p[1] == 's') {
        *piece = (struct piece){.kind = PIECE_SECONDS};
        return 2;
    }
    if (p[1] == ':' && p[2] == 'z') {
        *piece = (struct piece){.kind = PIECE_OFFSET};
        return 3;
    }
    return 0;
}

static int compile(struct timestamp *t, const char *format, char *why, size_t why_size)
{
    const char *plain = format, *p = format;

    while (*p) {
        struct piece piece;
        size_t len;
        int err;

        if (*p != '%') {
            p++;
            continue;
        }
        len = own_conversion(p, &piece);
        if (len == 0) {
            len = conversion_len(p);
            if (len == 0) {
                snprintf(why, why_size, "'%.8s' is no conversion of strftime(3), nor %%N or %%:z", p);
                return -EINVAL;
            }
            p += len;
            continue;
        }
        err = add_strftime(t, plain, p);
        if (err == 0)
            err = add_piece(t, piece);
        if (err < 0)
            return err;
        p += len;
        plain = p;
    }
    return add_strftime(t, plain, p);
}

/* strftime(3) returns 0 both for a result that is empty and for one that does not fit: so the format ends in
 * a character of ours, and 0 always means that it did not fit. */
static bool render_strftime(struct timestamp *t, const char *format, const struct tm *tm)
{
    size_t len;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    len = strftime(t->text + t->text_len, TIMESTAMP_MAX - t->text_len, format, tm);
#pragma GCC diagnostic pop
    if (len == 0)
        return false;
    t->text_len += len - 1;
    return true;
}

static bool render_offset(struct timestamp *t, const struct tm *tm)
{
    const long minutes = labs(tm->tm_gmtoff) / 60;
    const size_t room = TIMESTAMP_MAX - t->text_len;
    const int len = snprintf(t->text + t->text_len, room, "%c%02ld:%02ld", tm->tm_gmtoff < 0 ? '-' : '+',
                             minutes / 60, minutes % 60);

    t->text_len += (size_t)len;
    return (size_t)len < room;
}

/* Render everything but the nanoseconds, for which room is left. False: longer than TIMESTAMP_MAX. */
static bool render_second(struct timestamp *t, time_t second)
{
    struct tm tm;

    if (!localtime_r(&second, &tm))
        memset(&tm, 0, sizeof(tm)); /* a year beyond int: cannot come from a clock */
    t->second = second;
    t->text_len = 0;
    for (size_t i = 0; i < t->piece_count; i++) {
        struct piece *const piece = &t->pieces[i];
        const size_t room = TIMESTAMP_MAX - t->text_len;
        bool fits = true;

        switch (piece->kind) {
        case PIECE_STRFTIME:
            fits = render_strftime(t, piece->format, &tm);
            break;
        case PIECE_OFFSET:
            fits = render_offset(t, &tm);
            break;
        case PIECE_SECONDS:
            t->text_len += (size_t)snprintf(t->text + t->text_len, room, "%jd", (intmax_t)second);
            fits = t->text_len < TIMESTAMP_MAX;
            break;
        case PIECE_NANOSECONDS:
            piece->placed_at = t->text_len;
            t->text_len += (size_t)piece->digits;
            fits = t->text_len < TIMESTAMP_MAX;
            break;
        }
        if (!fits)
            return false;
    }
    return true;
}

static void put_nanoseconds(char *p, int digits, long ns)
{
    for (int i = 9; i > digits; i--)
        ns /= 10;
    for (int i = digits; i-- > 0; ns /= 10)
        p[i] = (char)('0' + ns % 10);
}

const char *timestamp_render(struct timestamp *t, const struct timespec *when, size_t *len)
{
    if (!t->rendered || when->tv_sec != t->second)
        t->rendered = render_second(t, when->tv_sec);
    if (!t->rendered) { /* longer than the longest that timestamp_parse() tried: no time beats a wrong one */
        *len = 0;
        return t->text;
    }
    for (size_t i = 0; i < t->piece_count; i++)
        if (t->pieces[i].kind == PIECE_NANOSECONDS)
            put_nanoseconds(t->text + t->pieces[i].placed_at, t->pieces[i].digits, when->tv_nsec);
    *len = t->text_len;
    return t->text;
}

clockid_t timestamp_clock(const struct timestamp *t)
{
    return t->clock;
}

void timestamp_free(struct timestamp *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->piece_count; i++)
        free(t->pieces[i].format);
    free(t->pieces);
    free(t);
}

/* Wednesday, 30 September 2026: the longest names that %A and %B have in the C locale. */
#define LONGEST_DAY ((time_t)1790769600)

/* The names of --time, as formats of the kind that anybody could write. */
static const char *named_format(const char *name)
{
    static const struct {
        const char *name, *format;
    } named[] = {
        {"rfc3339", "%Y-%m-%dT%H:%M:%S.%N%:z"},
        {"unix", "%s.%N"},
        {"mono", "%s.%N"},
    };

    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
        if (strcmp(name, named[i].name) == 0)
            return named[i].format;
    return NULL;
}

int timestamp_parse(const char *format, struct timestamp **result, char *why, size_t why_size)
{
    const char *const named = named_format(format);
    struct timestamp *t;
    int err;

    *result = NULL;
    if (strcmp(format, "none") == 0)
        return 0;
    if (!named && !strchr(format, '%')) {
        snprintf(why, why_size, "'%s' is not rfc3339, unix, mono, none or a strftime(3) string with a %%",
                 format);
        return -EINVAL;
    }
    t = calloc(1, sizeof(*t));
    if (!t)
        return -ENOMEM;
    t->clock = strcmp(format, "mono") == 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    err = compile(t, named ? named : format, why, why_size);
    if (err == 0 && !render_second(t, LONGEST_DAY)) {
        snprintf(why, why_size, "the time would be longer than %zu bytes", TIMESTAMP_MAX - 1);
        err = -EINVAL;
    }
    if (err < 0) {
        timestamp_free(t);
        return err;
    }
    *result = t;
    return 0;
}

int timestamp_strftime(const char *format, struct timestamp **result)
{
    struct timestamp *const t = calloc(1, sizeof(*t));
    char *piece;
    int err;

    *result = NULL;
    if (!t)
        return -ENOMEM;
    t->clock = CLOCK_REALTIME;
    err = asprintf(&piece, "%s|", format) < 0 ? -ENOMEM : 0;
    if (err == 0)
        err = add_piece(t, (struct piece){.kind = PIECE_STRFTIME, .format = piece});
    if (err == 0 && !render_second(t, LONGEST_DAY))
        err = -EINVAL;
    if (err < 0) {
        timestamp_free(t);
        return err;
    }
    *result = t;
    return 0;
}
