/* readers.h: the way back from what was written, stricter than the world's readers: escapes, JSON, CSV,
 * base64. For the tests, in unit/ and fuzz/, of what is written for programs. */
#ifndef READERS_H
#define READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From the definition of UTF-8, with nothing of the program's own in it. */
static inline bool is_utf8(const char *s, size_t len)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *const bytes = (const unsigned char *)s;

    for (size_t i = 0; i < len; i++) {
        const unsigned char lead = bytes[i];
        const size_t more = lead < 0x80       ? 0
                            : lead >> 5 == 6  ? 1
                            : lead >> 4 == 14 ? 2
                            : lead >> 3 == 30 ? 3
                                              : len;
        uint32_t c;

        if (more >= len - i)
            return false;
        c = lead & (0x7fu >> more);
        for (size_t j = 0; j < more; j++) {
            if (bytes[++i] >> 6 != 2)
                return false;
            c = c << 6 | (bytes[i] & 63u);
        }
        if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return false;
    }
    return true;
}

/* Every reader writes at out, which needs no more room than its input, and returns the length, or -1 where
 * the input is not of the form. */

static inline int read_hex(const char *s, size_t digits, bool upper)
{
    const char *const alphabet = upper ? "0123456789ABCDEFabcdef" : "0123456789abcdef";
    int value = 0;

    for (size_t i = 0; i < digits; i++) {
        const char *const found = s[i] ? strchr(alphabet, s[i]) : NULL;

        if (!found)
            return -1;
        value = value << 4 | (int)(found - alphabet > 15 ? found - alphabet - 6 : found - alphabet);
    }
    return value;
}

/* What `printf %b` does, with the escapes that utf8_put_text() writes and no other. */
static inline long read_text(const char *s, size_t len, char *out)
{
    char *p = out;

    for (size_t i = 0; i < len; i++) {
        if (s[i] != '\\') {
            *p++ = s[i];
            continue;
        }
        if (++i == len)
            return -1;
        if (s[i] == 'x') {
            const int byte = len - i > 2 ? read_hex(s + i + 1, 2, false) : -1;

            if (byte < 0)
                return -1;
            *p++ = (char)byte;
            i += 2;
        } else if (s[i] == 't' || s[i] == 'n' || s[i] == '\\') {
            *p++ = s[i] == 't' ? '\t' : s[i] == 'n' ? '\n' : '\\';
        } else {
            return -1;
        }
    }
    return p - out;
}

static inline long read_base64(const char *s, size_t len, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *p = out;

    if (len % 4 != 0)
        return -1;
    for (size_t i = 0; i < len; i += 4) {
        const bool last = i + 4 == len;
        const int padding = last && s[i + 3] == '=' ? s[i + 2] == '=' ? 2 : 1 : 0;
        uint32_t group = 0;

        for (size_t j = 0; j < 4; j++) {
            const char *const found = s[i + j] ? strchr(digits, s[i + j]) : NULL;

            if (!found && (int)j < 4 - padding)
                return -1;
            group = group << 6 | (found ? (uint32_t)(found - digits) : 0);
        }
        for (int j = 0; j < 3 - padding; j++)
            *p++ = (char)(group >> (16 - 8 * j));
    }
    return p - out;
}

/* ---- JSON ---- */

struct json_member {
    char key[24];
    char kind;        /* 's' string, 'n' number, 't' true, 'a' array of strings, its text joined by commas */
    const char *text; /* decoded */
    size_t len;
};

struct json_object {
    struct json_member members[24];
    size_t count;
    char *bytes, *end; /* owned: the texts */
};

