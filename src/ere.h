/* ere.h: one POSIX extended regular expression of the drop-in names (compat.h), searched for in the whole
 * path of what an event is about: that of the watched directory as it is printed, and the name. Bytes, in the
 * C locale. */
#ifndef INOTAP_ERE_H
#define INOTAP_ERE_H

#include <stdbool.h>
#include <stddef.h>

struct ere;

/* Compile. keeps: what matches is told, and nothing else; otherwise what matches is not. *result is the
 * caller's, for ere_free(). Returns 0, -ENOMEM, or -EINVAL: regcomp(3) does not take it. */
int ere_new(struct ere **result, const char *text, bool fold_case, bool keeps);
void ere_free(struct ere *e);

/* Is an event of this path to be told? The two parts are one path, without a NUL in it. Returns 1, 0 or
 * -ENOMEM; memory is only needed for a path longer than any before. */
int ere_tells(struct ere *e, const char *a, size_t a_len, const char *b, size_t b_len);

#endif
