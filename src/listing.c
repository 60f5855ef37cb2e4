/* listing.c: what is in a directory, in few system calls. Neighbours: walk.c compares it with the watch set.
 */
#include "listing.h"

#include "again.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIRENTS_SIZE ((size_t)64 * 1024)

static int add_found(struct listing *l, const char *name, size_t len, bool is_dir)
{
    if (l->count == l->capacity) {
        const size_t larger = l->capacity ? 2 * l->capacity : 64;
        struct found *const more = reallocarray(l->items, larger, sizeof(*more));

        if (!more)
            return -ENOMEM;
        l->items = more;
        l->capacity = larger;
    }
    while (l->arena_len + len + 1 > l->arena_size) {
        const size_t larger = l->arena_size ? 2 * l->arena_size : 4096;
        char *const more = realloc(l->arena, larger);

        if (!more)
            return -ENOMEM;
        l->arena = more;
        l->arena_size = larger;
    }
    l->items[l->count++] = (struct found){.name = l->arena_len, .name_len = (uint16_t)len, .is_dir = is_dir};
    memcpy(l->arena + l->arena_len, name, len + 1);
    l->arena_len += len + 1;
    return 0;
}

/* The layout of getdents64(2). */
struct raw_dirent {
    uint64_t ino;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* Does a file system leave the type to stat(2)? A name that is gone by then has its end in the queue. */
static bool is_directory(uint8_t type, const char *name)
{
    struct stat st;

    if (type != DT_UNKNOWN)
        return type == DT_DIR;
    return AGAIN(fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW)) == 0 && S_ISDIR(st.st_mode);
}

static bool is_dot(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

int listing_read(struct listing *l, int fd, bool is_new, bool only_directories)
{
    long n;

    l->count = 0;
    l->arena_len = 0;
    if (!l->dirents && !(l->dirents = malloc(DIRENTS_SIZE)))
        return -ENOMEM;
    if (!is_new && lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    while ((n = AGAIN(syscall(SYS_getdents64, fd, l->dirents, DIRENTS_SIZE))) > 0) {
        for (long at = 0; at < n;) {
            const struct raw_dirent *const d = (const void *)(l->dirents + at);
            bool is_dir;

            at += d->size;
            if (is_dot(d->name))
                continue;
            is_dir = is_directory(d->type, d->name);
            if ((is_dir || !only_directories) && add_found(l, d->name, strlen(d->name), is_dir) < 0)
                return -ENOMEM;
        }
    }
    return n < 0 ? -errno : 0;
}

void listing_free(struct listing *l)
{
    free(l->arena);
    free(l->items);
    free(l->dirents);
}
