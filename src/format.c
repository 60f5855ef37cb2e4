/* format.c: records to bytes. A format is compiled to a list of steps (program.h), and a record is one walk
 * over them, straight into the output buffer. Neighbours: program.c compiles, utf8.c escapes, output.c owns
 * the buffer. */
#include "format.h"

#include "events.h"
#include "program.h"
#include "utf8.h"

#include <string.h>

static unsigned count_digits(uint64_t n)
{
    unsigned count = 1;

    for (; n >= 10000; n /= 10000)
        count += 4;
    return count + (n >= 10) + (n >= 100) + (n >= 1000);
}

/* Two digits at a time. */
static char *put_unsigned(char *p, uint64_t n)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
        "8081828384858687888990919293949596979899";
    char *end, *at;

    if (n < 10) {
        *p = (char)('0' + n);
        return p + 1;
    }
    end = at = p + count_digits(n);
    for (; n >= 100; n /= 100)
        memcpy(at -= 2, pairs + 2 * (n % 100), 2);
    if (n >= 10)
        memcpy(p, pairs + 2 * n, 2);
    else
        *p = (char)('0' + n);
    return end;
}

static char *put_wd(char *p, int wd)
{
    if (wd < 0)
        *p++ = '-';
    return put_unsigned(p, wd < 0 ? 0 - (uint64_t)wd : (uint64_t)wd);
}

static char *put_hex(char *p, uint32_t n)
{
    int shift = 28;

    p = stpcpy(p, "0x");
    while (shift > 0 && n >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *p++ = "0123456789abcdef"[(n >> shift) & 15];
    return p;
}

/* A text with a BLOCK of room behind it, likewise behind where it goes. */
static char *put_blocks(char *p, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i += BLOCK)
        memcpy(p + i, text + i, BLOCK);
    return p + len;
}

static char *put_bytes(char *p, const char *s, size_t len)
{
    return (char *)memcpy(p, s, len) + len;
}

static bool needs_csv_quotes(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] == '"' || s[i] == ',' || s[i] == '\r' || s[i] == '\n')
            return true;
    return false;
}

static char *put_csv_bytes(char *p, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '"')
            *p++ = '"';
        *p++ = s[i];
    }
    return p;
}

/* RFC 4180: the bytes as they are, in quotes where they need them; on a terminal escaped as well. */
static char *put_csv(const struct format *f, char *p, const char *a, size_t a_len, const char *b,
                     size_t b_len)
{
    if (f->terminal) {
        *p++ = '"';
        p = utf8_put_text(p, a, a_len, f->escape);
        p = utf8_put_text(p, b, b_len, f->escape);
        *p++ = '"';
    } else if (needs_csv_quotes(a, a_len) || needs_csv_quotes(b, b_len)) {
        *p++ = '"';
        p = put_csv_bytes(p, a, a_len);
        p = put_csv_bytes(p, b, b_len);
        *p++ = '"';
    } else {
        p = put_bytes(p, a, a_len);
        p = put_bytes(p, b, b_len);
    }
    return p;
}

/* A JSON string with, if it cannot hold the bytes, a second member that does: ,"KEY_b64":"..." */
static char *put_json(char *p, const char *b64_key, const char *a, size_t a_len, const char *b, size_t b_len)
{
    bool lossy = false;

    *p++ = '"';
    p = utf8_put_json(p, a, a_len, &lossy);
    p = utf8_put_json(p, b, b_len, &lossy);
    *p++ = '"';
    if (lossy) {
        p = stpcpy(stpcpy(stpcpy(p, ",\""), b64_key), "\":\"");
        p = base64_put(p, a, a_len, b, b_len);
        *p++ = '"';
    }
    return p;
}

char *program_put_value(const struct format *f, char *p, const char *b64_key, const char *a, size_t a_len,
                        const char *b, size_t b_len)
{
    switch (f->style) {
    case STYLE_JSON:
        return put_json(p, b64_key, a, a_len, b, b_len);
    case STYLE_CSV:
        return put_csv(f, p, a, a_len, b, b_len);
    case STYLE_RAW:
        return put_bytes(put_bytes(p, a, a_len), b, b_len);
    case STYLE_WAIT:
    case STYLE_WAIT_CSV:
        return compat_format_put_value(f, p, a, a_len, b, b_len);
    case STYLE_TEXT:
        break;
    }
    return utf8_put_text(utf8_put_text(p, a, a_len, f->escape), b, b_len, f->escape);
}

