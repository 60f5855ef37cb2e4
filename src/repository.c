/* repository.c: where in a repository a directory lies, and the ignore rules that it gets from there.
 * Neighbours: ignore.c reads and matches each file of rules. */
#include "repository.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct level {
    struct ignore_rules *rules;
    size_t base_len; /* of the directory that they are for, in the buffer */
};

struct repository {
    char *top;
    char *buffer;     /* from the top to the directory, each component with a slash behind it; then a path */
    size_t below_len; /* of the former */
    size_t buffer_size;
    bool need_path;
    struct level *levels; /* those that have rules: the first that decides wins */
    size_t count;
};

struct finder {
    struct repository *r;
    repository_complaint *complain;
    void *context;
};

/* ---- asking git ---- */

/* The environment without what would make git look elsewhere: inotap may run in a hook of git. protected: and
 * so that git looks at no repository. */
static char **clean_environment(bool protected)
{
    static const char *const away[] = {"GIT_DIR=", "GIT_WORK_TREE=", "GIT_COMMON_DIR=", "GIT_CONFIG="};
    static char no_repository[] = "GIT_DIR=/dev/null";
    size_t count = 0, kept = 0;
    char **clean;

    while (environ[count])
        count++;
    clean = calloc(count + 2, sizeof(*clean));
    for (size_t i = 0; clean && i < count; i++) {
        bool stays = true;

        for (size_t k = 0; k < sizeof(away) / sizeof(away[0]); k++)
            stays &= strncmp(environ[i], away[k], strlen(away[k])) != 0;
        if (stays)
            clean[kept++] = environ[i];
    }
    if (clean && protected)
        clean[kept] = no_repository;
    return clean;
}

/* Its output into a pipe, nothing else from or to ours, and the signals as they usually are. */
static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int output)
{
    sigset_t none, usual;
    int err;

    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    sigaddset(&usual, SIGCHLD);
    err = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (err == 0)
        err = posix_spawnattr_setsigmask(attributes, &none);
    if (err == 0)
        err = posix_spawnattr_setsigdefault(attributes, &usual);
    /* The pipe first: its end may be one of the other two. */
    if (err == 0)
        err = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (err == 0)
        err = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (err == 0)
        err = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    return err;
}

/* A question to git's configuration. */
struct question {
    const char *key, *get; /* --get or --get-all */
    const char
        *directory; /* where git runs: of a repository that is trusted; NULL: what no repository says */
};

