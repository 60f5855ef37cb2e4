/* test_merge_model.c: random changes of a small tree, settled, and applied to the tree of the start: each
 * record must fit where it is applied, and in the end it must be the same tree. Neighbours: merge_scene.h,
 * random.h. */
#include "merge_scene.h"
#include "random.h"

enum { NAMES = 3, DEPTH = 3, THINGS_MAX = 64, PATH_ROOM = 2 * DEPTH + 2, PATHS = 40, HELD_MAX = 400 };

/* number: which of the things of the start it is; 0: another. stale: not as it was then, so far as is known.
 */
struct thing {
    char path[PATH_ROOM];
    bool is_dir, stale;
    int number;
};

struct tree {
    struct thing things[THINGS_MAX];
    size_t count;
};

struct model {
    struct merge *merge;
    struct tree truth, reader;
    struct {
        struct tree things; /* of one MOVED_FROM, their paths below it */
        uint32_t cookie;
    } held[HELD_MAX];
    size_t held_count, told;
    uint64_t events, counted;
    int64_t now, settle, max_delay;
    int64_t first[PATHS];  /* the first event of a path that is pending; -1: none */
    bool was_there[PATHS]; /* before that */
    uint32_t cookie;
    bool with_renames, flat, adding, flushing;
};

/* ---- trees ---- */

static struct thing *find(struct tree *t, const char *path)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->things[i].path, path) == 0)
            return &t->things[i];
    return NULL;
}

static bool is_below(const char *path, const char *dir)
{
    const size_t len = strlen(dir);

    return strncmp(path, dir, len) == 0 && path[len] == '/';
}

static bool has_children(const struct tree *t, const char *path)
{
    for (size_t i = 0; i < t->count; i++)
        if (is_below(t->things[i].path, path))
            return true;
    return false;
}

static struct thing *put(struct tree *t, const char *path, bool is_dir)
{
    struct thing *const x = &t->things[t->count++];

    NEED(t->count <= THINGS_MAX && strlen(path) < PATH_ROOM);
    *x = (struct thing){.is_dir = is_dir, .stale = true};
    memcpy(x->path, path, strlen(path) + 1);
    return x;
}

/* Take a thing and all below it out, into `into` (NULL: nowhere), with their paths as from there. */
static void take(struct tree *t, const char *path, struct tree *into)
{
    const size_t len = strlen(path);

    if (into)
        into->count = 0;
    for (size_t i = 0; i < t->count;) {
        struct thing *const x = &t->things[i];

        if (strcmp(x->path, path) != 0 && !is_below(x->path, path)) {
            i++;
            continue;
        }
        if (into) {
            into->things[into->count] = *x;
            memmove(into->things[into->count++].path, x->path + len, strlen(x->path + len) + 1);
        }
        *x = t->things[--t->count];
    }
}

static void attach(struct tree *t, const struct tree *taken, const char *path)
{
    for (size_t i = 0; i < taken->count; i++) {
        char whole[2 * PATH_ROOM];
        struct thing *x;

        snprintf(whole, sizeof(whole), "%s%s", path, taken->things[i].path);
        x = put(t, whole, taken->things[i].is_dir);
        x->number = taken->things[i].number;
        x->stale = taken->things[i].stale;
    }
}

static bool has_parent(struct tree *t, const char *path)
{
    char parent[PATH_ROOM];
    const char *const slash = strrchr(path, '/');
    const struct thing *x;

    if (!slash)
        return true;
    snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
    x = find(t, parent);
    return x && x->is_dir;
}

/* Paths as numbers: for each step 0 for none, or the name. */
static size_t path_number(const char *path)
{
    size_t n = 0;

    for (const char *p = path; *p; p++)
        n = *p == '/' ? n : n * NAMES + (size_t)(*p - 'a') + 1;
    return n;
}

/* ---- the reader ---- */

static void replace(struct tree *t, const char *path, bool is_dir)
{
    const struct thing *const old = find(t, path);

    if (!old)
        return;
    CHECK_EQ(old->is_dir, is_dir);
    CHECK(!has_children(t, path));
    take(t, path, NULL);
}

