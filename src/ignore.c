/* ignore.c: the lines of a file of ignore rules, and which of them decides.
 * Neighbours: glob.c matches one; repository.c finds the files that are not in the tree. */
#include "ignore.h"

#include "glob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The globs lie one behind the other, the last line's first, because that decides. The mark of each says
 * whether it keeps. */
struct ignore_rules {
    size_t len, size; /* of bytes: used, and there */
    bool need_path;
    _Alignas(uint32_t) unsigned char bytes[];
};

enum { MARK_KEEPS = 1 };

/* ---- parsing ---- */

/* Room for len more bytes. */
static int make_room(struct ignore_rules **rules, size_t len)
{
    const size_t used = *rules ? (*rules)->len : 0, there = *rules ? (*rules)->size : 0;
    struct ignore_rules *more;
    size_t size = there + there / 2;

    if (*rules && there - used >= len)
        return 0;
    if (size < used + len)
        size = used + len;
    more = realloc(*rules, sizeof(*more) + size);
    if (!more)
        return -ENOMEM;
    if (!*rules)
        *more = (struct ignore_rules){0};
    more->size = size;
    *rules = more;
    return 0;
}

/* How much of a line is left without the spaces at its end. A backslash keeps what follows, and one at the
 * very end keeps all of it. */
static size_t trim(const char *line, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        const bool escaped = line[i] == '\\';

        if (escaped && ++i == len)
            return len;
        if (escaped || line[i] != ' ')
            kept = i + 1;
    }
    return kept;
}

/* A line without its end. What cannot match anything is no rule. */
static int add_line(struct ignore_rules **rules, const char *line, size_t len)
{
    struct glob *g;
    bool keeps;

    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len == 0 || line[0] == '#')
        return 0;
    len = trim(line, strnlen(line, len)); /* git's lines end at a NUL */
    keeps = len > 0 && line[0] == '!';
    line += keeps;
    len -= keeps;
    if (len == 0)
        return 0;
    if (make_room(rules, glob_bound(len)) < 0)
        return -ENOMEM;
    g = (struct glob *)((*rules)->bytes + (*rules)->len);
    if (glob_compile(g, line, len, 0, NULL, NULL) < 0)
        return 0;
    g->mark = keeps ? MARK_KEEPS : 0;
    (*rules)->need_path |= glob_needs_path(g);
    (*rules)->len += glob_size(g);
    return 0;
}

int ignore_rules_parse(struct ignore_rules **result, const char *text, size_t len)
{
    static const char mark[] = {'\xef', '\xbb', '\xbf'}; /* U+FEFF in UTF-8 */
    struct ignore_rules *rules = NULL, *smaller;
    size_t end = len, start = 0;
    int err = 0;

    *result = NULL;
    if (len > IGNORE_SIZE_MAX)
        return -EFBIG;
    if (len >= sizeof(mark) && memcmp(text, mark, sizeof(mark)) == 0)
        start = sizeof(mark);
    while (err == 0 && end > start) {
        const char *const newline = memrchr(text + start, '\n', end - start);
        const char *const line = newline ? newline + 1 : text + start;

        err = add_line(&rules, line, (size_t)(text + end - line));
        end = newline ? (size_t)(newline - text) : start;
    }
    if (err < 0 || !rules || rules->len == 0) {
        free(rules);
        return err;
    }
    rules->size = rules->len;
    smaller = realloc(rules, sizeof(*rules) + rules->size);
    *result = smaller ? smaller : rules;
    return 0;
}

void ignore_rules_free(struct ignore_rules *rules)
{
    free(rules);
}

/* ---- reading ---- */

static int read_whole(int fd, char *text, size_t size, size_t *len)
{
    *len = 0;
    while (*len < size) {
        const ssize_t got = read(fd, text + *len, size - *len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        *len += (size_t)got;
    }
    return 0;
}

static int read_opened(int fd, char **text, size_t *len)
{
    struct stat st;
    int err;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
        return -EINVAL;
    if ((uintmax_t)st.st_size > IGNORE_SIZE_MAX)
        return -EFBIG;
    /* A device has no size. */
    *text = malloc((size_t)st.st_size + 1);
    if (!*text)
        return -ENOMEM;
    err = read_whole(fd, *text, (size_t)st.st_size, len);
    if (err < 0) {
        free(*text);
        *text = NULL;
    } else {
        (*text)[*len] = '\0';
    }
    return err;
}

int ignore_read_text(char **text, size_t *len, int dirfd, const char *name, bool follows)
{
    int fd, err;

    *text = NULL;
    *len = 0;
    do
        fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (follows ? 0 : O_NOFOLLOW));
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    err = read_opened(fd, text, len);
    close(fd);
    return err;
}

int ignore_rules_read(struct ignore_rules **result, int dirfd, const char *name, bool follows)
{
    char *text;
    size_t len;
    int err = ignore_read_text(&text, &len, dirfd, name, follows);

    *result = NULL;
    if (err == 0 && text)
        err = ignore_rules_parse(result, text, len);
    free(text);
    return err;
}

/* ---- matching ---- */

bool ignore_rules_need_path(const struct ignore_rules *rules)
{
    return rules && rules->need_path;
}

enum ignore_verdict ignore_rules_match(const struct ignore_rules *rules, const char *path, size_t len,
                                       size_t name_at, bool is_dir)
{
    const unsigned char *at = rules ? rules->bytes : NULL;
    const unsigned char *const end = rules ? rules->bytes + rules->len : NULL;

    while (at < end) {
        const struct glob *const g = (const struct glob *)at;

        if (glob_match(g, path, len, name_at, is_dir))
            return g->mark == MARK_KEEPS ? IGNORE_KEPT : IGNORE_LEFT_OUT;
        at += glob_size(g);
    }
    return IGNORE_UNDECIDED;
}
