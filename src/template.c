/* template.c: --format, from its letters to steps of a program.
 * Neighbours: program.h (the steps) and format.c, which walks them. */
#include "program.h"
#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct letter {
    char letter;
    enum op_code code;
    const char *literal; /* OP_LITERAL: what is written */
    size_t literal_len;
};

static const struct letter letters[] = {
    {'w', OP_WATCHED, NULL, 0},  {'f', OP_NAME, NULL, 0},   {'p', OP_PATH, NULL, 0},
    {'P', OP_FROM, NULL, 0},     {'c', OP_COOKIE, NULL, 0}, {'d', OP_WD, NULL, 0},
    {'m', OP_MASK_HEX, NULL, 0}, {'q', OP_SEQ, NULL, 0},    {'T', OP_TIME, NULL, 0},
    {'u', OP_LITERAL, "?", 1}, /* inotify(7) does not know who did it */
    {'i', OP_LITERAL, "?", 1},   {'C', OP_LITERAL, "?", 1}, {'0', OP_LITERAL, "\0", 1},
    {'n', OP_LITERAL, "\n", 1},  {'%', OP_LITERAL, "%", 1},
};

static const struct letter *find_letter(char c)
{
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
        if (letters[i].letter == c)
            return &letters[i];
    return NULL;
}

/* Up to max digits of the base at *p. Returns how many there were. */
static int take_digits(const char **p, unsigned base, int max, uint32_t *value)
{
    static const char digits[] = "0123456789abcdef";
    int taken = 0;

    *value = 0;
    while (taken < max && **p) {
        const char *const found = strchr(digits, **p >= 'A' && **p <= 'F' ? **p | 32 : **p);

        if (!found || (unsigned)(found - digits) >= base)
            break;
        *value = *value * base + (unsigned)(found - digits);
        (*p)++;
        taken++;
    }
    return taken;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }

    const size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};

    for (size_t i = more; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(leads[more] | c);
    return more + 1;
}

/* The numeric escapes; *p stands behind the backslash. */
static int take_numeric_escape(const char **p, char out[4], size_t *out_len)
{
    uint32_t value;
    const char kind = **p;

    if (kind >= '0' && kind <= '7') {
        take_digits(p, 8, 3, &value);
        out[0] = (char)value;
        *out_len = 1;
        return value <= 0xff ? 0 : -EINVAL;
    }
    (*p)++;
    if (kind == 'x') {
        if (take_digits(p, 16, 2, &value) == 0)
            return -EINVAL;
        out[0] = (char)value;
        *out_len = 1;
        return 0;
    }

    const int needed = kind == 'u' ? 4 : 8;

    if (take_digits(p, 16, needed, &value) != needed || value > 0x10ffff ||
        (value >= 0xd800 && value <= 0xdfff))
        return -EINVAL;
    *out_len = put_utf8(out, value);
    return 0;
}

/* One escape of printf(1); *p stands at the backslash and is moved past it. */
static int take_escape(const char **p, char out[4], size_t *out_len)
{
    static const char named[] = "\"\"\\\\a\ab\be\033f\fn\nr\rt\tv\v";

    (*p)++;
    for (const char *n = named; *n; n += 2) {
        if (**p == *n) {
            out[0] = n[1];
            *out_len = 1;
            (*p)++;
            return 0;
        }
    }
    if (**p && strchr("01234567xuU", **p))
        return take_numeric_escape(p, out, out_len);
    return -EINVAL;
}

/* %e, or %Xe where X is a character or an escape; *p stands behind the percent sign. Returns 1 if it was one.
 */
static int take_events(struct format *f, const char **p)
{
    const char *q = *p;
    char separator[4] = ",";
    size_t separator_len = 1;
    uint32_t ignored;

    if (*q != 'e') {
        if (*q == '\0')
            return 0;
        if (*q == '\\') {
            if (take_escape(&q, separator, &separator_len) < 0)
                return 0;
        } else {
            const char *const start = q;

            if (!utf8_take(&q, q + strlen(q), &ignored))
                return 0;
            separator_len = (size_t)(q - start);
            memcpy(separator, start, separator_len);
        }
        if (*q != 'e')
            return 0;
    }
    program_events(f, separator, separator_len, 0);
    *p = q + 1;
    return 1;
}

/* What follows a percent sign. */
static int take_letter(struct format *f, const char **p, const char *host)
{
    const struct letter *const letter = find_letter(**p);

    if (letter) {
        if (letter->code == OP_LITERAL)
            program_literal(f, letter->literal, letter->literal_len);
        else
            program_op(f, letter->code, 0);
        (*p)++;
        return 0;
    }
    if (**p == 'h') {
        if (host)
            program_value(f, host);
        (*p)++;
        return 0;
    }
    return take_events(f, p) ? 0 : -EINVAL;
}

int template_compile(struct format *f, const char *template, const char *host, char *why, size_t why_size)
{
    const char *p = template;

    while (*p) {
        const char *const start = p;
        char bytes[4];
        size_t len = strcspn(p, "%\\");

        if (len > 0) {
            program_literal(f, p, len);
            p += len;
        } else if (*p == '\\') {
            if (take_escape(&p, bytes, &len) < 0) {
                snprintf(why, why_size, "at byte %td: '%.6s' does not begin an escape of printf(1)",
                         start - template + 1, start);
                return -EINVAL;
            }
            program_literal(f, bytes, len);
        } else {
            p++;
            if (take_letter(f, &p, host) < 0) {
                snprintf(
                    why, why_size,
                    "at byte %td: '%.3s' means nothing; there are %%w %%f %%p %%P %%e %%Xe %%c %%d %%m %%q "
                    "%%T %%h %%u %%i %%C %%0 %%n %%%%",
                    start - template + 1, start);
                return -EINVAL;
            }
        }
    }
    return f->error;
}
