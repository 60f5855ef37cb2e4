/* decode.c: any bytes as a buffer that read(2) filled: whatever the decoder says of it lies inside, and it
 * ends. Neighbours: events.h. */
#include "events.h"

#include "fuzz.h"

#include <errno.h>

static void check_names(uint32_t mask)
{
    const size_t bound = events_put_bound(1);
    char *const names = malloc(bound);
    const char *end;

    REQUIRE(names != NULL);
    end = events_put(names, mask, ",", 1);
    REQUIRE(end > names && (size_t)(end - names) <= bound);
    free(names);
}

static void check_event(const struct event *ev, const char *from, const char *to)
{
    REQUIRE(ev->len == (size_t)(to - from) - EVENT_HEADER_SIZE);
    REQUIRE(ev->name == from + EVENT_HEADER_SIZE);
    REQUIRE(ev->name_len <= ev->len);
    REQUIRE(ev->name_len == 0 || !memchr(ev->name, '\0', ev->name_len));
    REQUIRE(ev->name_len == ev->len || ev->name[ev->name_len] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *const start = (const char *)data;
    struct event_cursor cursor = {start, start + size};
    size_t count = 0;
    int got;

    for (;;) {
        const char *const from = cursor.at;
        struct event ev;

        got = events_next(&cursor, &ev);
        REQUIRE(cursor.end == start + size);
        if (got <= 0) {
            REQUIRE(cursor.at == from);
            break;
        }
        REQUIRE(got == 1);
        REQUIRE(cursor.at >= from + EVENT_HEADER_SIZE && cursor.at <= cursor.end);
        check_event(&ev, from, cursor.at);
        check_names(ev.mask);
        count++;
    }
    REQUIRE(count <= size / EVENT_HEADER_SIZE);
    REQUIRE(got == (cursor.at == cursor.end ? 0 : -EBADMSG));
    return 0;
}
