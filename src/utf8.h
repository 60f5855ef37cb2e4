/* utf8.h: bytes of unknown origin written so that nothing in them can harm: as text, JSON, CSV, base64.
 * Each writer puts its result at p, needs the room its comment names, adds no NUL, and returns the end. */
#ifndef INOTAP_UTF8_H
#define INOTAP_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Take one character off *s (before end). Returns true and the code point if it is well-formed UTF-8 (no
 * overlong form, no surrogate, at most U+10FFFF). Otherwise false, and *s has moved past the longest part
 * that could have begun a character (at least one byte): the piece that decoders replace by one U+FFFD. */
bool utf8_take(const char **s, const char *end, uint32_t *code_point);

/* Is all of it well-formed? */
bool utf8_valid(const char *s, size_t len);

enum escape_flags {
    ESCAPE_TERMINAL = 1,  /* also what reorders or hides what stands beside it on a screen */
    ESCAPE_QUOTES = 2,    /* double each '"', for CSV */
    ESCAPE_BACKSLASH = 4, /* write a backslash as \\, so that `printf %b` gives the bytes back */
};

/* As text: control characters (C0, DEL, C1), line and paragraph separators and what is not UTF-8 become
 * \t, \n or \xHH. Room: 4 * len. */
char *utf8_put_text(char *p, const char *s, size_t len, unsigned flags);

/* As the inside of a JSON string. What is not UTF-8 becomes U+FFFD and sets *lossy; it is never cleared.
 * Room: 6 * len. */
char *utf8_put_json(char *p, const char *s, size_t len, bool *lossy);

/* RFC 4648 base64 of two runs of bytes, as if they were one. Room: BASE64_BOUND(a_len + b_len). */
#define BASE64_BOUND(len) (((len) + 2) / 3 * 4)
char *base64_put(char *p, const char *a, size_t a_len, const char *b, size_t b_len);

#endif