static void read_moved_to(struct model *m, const struct record *r, const char *path, bool is_dir)
{
    if (!is_dir)
        CHECK(find(&m->reader, path) == NULL); /* or it would be a MODIFY */
    replace(&m->reader, path, is_dir);
    for (size_t i = 0; i < m->held_count && is_dir; i++) {
        if (m->held[i].cookie == r->cookie) {
            attach(&m->reader, &m->held[i].things, path);
            return;
        }
    }
    put(&m->reader, path, is_dir);
}

static void read_went(struct model *m, const struct record *r, const char *path, bool is_dir)
{
    struct thing *const x = find(&m->reader, path);

    if (!CHECK(x != NULL))
        return;
    CHECK_EQ(x->is_dir, is_dir);
    if (!(r->mask & IN_MOVED_FROM))
        CHECK(!has_children(&m->reader, path));
    if (r->mask & IN_DELETE)
        x->number = 0; /* what moved came after that */
    NEED(m->held_count < HELD_MAX);
    m->held[m->held_count].cookie = r->cookie;
    take(&m->reader, path, &m->held[m->held_count++].things);
}

static void read_rename(struct model *m, const struct record *r, const char *path, bool is_dir)
{
    struct tree taken;
    char from[PATH_ROOM];
    const struct thing *x;

    snprintf(from, sizeof(from), "%.*s", (int)r->from_len, r->from);
    x = find(&m->reader, from);
    if (!CHECK(x != NULL))
        return;
    CHECK_EQ(x->is_dir, is_dir);
    CHECK(!is_below(path, from));
    take(&m->reader, from, &taken);
    replace(&m->reader, path, is_dir);
    attach(&m->reader, &taken, path);
}

static void read_record(struct model *m, const struct record *r, const char *path)
{
    const bool is_dir = r->mask & IN_ISDIR;
    struct thing *x;

    CHECK(has_parent(&m->reader, path));
    CHECK(!(r->mask & (IN_CREATE | IN_MOVED_TO)) || !(r->mask & (IN_DELETE | IN_MOVED_FROM)));
    if (r->label) {
        read_rename(m, r, path, is_dir);
    } else if (r->mask & (IN_DELETE | IN_MOVED_FROM)) {
        read_went(m, r, path, is_dir);
        return;
    } else if (r->mask & IN_MOVED_TO) {
        read_moved_to(m, r, path, is_dir);
    } else if (r->mask & IN_CREATE) {
        CHECK(find(&m->reader, path) == NULL);
        put(&m->reader, path, is_dir);
    }
    CHECK(has_parent(&m->reader, path));
    x = find(&m->reader, path);
    if (!CHECK(x != NULL))
        return;
    CHECK_EQ(x->is_dir, is_dir);
    if (r->mask & IN_MODIFY) {
        x->stale = true;
        x->number = 0;
    }
}

static void check_times(struct model *m, const struct record *r, const char *path, int64_t when)
{
    const size_t n = path_number(path);

    if (!m->flushing) {
        CHECK(m->now - when <= m->settle);
        CHECK(m->now - when <= m->max_delay);
    }
    if (m->flat && !m->with_renames)
        CHECK(!m->adding); /* nothing makes anything early */
    if (m->with_renames || r->label)
        return;
    CHECK(m->first[n] >= 0);
    if (!m->flushing)
        CHECK(m->now - m->first[n] <= m->max_delay);
    m->first[n] = -1;
}

static int read_one(void *context, const struct record *r, const struct timespec *when)
{
    struct model *const m = context;
    char path[PATH_ROOM];

    CHECK(r->count > 0);
    CHECK(r->path_len + r->name_len < PATH_ROOM);
    snprintf(path, sizeof(path), "%.*s%.*s", (int)r->path_len, r->path, (int)r->name_len, r->name);
    if (getenv("CHECK_LOUD"))
        printf("    told %#x %s %.*s>%s count %llu\n", r->mask, r->label ? r->label : "", (int)r->from_len,
               r->from ? r->from : "", path, (unsigned long long)r->count);
    m->told++;
    m->counted += r->count;
    check_times(m, r, path, when->tv_nsec);
    read_record(m, r, path);
    return 0;
}

/* ---- events ---- */

