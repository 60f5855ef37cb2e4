/* test_queue.c: the queue of pending events against a plain list: order, names in hand, what is pending, what
 * was listed, the rest of a rename. Neighbours: queue.h; test_events.c for the decoder below it. */
#include "queue.h"

#include "check.h"
#include "random.h"

#include <errno.h>

/* ---- filling as the kernel does ---- */

static struct queue *new_queue(size_t chunk_size)
{
    struct queue *q;

    NEED(queue_new(&q, chunk_size) == 0 && q);
    return q;
}

/* The size of an event; its name field is padded by at least one NUL to a multiple of 16. */
static size_t size_of(size_t name_len)
{
    return EVENT_HEADER_SIZE + (name_len > 0 ? (name_len + 16) / 16 * 16 : 0);
}

static size_t put(char *at, int32_t wd, uint32_t mask, uint32_t cookie, const char *name, size_t name_len)
{
    const size_t size = size_of(name_len);
    const uint32_t numbers[3] = {mask, cookie, (uint32_t)(size - EVENT_HEADER_SIZE)};

    memset(at, 0, size);
    memcpy(at, &wd, 4);
    memcpy(at + 4, numbers, sizeof(numbers));
    memcpy(at + EVENT_HEADER_SIZE, name, name_len);
    return size;
}

/* Room for a read. What stands there before is nothing that the queue may look at. */
static char *room_for_read(struct queue *q, size_t *size)
{
    char *const room = queue_room(q, size);

    NEED(room != NULL);
    NEED(*size >= EVENT_USUAL_SIZE);
    memset(room, 0xa5, EVENT_USUAL_SIZE);
    return room;
}

/* A read of one event. Returns where it stands. */
static const char *feed(struct queue *q, int wd, uint32_t mask, uint32_t cookie, const char *name)
{
    size_t size;
    char *const room = room_for_read(q, &size);

    queue_commit(q, put(room, wd, mask, cookie, name, strlen(name)));
    return room;
}

static void feed_bytes(struct queue *q, const char *bytes, size_t len)
{
    size_t size;

    memcpy(room_for_read(q, &size), bytes, len);
    queue_commit(q, len);
}

/* The next event that is one: what was taken out of turn leaves an event of no watch. */
static int next(struct queue *q, struct event *ev)
{
    int got;

    do {
        got = queue_next(q, ev);
    } while (got > 0 && ev->wd == 0);
    return got;
}

static void check_event(const struct event *ev, int wd, uint32_t mask, const char *name)
{
    CHECK_EQ(ev->wd, wd);
    CHECK_EQ(ev->mask, mask);
    CHECK_MEM(ev->name, ev->name_len, name, strlen(name));
}

static void check_next(struct queue *q, int wd, uint32_t mask, const char *name)
{
    struct event ev;

    if (CHECK_EQ(next(q, &ev), 1))
        check_event(&ev, wd, mask, name);
}

static void check_nothing_left(struct queue *q)
{
    struct event ev;

    CHECK_EQ(next(q, &ev), 0);
    CHECK(queue_is_empty(q));
    CHECK_EQ(queue_size(q), 0);
}

static void check_pending(struct queue *q, int wd, const char *name, int64_t wanted)
{
    CHECK_EQ(queue_pending(q, wd, name, strlen(name)), wanted);
}

static const size_t chunk_sizes[] = {272, 273, 287, 288, 300, 543, 544, 560, 1000, 4096, 65536};

/* ---- order, chunks, names in hand ---- */

static void a_new_queue_holds_nothing(void)
{
    struct queue *const q = new_queue(4096);
    struct event ev;
    size_t size, position = 0;

    CHECK(queue_is_empty(q));
    CHECK_EQ(queue_size(q), 0);
    CHECK_EQ(queue_next(q, &ev), 0);
    CHECK_EQ(queue_pending(q, 1, "a", 1), 0);
    CHECK_EQ(queue_exchanged(q, 1, "a", 1, true), 0);
    CHECK(!queue_has_overflow(q));
    CHECK_EQ(queue_mark(q), 0);
    CHECK_EQ(queue_begin_listing(q), 0);
    CHECK_EQ(queue_meet(q, 1, "a", 1), 0);
    CHECK_EQ(queue_meet(q, 1, "a", 1), 0);
    CHECK_EQ(queue_each_unmet(q, 1, &position, &ev), 0);
    CHECK(queue_room(q, &size) != NULL);
    CHECK_EQ(size, 4096);
    queue_free(q);
    queue_free(NULL);
}

static void a_queue_that_is_used_up_starts_again_with_all_its_room(void)
{
    struct queue *const q = new_queue(1000);
    struct event ev;
    size_t size;

    for (int round = 0; round < 100; round++) {
        check_case("round %d", round);
        feed(q, 1, IN_CREATE, 0, "a");
        CHECK(!queue_is_empty(q));
        CHECK_EQ(queue_size(q), size_of(1));
        check_next(q, 1, IN_CREATE, "a");
        CHECK(queue_is_empty(q));
        CHECK_EQ(queue_next(q, &ev), 0);
        CHECK(queue_room(q, &size) != NULL);
        CHECK_EQ(size, 1000);
    }
    check_case_over();
    queue_free(q);
}

/* The largest events, so that each is a chunk of its own where chunks are small. */
static void the_largest_events_pass_through_chunks_of_any_size(void)
{
    char name[256] = "";

    memset(name, 'n', 255);
    for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++) {
        struct queue *const q = new_queue(chunk_sizes[c]);

        for (int i = 0; i < 50; i++) {
            name[i * 5] = (char)('A' + i % 26);
            feed(q, i + 1, IN_CREATE, 0, name);
            name[i * 5] = 'n';
            check_case("chunks of %zu, event %d", chunk_sizes[c], i);
            CHECK_EQ(queue_size(q), (size_t)(i + 1) * EVENT_USUAL_SIZE);
        }
        for (int i = 0; i < 50; i++) {
            check_case("chunks of %zu, event %d", chunk_sizes[c], i);
            name[i * 5] = (char)('A' + i % 26);
            check_pending(q, i + 1, name, IN_CREATE);
            check_next(q, i + 1, IN_CREATE, name);
            check_pending(q, i + 1, name, 0);
            name[i * 5] = 'n';
            CHECK_EQ(queue_size(q), (size_t)(49 - i) * EVENT_USUAL_SIZE);
        }
        check_nothing_left(q);
        queue_free(q);
    }
    check_case_over();
}

static void the_last_event_keeps_its_name_while_more_is_read(void)
{
    for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++) {
        for (int before = 0; before < 5; before++) { /* events in front of it */
            struct queue *const q = new_queue(chunk_sizes[c]);
            struct event ev, other;
            char name[8];

            check_case("chunks of %zu, %d before it", chunk_sizes[c], before);
            for (int i = 0; i < before; i++)
                feed(q, 1, IN_CREATE, 0, "one_of_those_before");
            feed(q, 2, IN_MOVED_FROM, 77, "in_hand");
            check_pending(q, 2, "in_hand", IN_MOVED_FROM);
            for (int i = 0; i < before; i++)
                check_next(q, 1, IN_CREATE, "one_of_those_before");
            CHECK_EQ(queue_next(q, &ev), 1);
            CHECK(queue_is_empty(q));
            for (int i = 0; i < 40; i++) {
                snprintf(name, sizeof(name), "n%d", i);
                feed(q, 3, IN_CREATE, 0, name);
                check_event(&ev, 2, IN_MOVED_FROM, "in_hand");
                check_pending(q, 2, "in_hand", 0);
                check_pending(q, 3, name, IN_CREATE);
            }
            for (int i = 0; i < 40; i++) {
                snprintf(name, sizeof(name), "n%d", i);
                CHECK_EQ(queue_next(q, &other), 1);
                check_event(&other, 3, IN_CREATE, name);
            }
            check_nothing_left(q);
            queue_free(q);
        }
    }
    check_case_over();
}

static void a_read_that_brings_nothing_changes_nothing(void)
{
    for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++) {
        struct queue *const q = new_queue(chunk_sizes[c]);
        struct event ev;
        size_t size;

        check_case("chunks of %zu", chunk_sizes[c]);
        room_for_read(q, &size);
        queue_commit(q, 0);
        CHECK(queue_is_empty(q));
        feed(q, 1, IN_CREATE, 0, "a");
        room_for_read(q, &size);
        queue_commit(q, 0);
        room_for_read(q, &size); /* and not even that, which is what an error makes of it */
        CHECK_EQ(queue_size(q), size_of(1));
        check_pending(q, 1, "a", IN_CREATE);
        CHECK_EQ(queue_next(q, &ev), 1);
        room_for_read(q, &size); /* while the last one is in hand */
        queue_commit(q, 0);
        check_event(&ev, 1, IN_CREATE, "a");
        check_pending(q, 1, "a", 0);
        CHECK_EQ(queue_size(q), 0);
        CHECK(queue_is_empty(q));
        check_nothing_left(q);
        feed(q, 1, IN_DELETE, 0, "a");
        check_next(q, 1, IN_DELETE, "a");
        check_nothing_left(q);
        queue_free(q);
    }
    check_case_over();
}

static void what_is_cut_short_is_refused_where_it_stands(void)
{
    static const char *const sound = "a_name_of_some_length";
    char whole[EVENT_USUAL_SIZE];
    const size_t len = put(whole, 5, IN_CREATE, 0, "cut", 3), first = size_of(strlen(sound));

    for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++) {
        for (size_t left = 1; left < len; left++) {
            struct queue *const q = new_queue(chunk_sizes[c]);
            const struct event from = {.wd = 1, .cookie = 9};
            struct queue_rename rename;
            struct event ev;
            size_t offset;

            check_case("chunks of %zu, %zu bytes of %zu", chunk_sizes[c], left, len);
            feed(q, 4, IN_MODIFY, 0, sound);
            feed_bytes(q, whole, left);
            check_pending(q, 5, "cut", 0);
            check_pending(q, 4, sound, 0);
            CHECK(!queue_has_overflow(q));
            CHECK_EQ(queue_find_rename(q, &from, 2, 0, &rename), -EBADMSG);
            CHECK(!rename.is_over);
            check_next(q, 4, IN_MODIFY, sound);
            offset = queue_offset(q);
            CHECK_EQ(offset, first);
            CHECK_EQ(queue_next(q, &ev), -EBADMSG);
            CHECK_EQ(queue_next(q, &ev), -EBADMSG);
            CHECK(queue_offset(q) == first || queue_offset(q) == 0); /* in the same chunk, or in the next */
            CHECK(!queue_is_empty(q));
            CHECK_EQ(queue_size(q), left);
            queue_free(q);
        }
    }
    check_case_over();
}

