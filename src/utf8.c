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

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (unsigned char)(b))

/* The top bit of bytes that are zero; of higher ones perhaps, too, if a lower one is. */
static uint64_t zero_bytes(uint64_t eight)
{
    return (eight - EACH_BYTE(1)) & ~eight & EACH_BYTE(0x80);
}

/* Are all of eight bytes plain? */
static bool are_plain(const char *s)
{
    uint64_t eight, below_space;

    memcpy(&eight, s, sizeof(eight));
    below_space = (eight - EACH_BYTE(' ')) & ~eight;
    return (((eight | below_space) & EACH_BYTE(0x80)) | zero_bytes(eight ^ EACH_BYTE('"')) |
            zero_bytes(eight ^ EACH_BYTE('\\')) | zero_bytes(eight ^ EACH_BYTE(0x7f))) == 0;
}

static size_t plain_run(const char *s, const char *end)
{
    const char *const start = s;

    while (end - s >= 8 && are_plain(s))
        s += 8;
    while (s < end && is_plain(*s))
        s++;
    return (size_t)(s - start);
}

static char *put_plain(char *p, const char **s, const char *end)
{
    const size_t run = plain_run(*s, end);

    memcpy(p, *s, run);
    *s += run;
    return p + run;
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

char *utf8_put_text(char *p, const char *s, size_t len, unsigned flags)
{
    const char *const end = s + len;

    while (s < end) {
        p = put_plain(p, &s, end);
        if (s == end)
            break;

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
    }
    return p;
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

char *utf8_put_json(char *p, const char *s, size_t len, bool *lossy)
{
    const char *const end = s + len;

    while (s < end) {
        p = put_plain(p, &s, end);
        if (s == end)
            break;

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
    }
    return p;
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
