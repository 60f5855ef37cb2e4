/* room.h: exactly as much memory as a writer says it needs, with a canary behind it.
 * For the tests of what writes into a caller's buffer: events, utf8, format, template. */
#ifndef ROOM_H
#define ROOM_H

#include "check.h"

#define ROOM_CANARY_SIZE ((size_t)64)
#define ROOM_CANARY      ((char)0xa5)

struct room {
    char *bytes;
    size_t size;
};

static inline struct room room_new(size_t size)
{
    struct room room = {.bytes = malloc(size + ROOM_CANARY_SIZE), .size = size};

    NEED(room.bytes != NULL);
    memset(room.bytes, ROOM_CANARY, size + ROOM_CANARY_SIZE);
    return room;
}

/* Has nothing been written behind it? */
static inline bool room_kept(const struct room *room)
{
    for (size_t i = room->size; i < room->size + ROOM_CANARY_SIZE; i++)
        if (room->bytes[i] != ROOM_CANARY)
            return false;
    return true;
}

static inline void room_free(struct room *room)
{
    free(room->bytes);
    room->bytes = NULL;
}

/* What was written ends within the room, and so did whatever was written on the way. */
#define CHECK_ROOM(room, len)                                                                                \
    do {                                                                                                     \
        CHECK((len) <= (room).size);                                                                         \
        CHECK(room_kept(&(room)));                                                                           \
    } while (0)

#endif
