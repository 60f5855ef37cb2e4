/* reference_glob.h: a matcher of globs that is obviously right and slow: it tries everything. It reads the
 * text of the glob from gitignore(5), not what glob.c compiles. For short globs only: it is exponential.
 * Neighbours: test_glob.c, fuzz/glob.c. */
#ifndef REFERENCE_GLOB_H
#define REFERENCE_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct reference {
    const char *glob, *glob_start, *glob_end;
    const char *text_end;
    bool in_path; /* `**` counts */
};

static inline bool reference_is_in_class(const char *name, size_t len, unsigned char c)
{
    const bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';
    const bool graph = c > 32 && c < 127;
#define REFERENCE_IS(word) (len == strlen(word) && memcmp(name, (word), len) == 0)
    return (REFERENCE_IS("alnum") && (lower || upper || digit)) ||
           (REFERENCE_IS("alpha") && (lower || upper)) || (REFERENCE_IS("blank") && (c == 32 || c == 9)) ||
           (REFERENCE_IS("cntrl") && (c < 32 || c == 127)) || (REFERENCE_IS("digit") && digit) ||
           (REFERENCE_IS("graph") && graph) || (REFERENCE_IS("lower") && lower) ||
           (REFERENCE_IS("print") && (graph || c == 32)) ||
           (REFERENCE_IS("punct") && graph && !lower && !upper && !digit) ||
           (REFERENCE_IS("space") && (c == 32 || c == 9 || c == 10 || c == 13)) ||
           (REFERENCE_IS("upper") && upper) ||
           (REFERENCE_IS("xdigit") && (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
#undef REFERENCE_IS
}

/* A set from its `[` on: is the byte in it? *end is set behind the `]`; the set is known to be whole. */
static inline bool reference_is_in_set(const char *set, unsigned char c, const char **end)
{
    const char *p = set + 1;
    const bool negated = *p == '!' || *p == '^';
    const char *first;
    int before = -1;
    bool found = false;

    p += negated;
    for (first = p; p == first || *p != ']'; p++) {
        const char *const close = p[0] == '[' && p[1] == ':' ? strchr(p + 2, ']') : NULL;

        if (close && close > p + 2 && close[-1] == ':') {
            found |= reference_is_in_class(p + 2, (size_t)(close - p) - 3, c);
            p = close;
            before = -1;
        } else if (*p == '-' && before >= 0 && p[1] != ']') {
            p += 1 + (p[1] == '\\');
            found |= c >= before && c <= (unsigned char)*p;
            before = -1;
        } else {
            p += *p == '\\';
            before = (unsigned char)*p;
            found |= c == before;
        }
    }
    *end = p + 1;
    return found != negated && c != '/';
}

static inline bool reference_here(const struct reference *r, const char *glob, const char *text);

static inline bool reference_stars(const struct reference *r, const char *glob, const char *text)
{
    const char *const from = glob;
    bool whole;

    while (glob < r->glob_end && *glob == '*')
        glob++;
    whole = r->in_path && glob - from > 1 && (from == r->glob_start || from[-1] == '/') &&
            (glob == r->glob_end || *glob == '/' ||
             (glob + 1 < r->glob_end && glob[0] == '\\' && glob[1] == '/'));
    if (whole && glob < r->glob_end && *glob == '/' && reference_here(r, glob + 1, text))
        return true;
    for (;; text++) {
        if (reference_here(r, glob, text))
            return true;
        if (text == r->text_end || (!whole && *text == '/'))
            return false;
    }
}

static inline bool reference_here(const struct reference *r, const char *glob, const char *text)
{
    while (glob < r->glob_end) {
        if (*glob == '*')
            return reference_stars(r, glob, text);
        if (text == r->text_end)
            return false;
        if (*glob == '[') {
            if (!reference_is_in_set(glob, (unsigned char)*text, &glob))
                return false;
        } else if (*glob == '?') {
            glob++;
            if (*text == '/')
                return false;
        } else {
            glob += *glob == '\\';
            if (*glob++ != *text)
                return false;
        }
        text++;
    }
    return text == r->text_end;
}

/* glob is one that glob_compile() takes, ended by NUL. */
static inline bool reference_match(const char *glob, const char *path, size_t len, size_t name_at,
                                   bool is_dir)
{
    size_t glob_len = strlen(glob), plain;
    const bool only_directories = glob[glob_len - 1] == '/';
    struct reference r;

    glob_len -= only_directories;
    r = (struct reference){.glob_end = glob + glob_len, .text_end = path + len};
    r.in_path = memchr(glob, '/', glob_len) != NULL;
    if (only_directories && !is_dir)
        return false;
    if (r.in_path && *glob == '/')
        glob++;
    plain = strcspn(glob, "*?[\\");
    r.glob_start = glob + plain; /* what is before the first special character is cut off by git */
    return reference_here(&r, glob, r.in_path ? path : path + name_at);
}

#endif
