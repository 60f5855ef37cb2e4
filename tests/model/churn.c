/* churn.c: random operations on a tree of files, as many a second as the kernel takes, for model.py to watch.
 *
 *     churn --seed N --ops N --inside DIR --outside DIR [--think] [--left-out NAME]...
 *
 * Everything happens below --inside, which is watched, and --outside, which is not (one file system);
 * whatever is there at the start is taken over. The same seed on the same trees makes the same operations.
 * The number of entries stays bounded, so that names come and go in the same places. --think pauses now and
 * then, so that a watcher is sometimes far behind and sometimes not. At the end one line says what was done
 * and what is there.
 *
 * Directories of a name that is left out are not watched.
 *
 * Directories are reached by descriptors, which are cached: paths may be longer than PATH_MAX. Opened with
 * O_PATH they make no event, and they are closed before the directory is removed.
 *
 * Three things are left out because nobody who is told by inotify could tell what had happened:
 * - RENAME_EXCHANGE(a, b) looks like [rename a over b, rename b to a], so that an overwriting rename is
 * always followed by a separator(), which makes other records;
 * - RENAME_EXCHANGE(a, b), with a in a directory that is not watched yet, looks like [move something over b,
 *   move b away], so that a comes from a directory that is surely watched: see `veteran`;
 * - nor can be told for files whether b was there before, so that a, if it is one, has no name that is left
 * out. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE /* musl 1.2.3 has neither these nor renameat2() */
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE  2
#endif

#define MOST_LEVELS    40 /* below the root; 16 directories with the longest names are beyond PATH_MAX */
#define ORDINARY_NAMES 40
#define MOST_TREE      60 /* entries of a subtree that is removed, copied or moved out at once */
#define FEW            24 /* how often something that may not be there is looked for */

enum kind {
    DIRECTORY,
    REGULAR,
    OTHER /* symbolic link, FIFO */
};

struct world;

struct list {
    struct node **items;
    size_t count, room;
};

struct node {
    struct node *parent; /* NULL: the root of its world */
    struct world *world;
    size_t in_parent, in_world; /* where it is in parent->children and in a list of its world */
    enum kind kind;
    struct list children;
    int fd;         /* of a directory, or -1 */
    bool veteran;   /* inside since the start, and never below a directory that is not: surely watched */
    uint64_t inode; /* the same for hard links of each other */
    char name[NAME_MAX + 1];
};

/* One of the two trees. */
struct world {
    struct node *root;
    struct list directories, others; /* all of its nodes; the root is the first directory */
    size_t most_directories, most_others;
};

static struct world inside = {.most_directories = 400, .most_others = 2000};
static struct world outside = {.most_directories = 120, .most_others = 600};
static uint64_t next_inode = UINT64_C(1) << 63; /* of what is made here; above those that the kernel gave */
static uint64_t seed, ops, done, calls;
static bool thinks;
static const char *left_out[8]; /* names */
static size_t left_out_count;
static const char *current = "the start";

static _Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void die(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "churn: seed %" PRIu64 ", operation %" PRIu64 " (%s): ", seed, done, current);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* What is done must succeed: churn alone changes these trees, and knows what is there. */
static int check(int result, const char *call, const char *name)
{
    calls++;
    if (result < 0)
        die("%s(%s): %s", call, name, strerror(errno));
    return result;
}

/* ---- chance ---- */

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_next(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static size_t below(size_t limit)
{
    return (size_t)(random_next() % limit);
}

static bool one_in(size_t n)
{
    return below(n) == 0;
}

/* ---- what is known of the trees ---- */

static void list_add(struct list *l, struct node *n)
{
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 4;
        l->items = reallocarray(l->items, l->room, sizeof(*l->items));
        if (!l->items)
            die("out of memory");
    }
    l->items[l->count++] = n;
}

static struct list *list_of(const struct node *n)
{
    return n->kind == DIRECTORY ? &n->world->directories : &n->world->others;
}

static void enter_world(struct node *n, struct world *w)
{
    n->world = w;
    n->in_world = list_of(n)->count;
    list_add(list_of(n), n);
    for (size_t i = 0; i < n->children.count; i++)
        enter_world(n->children.items[i], w);
}

static void leave_world(struct node *n)
{
    struct list *const l = list_of(n);
    struct node *const last = l->items[--l->count];

    l->items[n->in_world] = last;
    last->in_world = n->in_world;
    for (size_t i = 0; i < n->children.count; i++)
        leave_world(n->children.items[i]);
}

