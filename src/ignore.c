/* ignore.c: the lines of a file of ignore rules, and which of them decides.
 * Neighbours: glob.c matches one; repository.c finds the files that are not in the tree. */
#include "ignore.h"

#include "glob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* The globs lie one behind the other, the last line's first, because that decides. The mark of each says
 * whether it keeps. */
struct ignore_rules {
    size_t len, size; /* of bytes: used, and there */
    bool need_path;
    struct source *source; /* of a file; else NULL */
    _Alignas(uint32_t) unsigned char bytes[];
};

enum { MARK_KEEPS = 1 };

/* A file that was read, and its rules, which every directory has in common that it is linked into. */
struct source {
    struct source *next; /* of its chain */
    struct ignore_rules *rules;
    size_t users;
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime, ctime;
    bool is_certain; /* a later change of the file cannot have the same ctime */
};

#define SOURCE_CHAINS 4096

static struct source *sources[SOURCE_CHAINS]; /* by inode */
static size_t total_size;                     /* of the rules of all of them */

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
static int add_line(struct ignore_rules **rules, const char *line, size_t len, size_t size_max)
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
    return (*rules)->len > size_max ? -EDQUOT : 0;
}

/* The rules are not to take more than size_max bytes. */
static int parse(struct ignore_rules **result, const char *text, size_t len, size_t size_max)
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

        err = add_line(&rules, line, (size_t)(text + end - line), size_max);
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

int ignore_rules_parse(struct ignore_rules **result, const char *text, size_t len)
{
    return parse(result, text, len, SIZE_MAX);
}

/* ---- files that were read ---- */

static struct source **chain_of(dev_t dev, ino_t ino)
{
    const uint64_t hash = ((uint64_t)ino ^ (uint64_t)dev << 40) * UINT64_C(0x9FB21C651E98DF25);

    return &sources[hash >> 32 & (SOURCE_CHAINS - 1)];
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* What was read of this file before, if that is still what is in it. */
static struct source *find_source(const struct stat *st)
{
    struct source *s = *chain_of(st->st_dev, st->st_ino);

    while (s && !(s->dev == st->st_dev && s->ino == st->st_ino && s->size == st->st_size && s->is_certain &&
                  is_same_time(&s->mtime, &st->st_mtim) && is_same_time(&s->ctime, &st->st_ctim)))
        s = s->next;
    return s;
}

/* Was the clock that file systems use past this ctime? Where it has no fractions they may count by two
 * seconds. */
static bool is_past(const struct timespec *ctime, const struct timespec *clock)
{
    const time_t sure = ctime->tv_nsec == 0 ? ctime->tv_sec + 2 : ctime->tv_sec;

    return clock->tv_sec > sure || (clock->tv_sec == sure && clock->tv_nsec > ctime->tv_nsec);
}

/* Keep rules that were just read. Other rules of the same file that are the same take their place: a file
 * that was changed too short a time ago is read for each of its links. Returns 0 or -ENOMEM. */
static int add_source(struct ignore_rules **rules, const struct stat *st, const struct timespec *clock)
{
    struct source **const chain = chain_of(st->st_dev, st->st_ino);
    struct source *s = *chain;

    while (s && !(s->dev == st->st_dev && s->ino == st->st_ino && s->rules->len == (*rules)->len &&
                  memcmp(s->rules->bytes, (*rules)->bytes, s->rules->len) == 0))
        s = s->next;
    if (s) {
        free(*rules);
        *rules = s->rules;
    } else {
        s = calloc(1, sizeof(*s));
        if (!s)
            return -ENOMEM;
        *s = (struct source){.next = *chain, .rules = *rules, .dev = st->st_dev, .ino = st->st_ino};
        *chain = s;
        (*rules)->source = s;
        total_size += (*rules)->len;
    }
    s->size = st->st_size;
    s->mtime = st->st_mtim;
    s->ctime = st->st_ctim;
    s->is_certain = is_past(&st->st_ctim, clock);
    s->users++;
    return 0;
}

void ignore_rules_free(struct ignore_rules *rules)
{
    struct source *const s = rules ? rules->source : NULL;
    struct source **at;

    if (s && --s->users > 0)
        return;
    if (s) {
        for (at = chain_of(s->dev, s->ino); *at != s;)
            at = &(*at)->next;
        *at = s->next;
        total_size -= rules->len;
        free(s);
    }
    free(rules);
}

const char *ignore_explain(int err)
{
    switch (err) {
    case -EINVAL:
        return "it is no regular file";
    case -ELOOP:
        return "it is a symbolic link, which is not followed";
    case -EFBIG:
        return "it is larger than 16 MiB";
    case -EDQUOT:
        return "all ignore rules together would take more than 64 MiB";
    case -EPERM:
        return "the repository belongs to somebody else (see safe.directory in git-config(1))";
    default:
        return strerror(-err);
    }
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

/* The text of an open file. */
static int read_opened(int fd, const struct stat *st, char **text, size_t *len)
{
    int err;

    if ((uintmax_t)st->st_size > IGNORE_SIZE_MAX)
        return -EFBIG;
    *text = malloc((size_t)st->st_size + 1);
    if (!*text)
        return -ENOMEM;
    err = read_whole(fd, *text, (size_t)st->st_size, len);
    if (err < 0) {
        free(*text);
        *text = NULL;
    } else {
        (*text)[*len] = '\0';
    }
    return err;
}

/* What may be read, by what it is. Returns 1, 0 for what is empty, or -errno. */
static int judge(const struct stat *st, bool follows)
{
    if (S_ISREG(st->st_mode))
        return 1;
    if (S_ISDIR(st->st_mode))
        return -EISDIR;
    if (S_ISLNK(st->st_mode))
        return -ELOOP;
    return follows && S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3) ? 0 : -EINVAL; /* /dev/null */
}

/* Somebody else may have put anything there: opening a FIFO lets its writer go on, and opening a device may
 * rewind a tape or start a watchdog. So look first, by a descriptor that opens nothing, and then open what
 * that is: the name may have got another file by then. Returns a descriptor, -ENOENT if nothing is to be
 * read, or another -errno. */
static int open_file(int dirfd, const char *name, bool follows, struct stat *st)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    char link[32];
    int looked, fd, got;