static const char *events_color(const struct record *r)
{
    if ((r->label && !r->from) || (r->mask & (IN_Q_OVERFLOW | IN_UNMOUNT | IN_IGNORED)))
        return "\033[1;35m"; /* about the watching itself: bold magenta */
    if (r->mask & (IN_CREATE | IN_MOVED_TO))
        return "\033[32m"; /* a name came, or changed: green */
    if (r->mask & (IN_DELETE | IN_DELETE_SELF | IN_MOVED_FROM | IN_MOVE_SELF))
        return "\033[31m"; /* a name went: red */
    if (r->mask & (IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE))
        return "\033[33m"; /* something changed: yellow */
    return "\033[34m";     /* only looked at: blue */
}

/* RENAME stands for MOVED_TO; what else settling has united with it follows. */
static char *put_rename(const struct op *op, const struct record *r, char *p)
{
    const uint32_t others = r->mask & ~(uint32_t)IN_MOVED_TO;

    p = stpcpy(p, r->label);
    if (others == 0)
        return p;
    return events_put(put_bytes(p, op->text, op->text_len), others, op->text, op->text_len);
}

static char *put_events(const struct format *f, const struct op *op, const struct record *r, char *p)
{
    char *const start = p;

    if (f->style == STYLE_JSON)
        p = stpcpy(p, "[\"");
    if (r->label && r->from)
        p = put_rename(op, r, p);
    else if (r->label)
        p = stpcpy(p, r->label);
    else
        p = events_put(p, r->mask, op->text, op->text_len);
    if (f->style == STYLE_JSON)
        return stpcpy(p, "\"]");
    if (f->style == STYLE_CSV && memchr(start, ',', (size_t)(p - start))) {
        memmove(start + 1, start, (size_t)(p - start));
        *start = '"';
        p++;
        *p++ = '"';
    }
    return p;
}

static char *put_path(const struct format *f, const struct record *r, char *p)
{
    if (!f->color || r->name_len == 0)
        return program_put_value(f, p, "path_b64", r->path, r->path_len, r->name, r->name_len);
    p = stpcpy(p, PROGRAM_COLOR_DIM);
    p = program_put_value(f, p, "path_b64", r->path, r->path_len, "", 0);
    p = stpcpy(p, PROGRAM_COLOR_RESET);
    return program_put_value(f, p, "path_b64", r->name, r->name_len, "", 0);
}

static char *put_key(const struct format *f, const char *key, char *p)
{
    if (f->style != STYLE_JSON)
        return p;
    if (p[-1] != '{')
        *p++ = ',';
    *p++ = '"';
    p = stpcpy(p, key);
    return stpcpy(p, "\":");
}

static char *put_from(const struct format *f, const struct op *op, const struct record *r, char *p)
{
    const bool dim = op->code == OP_FROM_ARROW && f->color;

    if (!r->from)
        return p;
    if (op->code == OP_FROM)
        p = put_key(f, "from", p);
    if (op->code == OP_FROM_LAST)
        p = put_bytes(p, op->text, op->text_len);
    if (dim)
        p = stpcpy(p, PROGRAM_COLOR_DIM);
    p = program_put_value(f, p, "from_b64", r->from, r->from_len, "", 0);
    if (op->code == OP_FROM_ARROW)
        p = stpcpy(p, " -> ");
    return dim ? stpcpy(p, PROGRAM_COLOR_RESET) : p;
}

static char *put_event_count(const struct format *f, const struct record *r, char *p)
{
    return r->count > 0 ? put_unsigned(put_key(f, "count", p), r->count) : p;
}

static char *put_synthetic(const struct format *f, const struct record *r, char *p)
{
    if (!r->synthetic)
        return p;
    return stpcpy(put_key(f, "synthetic", p), "true");
}

static char *put_error(const struct format *f, const struct op *op, const struct record *r, char *p)
{
    if (!r->error)
        return p;
    if (op->code == OP_ERROR_LAST)
        p = put_bytes(p, op->text, op->text_len);
    p = put_key(f, "error", p);
    return program_put_value(f, p, "error_b64", r->error, strnlen(r->error, RECORD_ERROR_MAX), "", 0);
}

/* The steps that usual records do without, or with only once for each mask. Apart from the others, which then
 * need few registers. */
