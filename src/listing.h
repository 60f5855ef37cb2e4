/* listing.h: the names in a directory, by getdents64(2). Private to the tree room. */
#ifndef INOTAP_LISTING_H
#define INOTAP_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name; its bytes are in the arena, terminated. */
struct found {
    size_t name; /* offset */
    uint16_t name_len;
    bool is_dir;
};

/* All zero at the start. */
struct listing {
    char *arena;
    size_t arena_len, arena_size;
    struct found *items;
    size_t count, capacity;
    char *dirents; /* what the kernel fills */
};

/* The names in the working directory, which is open as fd, in place of those of the last one. is_new: nothing
 * was read from fd before. Returns 0 or -errno. */
int listing_read(struct listing *l, int fd, bool is_new, bool only_directories);
void listing_free(struct listing *l);

#endif