static void begin_wait(struct model *m, size_t n, bool was_there)
{
    if (m->first[n] >= 0)
        return;
    m->first[n] = m->now;
    m->was_there[n] = was_there;
}

static void say(struct model *m, uint32_t mask, const char *path, const char *from,
                enum merge_presence before)
{
    struct record r = scene_record(path, strlen(path), mask);
    const struct timespec when = {.tv_nsec = (long)m->now};
    const size_t n = path_number(path);
    const bool was_there = !(mask & IN_CREATE) && (!(mask & IN_MOVED_TO) || before == MERGE_WAS_THERE);

    if (getenv("CHECK_LOUD"))
        printf("%lld: %#x %s%s%s\n", (long long)m->now, mask, from ? from : "", from ? ">" : "", path);
    r.cookie = mask & IN_MOVE ? m->cookie : 0;
    if (from) {
        r.label = "RENAME";
        r.from = from;
        r.from_len = strlen(from);
    }
    m->events++;
    begin_wait(m, n, was_there);
    m->adding = true;
    CHECK_EQ(merge_add(m->merge, &r, before, m->now, &when), 0);
    m->adding = false;
    begin_wait(m, n, was_there); /* what was pending may have been told, and this was not */
    if ((mask & (IN_DELETE | IN_MOVED_FROM)) && !m->was_there[n])
        m->first[n] = -1;
}

static uint32_t dir_bit(const struct thing *x)
{
    return x->is_dir ? IN_ISDIR : 0;
}

static void choose_path(const struct model *m, char path[PATH_ROOM])
{
    const size_t depth = m->flat ? 1 : 1 + random_below(DEPTH);

    for (size_t i = 0; i < depth; i++) {
        path[2 * i] = (char)('a' + random_below(NAMES));
        path[2 * i + 1] = i + 1 < depth ? '/' : '\0';
    }
}

static size_t depth_of(const char *path)
{
    return (strlen(path) + 1) / 2;
}

static bool fits(const struct tree *t, const char *path, const char *to)
{
    for (size_t i = 0; i < t->count; i++)
        if (is_below(t->things[i].path, path) &&
            depth_of(t->things[i].path) - depth_of(path) + depth_of(to) > DEPTH)
            return false;
    return true;
}

static void rename_one(struct model *m, const char *path)
{
    struct thing *const x = find(&m->truth, path);
    const uint32_t bits = dir_bit(x);
    struct tree taken;
    const struct thing *over;
    enum merge_presence before;
    char to[PATH_ROOM];

    choose_path(m, to);
    over = find(&m->truth, to);
    if (strcmp(path, to) == 0 || is_below(to, path) || !has_parent(&m->truth, to) ||
        !fits(&m->truth, path, to) || (over && (over->is_dir != x->is_dir || has_children(&m->truth, to))))
        return;
    before = over ? MERGE_WAS_THERE : random_below(2) ? MERGE_UNKNOWN : MERGE_WAS_ABSENT;
    m->cookie++;
    take(&m->truth, path, &taken);
    take(&m->truth, to, NULL);
    attach(&m->truth, &taken, to);
    if (m->with_renames) {
        say(m, IN_MOVED_TO | bits, to, path, before);
        return;
    }
    say(m, IN_MOVED_FROM | bits, path, NULL, MERGE_UNKNOWN);
    say(m, IN_MOVED_TO | bits, to, NULL, before);
}

static void change_one(struct model *m, const char *path)
{
    struct thing *const x = find(&m->truth, path);
    const uint32_t bits = dir_bit(x);

    switch (random_below(8)) {
    case 0:
    case 1:
        if (!has_children(&m->truth, path)) {
            take(&m->truth, path, NULL);
            say(m, IN_DELETE | bits, path, NULL, MERGE_UNKNOWN);
        }
        break;
    case 2:
        if (random_below(4) == 0) {
            m->cookie++;
            take(&m->truth, path, NULL);
            say(m, IN_MOVED_FROM | bits, path, NULL, MERGE_UNKNOWN);
        }
        break;
    case 3:
        say(m, IN_ATTRIB | bits, path, NULL, MERGE_UNKNOWN);
        break;
    case 4:
    case 5:
        if (!x->is_dir) {
            x->stale = true;
            say(m, IN_MODIFY, path, NULL, MERGE_UNKNOWN);
        }
        break;
    default:
        rename_one(m, path);
    }
}