static void what_stands_before_a_cut_is_found(void)
{
    char whole[EVENT_USUAL_SIZE];
    const size_t len = put(whole, 5, IN_CREATE, 0, "cut", 3);
    struct queue *const q = new_queue(1000);
    const struct event from = {.wd = 1, .cookie = 9};
    struct queue_rename rename;
    size_t position = 0;
    struct event ev;

    feed(q, 1, IN_MOVED_TO, 9, "to");
    feed(q, 2, IN_MOVE_SELF, 0, "");
    feed_bytes(q, whole, len - 1);
    CHECK_EQ(queue_find_rename(q, &from, 2, 0, &rename), 0);
    CHECK(rename.has_to && rename.is_over);
    CHECK_EQ(rename.mover, 2);
    CHECK_EQ(queue_find_rename(q, &from, 3, 0, &rename), -EBADMSG);
    check_pending(q, 1, "to", IN_MOVED_TO);
    check_pending(q, 5, "cut", 0);
    CHECK_EQ(queue_mark(q), 0);
    CHECK_EQ(queue_begin_listing(q), 0);
    CHECK_EQ(queue_each_unmet(q, 1, &position, &ev), 1);
    CHECK_EQ(queue_each_unmet(q, 1, &position, &ev), 0);
    check_next(q, 1, IN_MOVED_TO, "to");
    check_next(q, 2, IN_MOVE_SELF, "");
    CHECK_EQ(queue_next(q, &ev), -EBADMSG);
    queue_free(q);
}

/* ---- what is pending ---- */

static void only_the_events_that_name_something_are_pending(void)
{
    struct queue *const q = new_queue(4096);

    for (int bit = 0; bit < 32; bit++) {
        const uint32_t mask = (uint32_t)1 << bit;

        check_case("mask 0x%x", mask);
        feed(q, 1, mask, 0, "n");
        check_pending(q, 1, "n", mask & QUEUE_NAMING ? mask : 0);
        check_next(q, 1, mask, "n");
        check_pending(q, 1, "n", 0);
        check_nothing_left(q);
        feed(q, 1, mask | IN_ISDIR, 0, "n");
        check_pending(q, 1, "n", mask & QUEUE_NAMING ? (int64_t)(mask | IN_ISDIR) : 0);
        check_next(q, 1, mask | IN_ISDIR, "n");
    }
    check_case_over();
    CHECK_EQ(QUEUE_NAMING, 0x3c0);
    queue_free(q);
}

static void a_name_is_that_of_one_directory_and_of_one_spelling(void)
{
    static const char *const others[] = {"", "a", "abc", "AB", "ba", "ab ", "a\xffg"};
    struct queue *const q = new_queue(4096);

    feed(q, 7, IN_CREATE, 0, "ab");
    feed(q, 8, IN_DELETE, 0, "ab");
    feed(q, 9, IN_CREATE, 0, "");
    feed(q, -1, IN_CREATE, 0, "ab");
    check_pending(q, 7, "ab", IN_CREATE);
    check_pending(q, 8, "ab", IN_DELETE);
    check_pending(q, 9, "ab", 0);
    check_pending(q, 9, "", 0);
    check_pending(q, 0, "ab", 0);
    check_pending(q, -1, "ab", 0);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        check_case("'%s'", others[i]);
        check_pending(q, 7, others[i], 0);
    }
    check_case_over();
    CHECK_EQ(queue_pending(q, 7, "ab\0c", 4), 0);
    CHECK_EQ(queue_pending(q, 7, "abc", 2), IN_CREATE);
    queue_free(q);
}

static void the_first_pending_event_of_a_name_counts(void)
{
    struct queue *const q = new_queue(4096);

    feed(q, 1, IN_CREATE, 0, "n");
    feed(q, 1, IN_MODIFY, 0, "n");
    feed(q, 1, IN_MOVED_FROM, 3, "n");
    check_pending(q, 1, "n", IN_CREATE);
    check_next(q, 1, IN_CREATE, "n");
    check_pending(q, 1, "n", IN_MOVED_FROM);
    feed(q, 1, IN_MOVED_TO, 4, "n"); /* behind what is indexed */
    check_pending(q, 1, "n", IN_MOVED_FROM);
    check_next(q, 1, IN_MODIFY, "n");
    check_next(q, 1, IN_MOVED_FROM, "n");
    feed(q, 1, IN_DELETE | IN_ISDIR, 0, "n");
    check_pending(q, 1, "n", IN_MOVED_TO);
    check_next(q, 1, IN_MOVED_TO, "n");
    check_next(q, 1, IN_DELETE | IN_ISDIR, "n");
    check_pending(q, 1, "n", 0);
    check_nothing_left(q);
    check_pending(q, 1, "n", 0);
    feed(q, 1, IN_DELETE, 0, "n");
    check_pending(q, 1, "n", IN_DELETE);
    queue_free(q);
}

static void events_pass_an_index_that_had_not_got_that_far(void)
{
    for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++) {
        for (int indexed = 0; indexed < 6; indexed++) {
            struct queue *const q = new_queue(chunk_sizes[c]);

            check_case("chunks of %zu, indexed after %d", chunk_sizes[c], indexed);
            for (int i = 0; i < 6; i++) {
                feed(q, 1, i % 2 ? IN_DELETE : IN_CREATE, 0, "n");
                feed(q, 1, IN_MODIFY, 0, "n");
                if (i == indexed)
                    check_pending(q, 1, "n", IN_CREATE);
            }
            for (int i = 0; i < 5; i++) {
                check_next(q, 1, i % 2 ? IN_DELETE : IN_CREATE, "n");
                check_next(q, 1, IN_MODIFY, "n");
            }
            feed(q, 1, IN_MOVED_FROM, 1, "n");
            check_pending(q, 1, "n", IN_DELETE);
            check_next(q, 1, IN_DELETE, "n");
            check_pending(q, 1, "n", IN_MOVED_FROM);
            check_next(q, 1, IN_MODIFY, "n");
            check_next(q, 1, IN_MOVED_FROM, "n");
            check_pending(q, 1, "n", 0);
            check_nothing_left(q);
            queue_free(q);
        }
    }
    check_case_over();
}

/* A read into the room that the queue has gives EINVAL as long as the next event does not fit. */
static void feed_as_the_kernel_does(struct queue *q, int wd, const char *name, size_t name_len)
{
    size_t size;
    char *room = queue_room(q, &size);
    int tries = 0;

    while (room && size < size_of(name_len)) {
        NEED(tries++ < 3);
        CHECK_EQ(queue_widen(q), 0);
        room = queue_room(q, &size);
    }
    NEED(room != NULL);
    queue_commit(q, put(room, wd, IN_CREATE, 0, name, name_len));
}

static void an_event_that_does_not_fit_is_given_more_room(void)
{
    static char name[EVENT_NAME_MAX + 1];

    for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++) {
        /* In the room of an empty queue, and behind other events. */
        for (int before = 0; before < 4; before++) {
            struct queue *const q = new_queue(chunk_sizes[c]);
            size_t size;

            check_case("chunks of %zu, behind %d others", chunk_sizes[c], before);
            memset(name, 'n', EVENT_NAME_MAX);
            for (int i = 0; i < before; i++)
                feed(q, i + 1, IN_CREATE, 0, "short");
            feed_as_the_kernel_does(q, 9, name, 765);
            feed_as_the_kernel_does(q, 9, name, EVENT_NAME_MAX);
            feed(q, 8, IN_CREATE, 0, "last");
            name[765] = '\0';
            check_pending(q, 9, name, IN_CREATE);
            for (int i = 0; i < before; i++)
                check_next(q, i + 1, IN_CREATE, "short");
            check_next(q, 9, IN_CREATE, name);
            name[765] = 'n';
            check_next(q, 9, IN_CREATE, name);
            check_next(q, 8, IN_CREATE, "last");
            check_nothing_left(q);
            NEED(queue_room(q, &size) != NULL);
            if (size >= EVENT_MAX_SIZE)
                CHECK_EQ(queue_widen(q), -EINVAL);
            queue_free(q);
        }
    }
    check_case_over();
}

/* ---- taking out of turn ---- */

static void what_is_taken_out_of_turn_is_not_returned(void)
{
    struct queue *const q = new_queue(272);

    feed(q, 1, IN_CREATE, 0, "a");
    queue_take(q, feed(q, 1, IN_MOVED_TO, 5, "b"));
    feed(q, 1, IN_MODIFY, 0, "b");
    queue_take(q, feed(q, 2, IN_MODIFY, 0, "c"));
    feed(q, 3, IN_DELETE, 0, "d");
    check_next(q, 1, IN_CREATE, "a");
    check_next(q, 1, IN_MODIFY, "b");
    check_next(q, 3, IN_DELETE, "d");
    check_nothing_left(q);
    queue_free(q);
}

/* Every choice of six events of one name, indexed before or after, so that the first, the last and any in the
 * middle of its list go. */
static void what_is_taken_is_not_pending_any_more(void)
{
    for (unsigned taken = 0; taken < 64; taken++) {
        for (int when = 0; when < 4; when++) {
            struct queue *const q = new_queue(when % 2 ? 272 : 4096);
            const char *at[6];

            check_case("taken: %#x, when %d", taken, when);
            for (int i = 0; i < 6; i++)
                at[i] = feed(q, 1, IN_MOVED_TO | 1U << (i + 20), (uint32_t)i, "n");
            if (when & 2)
                check_pending(q, 1, "n", IN_MOVED_TO | 1U << 20);
            for (int i = 5; i >= 0; i--)
                if (taken & 1U << i)
                    queue_take(q, at[i]);
            feed(q, 1, IN_DELETE, 0, "n"); /* goes behind the last that was left */
            for (int i = 0; i < 6; i++) {
                if (taken & 1U << i)
                    continue;
                check_pending(q, 1, "n", IN_MOVED_TO | 1U << (i + 20));
                check_next(q, 1, IN_MOVED_TO | 1U << (i + 20), "n");
            }
            check_pending(q, 1, "n", IN_DELETE);
            check_next(q, 1, IN_DELETE, "n");
            check_pending(q, 1, "n", 0);
            check_nothing_left(q);
            queue_free(q);
        }
    }
    check_case_over();
}

static void what_no_index_has_seen_can_be_taken(void)
{
    struct queue *const q = new_queue(4096);
    const char *to;

    feed(q, 1, IN_MODIFY, 0, "n");
    check_pending(q, 1, "n", 0); /* an index of nothing */
    feed(q, 1, IN_MOVED_FROM, 3, "from");
    to = feed(q, 1, IN_MOVED_TO, 3, "to");
    feed(q, 5, IN_MOVE_SELF, 0, "");
    check_next(q, 1, IN_MODIFY, "n");
    check_next(q, 1, IN_MOVED_FROM, "from");
    queue_take(q, to);
    check_pending(q, 1, "to", 0);
    check_next(q, 5, IN_MOVE_SELF, "");
    check_nothing_left(q);

    feed(q, 1, IN_CREATE, 0, "n");
    check_pending(q, 1, "n", IN_CREATE); /* an index that has ended before it */
    to = feed(q, 1, IN_MOVED_TO, 3, "n");
    feed(q, 1, IN_DELETE, 0, "n");
    queue_take(q, to);
    check_next(q, 1, IN_CREATE, "n");
    check_pending(q, 1, "n", IN_DELETE);
    check_next(q, 1, IN_DELETE, "n");
    check_nothing_left(q);
    queue_free(q);
}

