/* names.c: the ways of PATHs as steps (directory, name), in a hash table, each directory watched once.
 * Neighbours: presence.c looks at the PATHs that it names. */
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)16 * 1024)
#define CHANGES     ((uint32_t)(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO))

/* As many links on one way as the kernel follows (path_resolution(7)). */
#define LINKS_MAX 40

struct step {
    struct step *next_of_bucket, *next_of_path;
    struct path *path;
    int wd;
    size_t name_len;
    char name[];
};

struct names {
    struct backend *backend;
    int home; /* the working directory of the start */
    struct step **buckets;
    size_t bucket_count, step_count;
    struct step *told; /* the next one to look at for the event in hand */
    struct event event;
};

#define FIRST_BUCKETS ((size_t)64)

int names_new(struct names **result)
{
    struct names *const n = calloc(1, sizeof(*n));
    int err;

    *result = NULL;
    if (!n)
        return -ENOMEM;
    n->bucket_count = FIRST_BUCKETS;
    n->buckets = calloc(n->bucket_count, sizeof(struct step *));
    n->home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    err = !n->buckets ? -ENOMEM : n->home < 0 ? -errno : backend_open(&n->backend, BUFFER_SIZE);
    if (err < 0) {
        names_free(n);
        return err;
    }
    *result = n;
    return 0;
}

void names_free(struct names *n)
{
    if (!n)
        return;
    for (size_t i = 0; n->buckets && i < n->bucket_count; i++) {
        for (struct step *s = n->buckets[i], *next; s; s = next) {
            next = s->next_of_bucket;
            free(s);
        }
    }
    free(n->buckets);
    if (n->home >= 0)
        close(n->home);
    backend_close(n->backend);
    free(n);
}

int names_fd(const struct names *n)
{
    return backend_fd(n->backend);
}

/* ---- steps ---- */

static struct step **bucket(const struct names *n, int wd, const char *name, size_t len)
{
    uint64_t hash = (uint64_t)wd;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001B3);
    return &n->buckets[(hash >> 20) & (n->bucket_count - 1)];
}

static int grow(struct names *n)
{
    struct step **const old = n->buckets;
    const size_t old_count = n->bucket_count;
    struct step **const larger = calloc(2 * old_count, sizeof(struct step *));

    if (!larger)
        return -ENOMEM;
    n->buckets = larger;
    n->bucket_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++) {
        for (struct step *s = old[i], *next; s; s = next) {
            struct step **const at = bucket(n, s->wd, s->name, s->name_len);

            next = s->next_of_bucket;
            s->next_of_bucket = *at;
            *at = s;
        }
    }
    free(old);
    return 0;
}

static int add_step(struct names *n, struct path *p, int wd, const char *name, size_t len)
{
    struct step *const s = malloc(sizeof(*s) + len);
    struct step **at;

    if (!s || (n->step_count >= n->bucket_count && grow(n) < 0)) {
        free(s);
        return -ENOMEM;
    }
    at = bucket(n, wd, name, len);
    *s = (struct step){.path = p, .wd = wd, .name_len = len};
    memcpy(s->name, name, len);
    s->next_of_bucket = *at;
    *at = s;
    s->next_of_path = p->steps;
    p->steps = s;
    n->step_count++;
    return 0;
}

static bool is_used(const struct names *n, int wd)
{
    for (size_t i = 0; i < n->bucket_count; i++)
        for (const struct step *s = n->buckets[i]; s; s = s->next_of_bucket)
            if (s->wd == wd)
                return true;
    return false;
}

/* Remove steps that a PATH no longer takes, and the watches that nobody needs any more. A way changes seldom,
 * so the search for them may take its time. */
static void drop_steps(struct names *n, struct step *steps)
{
    for (struct step *s = steps, *next; s; s = next) {
        struct step **at = bucket(n, s->wd, s->name, s->name_len);
        const int wd = s->wd;

        next = s->next_of_path;
        while (*at != s)
            at = &(*at)->next_of_bucket;
        *at = s->next_of_bucket;
        if (n->told == s)
            n->told = s->next_of_bucket;
        free(s);
        n->step_count--;
        if (!is_used(n, wd))
            backend_remove(n->backend, wd);
    }
}

/* ---- the way ---- */

/* What of a PATH is still to be gone, and where we are. */
struct way {
    char rest[2 * PATH_MAX];
    int at; /* the directory, open */
    int links;
};

