/* record.h: what one line of output says, before anybody has decided how it looks.
 * Filled by tap.c, perhaps settled by merge.c, written out by format.c. */
#ifndef INOTAP_RECORD_H
#define INOTAP_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest error text. */
#define RECORD_ERROR_MAX ((size_t)256)

/* The fields of the interface. The texts are borrowed, need only live until the record is formatted, and
 * are not terminated. */
struct record {
    uint64_t seq;
    int wd;            /* -1 where there is none */
    uint32_t mask;     /* as the kernel reported it; 0 for a record of our own */
    uint32_t cookie;   /* 0 where there is none */
    uint32_t len;      /* the kernel's length of the name field, padding included */
    const char *label; /* the name of a record of our own (READY), else NULL: the mask is decoded */
    const char *path;  /* all of the path but the name, so with a slash at its end if there is a name */
    size_t path_len;
    const char *name;
    size_t name_len;
    const char *watched; /* the watched directory with one slash at its end, or the watched file */
    size_t watched_len;
    bool synthetic;    /* found by looking, not told by the kernel */
    const char *error; /* of an ERROR record: terminated; else NULL */
    uint64_t count;    /* how many events a settled record stands for; 0: it is not settled */
    const char *from;  /* the old path of a RENAME, in one piece; NULL: none */
    size_t from_len;
};

#endif
