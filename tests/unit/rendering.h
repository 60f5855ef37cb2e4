/* rendering.h: one record through a format that is made for it, with a canary behind the promised room.
 * For test_format.c and test_template.c. */
#ifndef RENDERING_H
#define RENDERING_H

#include "format.h"

#include "check.h"
#include "room.h"

/* 2023-11-14 22:13:20 UTC */
#define SOME_TIME ((struct timespec){.tv_sec = 1700000000, .tv_nsec = 123456789})

static inline struct format *made(const struct format_spec *spec)
{
    struct format *f = NULL;
    char why[512] = "";
    const int err = format_new(&f, spec, why, sizeof(why));

    if (err < 0 || !f) {
        fprintf(stderr, "the format is refused: %s\n", why);
        exit(1);
    }
    format_set_time(f, &SOME_TIME);
    return f;
}

/* The length of what is in room.bytes afterwards, which the caller frees. */
static inline size_t render(const struct format *f, const struct record *r, struct room *room)
{
    size_t len;

    *room = room_new(format_bound(f, r));
    len = (size_t)(format_record(f, r, room->bytes) - room->bytes);
    CHECK_ROOM(*room, len);
    return len;
}

static inline void check_rendered(const struct format_spec *spec, const struct record *r, const char *wanted,
                                  size_t wanted_len, const char *what, const char *file, int line)
{
    struct format *const f = made(spec);
    struct room room;
    const size_t len = render(f, r, &room);

    check_bytes(room.bytes, len, wanted, wanted_len, what, file, line);
    room_free(&room);
    format_free(f);
}

/* With a literal, so that NUL may stand in it. */
#define CHECK_RENDERED(spec, record, literal)                                                                \
    check_rendered((spec), (record), (literal), sizeof(literal) - 1, #record, __FILE__, __LINE__)

static inline struct timestamp *time_of(const char *format)
{
    struct timestamp *t;
    char why[256];

    NEED(setenv("TZ", "UTC0", 1) == 0);
    tzset();
    NEED(timestamp_parse(format, &t, why, sizeof(why)) == 0);
    return t;
}

/* A record of an entry of a watched directory, or with an empty name of the watched object itself. */
static inline struct record record_of(uint32_t mask, const char *watched, const char *name)
{
    return (struct record){
        .seq = 1,
        .wd = 1,
        .mask = mask,
        .path = watched,
        .path_len = strlen(watched),
        .name = name,
        .name_len = strlen(name),
        .watched = watched,
        .watched_len = strlen(watched),
    };
}

#endif