/* The next name of the way, cut off its rest. Returns its length, 0 at the end. */
static size_t take_name(struct way *way, char name[EVENT_NAME_MAX + 1])
{
    const size_t slashes = strspn(way->rest, "/");
    const size_t len = strcspn(way->rest + slashes, "/");

    if (len == 0 || len > EVENT_NAME_MAX)
        return 0;
    memcpy(name, way->rest + slashes, len);
    name[len] = '\0';
    memmove(way->rest, way->rest + slashes + len, strlen(way->rest + slashes + len) + 1);
    return len;
}

static bool is_at_end(const struct way *way)
{
    return way->rest[strspn(way->rest, "/")] == '\0';
}

static bool start_way(const struct names *n, struct way *way)
{
    if (way->at >= 0)
        close(way->at);
    way->at = way->rest[0] == '/' ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)
                                  : fcntl(n->home, F_DUPFD_CLOEXEC, 0);
    return way->at >= 0;
}

/* A link: its text comes before the rest of the way. */
static bool follow_link(const struct names *n, struct way *way, int link)
{
    char text[2 * PATH_MAX];
    const ssize_t len = readlinkat(link, "", text, PATH_MAX);
    int directory;

    if (len <= 0 || len >= PATH_MAX || ++way->links > LINKS_MAX)
        return false;
    text[len] = '\0';
    if (strlen(way->rest) + (size_t)len >= sizeof(text))
        return false;
    memcpy(text + len, way->rest, strlen(way->rest) + 1);
    memcpy(way->rest, text, strlen(text) + 1);
    if (text[0] == '/')
        return start_way(n, way);
    directory = fcntl(way->at, F_DUPFD_CLOEXEC, 0);
    close(way->at);
    way->at = directory;
    return directory >= 0;
}

/* Go through one name. Returns 1 to go on, 0 at the end of what exists, -ENOMEM. */
static int take_step(struct names *n, struct path *p, struct way *way, bool last_too)
{
    char name[EVENT_NAME_MAX + 1];
    const size_t len = take_name(way, name);
    struct stat st;
    int next, wd, err = 0;

    if (len == 0)
        return 0;
    if (strcmp(name, ".") == 0)
        return 1;
    if (strcmp(name, "..") != 0 && fchdir(way->at) == 0) {
        wd = backend_add(n->backend, ".", CHANGES | IN_ONLYDIR | IN_MASK_ADD);
        if (wd >= 0)
            err = add_step(n, p, wd, name, len);
    }
    next = openat(way->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (err < 0 || next < 0 || fstat(next, &st) < 0) {
        if (next >= 0)
            close(next);
        return err;
    }
    if (S_ISLNK(st.st_mode)) {
        const bool goes_on = (last_too || !is_at_end(way)) && follow_link(n, way, next);

        close(next);
        return goes_on;
    }
    close(way->at);
    way->at = next;
    return S_ISDIR(st.st_mode) && !is_at_end(way);
}

int names_resolve(struct names *n, struct path *p, bool last_too)
{
    struct way way = {.at = -1};
    struct step *const before = p->steps;
    int more;

    p->steps = NULL;
    if (p->given_len >= PATH_MAX)
        return 0; /* the kernel would not take it either */
    memcpy(way.rest, p->given, p->given_len + 1);
    more = start_way(n, &way);
    while (more > 0)
        more = take_step(n, p, &way, last_too);
    if (way.at >= 0)
        close(way.at);
    while (fchdir(n->home) < 0 && errno == EINTR)
        ;
    drop_steps(n, before);
    return more;
}

/* ---- events ---- */

static bool next_event(struct names *n)
{
    while (queue_next(backend_queue(n->backend), &n->event) <= 0)
        if (backend_read(n->backend) <= 0)
            return false;
    return true;
}

struct path *names_next_touched(struct names *n, bool *lost)
{
    for (;;) {
        while (n->told) {
            const struct step *const s = n->told;

            n->told = s->next_of_bucket;
            if (s->wd == n->event.wd && s->name_len == n->event.name_len &&
                memcmp(s->name, n->event.name, s->name_len) == 0)
                return s->path;
        }
        if (!next_event(n))
            return NULL;
        if (n->event.mask & IN_Q_OVERFLOW)
            *lost = true;
        else if (n->event.name_len > 0)
            n->told = *bucket(n, n->event.wd, n->event.name, n->event.name_len);
    }
}
