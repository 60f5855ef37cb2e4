/* events.h: what inotify(7) can say and be asked: names, bits, groups, and the kernel's buffer decoded.
 * Reads nothing and prints nothing; options.c, format.c and the help text all use its one table. */
#ifndef INOTAP_EVENTS_H
#define INOTAP_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/inotify.h>

#ifndef IN_MASK_CREATE
#define IN_MASK_CREATE 0x10000000 /* Linux 4.18; missing from older C library headers */
#endif

/* The size of the fixed part of a raw event; of the largest event with a name of NAME_MAX bytes (inotify(7));
 * and of the largest that there can be. NAME_MAX bounds the names of most file systems, but NTFS, exFAT, VFAT
 * and ZFS count 255 characters, which may be 765 bytes, and FUSE allows 1024 bytes or more. What bounds every
 * name is that a path with its NUL has PATH_MAX bytes (path_resolution(7)). */
#define EVENT_HEADER_SIZE ((size_t)16)
#define EVENT_USUAL_SIZE  (EVENT_HEADER_SIZE + 256)
#define EVENT_NAME_MAX    ((size_t)4095)
#define EVENT_MAX_SIZE    (EVENT_HEADER_SIZE + EVENT_NAME_MAX + 1)

/* One event as the kernel reported it. `name` points into the buffer that was decoded and lives as long as
 * that; it has name_len bytes, none of them NUL, and is not terminated. `len` is the kernel's own length of
 * the name field, padding included. wd is -1 where there is none (Q_OVERFLOW). */
struct event {
    int wd;
    uint32_t mask;
    uint32_t cookie;
    uint32_t len;
    const char *name;
    size_t name_len;
};

/* The rest of a buffer that read(2) filled. The bytes need no alignment. */
struct event_cursor {
    const char *at;
    const char *end;
};

/* Take the next event off the cursor.
 * Returns 1 and fills *ev, 0 at the end, or -EBADMSG where the rest cannot be an event (a header cut short, a
 * name longer than what is left); the cursor then stays where it is, so that the offset can be told. */
int events_next(struct event_cursor *cursor, struct event *ev);

enum event_kind {
    EVENT_REPORTED, /* may be asked for, is reported */
    EVENT_TOLD,     /* reported by the kernel's own choice; asking is an error */
    EVENT_FLAG,     /* a flag for inotify_add_watch(2), never reported */
    EVENT_GROUP,    /* a name of ours for several */
};

struct event_row {
    const char *name; /* upper case without IN_; groups in lower case */
    uint32_t bits;
    enum event_kind kind;
    const char *help; /* one line, no full stop */
};

/* The table, in the order of inotify(7), ISDIR last among the reported names. Static. */
const struct event_row *events_table(size_t *count);

/* The bits of a group; 0 if there is none of that name. */
uint32_t events_group(const char *name);

/* The lists given with -e, added up. Start from {0}. */
struct event_list {
    uint32_t added;
    uint32_t taken; /* taken away, and not added again since */
    bool positive;  /* an event was named, so the default does not count */
    bool all;       /* everything was asked for, as raw as the kernel says it */
};

/* Add one comma-separated list of names, groups and numbers, each perhaps with a leading '-'.
 * Returns 0, or -EINVAL with a message in why (why_size bytes) that names the item and what to do. */
int events_list_add(struct event_list *list, const char *text, char *why, size_t why_size);

/* The events and the watch flags that the lists come to. Lists that name no event, or only take away, start
 * from the group `changes`. Returns 0, or -EINVAL with a message: nothing left, or flags that exclude each
 * other. */
int events_list_finish(const struct event_list *list, uint32_t *events, uint32_t *flags, char *why,
                       size_t why_size);

/* An upper bound for what events_put() writes, in bytes. */
size_t events_put_bound(size_t separator_len);

/* Write the names of a reported mask at p, separated, in the table's order; bits without a name follow in
 * hexadecimal, before ISDIR. A mask of 0 is written as 0x0. Returns the end; no NUL is added. */
char *events_put(char *p, uint32_t mask, const char *separator, size_t separator_len);

/* The width of the widest name list that watching for `mask` will commonly produce. */
size_t events_width(uint32_t mask);

#endif
