/* names.c: the ways of PATHs as steps, each through a junction (directory, name); each directory is watched
 * once.
 * Neighbours: presence.c looks at the PATHs that it names. */
#include "names.h"

#include "again.h"
#include "home.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)16 * 1024)
#define CHANGES     ((uint32_t)(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO))

/* Only where permission is missing: in a busy directory there may be many of them. */
#define PERMISSIONS ((uint32_t)IN_ATTRIB)

/* As many links on one way as the kernel follows (path_resolution(7)). */
#define LINKS_MAX 40

/* A directory that ways lead through, by its watch. */
struct place {
    struct place *next;
    int wd;
    size_t use_count; /* junctions in it */
};

/* A name in a directory, and every step of a PATH that takes it. */
struct junction {
    struct junction *next, **at; /* in its bucket */
    struct place *place;
    struct step *steps;
    size_t name_len;
    char name[];
};

struct step {
    struct step *next_of_path;
    struct step *next, **at; /* in its junction */
    struct junction *junction;
    struct path *path;
};

struct names {
    struct backend *backend;
    /* Two hash tables with as many buckets each. A step, a junction and a watch are each found and dropped
     * without a search, for tens of thousands of PATHs may have their first names in common. */
    struct junction **junctions;
    struct place **places;
    size_t bucket_count, junction_count;
    size_t unseen_count;     /* PATHs that are p->unseen */
    const struct step *told; /* the next one to look at for the event in hand */
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
    n->junctions = calloc(n->bucket_count, sizeof(struct junction *));
    n->places = calloc(n->bucket_count, sizeof(struct place *));
    err = !n->junctions || !n->places ? -ENOMEM : backend_open(&n->backend, BUFFER_SIZE);
    if (err < 0) {
        names_free(n);
        return err;
    }
    *result = n;
    return 0;
}

static void free_junction(struct junction *j)
{
    for (struct step *s = j->steps, *next; s; s = next) {
        next = s->next;
        free(s);
    }
    free(j);
}

void names_free(struct names *n)
{
    if (!n)
        return;
    for (size_t i = 0; n->junctions && i < n->bucket_count; i++) {
        for (struct junction *j = n->junctions[i], *next; j; j = next) {
            next = j->next;
            free_junction(j);
        }
    }
    for (size_t i = 0; n->places && i < n->bucket_count; i++) {
        for (struct place *place = n->places[i], *next; place; place = next) {
            next = place->next;
            free(place);
        }
    }
    free(n->junctions);
    free(n->places);
    backend_close(n->backend);
    free(n);
}

int names_fd(const struct names *n)
{
    return backend_fd(n->backend);
}

/* ---- steps ---- */

static struct junction **junction_bucket(const struct names *n, int wd, const char *name, size_t len)
{
    uint64_t hash = (uint64_t)wd;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001B3);
    return &n->junctions[(hash >> 20) & (n->bucket_count - 1)];
}

/* Descriptors count up. */
static struct place **place_bucket(const struct names *n, int wd)
{
    return &n->places[(size_t)wd & (n->bucket_count - 1)];
}

static struct junction *find_junction(const struct names *n, int wd, const char *name, size_t len)
{
    struct junction *j = *junction_bucket(n, wd, name, len);

    while (j && (j->place->wd != wd || j->name_len != len || memcmp(j->name, name, len) != 0))
        j = j->next;
    return j;
}

static struct place *find_place(const struct names *n, int wd)
{
    struct place *place = *place_bucket(n, wd);

    while (place && place->wd != wd)
        place = place->next;
    return place;
}

static void insert_junction(const struct names *n, struct junction *j)
{
    struct junction **const bucket = junction_bucket(n, j->place->wd, j->name, j->name_len);

    j->next = *bucket;
    j->at = bucket;
    if (j->next)
        j->next->at = &j->next;
    *bucket = j;
}

static void insert_place(const struct names *n, struct place *place)
{
    struct place **const bucket = place_bucket(n, place->wd);

    place->next = *bucket;
    *bucket = place;
}