static void no_veteran(struct node *n)
{
    if (!n->veteran)
        return; /* nor is anything below */
    n->veteran = false;
    for (size_t i = 0; i < n->children.count; i++)
        no_veteran(n->children.items[i]);
}

static bool is_left_out(const char *name)
{
    for (size_t i = 0; i < left_out_count; i++)
        if (strcmp(name, left_out[i]) == 0)
            return true;
    return false;
}

static void attach(struct node *n, struct node *parent)
{
    n->parent = parent;
    n->in_parent = parent->children.count;
    list_add(&parent->children, n);
    if (!parent->veteran)
        no_veteran(n);
}

static void detach(const struct node *n)
{
    struct list *const l = &n->parent->children;
    struct node *const last = l->items[--l->count];

    l->items[n->in_parent] = last;
    last->in_parent = n->in_parent;
}

static struct node *new_node(struct node *parent, const char *name, enum kind kind, uint64_t inode)
{
    struct node *const n = calloc(1, sizeof(*n));

    if (!n)
        die("out of memory");
    n->kind = kind;
    n->fd = -1;
    n->inode = inode;
    snprintf(n->name, sizeof(n->name), "%s", name);
    attach(n, parent);
    enter_world(n, parent->world);
    return n;
}

static void close_directory(struct node *n)
{
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
}

/* It has no children any more. */
static void forget(struct node *n)
{
    close_directory(n);
    detach(n);
    leave_world(n);
    free(n->children.items);
    free(n);
}

static struct node *child_named(const struct node *dir, const char *name)
{
    for (size_t i = 0; i < dir->children.count; i++)
        if (strcmp(dir->children.items[i]->name, name) == 0)
            return dir->children.items[i];
    return NULL;
}

static bool is_within(const struct node *n, const struct node *dir)
{
    while (n && n != dir)
        n = n->parent;
    return n;
}

static bool are_related(const struct node *a, const struct node *b)
{
    return is_within(a, b) || is_within(b, a);
}

static size_t depth(const struct node *n)
{
    size_t levels = 0;

    while ((n = n->parent))
        levels++;
    return levels;
}

static size_t height(const struct node *n)
{
    size_t most = 0;

    for (size_t i = 0; i < n->children.count; i++) {
        const size_t below_it = 1 + height(n->children.items[i]);

        if (below_it > most)
            most = below_it;
    }
    return most;
}

static size_t entries(const struct node *n)
{
    size_t count = 1;

    for (size_t i = 0; i < n->children.count; i++)
        count += entries(n->children.items[i]);
    return count;
}

static bool fits(const struct node *n, const struct node *dir)
{
    return !is_within(dir, n) && depth(dir) + 1 + height(n) <= MOST_LEVELS;
}

/* ---- choosing ---- */

/* Often what was made lately: that is where a watcher may not have arrived yet. */
static struct node *pick(const struct list *l)
{
    if (l->count == 0)
        return NULL;
    if (l->count > 16 && one_in(3))
        return l->items[l->count - 1 - below(16)];
    return l->items[below(l->count)];
}

static struct node *pick_directory(const struct world *w)
{
    return pick(&w->directories);
}

/* Not the root. */
static struct node *pick_subtree(const struct world *w)
{
    struct node *const n = pick_directory(w);

    return n->parent ? n : NULL;
}

static struct node *pick_other(const struct world *w)
{
    return pick(&w->others);
}

static struct node *pick_regular(const struct world *w)
{
    for (size_t i = 0; i < FEW; i++) {
        struct node *const n = pick_other(w);

        if (n && n->kind == REGULAR)
            return n;
    }
    return NULL;
}

static struct node *pick_empty(const struct world *w)
{
    for (size_t i = 0; i < FEW; i++) {
        struct node *const n = pick_subtree(w);

        if (n && n->children.count == 0)
            return n;
    }
    return NULL;
}

/* Not too much at once: else the tree would vanish and come back. */
static struct node *pick_small_tree(const struct world *w)
{
    struct node *n = pick_directory(w);

    while (n && (!n->parent || entries(n) > MOST_TREE)) {
        struct node *directory = NULL;

        for (size_t i = 0; i < FEW && n->children.count > 0 && !directory; i++) {
            directory = pick(&n->children);
            if (directory->kind != DIRECTORY)
                directory = NULL;
        }
        n = directory;
    }
    return n;
}

/* A file, a link or a small tree. */
static struct node *pick_movable(const struct world *w)
{
    return one_in(3) ? pick_other(w) : pick_small_tree(w);
}

/* Mostly where it is watched. */
static struct world *pick_world(void)
{
    return one_in(8) ? &outside : &inside;
}