static __attribute__((noinline)) char *put_rare_op(const struct format *f, const struct op *op,
                                                   const struct record *r, char *p)
{
    switch (op->code) {
    case OP_COMMA:
        if (p[-1] != '{')
            *p++ = ',';
        return p;
    case OP_MASK:
        return put_unsigned(p, r->mask);
    case OP_MASK_HEX:
        return put_hex(p, r->mask);
    case OP_EVENTS:
        return put_events(f, op, r, p);
    case OP_FROM:
    case OP_FROM_ARROW:
    case OP_FROM_LAST:
        return put_from(f, op, r, p);
    case OP_EVENT_COUNT:
        return put_event_count(f, r, p);
    case OP_SYNTHETIC:
        return put_synthetic(f, r, p);
    case OP_ERROR:
    case OP_ERROR_LAST:
        return put_error(f, op, r, p);
    case OP_EVENTS_COLOR:
        return stpcpy(p, events_color(r));
    case OP_WAIT_EVENTS:
        return compat_format_put_events(f, op, r->mask, p);
    case OP_WAIT_COOKIE:
        return compat_format_put_cookie(r->cookie, p);
    default:
        return p; /* OP_OF_MASK is for format_record() */
    }
}

static char *put_op(const struct format *f, const struct op *op, const struct record *r, char *p)
{
    switch (op->code) {
    case OP_LITERAL:
        return put_blocks(p, op->text, op->text_len);
    case OP_SEQ:
        return put_unsigned(p, r->seq);
    case OP_TIME:
        return put_blocks(p, f->time_text, f->time_text_len);
    case OP_WD:
        return put_wd(p, r->wd);
    case OP_COOKIE:
        return put_unsigned(p, r->cookie);
    case OP_LEN:
        return put_unsigned(p, r->len);
    case OP_PATH:
        return put_path(f, r, p);
    case OP_NAME:
        return program_put_value(f, p, "name_b64", r->name, r->name_len, "", 0);
    case OP_WATCHED:
        return program_put_value(f, p, "", r->watched, r->watched_len, "", 0);
    default:
        return put_rare_op(f, op, r, p);
    }
}

static char *put_step(const struct format *f, const struct op *op, const struct record *r, char *p)
{
    char *const start = p;

    p = put_op(f, op, r, p);
    while ((size_t)(p - start) < op->width)
        *p++ = ' ';
    return p;
}

static char *put_run(const struct format *f, const struct op *op, const struct record *r, char *p)
{
    struct memo *const memo = &op->memos[r->mask * UINT32_C(2654435769) >> (32 - MEMO_BITS)];
    char *const start = p;

    if (memo->len > 0 && memo->mask == r->mask)
        return put_blocks(p, memo->text, memo->len);
    for (const struct op *step = op + 1; step <= op + op->run; step++)
        p = put_step(f, step, r, p);
    if ((size_t)(p - start) <= sizeof(memo->text)) {
        memo->mask = r->mask;
        memo->len = (uint32_t)(p - start);
        memcpy(memo->text, start, memo->len);
    }
    return p;
}

char *format_record(const struct format *f, const struct record *r, char *p)
{
    const struct program *const program = record_is_usual(r) ? &f->usual : &f->all;
    const struct op *const end = program->ops + program->count;

    for (const struct op *op = program->ops; op < end; op++) {
        if (op->code == OP_LITERAL) { /* half of all steps */
            p = put_blocks(p, op->text, op->text_len);
        } else if (op->code == OP_OF_MASK) {
            p = put_run(f, op, r, p);
            op += op->run;
        } else {
            p = put_step(f, op, r, p);
        }
    }
    return p;
}

size_t format_bound(const struct format *f, const struct record *r)
{
    return f->bound_fixed + (r->error ? f->bound_errors : 0) + f->bound_times * f->time_text_len +
           f->bound_per_path_byte * (r->path_len + r->name_len) + f->bound_per_name_byte * r->name_len +
           f->bound_per_watched_byte * r->watched_len + (r->from ? f->bound_per_from_byte * r->from_len : 0);
}

void format_set_time(struct format *f, const struct timespec *when)
{
    size_t len;
    bool lossy = false;
    char *p = f->time_text;

    if (!f->time)
        return;

    const char *const text = timestamp_render(f->time, when, &len);

    switch (f->style) {
    case STYLE_JSON:
        *p++ = '"';
        p = utf8_put_json(p, text, len, &lossy);
        *p++ = '"';
        break;
    case STYLE_CSV:
        p = put_csv(f, p, text, len, "", 0);
        break;
    case STYLE_TEXT:
    case STYLE_RAW:
        p = utf8_put_text(p, text, len, f->escape);
        break;
    case STYLE_WAIT:
    case STYLE_WAIT_CSV:
        p = put_bytes(p, text, len);
        break;
    }
    f->time_text_len = (size_t)(p - f->time_text);
}
