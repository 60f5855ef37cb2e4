/* glob.h: one glob, as a line of a .gitignore file has them, against one path. Bytes: no character set and no
 * locale counts.
 *
 * `*` matches any bytes, `?` one byte and `[...]` one byte of a set (ranges, [:alpha:] and the like, `!` or
 * `^` first for all others), but none of them a slash. A backslash takes away what the next byte means. `**`
 * for whole components crosses directories: at the start before a slash, at the end after one, and between
 * two; in any other place it is `*`. A glob without a slash is matched against the name, one with a slash
 * against the whole path; a slash at the start only makes it such a one, and one at the end leaves it to
 * directories.
 *
 * Exactly what git 2.39 does (gitignore(5)), with one thing that its manual does not say: where the first
 * special character of a glob with a slash is a `**`, that counts as whole components whatever is before it,
 * so that `a/b**` matches a/bc/d, and `a/b**` before `/c` matches a/bc. */
#ifndef INOTAP_GLOB_H
#define INOTAP_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum glob_flag {
    GLOB_FOLD_CASE = 1, /* ASCII letters match in both cases, in sets as well */
};

/* A compiled glob. It holds no pointer and may be moved as its glob_size() bytes, to where a uint32_t may be.
 */
struct glob {
    uint32_t data_len; /* from here on glob.c's own */
    uint32_t head_len, tail_len;
    uint8_t kind, bits;
    uint8_t mark; /* whoever has it compiled may keep something here; 0 at first */
    unsigned char data[];
};

/* Longer globs are refused. */
#define GLOB_LEN_MAX ((size_t)1 << 24)

/* Compile a glob of len bytes without NUL, for free(3). Returns 0; -ENOMEM; -EINVAL for one that can match
 * nothing by mistake: *why is then what is wrong, as a static text, and *at the offset of the byte. */
int glob_new(struct glob **result, const char *text, size_t len, unsigned flags, const char **why,
             size_t *at);

/* The same into memory of the caller's, of at least glob_bound(len) bytes, of which glob_size() are then
 * used. Returns 0 or -EINVAL. In a file of ignore rules git keeps what is wrong, and it never matches. */
size_t glob_bound(size_t len);
int glob_compile(struct glob *g, const char *text, size_t len, unsigned flags, const char **why, size_t *at);
size_t glob_size(const struct glob *g);

/* Does it match? The path is relative to the directory that the glob is for, without a slash at its start or
 * end; name_at is the offset of its last component. If not glob_needs_path(), only the bytes from there on
 * are looked at. At worst the time is in proportion to path_len times the length of the glob. */
bool glob_match(const struct glob *g, const char *path, size_t path_len, size_t name_at, bool is_dir);
bool glob_needs_path(const struct glob *g);

#endif