static int grow(struct names *n)
{
    struct names larger = {.bucket_count = 2 * n->bucket_count};

    larger.junctions = calloc(larger.bucket_count, sizeof(struct junction *));
    larger.places = calloc(larger.bucket_count, sizeof(struct place *));
    if (!larger.junctions || !larger.places) {
        free(larger.junctions);
        free(larger.places);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n->bucket_count; i++) {
        for (struct junction *j = n->junctions[i], *next; j; j = next) {
            next = j->next;
            insert_junction(&larger, j);
        }
        for (struct place *place = n->places[i], *next; place; place = next) {
            next = place->next;
            insert_place(&larger, place);
        }
    }
    free(n->junctions);
    free(n->places);
    n->junctions = larger.junctions;
    n->places = larger.places;
    n->bucket_count = larger.bucket_count;
    return 0;
}

/* A junction has gone from a place. */
static void leave_place(struct names *n, struct place *place)
{
    struct place **at = place_bucket(n, place->wd);

    if (--place->use_count > 0)
        return;
    while (*at != place)
        at = &(*at)->next;
    *at = place->next;
    backend_remove(n->backend, place->wd);
    free(place);
}

/* A junction without steps, made if need be; NULL without memory. */
static struct junction *make_junction(struct names *n, int wd, const char *name, size_t len)
{
    struct place *place = find_place(n, wd);
    struct junction *const j = malloc(sizeof(*j) + len);

    if (!place) {
        place = calloc(1, sizeof(*place));
        if (place) {
            place->wd = wd;
            insert_place(n, place);
        }
    }
    if (!place || !j) {
        if (place && place->use_count == 0) {
            place->use_count = 1;
            leave_place(n, place);
        }
        free(j);
        return NULL;
    }
    *j = (struct junction){.place = place, .name_len = len};
    memcpy(j->name, name, len);
    place->use_count++;
    insert_junction(n, j);
    n->junction_count++;
    return j;
}

static void drop_junction(struct names *n, struct junction *j)
{
    *j->at = j->next;
    if (j->next)
        j->next->at = j->at;
    leave_place(n, j->place);
    free(j);
    n->junction_count--;
}

static int add_step(struct names *n, struct path *p, int wd, const char *name, size_t len)
{
    struct step *const s = malloc(sizeof(*s));
    struct junction *j;

    if (!s || (n->junction_count >= n->bucket_count && grow(n) < 0)) {
        free(s);
        return -ENOMEM;
    }
    j = find_junction(n, wd, name, len);
    if (!j)
        j = make_junction(n, wd, name, len);
    if (!j) {
        free(s);
        return -ENOMEM;
    }
    *s = (struct step){.next_of_path = p->steps, .next = j->steps, .at = &j->steps, .junction = j, .path = p};
    if (s->next)
        s->next->at = &s->next;
    j->steps = s;
    p->steps = s;
    return 0;
}

/* Remove steps that a PATH no longer takes, and the watches that nobody needs any more. */
static void drop_steps(struct names *n, struct step *steps)
{
    for (struct step *s = steps, *next; s; s = next) {
        struct junction *const j = s->junction;

        next = s->next_of_path;
        if (n->told == s)
            n->told = s->next;
        *s->at = s->next;
        if (s->next)
            s->next->at = s->at;
        free(s);
        if (!j->steps)
            drop_junction(n, j);
    }
}

/* ---- the way ---- */

/* What of a PATH is still to be gone, and where we are. */
struct way {
    char rest[2 * PATH_MAX];
    int at; /* the directory, open */
    int links;
    uint32_t changes;          /* that its directories are watched for */
    bool is_watched;           /* the last directory is */
    bool is_barred, is_unseen; /* for the PATH */
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

static bool start_way(struct way *way)
{
    if (way->at >= 0)
        close(way->at);
    way->at = way->rest[0] == '/' ? AGAIN(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC))
                                  : fcntl(home_fd(), F_DUPFD_CLOEXEC, 0);
    return way->at >= 0;
}

/* A link: its text comes before the rest of the way. */
static bool follow_link(struct way *way, int link)
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
        return start_way(way);
    directory = fcntl(way->at, F_DUPFD_CLOEXEC, 0);
    close(way->at);
    way->at = directory;
    return directory >= 0;
}