static inline size_t put_code_point(char *p, int c)
{
    if (c < 0x80) {
        p[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        p[0] = (char)(0xc0 | c >> 6);
        p[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    p[0] = (char)(0xe0 | c >> 12);
    p[1] = (char)(0x80 | (c >> 6 & 63));
    p[2] = (char)(0x80 | (c & 63));
    return 3;
}

/* A string at *s, decoded to o->end. No control character may stand in it as it is. */
static inline bool json_string(struct json_object *o, const char **s, const char *end)
{
    static const char escapes[] = "\"\"\\\\b\bf\fn\nr\rt\t";

    if (*s == end || *(*s)++ != '"')
        return false;
    while (*s < end && **s != '"') {
        const char c = *(*s)++;

        if ((unsigned char)c < 0x20 || c == 0x7f)
            return false;
        if (c != '\\') {
            *o->end++ = c;
            continue;
        }
        if (*s == end)
            return false;

        const char kind = *(*s)++;
        const char *escape = escapes;

        if (kind == 'u') {
            const int code_point = end - *s >= 4 ? read_hex(*s, 4, true) : -1;

            if (code_point < 0 || (code_point >= 0xd800 && code_point <= 0xdfff))
                return false;
            o->end += put_code_point(o->end, code_point);
            *s += 4;
            continue;
        }
        while (*escape && *escape != kind)
            escape += 2;
        if (!*escape)
            return false;
        *o->end++ = escape[1];
    }
    return *s < end && *(*s)++ == '"';
}

static inline bool json_array(struct json_object *o, const char **s, const char *end)
{
    (*s)++;
    for (;;) {
        if (!json_string(o, s, end) || *s == end)
            return false;
        if (**s == ']') {
            (*s)++;
            return true;
        }
        if (*(*s)++ != ',')
            return false;
        *o->end++ = ',';
    }
}

static inline bool json_number(struct json_object *o, const char **s, const char *end)
{
    const char *const start = *s;

    if (*s < end && **s == '-')
        (*s)++;
    if (end - *s >= 2 && (*s)[0] == '0' && (*s)[1] >= '0' && (*s)[1] <= '9')
        return false;
    while (*s < end && **s >= '0' && **s <= '9')
        *o->end++ = *(*s)++;
    return *s > start && (*s)[-1] != '-';
}

static inline bool json_value(struct json_object *o, struct json_member *m, const char **s, const char *end)
{
    if (*s == end)
        return false;
    if (**s == '"') {
        m->kind = 's';
        return json_string(o, s, end);
    }
    if (**s == '[') {
        m->kind = 'a';
        return json_array(o, s, end);
    }
    if (end - *s >= 4 && memcmp(*s, "true", 4) == 0) {
        m->kind = 't';
        *s += 4;
        return true;
    }
    m->kind = 'n';
    return json_number(o, s, end);
}

static inline const struct json_member *json_find(const struct json_object *o, const char *key)
{
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->members[i].key, key) == 0)
            return &o->members[i];
    return NULL;
}

static inline bool json_member(struct json_object *o, const char **s, const char *end)
{
    struct json_member m = {0};
    char *const key_at = o->end;

    if (o->count == sizeof(o->members) / sizeof(o->members[0]) || !json_string(o, s, end) ||
        (size_t)(o->end - key_at) >= sizeof(m.key))
        return false;
    memcpy(m.key, key_at, (size_t)(o->end - key_at));
    if (json_find(o, m.key) || *s == end || *(*s)++ != ':')
        return false;
    m.text = o->end;
    if (!json_value(o, &m, s, end))
        return false;
    m.len = (size_t)(o->end - m.text);
    o->members[o->count++] = m;
    return true;
}

/* One object, with nothing around it and no key twice. *o needs json_free() in any case. */
static inline bool json_read(struct json_object *o, const char *s, size_t len)
{
    const char *const end = s + len;

    *o = (struct json_object){.bytes = malloc(len + 1)};
    if (!o->bytes)
        abort();
    o->end = o->bytes;
    if (!is_utf8(s, len) || len < 2 || *s++ != '{')
        return false;
    if (*s == '}')
        return s + 1 == end;
    while (json_member(o, &s, end)) {
        if (s == end)
            return false;
        if (*s == '}')
            return s + 1 == end;
        if (*s++ != ',')
            return false;
    }
    return false;
}

static inline void json_free(struct json_object *o)
{
    free(o->bytes);
    o->bytes = NULL;
}

/* ---- CSV ---- */

struct csv_field {
    const char *text;
    size_t len;
};

/* The fields of one record without its end, decoded into out. Returns how many, or -1. */
static inline long csv_read(const char *s, size_t len, char *out, struct csv_field *fields, size_t max)
{
    const char *const end = s + len;
    size_t count = 0;

    for (;;) {
        char *p = out;

        if (count == max)
            return -1;
        if (s < end && *s == '"') {
            for (s++; s < end && (*s != '"' || (end - s > 1 && s[1] == '"')); s++) {
                s += *s == '"';
                *p++ = *s;
            }
            if (s == end)
                return -1;
            s++;
        } else {
            for (; s < end && *s != ','; s++) {
                if (*s == '"' || *s == '\r' || *s == '\n')
                    return -1;
                *p++ = *s;
            }
        }
        fields[count++] = (struct csv_field){out, (size_t)(p - out)};
        out = p;
        if (s == end)
            return (long)count;
        if (*s++ != ',')
            return -1;
    }
}

#endif