/* Asked all the time, or only once at a time when some are behind it already. */
static void an_overflow_is_seen_until_it_is_taken(void)
{
    enum { EVENTS = 20 };

    for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++) {
        for (int place = 0; place < EVENTS; place++) {
            for (int first_asked = 0; first_asked < 2 * EVENTS; first_asked++) {
                struct queue *const q = new_queue(chunk_sizes[c]);
                const int second = place + 3; /* or none */

                check_case("chunks of %zu, place %d, asked from %d on", chunk_sizes[c], place, first_asked);
                for (int i = 0; i < EVENTS; i++) {
                    if (i >= first_asked)
                        CHECK_EQ(queue_has_overflow(q), i > place);
                    if (i == place || i == second)
                        feed(q, -1, IN_Q_OVERFLOW, 0, "");
                    else
                        feed(q, 1, i % 2 ? IN_CREATE : IN_MODIFY, 0, "some_name");
                }
                for (int i = 0; i < EVENTS; i++) {
                    if (EVENTS + i >= first_asked)
                        CHECK_EQ(queue_has_overflow(q), i <= place || (i <= second && second < EVENTS));
                    if (i == place || i == second)
                        check_next(q, -1, IN_Q_OVERFLOW, "");
                    else
                        check_next(q, 1, i % 2 ? IN_CREATE : IN_MODIFY, "some_name");
                }
                CHECK_EQ(queue_has_overflow(q), 0);
                check_nothing_left(q);
                feed(q, 1, IN_CREATE, 0, "some_name");
                CHECK_EQ(queue_has_overflow(q), 0);
                queue_free(q);
            }
        }
    }
    check_case_over();
}

/* ---- listings ---- */

static void check_meet(struct queue *q, int wd, const char *name, int64_t wanted)
{
    CHECK_EQ(queue_meet(q, wd, name, strlen(name)), wanted);
}

static void check_unmet(struct queue *q, int wd, size_t *position, uint32_t mask, const char *name)
{
    struct event ev;

    if (CHECK_EQ(queue_each_unmet(q, wd, position, &ev), 1))
        check_event(&ev, wd, mask, name);
}

static void check_no_more_unmet(struct queue *q, int wd, size_t *position)
{
    struct event ev;

    CHECK_EQ(queue_each_unmet(q, wd, position, &ev), 0);
}

static void a_listing_leaves_the_names_that_it_did_not_meet(void)
{
    struct queue *const q = new_queue(300);
    size_t position = 0;

    feed(q, 1, IN_CREATE, 0, "consumed");
    feed(q, 1, IN_DELETE, 0, "gone");
    feed(q, 1, IN_CREATE, 0, "met");
    feed(q, 2, IN_DELETE, 0, "elsewhere");
    feed(q, 1, IN_MODIFY, 0, "written");
    feed(q, 1, IN_MOVED_FROM | IN_ISDIR, 5, "left");
    feed(q, 1, IN_CREATE, 0, "gone"); /* its second */
    feed(q, 1, IN_DELETE, 0, "met");
    feed(q, 1, IN_DELETE_SELF, 0, "");
    check_next(q, 1, IN_CREATE, "consumed");
    CHECK_EQ(queue_mark(q), 0);
    CHECK_EQ(queue_begin_listing(q), 0);
    check_meet(q, 1, "met", IN_CREATE);
    check_meet(q, 1, "met", -EALREADY);
    check_meet(q, 1, "nothing of it", 0);
    check_meet(q, 1, "nothing of it", 0);
    check_meet(q, 1, "consumed", 0);
    check_meet(q, 1, "written", 0);
    check_meet(q, 1, "elsewhere", 0);
    check_unmet(q, 1, &position, IN_DELETE, "gone");
    check_unmet(q, 1, &position, IN_MOVED_FROM | IN_ISDIR, "left");
    check_no_more_unmet(q, 1, &position);
    check_no_more_unmet(q, 1, &position);
    check_pending(q, 1, "met", IN_CREATE);

    CHECK_EQ(queue_mark(q), 0);
    CHECK_EQ(queue_begin_listing(q), 0);
    position = 0;
    check_unmet(q, 1, &position, IN_DELETE, "gone");
    check_unmet(q, 1, &position, IN_CREATE, "met");
    check_unmet(q, 1, &position, IN_MOVED_FROM | IN_ISDIR, "left");
    check_no_more_unmet(q, 1, &position);
    check_meet(q, 1, "met", IN_CREATE);
    queue_free(q);
}

static void what_comes_after_a_listing_began_is_not_left_by_it(void)
{
    for (int already = 0; already < 2; already++) { /* is anything indexed before? */
        struct queue *const q = new_queue(4096);
        size_t position = 0;
        char name[16];

        check_case("indexed: %d", already);
        feed(q, 1, IN_CREATE, 0, "met");
        feed(q, 1, IN_DELETE, 0, "gone");
        if (already)
            check_pending(q, 1, "met", IN_CREATE);
        CHECK_EQ(queue_mark(q), 0);
        CHECK_EQ(queue_begin_listing(q), 0);
        check_meet(q, 1, "met", IN_CREATE);
        for (int i = 0; i < 5000; i++) { /* the index grows, and what is met stays so */
            snprintf(name, sizeof(name), "n%d", i);
            feed(q, 1, IN_CREATE, 0, name);
        }
        check_meet(q, 1, "met", -EALREADY);
        check_meet(q, 1, "n17", IN_CREATE);
        check_meet(q, 1, "n17", -EALREADY);
        check_unmet(q, 1, &position, IN_DELETE, "gone");
        check_no_more_unmet(q, 1, &position);
        CHECK_EQ(queue_mark(q), 0);
        CHECK_EQ(queue_begin_listing(q), 0);
        position = 0;
        for (int i = 1; i < 5000; i += 2) {
            snprintf(name, sizeof(name), "n%d", i);
            check_meet(q, 1, name, IN_CREATE);
        }
        check_unmet(q, 1, &position, IN_CREATE, "met");
        check_unmet(q, 1, &position, IN_DELETE, "gone");
        for (int i = 0; i < 5000; i += 2) {
            snprintf(name, sizeof(name), "n%d", i);
            check_unmet(q, 1, &position, IN_CREATE, name);
        }
        check_no_more_unmet(q, 1, &position);
        queue_free(q);
    }
    check_case_over();
}

static void a_listing_may_begin_while_nothing_is_queued(void)
{
    for (int in_hand = 0; in_hand < 3; in_hand++) {
        struct queue *const q = new_queue(4096);
        size_t position = 0;
        struct event ev;

        check_case("in hand: %d", in_hand);
        if (in_hand > 0) {
            feed(q, 1, IN_DELETE, 0, "handled");
            if (in_hand > 1)
                check_pending(q, 1, "handled", IN_DELETE);
            CHECK_EQ(queue_next(q, &ev), 1);
        }
        CHECK_EQ(queue_mark(q), 0);
        CHECK_EQ(queue_begin_listing(q), 0);
        feed(q, 1, IN_CREATE, 0, "late");
        check_meet(q, 1, "handled", 0);
        check_meet(q, 1, "late", IN_CREATE);
        feed(q, 1, IN_DELETE, 0, "later");
        check_no_more_unmet(q, 1, &position);
        CHECK_EQ(queue_mark(q), 0);
        CHECK_EQ(queue_begin_listing(q), 0);
        check_unmet(q, 1, &position, IN_CREATE, "late");
        check_unmet(q, 1, &position, IN_DELETE, "later");
        check_no_more_unmet(q, 1, &position);
        queue_free(q);
    }
    check_case_over();
}

static void a_listing_leaves_the_names_of_its_own_directory_only(void)
{
    enum { DIRECTORIES = 3000 };
    struct queue *const q = new_queue(4096);
    int wds[DIRECTORIES];

    /* So scattered that some share a list of the index. */
    for (int i = 0; i < DIRECTORIES; i++)
        wds[i] = 1 + i * 1000 + (int)random_below(1000);
    for (int i = 0; i < 2 * DIRECTORIES; i++)
        feed(q, wds[i % DIRECTORIES], IN_CREATE, 0, i < DIRECTORIES ? "a" : "b");
    for (int i = 0; i < DIRECTORIES; i++) {
        size_t position = 0;

        check_case("directory %d", wds[i]);
        CHECK_EQ(queue_begin_listing(q), 0);
        check_unmet(q, wds[i], &position, IN_CREATE, "a");
        check_unmet(q, wds[i], &position, IN_CREATE, "b");
        check_no_more_unmet(q, wds[i], &position);
        position = 0;
        check_meet(q, wds[i], "a", IN_CREATE);
        check_unmet(q, wds[i], &position, IN_CREATE, "b");
        check_no_more_unmet(q, wds[i], &position);
    }
    check_case_over();
    queue_free(q);
}

/* ---- the rest of a rename ---- */

/* The directory of descriptor 5 leaves directory 1, and perhaps appears in 1 or 2. */
enum { PARENT = 1, PARENT_TO = 2, OTHER_PARENT = 3, SELF = 5, OTHER = 6, STRANGER = 7 };
#define COOKIE 4711

struct rest {
    const char *what;
    struct {
        int wd;
        uint32_t mask, cookie;
        bool taken;
    } events[8]; /* up to a mask of 0 */
    int wd, other_wd;
    bool has_to, is_over, is_lost;
    int mover, to_wd;
};

#define DIR_FROM (IN_MOVED_FROM | IN_ISDIR)
#define DIR_TO   (IN_MOVED_TO | IN_ISDIR)