/* A new thing, made there or moved in, the latter perhaps over an old one. */
static void new_one(struct model *m, const char *path)
{
    const struct thing *const old = find(&m->truth, path);
    const bool moved = old || random_below(4) == 0;
    const bool is_dir = old ? old->is_dir : !m->flat && random_below(2) == 0;

    m->cookie++;
    take(&m->truth, path, NULL);
    put(&m->truth, path, is_dir);
    say(m, (moved ? IN_MOVED_TO : IN_CREATE) | (is_dir ? IN_ISDIR : 0), path, NULL,
        old ? MERGE_WAS_THERE : MERGE_UNKNOWN);
}

static void change(struct model *m)
{
    char path[PATH_ROOM];
    const struct thing *x;

    choose_path(m, path);
    x = find(&m->truth, path);
    if (x && (random_below(10) > 0 || has_children(&m->truth, path)))
        change_one(m, path);
    else if (has_parent(&m->truth, path))
        new_one(m, path);
}

static void pass(struct model *m)
{
    const int64_t until = m->now + (int64_t)random_below(random_below(8) ? 4 : (size_t)m->settle + 2);
    int64_t due;

    while ((due = merge_next_due(m->merge)) >= 0 && due <= until) {
        m->now = due > m->now ? due : m->now;
        CHECK_EQ(merge_flush_due(m->merge, m->now), 0);
        CHECK(merge_next_due(m->merge) < 0 || merge_next_due(m->merge) > m->now);
    }
    m->now = until;
}

static void check_trees(struct model *m)
{
    CHECK_EQ(m->reader.count, m->truth.count);
    for (size_t i = 0; i < m->truth.count; i++) {
        const struct thing *const x = &m->truth.things[i];
        const struct thing *const known = find(&m->reader, x->path);

        if (!CHECK(known != NULL))
            continue;
        CHECK_EQ(known->is_dir, x->is_dir);
        if (known->number != 0)
            CHECK_EQ(known->number, x->number);
        if (x->stale && !x->is_dir)
            CHECK(known->stale);
    }
}

static void run(bool with_renames, bool flat)
{
    static struct model m;
    const struct merge_settings settings = {
        .settle_ns = (int64_t)(3 + random_below(60)),
        .max_delay_ns = (int64_t)(5 + random_below(300)),
        .memory_max = random_below(8) == 0 && !flat ? 8192 + 1000 : SIZE_MAX,
        .emit = read_one,
        .context = &m,
    };

    memset(&m, 0, sizeof(m));
    m.with_renames = with_renames;
    m.flat = flat;
    m.now = 1;
    m.settle = settings.settle_ns;
    m.max_delay = settings.max_delay_ns;
    for (size_t i = 0; i < PATHS; i++)
        m.first[i] = -1;
    NEED(merge_new(&m.merge, &settings) == 0);
    for (int i = 0; i < 12; i++) {
        char path[PATH_ROOM];

        choose_path(&m, path);
        if (!find(&m.truth, path) && has_parent(&m.truth, path)) {
            struct thing *const x = put(&m.truth, path, !flat && random_below(2));

            x->stale = false;
            x->number = i + 1;
        }
    }
    m.reader = m.truth;
    for (size_t i = random_below(120); i > 0; i--) {
        change(&m);
        pass(&m);
    }
    m.flushing = true;
    CHECK_EQ(merge_flush(m.merge), 0);
    CHECK_EQ(merge_next_due(m.merge), -1);
    CHECK(m.counted <= m.events);
    check_trees(&m);
    merge_free(m.merge);
}

int main(void)
{
    const size_t rounds = random_rounds(1000);
    const uint64_t start = random_setting("CHECK_SEED", 20251120);

    for (size_t i = 0; i < rounds && check_failures == 0; i++) {
        check_case("CHECK_SEED=%llu", (unsigned long long)(start + i));
        for (int way = 0; way < 4 && check_failures == 0; way++) {
            random_state = start + i;
            if (getenv("CHECK_LOUD"))
                printf("---- way %d\n", way);
            run(way & 1, way & 2);
        }
    }
    return check_status();
}