/* Watch the directory for a name in it. Returns 0 or -ENOMEM. */
static int watch_name(struct names *n, struct path *p, struct way *way, const char *name, size_t len)
{
    const int wd = AGAIN(fchdir(way->at)) < 0
                       ? -errno
                       : backend_add(n->backend, ".", way->changes | IN_ONLYDIR | IN_MASK_ADD);

    way->is_watched = wd >= 0;
    return wd < 0 ? 0 : add_step(n, p, wd, name, len);
}

/* Go through one name. Returns 1 to go on, 0 at the end of what exists, -ENOMEM. */
static int take_step(struct names *n, struct path *p, struct way *way, bool last_too)
{
    const bool is_told_above = way->is_watched;
    char name[EVENT_NAME_MAX + 1];
    const size_t len = take_name(way, name);
    struct stat st;
    int next, err = 0;

    if (len == 0)
        return 0;
    if (strcmp(name, ".") == 0)
        return 1;
    if (strcmp(name, "..") != 0)
        err = watch_name(n, p, way, name, len);
    next = AGAIN(openat(way->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (next < 0 && (errno == EACCES || errno == EPERM)) {
        /* The directory may not be searched, which the one above tells when it changes. */
        way->is_barred = true;
        way->is_unseen = way->is_unseen || !is_told_above;
    } else {
        way->is_unseen = way->is_unseen || !way->is_watched;
    }
    if (err < 0 || next < 0 || fstat(next, &st) < 0) {
        if (next >= 0)
            close(next);
        return err;
    }
    if (S_ISLNK(st.st_mode)) {
        const bool goes_on = (last_too || !is_at_end(way)) && follow_link(way, next);

        close(next);
        return goes_on;
    }
    close(way->at);
    way->at = next;
    return S_ISDIR(st.st_mode) && !is_at_end(way);
}

static void set_unseen(struct names *n, struct path *p, bool is_unseen)
{
    n->unseen_count += is_unseen;
    n->unseen_count -= p->unseen;
    p->unseen = is_unseen;
}

void names_set_unseen(struct names *n, struct path *p)
{
    set_unseen(n, p, true);
}

size_t names_unseen(const struct names *n)
{
    return n->unseen_count;
}

/* The steps are p->steps. Returns 0 or -ENOMEM. */
static int go(struct names *n, struct path *p, bool last_too, struct way *way)
{
    int more;

    memcpy(way->rest, p->given, p->given_len + 1);
    way->at = -1;
    more = start_way(way);
    while (more > 0)
        more = take_step(n, p, way, last_too);
    if (way->at >= 0)
        close(way->at);
    return more;
}

int names_resolve(struct names *n, struct path *p, bool last_too, bool with_permissions)
{
    struct way way = {.changes = CHANGES | (with_permissions ? PERMISSIONS : 0)};
    struct step *before = p->steps;
    int err;

    p->steps = NULL;
    if (p->given_len >= PATH_MAX)
        return 0; /* the kernel would not take it either */
    err = go(n, p, last_too, &way);
    if (err == 0 && way.is_barred && !with_permissions) {
        /* Once more, as the permission may have been given before anybody was told of that. */
        struct step *const first = p->steps;

        p->steps = NULL;
        way = (struct way){.changes = CHANGES | PERMISSIONS};
        err = go(n, p, last_too, &way);
        drop_steps(n, first);
    }
    p->barred = way.is_barred || with_permissions;
    set_unseen(n, p, way.is_unseen);
    home_return();
    drop_steps(n, before);
    return err;
}

bool names_leads_through(const struct path *p, const char *name, size_t name_len)
{
    for (const struct step *s = p->steps; s; s = s->next_of_path)
        if (s->junction->name_len == name_len && memcmp(s->junction->name, name, name_len) == 0)
            return true;
    return false;
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
        if (n->told) {
            const struct step *const s = n->told;

            n->told = s->next;
            if ((n->event.mask & CHANGES) || s->path->barred)
                return s->path;
            continue;
        }
        if (!next_event(n))
            return NULL;
        if (n->event.mask & IN_Q_OVERFLOW) {
            *lost = true;
        } else if (n->event.name_len > 0) {
            const struct junction *const j = find_junction(n, n->event.wd, n->event.name, n->event.name_len);

            n->told = j ? j->steps : NULL;
        }
    }
}