static const struct rest rests[] = {
    {.what = "nothing yet", .wd = SELF},
    {.what = "in the same directory",
     .events = {{PARENT, DIR_TO, COOKIE, false}, {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .has_to = true,
     .is_over = true,
     .mover = SELF,
     .to_wd = PARENT},
    {.what = "to another directory",
     .events = {{PARENT_TO, DIR_TO, COOKIE, false}, {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .has_to = true,
     .is_over = true,
     .mover = SELF,
     .to_wd = PARENT_TO},
    {.what = "the first half only",
     .events = {{PARENT_TO, DIR_TO, COOKIE, false}},
     .wd = SELF,
     .has_to = true,
     .to_wd = PARENT_TO},
    {.what = "moved out",
     .events = {{SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .is_over = true,
     .mover = SELF},
    {.what = "torn apart by what others do",
     .events = {{OTHER_PARENT, IN_CREATE, 0, false},
                {PARENT, IN_MODIFY, 0, false},
                {PARENT_TO, IN_CREATE, 0, false},
                {PARENT_TO, DIR_TO, COOKIE, false},
                {STRANGER, IN_MOVE_SELF, 0, false},
                {PARENT_TO, IN_ATTRIB, 0, false},
                {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .has_to = true,
     .is_over = true,
     .mover = SELF,
     .to_wd = PARENT_TO},
    {.what = "torn apart by another rename",
     .events = {{OTHER_PARENT, DIR_FROM, COOKIE - 1, false},
                {OTHER_PARENT, DIR_TO, COOKIE - 1, false},
                {STRANGER, IN_MOVE_SELF, 0, false},
                {PARENT_TO, DIR_TO, COOKIE, false},
                {OTHER_PARENT, DIR_TO, COOKIE + 1, false},
                {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .has_to = true,
     .is_over = true,
     .mover = SELF,
     .to_wd = PARENT_TO},
    {.what = "two candidates, and it was the first",
     .events = {{PARENT, DIR_TO, COOKIE, false},
                {SELF, IN_MOVE_SELF, 0, false},
                {OTHER, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .other_wd = OTHER,
     .has_to = true,
     .is_over = true,
     .mover = SELF,
     .to_wd = PARENT},
    {.what = "two candidates, and it was the other",
     .events = {{PARENT, DIR_TO, COOKIE, false},
                {OTHER, IN_MOVE_SELF, 0, false},
                {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .other_wd = OTHER,
     .has_to = true,
     .is_over = true,
     .mover = OTHER,
     .to_wd = PARENT},
    {.what = "only the other candidate is watched",
     .events = {{0, IN_MOVE_SELF, 0, false}, {OTHER, IN_MOVE_SELF, 0, false}},
     .wd = 0,
     .other_wd = OTHER,
     .is_over = true,
     .mover = OTHER},
    {.what = "neither is watched", .events = {{OTHER, IN_MOVE_SELF, 0, false}}, .wd = 0},
    {.what = "somebody else moved",
     .events = {{PARENT, DIR_TO, COOKIE, false}, {OTHER, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .has_to = true,
     .to_wd = PARENT},
    {.what = "a name is made where it was",
     .events = {{PARENT, IN_CREATE, 0, false}, {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .is_over = true},
    {.what = "a name is removed where it was",
     .events = {{PARENT, IN_DELETE, 0, false}, {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .is_over = true},
    {.what = "another leaves where it was",
     .events = {{PARENT, IN_MOVED_FROM, COOKIE + 1, false}, {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .is_over = true},
    {.what = "another comes where it was",
     .events = {{PARENT, DIR_TO, COOKIE + 1, false}, {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .is_over = true},
    {.what = "a name is made where it went",
     .events = {{PARENT_TO, DIR_TO, COOKIE, false},
                {PARENT_TO, IN_CREATE, 0, false},
                {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .has_to = true,
     .is_over = true,
     .to_wd = PARENT_TO},
    {.what = "a name is made where it was, after it came where it went",
     .events = {{PARENT_TO, DIR_TO, COOKIE, false},
                {PARENT, IN_CREATE, 0, false},
                {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .has_to = true,
     .is_over = true,
     .to_wd = PARENT_TO},
    {.what = "the same cookie on a MOVED_FROM is no answer",
     .events = {{OTHER_PARENT, DIR_FROM, COOKIE, false}, {PARENT, DIR_TO, COOKIE, false}},
     .wd = SELF,
     .has_to = true,
     .to_wd = PARENT},
    {.what = "nothing but a MOVED_FROM of the same cookie",
     .events = {{OTHER_PARENT, DIR_FROM, COOKIE, false}},
     .wd = SELF},
    {.what = "the queue overflowed",
     .events = {{-1, IN_Q_OVERFLOW, 0, false},
                {PARENT, DIR_TO, COOKIE, false},
                {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .is_over = true,
     .is_lost = true},
    {.what = "the queue overflowed behind the first half",
     .events = {{PARENT, DIR_TO, COOKIE, false},
                {-1, IN_Q_OVERFLOW, 0, false},
                {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .has_to = true,
     .is_over = true,
     .is_lost = true,
     .to_wd = PARENT},
    {.what = "the queue overflowed when all was said",
     .events = {{PARENT, DIR_TO, COOKIE, false},
                {SELF, IN_MOVE_SELF, 0, false},
                {-1, IN_Q_OVERFLOW, 0, false}},
     .wd = SELF,
     .has_to = true,
     .is_over = true,
     .mover = SELF,
     .to_wd = PARENT},
    {.what = "its watch ended",
     .events = {{PARENT, DIR_TO, COOKIE, false}, {SELF, IN_IGNORED, 0, false}},
     .wd = SELF,
     .has_to = true,
     .is_over = true,
     .to_wd = PARENT},
    {.what = "the watch of a stranger ended",
     .events = {{PARENT, DIR_TO, COOKIE, false}, {STRANGER, IN_IGNORED, 0, false}},
     .wd = SELF,
     .has_to = true,
     .to_wd = PARENT},
    {.what = "what was taken says nothing",
     .events = {{PARENT, DIR_TO, COOKIE, true},
                {PARENT, IN_CREATE, 0, true},
                {PARENT, IN_MOVED_FROM, COOKIE + 1, true},
                {SELF, IN_MOVE_SELF, 0, true},
                {-1, IN_Q_OVERFLOW, 0, true},
                {SELF, IN_IGNORED, 0, true}},
     .wd = SELF},
    {.what = "what was taken stands between",
     .events = {{PARENT, DIR_TO, COOKIE + 1, true},
                {PARENT, DIR_TO, COOKIE, false},
                {PARENT, DIR_TO, COOKIE + 2, true},
                {SELF, IN_MOVE_SELF, 0, false}},
     .wd = SELF,
     .has_to = true,
     .is_over = true,
     .mover = SELF,
     .to_wd = PARENT},
    {.what = "what was taken stands between, and no watch is known",
     .events = {{PARENT, DIR_TO, COOKIE + 1, true}, {PARENT, DIR_TO, COOKIE, false}},
     .wd = 0,
     .has_to = true,
     .to_wd = PARENT},
};

static void check_rest(const struct rest *r, size_t chunk_size, bool indexed)
{
    struct queue *const q = new_queue(chunk_size);
    const char *at[COUNT_OF(r->events)], *to_at = NULL;
    struct queue_rename rename;
    struct event from;

    check_case("%s; chunks of %zu%s", r->what, chunk_size, indexed ? ", indexed" : "");
    feed(q, PARENT, DIR_FROM, COOKIE, "from");
    for (size_t i = 0; i < COUNT_OF(r->events) && r->events[i].mask; i++) {
        const bool named = r->events[i].mask & (QUEUE_NAMING | IN_MODIFY | IN_ATTRIB);

        at[i] = feed(q, r->events[i].wd, r->events[i].mask, r->events[i].cookie, named ? "name" : "");
        if (r->events[i].cookie == COOKIE && (r->events[i].mask & IN_MOVED_TO) && !r->events[i].taken)
            to_at = at[i];
    }
    if (indexed)
        check_pending(q, PARENT, "from", DIR_FROM);
    NEED(queue_next(q, &from) == 1);
    for (size_t i = 0; i < COUNT_OF(r->events) && r->events[i].mask; i++)
        if (r->events[i].taken)
            queue_take(q, at[i]);
    memset(&rename, 0x5a, sizeof(rename));
    CHECK_EQ(queue_find_rename(q, &from, r->wd, r->other_wd, &rename), 0);
    CHECK_EQ(rename.has_to, r->has_to);
    CHECK_EQ(rename.is_over, r->is_over);
    CHECK_EQ(rename.is_lost, r->is_lost);
    CHECK_EQ(rename.mover, r->mover);
    if (r->has_to && rename.has_to) {
        check_event(&rename.to, r->to_wd, DIR_TO, "name");
        CHECK_EQ(rename.to.cookie, COOKIE);
        CHECK(rename.to_at == to_at);
        CHECK(rename.to.name == to_at + EVENT_HEADER_SIZE);
    }
    check_event(&from, PARENT, DIR_FROM, "from");
    queue_free(q);
}

static void the_rest_of_a_rename_is_what_the_kernel_says_next(void)
{
    for (size_t i = 0; i < COUNT_OF(rests); i++) {
        for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++) {
            check_rest(&rests[i], chunk_sizes[c], false);
            check_rest(&rests[i], chunk_sizes[c], true);
        }
    }
    check_case_over();
}

static void a_rename_that_is_split_is_complete_when_all_of_it_is_read(void)
{
    for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++) {
        struct queue *const q = new_queue(chunk_sizes[c]);
        struct queue_rename rename;
        struct event from;

        check_case("chunks of %zu", chunk_sizes[c]);
        feed(q, PARENT, DIR_FROM, COOKIE, "from");
        NEED(queue_next(q, &from) == 1);
        CHECK_EQ(queue_find_rename(q, &from, SELF, 0, &rename), 0);
        CHECK(!rename.has_to && !rename.is_over);
        feed(q, OTHER_PARENT, IN_CREATE, 0, "between");
        CHECK_EQ(queue_find_rename(q, &from, SELF, 0, &rename), 0);
        CHECK(!rename.has_to && !rename.is_over);
        feed(q, PARENT_TO, DIR_TO, COOKIE, "to");
        CHECK_EQ(queue_find_rename(q, &from, SELF, 0, &rename), 0);
        CHECK(rename.has_to && !rename.is_over);
        feed(q, OTHER_PARENT, IN_DELETE, 0, "between");
        CHECK_EQ(queue_find_rename(q, &from, SELF, 0, &rename), 0);
        CHECK(rename.has_to && !rename.is_over);
        feed(q, SELF, IN_MOVE_SELF, 0, "");
        CHECK_EQ(queue_find_rename(q, &from, SELF, 0, &rename), 0);
        CHECK(rename.has_to && rename.is_over && !rename.is_lost);
        CHECK_EQ(rename.mover, SELF);
        check_event(&rename.to, PARENT_TO, DIR_TO, "to");
        check_event(&from, PARENT, DIR_FROM, "from");
        queue_take(q, rename.to_at);
        check_pending(q, PARENT_TO, "to", 0);
        check_next(q, OTHER_PARENT, IN_CREATE, "between");
        check_next(q, OTHER_PARENT, IN_DELETE, "between");
        check_next(q, SELF, IN_MOVE_SELF, "");
        check_nothing_left(q);
        queue_free(q);
    }
    check_case_over();
}

/* Each takes its MOVED_TO as change.c does; all of them are called the same. */
static void a_chain_of_renames_is_told_apart(void)
{
    enum { RENAMES = 200 };
    struct queue *const q = new_queue(1000);
    struct queue_rename rename;
    struct event ev;

    for (uint32_t i = 0; i < RENAMES; i++) {
        feed(q, PARENT, DIR_FROM, i + 1, i % 2 ? "b" : "a");
        feed(q, PARENT, DIR_TO, i + 1, i % 2 ? "a" : "b");
        feed(q, i % 3 ? SELF : OTHER, IN_MOVE_SELF, 0, "");
    }
    for (uint32_t i = 0; i < RENAMES; i++) {
        check_case("rename %u", i);
        CHECK_EQ(next(q, &ev), 1);
        check_event(&ev, PARENT, DIR_FROM, i % 2 ? "b" : "a");
        CHECK_EQ(queue_find_rename(q, &ev, SELF, OTHER, &rename), 0);
        CHECK(rename.has_to && rename.is_over);
        CHECK_EQ(rename.to.cookie, i + 1);
        CHECK_EQ(rename.mover, i % 3 ? SELF : OTHER);
        queue_take(q, rename.to_at);
        if (i + 1 < RENAMES) {
            check_pending(q, PARENT, i % 2 ? "b" : "a", DIR_TO);
            check_pending(q, PARENT, i % 2 ? "a" : "b", DIR_FROM);
        }
        check_next(q, i % 3 ? SELF : OTHER, IN_MOVE_SELF, "");
    }
    check_case_over();
    check_nothing_left(q);
    queue_free(q);
}

/* ---- exchanges ---- */

static uint32_t exchanged(struct queue *q, int wd, const char *name)
{
    queue_pending(q, wd, name, strlen(name)); /* builds the index, as its callers do */
    return queue_exchanged(q, wd, name, strlen(name), true);
}

/* What renameat2(2) with RENAME_EXCHANGE makes: two renames in a row. */
static void feed_exchange(struct queue *q, int wd, const char *name, uint32_t is_dir, int other_wd,
                          const char *other_name, uint32_t other_is_dir, uint32_t cookie)
{
    feed(q, wd, IN_MOVED_FROM | is_dir, cookie, name);
    feed(q, other_wd, IN_MOVED_TO | is_dir, cookie, other_name);
    feed(q, other_wd, IN_MOVED_FROM | other_is_dir, cookie + 1, other_name);
    feed(q, wd, IN_MOVED_TO | other_is_dir, cookie + 1, name);
}

static void the_second_name_of_an_exchange_was_there_before(void)
{
    static const uint32_t kinds[] = {0, IN_ISDIR};

    for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++) {
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 2; j++) {
                for (int other_wd = 1; other_wd <= 2; other_wd++) {
                    struct queue *const q = new_queue(chunk_sizes[c]);

                    check_case("chunks of %zu, %s and %s, in %d", chunk_sizes[c], i ? "directory" : "file",
                               j ? "directory" : "file", other_wd);
                    feed_exchange(q, 1, "a", kinds[i], other_wd, "b", kinds[j], 50);
                    CHECK_EQ(exchanged(q, other_wd, "b"), IN_MOVED_FROM | kinds[j]);
                    CHECK_EQ(exchanged(q, 1, "a"), 0); /* what is pending of it is that it goes */
                    CHECK_EQ(exchanged(q, 1, "c"), 0);
                    CHECK_EQ(exchanged(q, 3, "b"), 0);
                    queue_free(q);
                }
            }
        }
    }
    check_case_over();
}

static void one_name_exchanged_between_directories_is_an_exchange(void)
{
    struct queue *const q = new_queue(4096);

    feed_exchange(q, 1, "same", IN_ISDIR, 2, "same", 0, 50);
    CHECK_EQ(exchanged(q, 2, "same"), IN_MOVED_FROM);
    CHECK_EQ(exchanged(q, 1, "same"), 0);
    queue_free(q);
}

static void an_exchange_is_one_whatever_stands_around_it(void)
{
    struct queue *const q = new_queue(272);

    feed(q, 1, IN_CREATE, 0, "n");
    check_pending(q, 1, "n", IN_CREATE);
    for (int i = 0; i < 3000; i++)
        feed(q, 1, IN_CREATE, 0, "n");
    feed(q, 2, IN_MOVED_FROM, 50, "a");
    feed(q, 1, IN_MODIFY, 0, "b");
    feed(q, 1, IN_CREATE, 0, "n");
    feed(q, 2, IN_MOVED_TO, 50, "b");
    feed(q, 3, IN_MOVED_TO, 49, "b");
    feed(q, 2, IN_MODIFY, 0, "b");
    feed(q, 2, IN_MOVED_FROM | IN_ISDIR, 51, "b");
    feed(q, 1, IN_DELETE, 0, "n");
    feed(q, 2, IN_MOVED_TO | IN_ISDIR, 51, "a");
    feed(q, 2, IN_DELETE | IN_ISDIR, 0, "a");
    feed(q, 2, IN_DELETE, 0, "b");
    CHECK_EQ(exchanged(q, 2, "b"), IN_MOVED_FROM | IN_ISDIR);
    for (int i = 0; i < 3001; i++)
        check_next(q, 1, IN_CREATE, "n");
    CHECK_EQ(exchanged(q, 2, "b"), IN_MOVED_FROM | IN_ISDIR);
    CHECK_EQ(exchanged(q, 2, "a"), 0);
    CHECK_EQ(exchanged(q, 3, "b"), 0);
    queue_free(q);
}

static void what_is_no_exchange_is_not_taken_for_one(void)
{
    struct queue *const q = new_queue(4096);

    feed(q, 1, IN_MOVED_FROM, 1, "a"); /* comes and stays */
    feed(q, 1, IN_MOVED_TO, 1, "stays");
    feed(q, 1, IN_MOVED_FROM, 2, "a"); /* comes and is removed */
    feed(q, 1, IN_MOVED_TO, 2, "removed");
    feed(q, 1, IN_DELETE, 0, "removed");
    feed(q, 1, IN_MOVED_FROM, 3, "a"); /* comes from one name and goes on to another */
    feed(q, 1, IN_MOVED_TO, 3, "goes_on");
    feed(q, 1, IN_MOVED_FROM, 4, "goes_on");
    feed(q, 1, IN_MOVED_TO, 4, "c");
    feed(q, 1, IN_MOVED_FROM, 5, "a"); /* on to the same name elsewhere */
    feed(q, 1, IN_MOVED_TO, 5, "elsewhere");
    feed(q, 1, IN_MOVED_FROM, 6, "elsewhere");
    feed(q, 2, IN_MOVED_TO, 6, "a");
    feed(q, 1, IN_MOVED_TO, 7, "from_outside"); /* comes from what is not watched, and leaves to there */
    feed(q, 1, IN_MOVED_FROM, 8, "from_outside");
    feed(q, 1, IN_MOVED_FROM, 14, "a"); /* comes from inside and leaves */
    feed(q, 1, IN_MOVED_TO, 14, "leaves");
    feed(q, 1, IN_MOVED_FROM, 15, "leaves");
    feed(q, 1, IN_MOVED_TO, 9, "halfway"); /* comes from outside, on to "a" */
    feed(q, 1, IN_MOVED_FROM, 10, "halfway");
    feed(q, 1, IN_MOVED_TO, 10, "a");
    feed(q, 1, IN_MOVED_FROM, 11, "made"); /* left before it came */
    feed(q, 1, IN_MOVED_TO, 11, "a");
    feed(q, 1, IN_MOVED_FROM, 12, "a");
    feed(q, 1, IN_MOVED_TO, 12, "made");
    feed(q, 1, IN_CREATE, 0, "created");
    feed(q, 1, IN_MOVED_FROM, 13, "created");
    feed(q, 1, IN_MOVED_TO, 13, "a");
    CHECK_EQ(exchanged(q, 1, "stays"), 0);
    CHECK_EQ(exchanged(q, 1, "removed"), 0);
    CHECK_EQ(exchanged(q, 1, "goes_on"), 0);
    CHECK_EQ(exchanged(q, 1, "elsewhere"), 0);
    CHECK_EQ(exchanged(q, 1, "from_outside"), 0);
    CHECK_EQ(exchanged(q, 1, "leaves"), 0);
    CHECK_EQ(exchanged(q, 1, "halfway"), 0);
    CHECK_EQ(exchanged(q, 1, "made"), 0);
    CHECK_EQ(exchanged(q, 1, "created"), 0);
    CHECK_EQ(exchanged(q, 1, "never"), 0);
    queue_free(q);
}

static void a_half_that_was_taken_makes_no_exchange(void)
{
    struct queue *const q = new_queue(4096);
    const char *to;

    feed(q, 1, IN_MOVED_FROM, 50, "a");
    feed(q, 1, IN_MOVED_TO, 50, "b");
    feed(q, 1, IN_MOVED_FROM, 51, "b");
    to = feed(q, 1, IN_MOVED_TO, 51, "a");
    CHECK_EQ(exchanged(q, 1, "b"), IN_MOVED_FROM);
    queue_take(q, to);
    CHECK_EQ(exchanged(q, 1, "b"), 0);
    queue_free(q);
}

/* Nor need it be listed: what left is not what came, or something leaves the name once more. */
static void an_exchange_with_what_is_not_watched_shows_in_the_events(void)
{
    struct queue *const q = new_queue(4096);

    feed(q, 1, IN_MOVED_TO, 50, "kinds");
    feed(q, 1, IN_MOVED_FROM | IN_ISDIR, 51, "kinds");
    feed(q, 1, IN_MOVED_TO, 52, "twice");
    feed(q, 1, IN_MOVED_FROM, 53, "twice");
    feed(q, 1, IN_MOVED_TO, 54, "through");
    feed(q, 1, IN_MOVED_FROM, 55, "through");
    feed(q, 1, IN_MOVED_TO, 56, "back");
    feed(q, 1, IN_MOVED_FROM, 56, "back"); /* no exchange, but what the same rename says */
    CHECK_EQ(queue_begin_listing(q), 0);
    CHECK_EQ(queue_exchanged(q, 1, "kinds", 5, false), IN_MOVED_FROM | IN_ISDIR);
    CHECK_EQ(queue_exchanged(q, 1, "twice", 5, false), 0);
    feed(q, 1, IN_DELETE, 0, "twice");
    CHECK_EQ(queue_begin_listing(q), 0);
    CHECK_EQ(queue_exchanged(q, 1, "twice", 5, false), IN_MOVED_FROM);
    CHECK_EQ(queue_exchanged(q, 1, "through", 7, false), 0);
    CHECK_EQ(queue_exchanged(q, 1, "back", 4, false), 0);
    queue_free(q);
}

/* A directory that moves once can be followed, one that moves twice has been anywhere. */
static void what_left_a_name_left_something_there_or_nothing(void)
{
    enum { TO = IN_MOVED_TO, FROM = IN_MOVED_FROM, MARK = IN_Q_OVERFLOW, MOST = 8 };
    static const struct {
        const char *what;
        struct {
            uint32_t mask, cookie;
        } events[MOST]; /* on one name; MARK is queue_mark() */
        bool is_there;
        int wanted;
    } cases[] = {
        {"nothing more, and it is there", {{FROM, 1}, {MARK, 0}}, true, 1},
        {"nothing more, and it is not", {{FROM, 1}, {MARK, 0}}, false, 0},
        {"it was there before it left", {{MARK, 0}, {FROM, 1}}, true, -EAGAIN},
        {"it leaves again", {{FROM, 1}, {FROM, 2}}, false, 1},
        {"it is removed", {{FROM, 1}, {IN_DELETE, 0}}, false, 1},
        {"it is made", {{FROM, 1}, {IN_CREATE, 0}, {MARK, 0}}, true, 0},
        {"it comes", {{FROM, 1}, {TO, 2}, {MARK, 0}}, true, -EAGAIN},
        {"a file comes where a directory left", {{FROM | IN_ISDIR, 1}, {TO, 2}, {MARK, 0}}, true, 0},
        {"a directory comes where a file left", {{FROM, 1}, {TO | IN_ISDIR, 2}, {MARK, 0}}, true, 0},
        {"a directory comes where one left", {{FROM | IN_ISDIR, 1}, {TO | IN_ISDIR, 2}}, true, -EAGAIN},
        {"exchanged again", {{FROM, 1}, {TO, 2}, {FROM, 3}, {MARK, 0}}, true, 1},
        {"came and left again", {{FROM, 1}, {TO, 2}, {FROM, 3}, {MARK, 0}}, false, 0},
        {"exchanged three times", {{FROM, 1}, {TO, 2}, {FROM, 3}, {TO, 4}, {FROM, 5}, {MARK, 0}}, true, 1},
        {"exchanged, and then removed", {{FROM, 1}, {TO, 2}, {FROM, 3}, {IN_DELETE, 0}}, false, 1},
        {"exchanged, and exchanged after the look",
         {{FROM, 1}, {MARK, 0}, {TO, 2}, {FROM, 3}},
         true,
         -EAGAIN},
        {"came and left, and then made", {{FROM, 1}, {TO, 2}, {FROM, 3}, {IN_CREATE, 0}}, true, 0},
        {"renamed away and back", {{FROM, 1}, {TO, 2}, {FROM, 2}, {MARK, 0}}, true, -EAGAIN},
        {"it does not begin by leaving", {{TO, 2}, {FROM, 3}, {MARK, 0}}, true, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct queue *const q = new_queue(4096);

        check_case("%s", cases[i].what);
        for (size_t k = 0; k < MOST && cases[i].events[k].mask; k++) {
            if (cases[i].events[k].mask == MARK)
                CHECK_EQ(queue_mark(q), 0);
            else
                feed(q, 1, cases[i].events[k].mask, cases[i].events[k].cookie, "x");
        }
        CHECK_EQ(queue_stays(q, 1, "x", 1, cases[i].is_there), cases[i].wanted);
        CHECK_EQ(queue_stays(q, 1, "y", 1, true), 0);
        CHECK_EQ(queue_stays(q, 2, "x", 1, true), 0);
        queue_free(q);
    }
    check_case_over();
}

static void moves_of_a_directory_are_counted(void)
{
    struct queue *const q = new_queue(4096);

    CHECK_EQ(queue_moves(q, 7), 0);
    feed(q, 1, IN_MOVED_FROM | IN_ISDIR, 50, "d");
    CHECK_EQ(queue_moves(q, 7), 0);
    feed(q, 7, IN_MOVE_SELF, 0, "");
    feed(q, 8, IN_MOVE_SELF, 0, "");
    CHECK_EQ(queue_moves(q, 7), 1);
    CHECK_EQ(queue_moves(q, 8), 1);
    feed(q, 1, IN_CREATE, 0, "between");
    feed(q, 7, IN_MOVE_SELF, 0, "");
    CHECK_EQ(queue_moves(q, 7), 2);
    CHECK_EQ(queue_moves(q, 8), 1);
    queue_free(q);
}

/* What a file says of itself follows what its directory says of it. */
/* ---- the other half of a rename ---- */

static enum queue_partner partner_of_first(struct queue *q, bool near, struct event *to)
{
    struct event from;
    const char *at;

    NEED(queue_peek(q, &from) == 1);
    return queue_find_partner(q, &from, near, to, &at);
}

static void a_look_at_the_first_event_leaves_it_there(void)
{
    struct queue *const q = new_queue(4096);
    struct event ev;

    CHECK_EQ(queue_peek(q, &ev), 0);
    feed(q, 1, IN_CREATE, 0, "a");
    feed(q, 2, IN_DELETE, 0, "b");
    for (int i = 0; i < 2; i++)
        if (CHECK_EQ(queue_peek(q, &ev), 1))
            check_event(&ev, 1, IN_CREATE, "a");
    check_next(q, 1, IN_CREATE, "a");
    if (CHECK_EQ(queue_peek(q, &ev), 1))
        check_event(&ev, 2, IN_DELETE, "b");
    check_next(q, 2, IN_DELETE, "b");
    queue_free(q);
}

static void the_other_half_is_known_to_be_there_or_not_or_may_come(void)
{
    enum { MANY = 40 };
    struct queue *q = new_queue(4096);
    struct event to;

    feed(q, 1, IN_MOVED_FROM, 7, "a");
    CHECK_EQ(partner_of_first(q, true, &to), PARTNER_UNKNOWN);
    feed(q, 2, IN_CREATE, 0, "of another directory");
    feed(q, 1, IN_MODIFY, 0, "names stay as they are");
    CHECK_EQ(partner_of_first(q, false, &to), PARTNER_UNKNOWN);
    feed(q, 2, IN_MOVED_TO, 7, "b");
    if (CHECK_EQ(partner_of_first(q, true, &to), PARTNER_FOUND))
        check_event(&to, 2, IN_MOVED_TO, "b");
    queue_free(q);

    q = new_queue(4096);
    feed(q, 1, IN_MOVED_FROM, 7, "a");
    feed(q, 1, IN_CREATE, 0, "of the same directory");
    feed(q, 2, IN_MOVED_TO, 7, "b");
    CHECK_EQ(partner_of_first(q, false, &to), PARTNER_NONE);
    queue_free(q);

    q = new_queue(4096);
    feed(q, 1, IN_MOVED_FROM, 7, "a");
    feed(q, -1, IN_Q_OVERFLOW, 0, "");
    CHECK_EQ(partner_of_first(q, false, &to), PARTNER_NONE);
    queue_free(q);

    q = new_queue(65536);
    feed(q, 1, IN_MOVED_FROM, 7, "a");
    for (int i = 0; i < MANY; i++)
        feed(q, 3, IN_MODIFY, 0, "x");
    feed(q, 2, IN_MOVED_TO, 7, "b");
    CHECK_EQ(partner_of_first(q, true, &to), PARTNER_UNKNOWN);
    CHECK_EQ(partner_of_first(q, false, &to), PARTNER_FOUND);
    queue_free(q);
}

/* What comes to a name by the first event, which is taken: does it leave it again? */
static enum queue_partner leaves(struct queue *q, struct event *from, bool *goes_back)
{
    struct event to;
    const char *at;

    NEED(queue_next(q, &to) == 1);
    return queue_next_leaves(q, &to, from, &at, goes_back);
}

static void what_comes_to_a_name_is_followed_by_what_leaves_it(void)
{
    enum { TO = IN_MOVED_TO, FROM = IN_MOVED_FROM, MOST = 6 };
    static const struct {
        const char *what;
        struct {
            int wd;
            uint32_t mask, cookie;
            const char *name;
        } events[MOST];
        enum queue_partner wanted;
    } cases[] = {
        {"at once", {{1, TO, 7, "x"}, {1, FROM, 8, "x"}}, PARTNER_FOUND},
        {"behind what a directory says of itself",
         {{1, TO, 7, "x"}, {5, IN_MOVE_SELF, 0, ""}, {1, FROM, 8, "x"}},
         PARTNER_FOUND},
        {"behind what other processes do in other directories",
         {{1, TO, 7, "x"},
          {2, IN_CREATE, 0, "y"},
          {2, TO, 9, "x"},
          {2, IN_DELETE, 0, "x"},
          {1, FROM, 8, "x"}},
         PARTNER_FOUND},
        {"behind what is written to in the directory",
         {{1, TO, 7, "x"}, {1, IN_MODIFY, 0, "y"}, {1, IN_CLOSE_WRITE, 0, "y"}, {1, FROM, 8, "x"}},
         PARTNER_FOUND},
        {"the lock of the directory was free",
         {{1, TO, 7, "x"}, {1, IN_CREATE, 0, "y"}, {1, FROM, 8, "x"}},
         PARTNER_NONE},
        {"another name leaves", {{1, TO, 7, "x"}, {1, FROM, 8, "y"}}, PARTNER_NONE},
        {"the rename itself", {{1, TO, 7, "x"}, {1, FROM, 7, "x"}}, PARTNER_NONE},
        {"events are lost", {{1, TO, 7, "x"}, {-1, IN_Q_OVERFLOW, 0, ""}, {1, FROM, 8, "x"}}, PARTNER_NONE},
        {"nothing more was read", {{1, TO, 7, "x"}}, PARTNER_UNKNOWN},
        {"no more of the directory was read", {{1, TO, 7, "x"}, {2, IN_CREATE, 0, "y"}}, PARTNER_UNKNOWN},
    };
    struct event from;
    bool goes_back;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct queue *const q = new_queue(4096);

        check_case("%s", cases[i].what);
        for (size_t k = 0; k < MOST && cases[i].events[k].name; k++)
            feed(q, cases[i].events[k].wd, cases[i].events[k].mask, cases[i].events[k].cookie,
                 cases[i].events[k].name);
        CHECK_EQ(leaves(q, &from, &goes_back), cases[i].wanted);
        if (cases[i].wanted == PARTNER_FOUND) {
            check_event(&from, 1, FROM, "x");
            CHECK(!goes_back);
        }
        queue_free(q);
    }
    check_case_over();
}

static void what_leaves_a_name_may_go_where_the_other_came_from(void)
{
    static const struct {
        int wd;
        const char *name;
        bool goes_back;
    } cases[] = {{1, "a", true}, {1, "c", false}, {2, "a", false}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct queue *const q = new_queue(4096);
        struct event from;
        bool goes_back;

        check_case("to %s in %d", cases[i].name, cases[i].wd);
        feed(q, 1, IN_MOVED_FROM, 7, "a");
        feed(q, 2, IN_MOVED_TO, 7, "b");
        feed(q, 3, IN_CREATE, 0, "elsewhere");
        feed(q, 2, IN_MOVED_FROM, 8, "b");
        feed(q, 3, IN_DELETE, 0, "elsewhere");
        feed(q, cases[i].wd, IN_MOVED_TO, 8, cases[i].name);
        NEED(queue_next(q, &from) == 1);
        CHECK(queue_left_last(q, 1, "a", 1) && !queue_left_last(q, 1, "b", 1) &&
              !queue_left_last(q, 2, "a", 1));
        CHECK_EQ(leaves(q, &from, &goes_back), PARTNER_FOUND);
        CHECK_EQ(goes_back, cases[i].goes_back);
        queue_free(q);
    }
    check_case_over();
}

/* The cookie of the way back of the first rename, after its first half was taken. */
static uint32_t way_back(struct queue *q, bool *may_come)
{
    struct event from, to;
    const char *at;

    NEED(queue_next(q, &from) == 1);
    NEED(queue_find_partner(q, &from, false, &to, &at) == PARTNER_FOUND);
    return queue_find_way_back(q, &from, &to, may_come);
}

static void a_rename_that_leads_back_is_known_from_one_that_leads_on(void)
{
    static const struct {
        int wd; /* where the second one leads */
        const char *name;
        uint32_t found;
    } cases[] = {{1, "a", 8}, {1, "c", 0}, {2, "a", 0}};
    struct queue *q;
    bool may_come;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check_case("to %s in %d", cases[i].name, cases[i].wd);
        q = new_queue(4096);
        feed(q, 1, IN_MOVED_FROM, 7, "a");
        feed(q, 2, IN_MOVED_TO, 7, "b");
        feed(q, 9, IN_MOVE_SELF, 0, "");
        feed(q, 3, IN_CREATE, 0, "elsewhere");
        feed(q, 2, IN_MOVED_FROM, 8, "b");
        feed(q, cases[i].wd, IN_MOVED_TO, 8, cases[i].name);
        CHECK_EQ(way_back(q, &may_come), cases[i].found);
        CHECK(!may_come);
        queue_free(q);
    }
    check_case_over();
    q = new_queue(4096);
    feed(q, 1, IN_MOVED_FROM, 7, "a");
    feed(q, 2, IN_MOVED_TO, 7, "b");
    feed(q, 2, IN_MOVED_FROM, 8, "b");
    CHECK_EQ(way_back(q, &may_come), 0);
    CHECK(may_come);
    queue_free(q);
    q = new_queue(4096);
    feed(q, 1, IN_MOVED_FROM, 7, "a");
    feed(q, 2, IN_MOVED_TO, 7, "b");
    feed(q, 2, IN_CREATE, 0, "in between");
    feed(q, 2, IN_MOVED_FROM, 8, "b");
    feed(q, 1, IN_MOVED_TO, 8, "a");
    CHECK_EQ(way_back(q, &may_come), 0);
    CHECK(!may_come);
    queue_free(q);
}

static void an_echo_is_found_behind_its_event(void)
{
    struct queue *const q = new_queue(4096);
    struct event ev, echo;

    feed(q, 1, IN_MODIFY, 0, "f");
    feed(q, 2, IN_ATTRIB, 0, "");
    feed(q, 2, IN_MODIFY, 0, "");
    CHECK_EQ(queue_next(q, &ev), 1);
    CHECK_EQ(queue_find_echo(q, 3, IN_MODIFY, &echo) == NULL, true);
    queue_take(q, queue_find_echo(q, 2, IN_MODIFY, &echo));
    CHECK_EQ(echo.wd, 2);
    CHECK_EQ(queue_find_echo(q, 2, IN_MODIFY, &echo) == NULL, true);
    CHECK_EQ(queue_next(q, &ev), 1);
    CHECK_EQ(ev.mask, IN_ATTRIB);
    queue_free(q);
}

/* The other two events were of a directory that is not watched. Only that the name is listed, though the last
 * event on it says that it left, tells what it was. */
static void an_exchange_with_what_is_not_watched_shows_in_a_listing(void)
{
    for (int more = 0; more < 3; more++) {
        struct queue *const q = new_queue(4096);

        check_case("more: %d", more);
        feed(q, 1, IN_MOVED_TO | IN_ISDIR, 50, "n");
        if (more == 1) { /* it leaves after the listing began */
            CHECK_EQ(queue_mark(q), 0);
            CHECK_EQ(queue_begin_listing(q), 0);
            CHECK_EQ(exchanged(q, 1, "n"), 0);
        }
        feed(q, 1, IN_MOVED_FROM | IN_ISDIR, 51, "n");
        feed(q, 2, IN_CREATE, 0, "n");
        feed(q, 1, IN_MODIFY, 0, "n");
        if (more == 2) /* it comes again */
            feed(q, 1, IN_CREATE, 0, "n");
        CHECK_EQ(exchanged(q, 1, "n"), 0);
        if (more != 1)
            CHECK_EQ(queue_mark(q), 0);
        CHECK_EQ(queue_begin_listing(q), 0);
        CHECK_EQ(exchanged(q, 1, "n"), more == 0 ? IN_MOVED_FROM | IN_ISDIR : 0);
        CHECK_EQ(exchanged(q, 2, "n"), 0);
        queue_free(q);
    }
    check_case_over();
}

static void only_what_came_by_a_rename_and_left_by_one_is_an_exchange(void)
{
    struct queue *const q = new_queue(4096);

    feed(q, 1, IN_CREATE, 0, "made");
    feed(q, 1, IN_MOVED_FROM, 50, "made");
    feed(q, 1, IN_MOVED_TO, 51, "removed");
    feed(q, 1, IN_DELETE, 0, "removed");
    feed(q, 1, IN_MOVED_TO, 52, "comes");
    feed(q, 1, IN_MOVED_FROM, 53, "leaves");
    feed(q, 1, IN_MOVED_FROM, 54, "leaves_and_comes");
    feed(q, 1, IN_MOVED_TO, 55, "leaves_and_comes");
    feed(q, 1, IN_MOVED_TO, 56, "exchanged");
    feed(q, 1, IN_MOVED_FROM, 57, "exchanged");
    CHECK_EQ(queue_mark(q), 0);
    CHECK_EQ(queue_begin_listing(q), 0);
    CHECK_EQ(exchanged(q, 1, "made"), 0);
    CHECK_EQ(exchanged(q, 1, "removed"), 0);
    CHECK_EQ(exchanged(q, 1, "comes"), 0);
    CHECK_EQ(exchanged(q, 1, "leaves"), 0);
    CHECK_EQ(exchanged(q, 1, "leaves_and_comes"), 0);
    CHECK_EQ(exchanged(q, 1, "exchanged"), IN_MOVED_FROM);
    queue_free(q);
}

/* ---- thousands, and a plain list ---- */

enum { KEY_NAMES = 4000, KEY_WDS = 5, KEYS = KEY_NAMES * KEY_WDS, MANY = 60000 };

/* The events of each name, in order: what is pending of it is the first of its list. */
static struct {
    size_t first[KEYS], last[KEYS]; /* + 1; 0: none */
    struct {
        size_t key, next;
        uint32_t mask;
        const char *at;
        bool taken;
    } events[MANY];
} many;

static size_t key_name(char *name, size_t key)
{
    return (size_t)sprintf(name, key % 7 ? "%zu" : "a_name_that_is_somewhat_longer_%zu", key % KEY_NAMES);
}

static int key_wd(size_t key)
{
    return (int)(key / KEY_NAMES) * 1000 + 1;
}

static void check_all_keys(struct queue *q)
{
    for (size_t key = 0; key < KEYS; key++) {
        char name[64];
        const size_t len = key_name(name, key);
        const uint32_t wanted = many.first[key] ? many.events[many.first[key] - 1].mask : 0;

        CHECK_EQ(queue_pending(q, key_wd(key), name, len), wanted);
    }
}

static void drop_from_its_key(size_t i)
{
    size_t *at = &many.first[many.events[i].key];

    while (*at != i + 1)
        at = &many.events[*at - 1].next;
    *at = many.events[i].next;
}

static void feed_many(struct queue *q, size_t i)
{
    const size_t key = random_below(KEYS);
    const uint32_t mask = (uint32_t)IN_MOVED_FROM << random_below(4) | (random_below(2) ? IN_ISDIR : 0);
    char name[64];

    key_name(name, key);
    many.events[i].key = key;
    many.events[i].mask = mask;
    many.events[i].next = 0;
    many.events[i].taken = false;
    if (many.first[key])
        many.events[many.last[key] - 1].next = i + 1;
    else
        many.first[key] = i + 1;
    many.last[key] = i + 1;
    many.events[i].at = feed(q, key_wd(key), mask, 0, name);
}

static void take_many(struct queue *q, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        char name[64];

        if (many.events[i].taken)
            continue;
        key_name(name, many.events[i].key);
        check_case("event %zu", i);
        check_next(q, key_wd(many.events[i].key), many.events[i].mask, name);
        drop_from_its_key(i);
    }
    check_case_over();
}

static void each_name_has_its_first_event_among_many_thousands(void)
{
    for (int when = 0; when < 3; when++) { /* indexed all along, from the middle on, or in the end */
        struct queue *const q = new_queue(when == 2 ? 65536 : 1000);

        memset(&many, 0, sizeof(many));
        for (size_t i = 0; i < MANY; i++) {
            feed_many(q, i);
            if (when == 0 ? i % 64 == 0 : when == 1 && i == MANY / 2)
                queue_pending(q, 1, "0", 1);
        }
        check_case("indexed: %d", when);
        check_all_keys(q);
        take_many(q, 0, MANY / 3);
        check_all_keys(q);
        for (size_t i = MANY / 3; i < MANY / 3 + 500; i++) {
            if (random_below(3) > 0)
                continue;
            queue_take(q, many.events[i].at);
            many.events[i].taken = true;
            drop_from_its_key(i);
        }
        check_all_keys(q);
        take_many(q, MANY / 3, MANY - 10);
        check_all_keys(q);
        take_many(q, MANY - 10, MANY);
        check_all_keys(q);
        check_nothing_left(q);
        feed(q, 1, IN_DELETE, 0, "0");
        check_pending(q, 1, "0", IN_DELETE);
        queue_free(q);
    }
    check_case_over();
}

/* Whoever reads may be behind for hours: what has gone by must not cost memory. */
static void a_queue_that_is_never_empty_takes_what_is_queued_and_no_more(void)
{
    enum { CHUNK = 4096, ROUNDS = 1000, LONG = 20000, SHORT = 50 };
    struct queue *const q = new_queue(CHUNK);
    size_t fed = 0, taken = 0, largest = 0;
    char name[32];

    for (size_t round = 0; round < ROUNDS; round++) {
        const size_t length = round < 5 ? LONG : SHORT; /* that are left at the end of the round */
        const size_t rest = round < 5 ? LONG / 10 : SHORT;

        for (; fed - taken < length + rest; fed++) {
            snprintf(name, sizeof(name), "%zu", fed);
            feed(q, 1 + (int)(fed % 3), fed % 2 ? IN_CREATE : IN_DELETE, 0, name);
            if (fed % 7 == 0)
                check_pending(q, 1 + (int)(fed % 3), name, fed % 2 ? IN_CREATE : IN_DELETE);
        }
        for (; fed - taken > rest; taken++) {
            snprintf(name, sizeof(name), "%zu", taken);
            check_case("event %zu of %zu", taken, fed);
            check_next(q, 1 + (int)(taken % 3), taken % 2 ? IN_CREATE : IN_DELETE, name);
            if (taken % 11 == 0)
                check_pending(q, 1 + (int)(taken % 3), name, 0);
        }
        snprintf(name, sizeof(name), "%zu", taken + rest / 2);
        check_pending(q, 1 + (int)((taken + rest / 2) % 3), name,
                      (taken + rest / 2) % 2 ? IN_CREATE : IN_DELETE);
        if (round == 4)
            largest = queue_memory(q);
    }
    check_case_over();
    CHECK(largest < 16 * LONG * size_of(8));
    CHECK(queue_memory(q) < 64 * CHUNK); /* as at the start */
    CHECK(queue_memory(q) < largest / 16);
    for (; taken < fed; taken++) {
        snprintf(name, sizeof(name), "%zu", taken);
        check_next(q, 1 + (int)(taken % 3), taken % 2 ? IN_CREATE : IN_DELETE, name);
    }
    check_nothing_left(q);
    queue_free(q);
}

struct plain {
    const char *at;
    int wd;
    uint32_t mask, cookie;
    unsigned name; /* 0: none */
    bool taken, met;
};

enum { PLAIN_NAMES = 60, PLAIN_WDS = 6, PLAIN_MAX = 4000 };

static struct {
    struct plain *events; /* [first, count) are pending */
    size_t first, count, capacity;
    struct event in_hand;
    struct plain handled;
    bool has_in_hand;
} list;

/* Of all lengths, without two that are the same. */
static size_t plain_name(char *name, unsigned number)
{
    size_t len;

    if (number == 0)
        return 0;
    len = (size_t)sprintf(name, "%u\xff", number);
    for (; len < (size_t)number * number % 256; len++)
        name[len] = (char)(1 + len * number % 255);
    return len;
}

static size_t plain_size(const struct plain *p)
{
    char name[256];

    return size_of(plain_name(name, p->name));
}

static bool names_something(const struct plain *p)
{
    return !p->taken && p->wd > 0 && p->name > 0 && (p->mask & QUEUE_NAMING);
}

static struct plain *plain_first(int wd, unsigned name)
{
    for (size_t i = list.first; i < list.count; i++) {
        struct plain *const p = &list.events[i];

        if (names_something(p) && p->wd == wd && p->name == name)
            return p;
    }
    return NULL;
}

static struct plain random_event(void)
{
    static const uint32_t masks[] = {IN_CREATE,   IN_DELETE,     IN_MOVED_FROM,         IN_MOVED_TO,
                                     IN_MODIFY,   IN_MOVE_SELF,  IN_CREATE | IN_ISDIR,  IN_DELETE | IN_ISDIR,
                                     IN_MOVED_TO, IN_MOVED_FROM, IN_MOVED_TO | IN_ISDIR};
    struct plain p = {.wd = 1 + (int)random_below(PLAIN_WDS) * 1024,
                      .mask = masks[random_below(COUNT_OF(masks))],
                      .cookie = (uint32_t)random_below(4)};

    if (random_below(200) == 0)
        return (struct plain){.wd = -1, .mask = IN_Q_OVERFLOW};
    if (p.mask != IN_MOVE_SELF && random_below(50) > 0)
        p.name = 1 + (unsigned)random_below(PLAIN_NAMES);
    return p;
}

/* A read of several events, as many as there is room for or fewer. */
static void plain_read(struct queue *q)
{
    const size_t wanted = random_below(12);
    size_t size, used = 0;
    char *const room = room_for_read(q, &size);

    for (size_t i = 0; i < wanted; i++) {
        struct plain p = random_event();
        char name[256];
        const size_t len = plain_name(name, p.name);

        if (size - used < size_of(len))
            break;
        p.at = room + used;
        used += put(room + used, p.wd, p.mask, p.cookie, name, len);
        if (list.count == list.capacity) {
            list.capacity = list.capacity ? 2 * list.capacity : 1000;
            list.events = realloc(list.events, list.capacity * sizeof(*list.events));
            NEED(list.events != NULL);
        }
        list.events[list.count++] = p;
    }
    queue_commit(q, used);
}

static void check_same(const struct event *ev, const struct plain *p)
{
    char name[256];

    CHECK_EQ(ev->wd, p->wd);
    CHECK_EQ(ev->mask, p->mask);
    CHECK_EQ(ev->cookie, p->cookie);
    CHECK_MEM(ev->name, ev->name_len, name, plain_name(name, p->name));
}

static void plain_next(struct queue *q)
{
    struct event ev;
    const int got = next(q, &ev);

    while (list.first < list.count && list.events[list.first].taken)
        list.first++;
    CHECK_EQ(got, list.first < list.count);
    list.has_in_hand = got > 0 && list.first < list.count;
    if (list.has_in_hand) {
        list.in_hand = ev;
        list.handled = list.events[list.first++];
        check_same(&ev, &list.handled);
    }
}

static void plain_take(struct queue *q)
{
    const size_t near = list.count - list.first < 40 ? list.count - list.first : 40;
    struct plain *p;

    if (near == 0)
        return;
    p = &list.events[list.first + random_below(near)];
    if (p->taken || p->wd < 0)
        return;
    queue_take(q, p->at);
    p->taken = true;
}

static void plain_ask(struct queue *q)
{
    const int wd = 1 + (int)random_below(PLAIN_WDS + 1) * 1024;
    const unsigned number = 1 + (unsigned)random_below(PLAIN_NAMES);
    const struct plain *const p = plain_first(wd, number);
    char name[256];
    const size_t len = plain_name(name, number);

    CHECK_EQ(queue_pending(q, wd, name, len), p ? p->mask : 0);
}

static void plain_list(struct queue *q)
{
    const int wd = 1 + (int)random_below(PLAIN_WDS) * 1024;
    size_t position = 0, end;
    struct event ev;

    CHECK_EQ(queue_begin_listing(q), 0);
    end = list.count;
    for (size_t i = list.first; i < end; i++)
        list.events[i].met = false;
    while (random_below(3) == 0)
        plain_read(q);
    for (size_t names = random_below(2 * PLAIN_NAMES); names > 0; names--) {
        const unsigned number = 1 + (unsigned)random_below(PLAIN_NAMES);
        struct plain *const p = plain_first(wd, number);
        char name[256];
        const size_t len = plain_name(name, number);

        CHECK_EQ(queue_meet(q, wd, name, len), !p ? 0 : p->met ? -EALREADY : (int64_t)p->mask);
        if (p)
            p->met = true;
    }
    for (unsigned number = 1; number <= PLAIN_NAMES; number++) {
        const struct plain *const p = plain_first(wd, number);
        char name[256];
        const size_t len = plain_name(name, number);

        CHECK_EQ(queue_unmet(q, wd, name, len), p && !p->met && p < list.events + end ? p->mask : 0);
    }
    for (size_t i = list.first; i < end; i++) {
        struct plain *const p = &list.events[i];

        if (!names_something(p) || p->wd != wd || p->met || plain_first(wd, p->name) != p)
            continue;
        if (!CHECK_EQ(queue_each_unmet(q, wd, &position, &ev), 1))
            return;
        check_same(&ev, p);
        CHECK(ev.name == p->at + EVENT_HEADER_SIZE);
    }
    CHECK_EQ(queue_each_unmet(q, wd, &position, &ev), 0);
}

static void check_whole(struct queue *q)
{
    size_t size = 0;
    bool overflow = false;

    for (size_t i = list.first; i < list.count; i++) {
        size += plain_size(&list.events[i]);
        overflow = overflow || list.events[i].wd == -1;
    }
    CHECK_EQ(queue_size(q), size);
    CHECK_EQ(queue_has_overflow(q), overflow);
    if (size > 0)
        CHECK(!queue_is_empty(q));
}

static void compare_with_list(size_t chunk_size, size_t rounds)
{
    struct queue *const q = new_queue(chunk_size);

    memset(&list, 0, sizeof(list));
    for (size_t round = 0; round < rounds; round++) {
        /* Long rises and falls, so that there is often much, and often nothing. */
        const bool rising = round / 3000 % 2 == 0 && list.count - list.first < PLAIN_MAX;
        const size_t what = random_below(100);

        check_case("chunks of %zu, round %zu", chunk_size, round);
        if (what < (rising ? 25 : 3))
            plain_read(q);
        else if (what < (rising ? 40 : 70))
            plain_next(q);
        else if (what < 75)
            plain_take(q);
        else if (what < 98)
            plain_ask(q);
        else if (what < 99)
            plain_list(q);
        else
            check_whole(q);
        if (list.has_in_hand)
            check_same(&list.in_hand, &list.handled);
    }
    while (list.first < list.count)
        plain_next(q);
    plain_next(q);
    check_nothing_left(q);
    check_case_over();
    free(list.events);
    queue_free(q);
}

static void a_queue_is_that_of_a_plain_list(void)
{
    for (size_t c = 0; c < COUNT_OF(chunk_sizes); c++)
        compare_with_list(chunk_sizes[c], random_rounds(20000));
}

static void a_closing_is_found_far_ahead_and_is_in_nobodys_way(void)
{
    struct queue *const q = new_queue(64 * 1024);
    struct event ev;
    size_t position = 0;
    char name[16];

    queue_index_closing(q);
    feed(q, 1, IN_CREATE, 0, "f");
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "%d", i);
        feed(q, 2, IN_CREATE, 0, name);
    }
    CHECK(queue_closing(q, 1, "f", 1) == 0);
    feed(q, 1, IN_CLOSE_WRITE, 0, "f");
    feed(q, 1, IN_DELETE, 0, "f");
    feed(q, 1, IN_CLOSE_WRITE, 0, "g");
    CHECK(queue_closing(q, 1, "f", 1) == 1);
    CHECK(queue_closing(q, 2, "f", 1) == 0);
    CHECK(queue_closing(q, 1, "50", 2) == 0);
    CHECK(queue_pending(q, 1, "f", 1) == IN_CREATE);
    CHECK(queue_pending(q, 1, "g", 1) == 0);
    CHECK(queue_begin_listing(q) == 0);
    CHECK(queue_each_unmet(q, 1, &position, &ev) == 1 && ev.mask == IN_CREATE);
    CHECK(queue_each_unmet(q, 1, &position, &ev) == 0);
    for (int i = 0; i < 102; i++)
        CHECK(queue_next(q, &ev) == 1);
    CHECK(ev.mask == IN_CLOSE_WRITE && ev.wd == 1);
    CHECK(queue_closing(q, 1, "f", 1) == 0);
    CHECK(queue_closing(q, 1, "g", 1) == 1);
    CHECK(queue_next(q, &ev) == 1 && queue_next(q, &ev) == 1 && queue_next(q, &ev) == 0);
    CHECK(queue_closing(q, 1, "g", 1) == 0);
    queue_free(q);
}

int main(void)
{
    random_start();
    a_new_queue_holds_nothing();
    a_queue_that_is_used_up_starts_again_with_all_its_room();
    the_largest_events_pass_through_chunks_of_any_size();
    an_event_that_does_not_fit_is_given_more_room();
    the_last_event_keeps_its_name_while_more_is_read();
    a_read_that_brings_nothing_changes_nothing();
    what_is_cut_short_is_refused_where_it_stands();
    what_stands_before_a_cut_is_found();
    only_the_events_that_name_something_are_pending();
    a_name_is_that_of_one_directory_and_of_one_spelling();
    the_first_pending_event_of_a_name_counts();
    events_pass_an_index_that_had_not_got_that_far();
    what_is_taken_out_of_turn_is_not_returned();
    what_is_taken_is_not_pending_any_more();
    what_no_index_has_seen_can_be_taken();
    an_overflow_is_seen_until_it_is_taken();
    a_listing_leaves_the_names_that_it_did_not_meet();
    what_comes_after_a_listing_began_is_not_left_by_it();
    a_listing_may_begin_while_nothing_is_queued();
    a_listing_leaves_the_names_of_its_own_directory_only();
    the_rest_of_a_rename_is_what_the_kernel_says_next();
    a_rename_that_is_split_is_complete_when_all_of_it_is_read();
    a_chain_of_renames_is_told_apart();
    the_second_name_of_an_exchange_was_there_before();
    one_name_exchanged_between_directories_is_an_exchange();
    an_exchange_is_one_whatever_stands_around_it();
    what_is_no_exchange_is_not_taken_for_one();
    a_half_that_was_taken_makes_no_exchange();
    an_exchange_with_what_is_not_watched_shows_in_a_listing();
    an_exchange_with_what_is_not_watched_shows_in_the_events();
    what_left_a_name_left_something_there_or_nothing();
    moves_of_a_directory_are_counted();
    a_look_at_the_first_event_leaves_it_there();
    the_other_half_is_known_to_be_there_or_not_or_may_come();
    what_comes_to_a_name_is_followed_by_what_leaves_it();
    what_leaves_a_name_may_go_where_the_other_came_from();
    a_rename_that_leads_back_is_known_from_one_that_leads_on();
    an_echo_is_found_behind_its_event();
    only_what_came_by_a_rename_and_left_by_one_is_an_exchange();
    each_name_has_its_first_event_among_many_thousands();
    a_queue_that_is_never_empty_takes_what_is_queued_and_no_more();
    a_closing_is_found_far_ahead_and_is_in_nobodys_way();
    a_queue_is_that_of_a_plain_list();
    return check_status();
}