static void long_name(char *name)
{
    static const char *const letters[] = {"l", "\xe9", "\xc3\xa9", "\\"};
    const char *const letter = letters[below(sizeof(letters) / sizeof(letters[0]))];
    const size_t length = strlen(letter);

    name[NAME_MAX] = '\0';
    for (size_t i = 0; i < NAME_MAX; i++)
        name[i] = letter[i % length];
    name[NAME_MAX - 1] = (char)('0' + below(4));
}

static void random_name(char *name)
{
    static const char *const hostile[] = {"a\nb",
                                          "\n",
                                          "\xff\xfe",
                                          "back\\slash",
                                          "\\n",
                                          "\t\x1b[31m",
                                          "\"quoted\"",
                                          "' '",
                                          " ",
                                          "-rf",
                                          "*",
                                          "...",
                                          "caf\xc3",
                                          "\xc0\xaf",
                                          "\xed\xa0\x80",
                                          "\x7f\x1",
                                          "\xc3\xa9t\xc3\xa9",
                                          "\xf4\x90\x80\x80",
                                          "\xef\xbf\xbd",
                                          "%s%n",
                                          "\xe2\x80\xaexyz"};
    const size_t sort = below(100);

    if (sort < 92)
        snprintf(name, NAME_MAX + 1, "n%zu", below(ORDINARY_NAMES));
    else if (sort < 98)
        snprintf(name, NAME_MAX + 1, "%s", hostile[below(sizeof(hostile) / sizeof(hostile[0]))]);
    else
        long_name(name);
}

/* False: the directory is as good as full. */
static bool free_name(const struct node *dir, char *name)
{
    for (size_t i = 0; i < FEW; i++) {
        random_name(name);
        if (!child_named(dir, name))
            return true;
    }
    return false;
}

/* ---- single changes, to the trees and to what is known of them ---- */

