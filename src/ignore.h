/* ignore.h: files of ignore rules, as .gitignore files are: gitignore(5). What a line is, and what it
 * matches, is exactly what git makes of it; for the globs see glob.h.
 *
 * Several files may have a say. The first of these that decides wins: the deepest .gitignore up to that of
 * the repository's top, then what repository.h finds outside of the directories. What is in a directory that
 * is left out is left out with it, whatever rules say of it: whoever walks does not enter it, and does not
 * ask. */
#ifndef INOTAP_IGNORE_H
#define INOTAP_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

struct ignore_rules;

enum ignore_verdict {
    IGNORE_UNDECIDED, /* no rule matches */
    IGNORE_LEFT_OUT,
    IGNORE_KEPT, /* by a rule that begins with `!` */
};

/* Larger files are refused. git takes them up to 100 MiB; but each rule is tried on each name, and nobody
 * means to have a million. */
#define IGNORE_SIZE_MAX ((size_t)16 << 20)

/* The rules of all files that are in use take no more: anybody may have many files in a tree. */
#define IGNORE_TOTAL_MAX ((size_t)64 << 20)

/* The rules in a file's text, any bytes at all. Returns 0; -EFBIG if it is longer than IGNORE_SIZE_MAX;
 * -ENOMEM. *result is the caller's, and NULL if there is no rule in it that could match anything. */
int ignore_rules_parse(struct ignore_rules **result, const char *text, size_t len);

/* The same of a file, as openat(2) finds it. follows: a symbolic link as well, and /dev/null is an empty
 * file; git follows none that is a .gitignore, but for all other files of rules. Nothing but a regular file
 * is ever opened. A file is kept once, however many links it has. Returns 0, with NULL in *result as well if
 * the file is not there; -ELOOP for a link that is not followed; -EISDIR; -EINVAL for something else that is
 * no regular file; -EFBIG; -EDQUOT beyond IGNORE_TOTAL_MAX; -ENOMEM, or what openat(2) and read(2) say. */
int ignore_rules_read(struct ignore_rules **result, int dirfd, const char *name, bool follows);
void ignore_rules_free(struct ignore_rules *rules);

/* Why a file cannot be used, in words, of the above or of a repository_complaint(). */
const char *ignore_explain(int err);

/* What they say of a path: relative to the directory that the rules are for, without a slash at its start or
 * end; name_at is the offset of its last component. The last rule that matches decides. rules may be NULL. */
enum ignore_verdict ignore_rules_match(const struct ignore_rules *rules, const char *path, size_t len,
                                       size_t name_at, bool is_dir);

/* Do both consist of the same rules? NULL has none. */
bool ignore_rules_are_same(const struct ignore_rules *a, const struct ignore_rules *b);

/* Is the path looked at, or only the name? */
bool ignore_rules_need_path(const struct ignore_rules *rules);

/* For repository.c: a file's text as it is read for the above, *text the caller's, NULL if there is no file.
 */
int ignore_read_text(char **text, size_t *len, int dirfd, const char *name, bool follows);

#endif
