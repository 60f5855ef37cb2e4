/* utf8.c: validating, escaping and base64, the only place that looks inside names.
 * Neighbours: format.c for records, message.c for diagnostics. */
#include "utf8.h"

#include <string.h>

/* The range that the second byte of a sequence must lie in (Unicode, table 3-7: well-formed byte sequences).
 */
static void second_byte_range(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
}

bool utf8_take(const char **s, const char *end, uint32_t *code_point)
{
    const unsigned char lead = (unsigned char)*(*s)++;
    unsigned char low, high;
    uint32_t c;
    int more;

    if (lead < 0x80) {
        *code_point = lead;
        return true;
    }
    if (lead < 0xc2 || lead > 0xf4)
        return false;
    more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    c = lead & (0x3fu >> more);
    second_byte_range(lead, &low, &high);
    for (; more > 0; more--) {
        if (*s == end)
            return false;

        const unsigned char byte = (unsigned char)**s;

        if (byte < low || byte > high)
            return false;
        c = c << 6 | (byte & 0x3f);
        low = 0x80;
        high = 0xbf;
        (*s)++;
    }
    *code_point = c;
    return true;
}

bool utf8_valid(const char *s, size_t len)
{
    const char *const end = s + len;
    uint32_t c;

    while (s < end)
        if (!utf8_take(&s, end, &c))
            return false;
    return true;
}

/* Printable ASCII that no output form treats specially: everything from space to ~ but " and \. */
static bool is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* The compiler makes of these whatever the machine has for sixteen bytes at a time. */
typedef signed char sixteen __attribute__((vector_size(16)));

/* By address: how a vector is passed by value depends on what the machine has, which gcc warns of on i386. */
static bool are_plain(const sixteen *bytes)
{
    /* Taken as signed, what is not ASCII is below space as well. */
    const sixteen special = (*bytes < ' ') | (*bytes == 0x7f) | (*bytes == '"') | (*bytes == '\\');
    uint64_t halves[2];

    memcpy(halves, &special, sizeof(halves));
    return (halves[0] | halves[1]) == 0;
}

static bool copy_sixteen(char *p, const char *s)
{
    sixteen bytes;

    memcpy(&bytes, s, sizeof(bytes));
    memcpy(p, &bytes, sizeof(bytes));
    return are_plain(&bytes);
}

/* Eight to fifteen bytes, as two parts that overlap. */
static bool copy_eight_or_more(char *p, const char *s, size_t len)
{
    uint64_t parts[2];
    sixteen bytes;

    memcpy(&parts[0], s, sizeof(parts[0]));
    memcpy(&parts[1], s + len - sizeof(parts[1]), sizeof(parts[1]));
    memcpy(p, &parts[0], sizeof(parts[0]));
    memcpy(p + len - sizeof(parts[1]), &parts[1], sizeof(parts[1]));
    memcpy(&bytes, parts, sizeof(bytes));
    return are_plain(&bytes);
}

/* The last bytes of a run of which `done` are copied, fewer than sixteen. Returns whether all are plain;
 * false also where copying them one by one is as good. */
static bool copy_last(char *p, const char *s, size_t len, size_t done)
{
    if (done >= 16)
        return copy_sixteen(p + len - 16, s + len - 16); /* some of them once more */
    return len >= 8 ? copy_eight_or_more(p, s, len) : len == 0;
}

/* Copy the plain bytes that *s begins with, and move it behind them. Returns the end of the copy; what is
 * written behind that does not count. */
static char *put_plain(char *p, const char **s, const char *end)
{
    const char *at = *s;
    size_t rest;

    while (end - at >= 16 && copy_sixteen(p, at)) {
        at += 16;
        p += 16;
    }
    rest = (size_t)(end - at);
    if (rest < 16 && copy_last(p, at, rest, (size_t)(at - *s))) {
        *s = end;
        return p + rest;
    }
    while (at < end && is_plain(*at))
        *p++ = *at++;
    *s = at;
    return p;
}