static int fd_of(struct node *dir)
{
    if (dir->fd < 0)
        dir->fd = check(openat(fd_of(dir->parent), dir->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                        "openat", dir->name);
    return dir->fd;
}

static void write_some(int fd, const char *name)
{
    static const char bytes[4096];

    for (size_t i = below(4); i > 0; i--)
        check(write(fd, bytes, 1 + below(200)) < 0 ? -1 : 0, "write", name);
}

static int open_file(struct node *dir, const char *name, int flags)
{
    return check(openat(fd_of(dir), name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | flags, 0644), "openat", name);
}

static struct node *make_file(struct node *dir, const char *name)
{
    const int fd = open_file(dir, name, O_CREAT | O_EXCL);

    write_some(fd, name);
    close(fd);
    return new_node(dir, name, REGULAR, next_inode++);
}

static struct node *make_directory(struct node *dir, const char *name)
{
    check(mkdirat(fd_of(dir), name, 0755), "mkdirat", name);
    return new_node(dir, name, DIRECTORY, next_inode++);
}

static void make_symlink(struct node *dir, const char *name, const char *text)
{
    check(symlinkat(text, fd_of(dir), name), "symlinkat", name);
    new_node(dir, name, OTHER, next_inode++);
}

static void remove_entry(struct node *n)
{
    close_directory(n);
    check(unlinkat(fd_of(n->parent), n->name, n->kind == DIRECTORY ? AT_REMOVEDIR : 0), "unlinkat", n->name);
    forget(n);
}

static void remove_tree(struct node *n)
{
    while (n->children.count > 0)
        remove_tree(n->children.items[below(n->children.count)]);
    remove_entry(n);
}

static void replant(struct node *n, struct node *dir, const char *name)
{
    detach(n);
    attach(n, dir);
    snprintf(n->name, sizeof(n->name), "%s", name);
    if (is_left_out(name))
        no_veteran(n);
    if (n->world != dir->world) {
        leave_world(n);
        enter_world(n, dir->world);
    }
}

static int rename_at(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

/* To a name that is free. */
static void move(struct node *n, struct node *dir, const char *name)
{
    const unsigned flags = one_in(4) ? RENAME_NOREPLACE : 0;
    char new_name[NAME_MAX + 1];

    snprintf(new_name, sizeof(new_name), "%s", name); /* it may be a node's that is being renamed */
    check(rename_at(fd_of(n->parent), n->name, fd_of(dir), new_name, flags), "renameat2", n->name);
    replant(n, dir, new_name);
}

/* Records in a directory that is always watched, so that what follows is not taken for the second half of an
 * exchange. */
static void separator(void)
{
    static const char name[] = "separator";

    close(open_file(inside.root, name, O_CREAT | O_EXCL));
    check(unlinkat(fd_of(inside.root), name, 0), "unlinkat", name);
}

/* A file over a file, or a directory over an empty one that is not related to it. */
static void move_over(struct node *n, struct node *victim)
{
    close_directory(victim);
    check(renameat(fd_of(n->parent), n->name, fd_of(victim->parent), victim->name), "renameat", n->name);
    if (n->inode != victim->inode) { /* rename(2): else it does nothing */
        struct node *const dir = victim->parent;
        char name[NAME_MAX + 1];

        snprintf(name, sizeof(name), "%s", victim->name);
        forget(victim);
        replant(n, dir, name);
    }
    separator();
}

static void exchange(struct node *a, struct node *b)
{
    struct node *const dir_a = a->parent, *const dir_b = b->parent;
    char name_a[NAME_MAX + 1], name_b[NAME_MAX + 1];

    check(rename_at(fd_of(dir_a), a->name, fd_of(dir_b), b->name, RENAME_EXCHANGE), "renameat2", a->name);
    if (a->inode == b->inode)
        return;
    snprintf(name_a, sizeof(name_a), "%s", a->name);
    snprintf(name_b, sizeof(name_b), "%s", b->name);
    replant(a, dir_b, name_b);
    replant(b, dir_a, name_a);
}

static struct node *copy_tree(const struct node *n, struct node *dir, const char *name)
{
    struct node *copy;
    char text[PATH_MAX];
    ssize_t length;

    if (n->kind == REGULAR)
        return make_file(dir, name);
    if (n->kind == OTHER) {
        length = readlinkat(fd_of(n->parent), n->name, text, sizeof(text) - 1);
        text[length > 0 ? length : 0] = '\0';
        make_symlink(dir, name, length > 0 ? text : "was no link");
        return child_named(dir, name);
    }
    copy = make_directory(dir, name);
    for (size_t i = 0; i < n->children.count; i++)
        copy_tree(n->children.items[i], copy, n->children.items[i]->name);
    return copy;
}

/* mkdir -p, with up to so many files at each level. Returns its top, or NULL. */
static struct node *make_chain(struct node *dir, size_t levels, size_t files)
{
    struct node *top = NULL;
    char name[NAME_MAX + 1];

    while (levels-- > 0 && depth(dir) < MOST_LEVELS && free_name(dir, name)) {
        dir = make_directory(dir, name);
        if (!top)
            top = dir;
        for (size_t i = below(files + 1); i > 0; i--)
            if (free_name(dir, name))
                make_file(dir, name);
    }
    return top;
}

/* ---- operations: false if there is nothing now to do it with ---- */

static bool op_create(void)
{
    struct node *const dir = pick_directory(pick_world());
    char name[NAME_MAX + 1];

    if (!free_name(dir, name))
        return false;
    make_file(dir, name);
    return true;
}

static bool op_write(void)
{
    static const int how[] = {0, O_TRUNC, O_APPEND};
    struct node *const n = pick_regular(pick_world());
    int fd;

    if (!n)
        return false;
    fd = open_file(n->parent, n->name, how[below(3)]);
    write_some(fd, n->name);
    if (one_in(4))
        check(ftruncate(fd, (off_t)below(300)), "ftruncate", n->name);
    close(fd);
    return true;
}

static bool op_attributes(void)
{
    const struct world *const w = pick_world();
    struct node *const n = one_in(2) ? pick_regular(w) : pick_subtree(w);

    if (!n)
        return false;
    check(fchmodat(fd_of(n->parent), n->name, one_in(2) ? 0755 : 0700, 0), "fchmodat", n->name);
    return true;
}

static bool op_mkdir(void)
{
    struct node *const dir = pick_directory(pick_world());
    char name[NAME_MAX + 1];

    if (depth(dir) >= MOST_LEVELS || !free_name(dir, name))
        return false;
    make_directory(dir, name);
    return true;
}

static bool op_chain(void)
{
    struct node *const dir = pick_directory(pick_world());
    struct node *const top = make_chain(dir, 1 + below(6), 2);
    char name[NAME_MAX + 1];

    if (top && one_in(3) && free_name(dir, name))
        move(top, dir, name);
    return top;
}

/* Deeper than PATH_MAX. */
static bool op_abyss(void)
{
    struct node *dir = inside.root;
    char name[NAME_MAX + 1];

    if (!one_in(4)) /* it is much at once */
        return false;
    for (size_t i = 0; i < 18; i++) {
        long_name(name);
        if (child_named(dir, name))
            return false;
        dir = make_directory(dir, name);
    }
    make_file(dir, "bottom");
    return true;
}

static bool op_rmdir(void)
{
    struct node *const n = pick_empty(pick_world());

    if (!n)
        return false;
    remove_entry(n);
    return true;
}

static bool op_unlink(void)
{
    struct node *const n = pick_other(pick_world());

    if (!n)
        return false;
    remove_entry(n);
    return true;
}

static bool op_unlink_open(void)
{
    struct node *const n = pick_regular(pick_world());
    int fd;

    if (!n)
        return false;
    fd = open_file(n->parent, n->name, 0);
    remove_entry(n);
    write_some(fd, "a removed file");
    close(fd);
    return true;
}

static bool op_rename_file(void)
{
    const struct world *const w = pick_world();
    struct node *const n = pick_other(w), *const dir = pick_directory(w);
    char name[NAME_MAX + 1];

    if (!n || !free_name(dir, name))
        return false;
    move(n, dir, name);
    return true;
}

static bool op_rename_directory(void)
{
    const struct world *const w = pick_world();
    struct node *const n = pick_subtree(w), *dir;
    char name[NAME_MAX + 1];

    if (!n)
        return false;
    dir = one_in(4) ? n->parent : pick_directory(w);
    if (!fits(n, dir) || !free_name(dir, name))
        return false;
    move(n, dir, name);
    return true;
}

/* The same directory, again and again. */
static bool op_wander(void)
{
    struct node *const n = pick_subtree(&inside);
    bool moved = false;
    char name[NAME_MAX + 1];

    if (!n)
        return false;
    for (size_t i = 2 + below(5); i > 0; i--) {
        struct node *const dir = pick_directory(&inside);

        if (!fits(n, dir) || !free_name(dir, name))
            continue;
        move(n, dir, name);
        moved = true;
        if (one_in(3) && free_name(n, name))
            make_file(n, name);
    }
    return moved;
}

static bool op_file_over_file(void)
{
    const struct world *const w = pick_world();
    struct node *const n = pick_other(w), *const victim = pick_other(w);

    if (!n || n == victim)
        return false;
    move_over(n, victim);
    return true;
}

/* As editors save. */
static bool op_save(void)
{
    struct node *const victim = pick_regular(pick_world());
    char name[NAME_MAX + 1];

    if (!victim || !free_name(victim->parent, name))
        return false;
    move_over(make_file(victim->parent, name), victim);
    return true;
}

static bool op_directory_over_empty(void)
{
    const struct world *const w = pick_world();
    struct node *const n = pick_subtree(w), *const victim = pick_empty(w);

    if (!n || !victim || are_related(n, victim) || !fits(n, victim->parent))
        return false;
    move_over(n, victim);
    return true;
}

static bool may_exchange(const struct node *a, const struct node *b)
{
    if (!a || !b || !a->parent || !b->parent || are_related(a, b))
        return false;
    if (!fits(a, b->parent) || !fits(b, a->parent))
        return false;
    if (is_left_out(a->name) && !is_left_out(b->name) && a->kind != DIRECTORY && b->kind != DIRECTORY)
        return false;
    /* In one directory: both are seen or none. With the outside: the second is never seen. */
    return a->parent == b->parent || a->parent->veteran || b->world == &outside;
}

static bool op_exchange_neighbours(void)
{
    const struct node *const dir = pick_directory(pick_world());
    struct node *const a = pick(&dir->children), *const b = pick(&dir->children);

    if (!may_exchange(a, b))
        return false;
    exchange(a, b);
    return true;
}

static bool op_exchange(void)
{
    const struct world *const w = one_in(8) ? &outside : &inside;

    for (size_t i = 0; i < FEW; i++) {
        struct node *const a = one_in(3) ? pick_other(&inside) : pick_subtree(&inside);
        struct node *const b = one_in(3) ? pick_other(w) : pick_subtree(w);

        if (!may_exchange(a, b))
            continue;
        exchange(a, b);
        if (one_in(4) && may_exchange(a, b))
            exchange(a, b);
        return true;
    }
    return false;
}

/* a -> tmp, b -> a, c -> b, tmp -> c */
static bool op_ring(void)
{
    struct node *ring[4];
    const size_t count = 2 + below(3);
    struct node *dir, *place;
    char free_place[NAME_MAX + 1], name[NAME_MAX + 1];

    for (size_t i = 0; i < count; i++) {
        ring[i] = pick_subtree(&inside);
        if (!ring[i])
            return false;
        for (size_t k = 0; k < i; k++)
            if (are_related(ring[i], ring[k]) || !fits(ring[i], ring[k]->parent) ||
                !fits(ring[k], ring[i]->parent))
                return false;
    }
    dir = ring[0]->parent;
    if (!free_name(dir, free_place))
        return false;
    snprintf(name, sizeof(name), "%s", ring[0]->name);
    move(ring[0], dir, free_place);
    place = dir;
    for (size_t i = 1; i < count; i++) {
        struct node *const left = ring[i]->parent;
        char left_name[NAME_MAX + 1];

        snprintf(left_name, sizeof(left_name), "%s", ring[i]->name);
        move(ring[i], place, name);
        place = left;
        snprintf(name, sizeof(name), "%s", left_name);
    }
    move(ring[0], place, name);
    return true;
}

/* p/c -> tmp, p -> tmp/x, tmp -> p */
static bool op_invert(void)
{
    struct node *const c = pick_subtree(&inside);
    struct node *p, *dir;
    char free_place[NAME_MAX + 1], name[NAME_MAX + 1], inner[NAME_MAX + 1];

    if (!c || !c->parent->parent || depth(c->parent) + 2 + height(c->parent) > MOST_LEVELS)
        return false;
    p = c->parent;
    dir = p->parent;
    if (!free_name(dir, free_place) || !free_name(c, inner))
        return false;
    snprintf(name, sizeof(name), "%s", p->name);
    move(c, dir, free_place);
    move(p, c, inner);
    move(c, dir, name);
    return true;
}

/* Away with it, and something else under its name at once. */
static bool op_replace(void)
{
    const struct world *const w = pick_world();
    struct node *const n = one_in(2) ? pick_other(w) : pick_subtree(w);
    struct node *dir;
    char name[NAME_MAX + 1], free_place[NAME_MAX + 1];

    if (!n)
        return false;
    dir = n->parent;
    snprintf(name, sizeof(name), "%s", n->name);
    if (n->kind != DIRECTORY || n->children.count == 0)
        remove_entry(n);
    else if (free_name(dir, free_place))
        move(n, dir, free_place);
    else
        return false;
    if (one_in(2)) {
        make_file(dir, name);
    } else {
        struct node *const replacement = make_directory(dir, name);

        if (one_in(2))
            make_file(replacement, "n1");
    }
    return true;
}

/* What is gone before anybody could look. */
static bool op_flash(void)
{
    struct node *const dir = pick_directory(pick_world());
    struct node *n;
    char name[NAME_MAX + 1], other_name[NAME_MAX + 1];

    if (depth(dir) >= MOST_LEVELS || !free_name(dir, name))
        return false;
    if (one_in(3)) {
        remove_entry(make_file(dir, name));
        return true;
    }
    n = make_directory(dir, name);
    if (one_in(2))
        make_file(n, "n0");
    if (one_in(2) && free_name(dir, other_name))
        move(n, dir, other_name);
    if (one_in(2))
        make_file(n, "n1");
    remove_tree(n);
    return true;
}

static bool op_link(void)
{
    const struct world *const w = pick_world();
    struct node *const n = pick_regular(w), *const dir = pick_directory(w);
    char name[NAME_MAX + 1];

    if (!n || !free_name(dir, name))
        return false;
    check(linkat(fd_of(n->parent), n->name, fd_of(dir), name, 0), "linkat", n->name);
    new_node(dir, name, REGULAR, n->inode);
    return true;
}

static bool op_symlink(void)
{
    struct node *const dir = pick_directory(pick_world());
    const struct node *const neighbour = pick(&dir->children);
    char name[NAME_MAX + 1];

    if (!free_name(dir, name))
        return false;
    switch (below(4)) {
    case 0:
        make_symlink(dir, name, one_in(2) ? "." : "..");
        break;
    case 1:
        make_symlink(dir, name, "nothing/there");
        break;
    default:
        make_symlink(dir, name, neighbour ? neighbour->name : name);
    }
    return true;
}

static bool op_fifo(void)
{
    struct node *const dir = pick_directory(pick_world());
    char name[NAME_MAX + 1];

    if (!free_name(dir, name))
        return false;
    check(mkfifoat(fd_of(dir), name, 0644), "mkfifoat", name);
    new_node(dir, name, OTHER, next_inode++);
    return true;
}

static bool op_remove_tree(void)
{
    struct node *const n = pick_small_tree(pick_world());

    if (!n)
        return false;
    remove_tree(n);
    return true;
}

static bool op_copy_tree(void)
{
    const struct node *const n = pick_small_tree(pick_world());
    struct node *const dir = pick_directory(pick_world());
    char name[NAME_MAX + 1];

    if (!n || !fits(n, dir) || !free_name(dir, name))
        return false;
    copy_tree(n, dir, name);
    return true;
}

static bool cross(struct node *n, const struct world *w)
{
    struct node *const dir = pick_directory(w);
    struct node *const victim = !n || !one_in(5)       ? NULL
                                : n->kind == DIRECTORY ? pick_empty(w)
                                                       : pick_other(w);
    char name[NAME_MAX + 1];

    if (!n)
        return false;
    if (victim && fits(n, victim->parent)) {
        move_over(n, victim);
        return true;
    }
    if (!fits(n, dir) || !free_name(dir, name))
        return false;
    move(n, dir, name);
    return true;
}

static bool op_move_out(void)
{
    return cross(pick_movable(&inside), &outside);
}

static bool op_move_in(void)
{
    return cross(pick_movable(&outside), &inside);
}

/* What a watcher must no longer report under the old path happens while the directory is outside. */
static bool op_out_and_in(void)
{
    struct node *const n = pick_small_tree(&inside), *const dir = pick_directory(&inside);
    char name[NAME_MAX + 1], out_name[NAME_MAX + 1];

    if (!n || !fits(n, dir) || !free_name(outside.root, out_name) || !free_name(dir, name))
        return false;
    move(n, outside.root, out_name);
    for (size_t i = below(3); i > 0; i--) {
        char inner[NAME_MAX + 1];

        if (n->children.count > 0 && one_in(3))
            remove_tree(n->children.items[below(n->children.count)]);
        else if (free_name(n, inner) && one_in(2))
            make_file(n, inner);
        else if (!child_named(n, inner))
            make_directory(n, inner);
    }
    move(n, dir, name);
    return true;
}

static bool op_build_and_move_in(void)
{
    struct node *const dir = pick_directory(&inside);
    struct node *const top = make_chain(outside.root, 1 + below(4), 3);
    char name[NAME_MAX + 1];

    if (!top)
        return false;
    for (size_t i = below(4); i > 0; i--)
        make_chain(top, 1 + below(3), 2);
    if (fits(top, dir) && free_name(dir, name))
        move(top, dir, name);
    return true;
}

static const struct operation {
    const char *name;
    bool (*run)(void);
    size_t weight;
} operations[] = {
    {"create", op_create, 30},
    {"write", op_write, 6},
    {"attributes", op_attributes, 3},
    {"mkdir", op_mkdir, 4},
    {"chain", op_chain, 4},
    {"abyss", op_abyss, 1},
    {"rmdir", op_rmdir, 6},
    {"unlink", op_unlink, 6},
    {"unlink an open file", op_unlink_open, 1},
    {"rename a file", op_rename_file, 5},
    {"rename a directory", op_rename_directory, 8},
    {"wander", op_wander, 2},
    {"file over file", op_file_over_file, 3},
    {"save", op_save, 2},
    {"directory over an empty one", op_directory_over_empty, 3},
    {"exchange neighbours", op_exchange_neighbours, 4},
    {"exchange", op_exchange, 5},
    {"ring", op_ring, 3},
    {"invert", op_invert, 2},
    {"replace", op_replace, 4},
    {"flash", op_flash, 4},
    {"link", op_link, 3},
    {"symlink", op_symlink, 3},
    {"fifo", op_fifo, 1},
    {"remove a tree", op_remove_tree, 2},
    {"copy a tree", op_copy_tree, 2},
    {"move out", op_move_out, 3},
    {"move in", op_move_in, 4},
    {"out and in", op_out_and_in, 3},
    {"build and move in", op_build_and_move_in, 2},
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

/* ---- the whole of it ---- */

static bool run_one(void)
{
    static size_t total;
    size_t ticket;
    const struct operation *op = operations;

    if (total == 0)
        for (size_t i = 0; i < OPERATIONS; i++)
            total += operations[i].weight;
    for (ticket = below(total); ticket >= op->weight; op++)
        ticket -= op->weight;
    current = op->name;
    return op->run();
}

static bool is_over(const struct world *w)
{
    return w->directories.count > w->most_directories || w->others.count > w->most_others;
}

/* Back to a number of entries with which names meet again. */
static bool shrink(const struct world *w)
{
    struct node *const n = pick_small_tree(w);

    current = "shrink";
    if (n)
        remove_tree(n);
    else if (w->others.count > 0)
        remove_entry(pick_other(w));
    else
        return false;
    return true;
}

static void pause_for(size_t us)
{
    const struct timespec time = {.tv_nsec = (long)us * 1000};

    nanosleep(&time, NULL);
}

static void run_all(void)
{
    size_t burst = 1 + below(100);

    while (done < ops) {
        const struct world *const full = is_over(&inside) ? &inside : is_over(&outside) ? &outside : NULL;

        if (!(full ? shrink(full) : inside.directories.count < 40 ? op_chain() : run_one()))
            continue;
        done++;
        if (thinks && --burst == 0) {
            burst = 1 + below(100);
            pause_for(below(4000));
        }
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b); /* not the locale's order */
}

/* The names in dir, sorted: scandirat(3) is not in every C library. Returns how many. */
static size_t list_names(struct node *dir, char ***names)
{
    const int fd = check(openat(fd_of(dir), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "openat", dir->name);
    DIR *const stream = fdopendir(fd);
    const struct dirent *found;
    size_t count = 0, room = 0;

    *names = NULL;
    if (!stream)
        die("fdopendir");
    while ((found = readdir(stream))) {
        if (count == room) {
            room = room ? 2 * room : 16;
            *names = reallocarray(*names, room, sizeof(**names));
            if (!*names)
                die("out of memory");
        }
        (*names)[count] = strdup(found->d_name);
        if (!(*names)[count++])
            die("out of memory");
    }
    closedir(stream);
    if (count > 0)
        qsort(*names, count, sizeof(**names), by_name);
    return count;
}

static void load(struct node *dir)
{
    char **names;
    const size_t count = list_names(dir, &names);

    for (size_t i = 0; i < count; i++) {
        const char *const name = names[i];

        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            struct stat st;
            struct node *n;

            check(fstatat(fd_of(dir), name, &st, AT_SYMLINK_NOFOLLOW), "fstatat", name);
            n = new_node(dir, name,
                         S_ISDIR(st.st_mode)   ? DIRECTORY
                         : S_ISREG(st.st_mode) ? REGULAR
                                               : OTHER,
                         st.st_ino);
            n->veteran = dir->veteran && !is_left_out(name);
            if (n->kind == DIRECTORY)
                load(n);
        }
        free(names[i]);
    }
    free(names);
}

static void open_world(struct world *w, const char *path)
{
    struct node *const root = calloc(1, sizeof(*root));

    if (!root)
        die("out of memory");
    root->fd = check(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), "open", path);
    root->veteran = w == &inside;
    w->root = root;
    enter_world(root, w);
    load(root);
}

static void close_world(struct world *w)
{
    for (size_t i = 0; i < w->directories.count; i++) {
        close_directory(w->directories.items[i]);
        free(w->directories.items[i]->children.items);
        free(w->directories.items[i]);
    }
    for (size_t i = 0; i < w->others.count; i++)
        free(w->others.items[i]);
    free(w->directories.items);
    free(w->others.items);
}

static _Noreturn void usage_error(void)
{
    fputs("usage: churn --seed N --ops N --inside DIR --outside DIR [--think] [--left-out NAME]...\n",
          stderr);
    exit(2);
}

static uint64_t take_number(const char *text)
{
    char *end;
    uint64_t number;

    errno = 0;
    number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
        usage_error();
    return number;
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"ops", required_argument, NULL, 'n'},
                                            {"inside", required_argument, NULL, 'i'},
                                            {"outside", required_argument, NULL, 'o'},
                                            {"think", no_argument, NULL, 't'},
                                            {"left-out", required_argument, NULL, 'l'},
                                            {NULL, 0, NULL, 0}};
    const char *inside_path = NULL, *outside_path = NULL;
    struct rlimit files;
    int64_t start;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            seed = take_number(optarg);
            break;
        case 'n':
            ops = take_number(optarg);
            break;
        case 'i':
            inside_path = optarg;
            break;
        case 'o':
            outside_path = optarg;
            break;
        case 't':
            thinks = true;
            break;
        case 'l':
            if (left_out_count == sizeof(left_out) / sizeof(left_out[0]))
                usage_error();
            left_out[left_out_count++] = optarg;
            break;
        default:
            usage_error();
        }
    }
    if (optind != argc || !inside_path || !outside_path)
        usage_error();
    umask(0022);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    random_state = seed;
    open_world(&inside, inside_path);
    open_world(&outside, outside_path);
    calls = 0;
    start = now_us();
    run_all();
    printf("%" PRIu64 " operations, %" PRIu64 " calls, %" PRId64 " us; inside %zu directories, %zu others\n",
           done, calls, now_us() - start, inside.directories.count - 1, inside.others.count);
    close_world(&inside);
    close_world(&outside);
    return 0;
}