    do
        looked = openat(dirfd, name, O_PATH | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW));
    while (looked < 0 && errno == EINTR);
    if (looked < 0)
        return errno == ENOTDIR ? -ENOENT : -errno;
    got = fstat(looked, st) < 0 ? -errno : judge(st, follows);
    if (got <= 0) {
        close(looked);
        return got < 0 ? got : -ENOENT;
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", looked);
    do
        fd = open(link, flags);
    while (fd < 0 && errno == EINTR);
    if (fd < 0 && errno == ENOENT) /* there is no /proc */
        fd = openat(dirfd, name, flags | (follows ? 0 : O_NOFOLLOW));
    got = fd < 0 ? -errno : fd;
    close(looked);
    if (fd < 0)
        return got;
    got = fstat(fd, st) < 0 ? -errno : judge(st, false);
    if (got == 1)
        return fd;
    close(fd);
    return got;
}

int ignore_read_text(char **text, size_t *len, int dirfd, const char *name, bool follows)
{
    struct stat st;
    const int fd = open_file(dirfd, name, follows, &st);
    int err;

    *text = NULL;
    *len = 0;
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    err = read_opened(fd, &st, text, len);
    close(fd);
    return err;
}

/* The rules of an open file that is not known, or was changed. */
static int read_rules(struct ignore_rules **result, int fd, const struct stat *st)
{
    struct timespec clock;
    char *text = NULL;
    size_t len;
    int err;

    clock_gettime(CLOCK_REALTIME_COARSE, &clock); /* which is that of file systems */
    err = read_opened(fd, st, &text, &len);
    if (err == 0)
        err = parse(result, text, len, IGNORE_TOTAL_MAX - total_size);
    free(text);
    if (err == 0 && *result) {
        err = add_source(result, st, &clock);
        if (err < 0) {
            ignore_rules_free(*result);
            *result = NULL;
        }
    }
    return err;
}

int ignore_rules_read(struct ignore_rules **result, int dirfd, const char *name, bool follows)
{
    struct source *s;
    struct stat st;
    const int fd = open_file(dirfd, name, follows, &st);
    int err = 0;

    *result = NULL;
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    s = find_source(&st);
    if (s) {
        s->users++;
        *result = s->rules;
    } else {
        err = read_rules(result, fd, &st);
    }
    close(fd);
    return err;
}

/* ---- matching ---- */

bool ignore_rules_are_same(const struct ignore_rules *a, const struct ignore_rules *b)
{
    return a == b || (a && b && a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
}

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