/* Start git. Returns 0 or -errno; *fd gives what it prints. */
static int start_git(pid_t *pid, int *fd, const struct question *q)
{
    const char *const words[] = {
        "git",  "-C", q->directory ? q->directory : "/", "config", "-z", q->get, "--type=path", "--",
        q->key, NULL};
    char **const environment = clean_environment(!q->directory);
    char *arguments[sizeof(words) / sizeof(words[0])];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int ends[2], err;

    if (!environment || pipe2(ends, O_CLOEXEC) < 0) {
        err = environment ? errno : ENOMEM;
        free(environment);
        return -err;
    }
    memcpy(arguments, words, sizeof(words)); /* posix_spawn(3) changes none of them */
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    err = set_up(&actions, &attributes, ends[1]);
    if (err == 0)
        err = posix_spawnp(pid, "git", &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    close(ends[1]);
    if (err == 0)
        *fd = ends[0];
    else
        close(ends[0]);
    return -err;
}

/* Did it end well? A parent may have left SIGCHLD ignored, and then nobody can say. */
static bool has_ended_well(pid_t pid)
{
    pid_t got;
    int status = 0;

    do
        got = waitpid(pid, &status, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? errno == ECHILD : WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What git has to say, for free(3): *len bytes, of values that end with a NUL each. Returns 1, 0 if there is
 * no git, or it has nothing to say, or -ENOMEM. */
static int ask_git(char **result, size_t *answer_len, const struct question *q)
{
    const size_t size = 32768; /* far above any path that can be opened */
    char *const answer = malloc(size);
    size_t len = 0;
    pid_t pid;
    int fd = -1, err;

    err = answer ? start_git(&pid, &fd, q) : -ENOMEM;
    if (err < 0 || fd < 0) {
        free(answer);
        return err == -ENOMEM ? err : 0;
    }
    while (len < size) {
        const ssize_t got = read(fd, answer + len, size - len);

        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        len += got > 0 ? (size_t)got : 0;
    }
    close(fd); /* if there is more, it ends by SIGPIPE */
    if (!has_ended_well(pid) || len == 0 || answer[len - 1] != '\0') { /* not whole */
        free(answer);
        return 0;
    }
    *result = answer;
    *answer_len = len;
    return 1;
}

/* ---- whose it is ---- */

/* Is it mine, as git sees it? For root who was somebody else before sudo(8) what belongs to that user is. */
static bool is_mine(const struct stat *st)
{
    const char *const sudo = getenv("SUDO_UID");
    char *end = NULL;
    unsigned long before;

    if (st->st_uid == geteuid())
        return true;
    if (geteuid() != 0 || !sudo || *sudo < '0' || *sudo > '9')
        return false;
    errno = 0;
    before = strtoul(sudo, &end, 10);
    return errno == 0 && *end == '\0' && before == st->st_uid;
}

static bool is_path_mine(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && is_mine(&st);
}

/* Does a value of safe.directory allow this one? */
static bool allows(const char *value, const char *directory)
{
    const size_t len = strlen(value);

    if (strcmp(value, "*") == 0 || strcmp(value, directory) == 0)
        return true;
    return len >= 2 && strcmp(value + len - 2, "/*") == 0 &&
           strncmp(value, directory, len - 1) == 0; /* git 2.46 */
}

/* Does the configuration of the user or of the system allow to trust a repository of somebody else? Returns
 * 1, 0 or -ENOMEM. */
static int is_allowed(const char *directory)
{
    static const struct question question = {.key = "safe.directory", .get = "--get-all"};
    char *answer;
    size_t len;
    int got = ask_git(&answer, &len, &question);

    if (got <= 0)
        return got;
    got = 0;
    for (const char *value = answer; value < answer + len; value += strlen(value) + 1)
        got = *value == '\0' ? 0 : got || allows(value, directory); /* an empty one takes back those before */
    free(answer);
    return got;
}

/* ---- git's directory ---- */

/* base/name, or name if that is absolute. NULL without memory. */
static char *join(const char *base, const char *name)
{
    char *whole;

    if (name[0] == '/')
        return strdup(name);
    return asprintf(&whole, "%s/%s", base, name) < 0 ? NULL : whole;
}

/* A file of one line that names a directory, after a prefix, from a base. Returns 1, 0 if it does not, or
 * -ENOMEM. */
static int read_link_file(char **result, const char *base, const char *name, const char *prefix, bool follows)
{
    const size_t prefix_len = strlen(prefix);
    char *const path = join(base, name);
    char *text = NULL;
    size_t len;
    int err = path ? ignore_read_text(&text, &len, AT_FDCWD, path, follows) : -ENOMEM;

    free(path);
    *result = NULL;
    if (err == 0 && text) {
        while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
            len--;
        text[len] = '\0';
        if (len > prefix_len && memcmp(text, prefix, prefix_len) == 0) {
            *result = join(base, text + prefix_len);
            err = *result ? 1 : -ENOMEM;
        }
    }
    free(text);
    return err == 1 || err == -ENOMEM ? err : 0;
}

static bool has(const char *directory, const char *name)
{
    const int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    const bool is_there = fd >= 0 && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;

    if (fd >= 0)
        close(fd);
    return is_there;
}

/* A repository that git would not trust: somebody else may have put anything there. So nothing that it names
 * is looked at, nor anything in `.git`, but for the names of what a repository has. Returns 1, 0 or -ENOMEM.
 */
static int judge_foreign(const char *directory, const char *own, const struct stat *st)
{
    char *named;
    int got;

    if (S_ISREG(st->st_mode)) {
        got = read_link_file(&named, directory, ".git", "gitdir: ", false);
        free(named);
        return got;
    }
    if (!S_ISDIR(st->st_mode))
        return S_ISLNK(st->st_mode);
    return has(own, "HEAD") && (has(own, "commondir") || (has(own, "objects") && has(own, "refs")));
}

/* The directory that the worktrees of a repository share, if `own`, its `.git`, is good. Returns 1, 0 or
 * -ENOMEM. */
static int find_shared(char **result, char **own)
{
    int got;

    if (!has(*own, "HEAD"))
        return 0;
    got = read_link_file(result, *own, "commondir", "", true);
    if (got == 0) { /* it is not shared */
        *result = *own;
        *own = NULL;
    }
    return got < 0 ? got : has(*result, "objects") && has(*result, "refs");
}

/* What a `.git` is or names: *own becomes that. Returns 1, 0 if it is nothing, or -ENOMEM. */
static int resolve(char **own, const char *directory)
{
    struct stat st;

    if (stat(*own, &st) < 0)
        return 0;
    if (!S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode);
    free(*own);
    return read_link_file(own, directory, ".git", "gitdir: ", true);
}

/* Does a directory have a `.git` that is good? Then *common is the directory that the worktrees of that
 * repository share, or NULL for a repository that is not trusted. Returns 1, 0 or -ENOMEM. */
static int find_common(char **common, const char *directory)
{
    char *own = join(directory, ".git");
    struct stat st;
    int got = own ? 0 : -ENOMEM;

    *common = NULL;
    if (!own || lstat(own, &st) < 0)
        goto out;
    got = is_mine(&st) && is_path_mine(directory) ? 1 : is_allowed(directory);
    if (got <= 0) {
        got = got < 0 ? got : judge_foreign(directory, own, &st);
        goto out;
    }
    got = resolve(&own, directory);
    if (got != 1 || stat(own, &st) < 0) {
        got = got < 0 ? got : 0;
        goto out;
    }
    got = is_mine(&st) ? 1 : is_allowed(directory); /* what it names may be of somebody else */
    if (got == 1)
        got = find_shared(common, &own);
    else if (got == 0)
        got = 1;
out:
    if (got != 1) {
        free(*common);
        *common = NULL;
    }
    free(own);
    return got;
}

/* The top, by shortening the path of the directory to it. Returns 1, 0 or -ENOMEM. */
static int find_top(char *path, char **common)
{
    struct stat first, st;
    int got = stat(path, &first) < 0 ? -1 : find_common(common, path);

    while (got == 0) {
        char *const slash = strrchr(path, '/');

        if (slash[slash == path] == '\0')
            return 0; /* it was the root */
        slash[slash == path] = '\0';
        if (stat(path, &st) < 0 || st.st_dev != first.st_dev)
            return 0;
        got = find_common(common, path);
    }
    return got == -1 ? 0 : got;
}

/* ---- core.excludesFile ---- */

/* Where core.excludesFile is, as the repository or only the user says. Returns 1, 0 if it is nowhere, or
 * -ENOMEM. */
static int find_excludes_file(char **result, const char *top, bool is_trusted)
{
    const struct question question = {
        .key = "core.excludesFile", .get = "--get", .directory = is_trusted ? top : NULL};
    const char *const config = getenv("XDG_CONFIG_HOME"), *const home = getenv("HOME");
    char *answer = NULL;
    size_t len = 0;
    int got = ask_git(&answer, &len, &question);

    *result = NULL;
    if (got > 0 && strlen(answer) != len - 1) { /* it is asked for one */
        free(answer);
        answer = NULL;
    }
    if (got < 0 || (answer && *answer == '\0')) { /* it is set to nothing */
        free(answer);
        return got < 0 ? got : 0;
    }
    if (answer)
        *result = join(top, answer); /* git runs there, too */
    else if (config && *config)
        *result = join(config, "git/ignore");
    else if (home)
        *result = join(home, ".config/git/ignore");
    else
        return 0;
    free(answer);
    return *result ? 1 : -ENOMEM;
}

/* ---- the rules ---- */

/* The rules of a file, if it has any. Only -ENOMEM is an error. */
static int add_level(struct finder *f, const char *path, size_t base_len, bool follows)
{
    struct repository *const r = f->r;
    struct ignore_rules *rules;
    struct level *more;
    int err = ignore_rules_read(&rules, AT_FDCWD, path, follows);

    if (err < 0 && err != -ENOMEM) {
        if (f->complain)
            f->complain(f->context, path, err);
        return 0;
    }
    if (err < 0 || !rules)
        return err;
    more = reallocarray(r->levels, r->count + 1, sizeof(*more));
    if (!more) {
        ignore_rules_free(rules);
        return -ENOMEM;
    }
    r->levels = more;
    r->levels[r->count++] = (struct level){.rules = rules, .base_len = base_len};
    r->need_path |= ignore_rules_need_path(rules);
    return 0;
}

/* The .gitignore files from the directory's parent up to the top. */
static int add_parents(struct finder *f)
{
    const struct repository *const r = f->r;
    size_t len = r->below_len;
    int err = 0;

    while (err == 0 && len > 0) {
        char *path;

        for (len--; len > 0 && r->buffer[len - 1] != '/';)
            len--;
        if (asprintf(&path, "%s/%.*s.gitignore", r->top, (int)len, r->buffer) < 0)
            return -ENOMEM;
        err = add_level(f, path, len, false);
        free(path);
    }
    return err;
}

static int add_excludes(struct finder *f, const char *common)
{
    char *path = common ? join(common, "info/exclude") : join(f->r->top, ".git");
    int err = path ? 0 : -ENOMEM;

    if (path && common)
        err = add_level(f, path, 0, true);
    else if (path && f->complain)
        f->complain(f->context, path, -EPERM);

    free(path);
    if (err < 0)
        return err;
    err = find_excludes_file(&path, f->r->top, common);
    if (err == 1)
        err = add_level(f, path, 0, true);
    free(path);
    return err;
}

static int make_buffer(struct repository *r, const char *below)
{
    while (*below == '/')
        below++;
    r->below_len = *below ? strlen(below) + 1 : 0;
    r->buffer_size = r->below_len + 256;
    r->buffer = malloc(r->buffer_size);
    if (!r->buffer)
        return -ENOMEM;
    if (r->below_len > 0) {
        memcpy(r->buffer, below, r->below_len - 1);
        r->buffer[r->below_len - 1] = '/';
    }
    return 0;
}

int repository_find(struct repository **result, const char *directory, repository_complaint *complain,
                    void *context)
{
    struct repository *const r = calloc(1, sizeof(*r));
    struct finder f = {.r = r, .complain = complain, .context = context};
    char *common = NULL;
    int got;

    *result = NULL;
    if (!r || directory[0] != '/') {
        free(r);
        return r ? -EINVAL : -ENOMEM;
    }
    r->top = strdup(directory);
    got = r->top ? find_top(r->top, &common) : -ENOMEM;
    if (got == 1) {
        got = make_buffer(r, directory + strlen(r->top));
        if (got == 0)
            got = add_parents(&f);
        if (got == 0)
            got = add_excludes(&f, common);
        if (got == 0)
            *result = r;
    }
    free(common);
    if (!*result)
        repository_free(r);
    return got;
}

void repository_free(struct repository *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++)
        ignore_rules_free(r->levels[i].rules);
    free(r->levels);
    free(r->buffer);
    free(r->top);
    free(r);
}

const char *repository_top(const struct repository *r)
{
    return r->top;
}

/* The path behind what is from the top to the directory. */
static int put_path(struct repository *r, const char *path, size_t len)
{
    if (r->buffer_size - r->below_len < len) {
        char *const larger = realloc(r->buffer, r->below_len + 2 * len);

        if (!larger)
            return -ENOMEM;
        r->buffer = larger;
        r->buffer_size = r->below_len + 2 * len;
    }
    memcpy(r->buffer + r->below_len, path, len);
    return 0;
}

int repository_match(struct repository *r, const char *path, size_t len, size_t name_at, bool is_dir)
{
    enum ignore_verdict verdict = IGNORE_UNDECIDED;
    bool is_whole;

    if (!r || r->count == 0)
        return IGNORE_UNDECIDED;
    is_whole = r->need_path && r->below_len > 0;
    if (is_whole) {
        if (put_path(r, path, len) < 0)
            return -ENOMEM;
        path = r->buffer;
        len += r->below_len;
        name_at += r->below_len;
    }
    for (size_t i = 0; i < r->count && verdict == IGNORE_UNDECIDED; i++) {
        const struct level *const l = &r->levels[i];
        const size_t base_len = is_whole ? l->base_len : 0;

        verdict = ignore_rules_match(l->rules, path + base_len, len - base_len, name_at - base_len, is_dir);
    }
    return (int)verdict;
}