/* C0, DEL and C1, and the two separators that some readers take for the end of a line. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

/* Marks that change the order in which a screen shows what surrounds them (Unicode bidirectional controls),
 * and the byte order mark, which shows nothing. */
static bool is_reordering(uint32_t c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static const char hex_digits[] = "0123456789abcdef";

static char *put_hex_bytes(char *p, const char *s, const char *end)
{
    for (; s < end; s++) {
        *p++ = '\\';
        *p++ = 'x';
        *p++ = hex_digits[(unsigned char)*s >> 4];
        *p++ = hex_digits[(unsigned char)*s & 15];
    }
    return p;
}

/* Apart from what is usual, which then needs few registers; likewise below. */
static __attribute__((noinline)) char *put_unusual_text(char *p, const char *s, const char *end,
                                                        unsigned flags)
{
    while (s < end) {
        const char *const start = s;
        uint32_t c;

        if (!utf8_take(&s, end, &c)) {
            p = put_hex_bytes(p, start, s);
        } else if (c == '\t' || c == '\n') {
            *p++ = '\\';
            *p++ = c == '\t' ? 't' : 'n';
        } else if (is_control(c) || ((flags & ESCAPE_TERMINAL) && is_reordering(c))) {
            p = put_hex_bytes(p, start, s);
        } else {
            if ((c == '\\' && (flags & ESCAPE_BACKSLASH)) || (c == '"' && (flags & ESCAPE_QUOTES)))
                *p++ = (char)c;
            p = (char *)memcpy(p, start, (size_t)(s - start)) + (s - start);
        }
        p = put_plain(p, &s, end);
    }
    return p;
}

char *utf8_put_text(char *p, const char *s, size_t len, unsigned flags)
{
    const char *const end = s + len;

    p = put_plain(p, &s, end);
    return s == end ? p : put_unusual_text(p, s, end, flags);
}

static char *put_json_escape(char *p, uint32_t c)
{
    static const char letters[] = "b\bf\fn\nr\rt\t\"\"\\\\";

    *p++ = '\\';
    for (const char *l = letters; *l; l += 2) {
        if ((uint32_t)l[1] == c) {
            *p++ = *l;
            return p;
        }
    }
    *p++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *p++ = hex_digits[(c >> shift) & 15];
    return p;
}

static __attribute__((noinline)) char *put_unusual_json(char *p, const char *s, const char *end, bool *lossy)
{
    while (s < end) {
        const char *const start = s;
        uint32_t c;

        if (!utf8_take(&s, end, &c)) {
            p = (char *)memcpy(p, "\xef\xbf\xbd", 3) + 3;
            *lossy = true;
        } else if (c == '"' || c == '\\' || is_control(c) || is_reordering(c)) {
            p = put_json_escape(p, c);
        } else {
            p = (char *)memcpy(p, start, (size_t)(s - start)) + (s - start);
        }
        p = put_plain(p, &s, end);
    }
    return p;
}

char *utf8_put_json(char *p, const char *s, size_t len, bool *lossy)
{
    const char *const end = s + len;

    p = put_plain(p, &s, end);
    return s == end ? p : put_unusual_json(p, s, end, lossy);
}

char *base64_put(char *p, const char *a, size_t a_len, const char *b, size_t b_len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t len = a_len + b_len;

    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = 0;

        for (size_t j = i; j < i + 3; j++) {
            const char byte = j >= len ? '\0' : j < a_len ? a[j] : b[j - a_len];

            group = group << 8 | (unsigned char)byte;
        }
        for (int shift = 18; shift >= 0; shift -= 6)
            *p++ = digits[(group >> shift) & 63];
    }
    if (len % 3 > 0)
        p[-1] = '=';
    if (len % 3 == 1)
        p[-2] = '=';
    return p;
}
