/* queue.c: any reads of events, and any questions between them, against a plain list: order, names in hand,
 * what is pending, what a listing leaves, renames and echoes ahead. Neighbours: queue.h; test_queue.c in
 * tests/unit, which has the rules in words. */
#include "queue.h"

#include "fuzz.h"

#include <errno.h>

#define MAX_EVENTS ((size_t)4096)
#define BULK       400
#define WATCHES    4
#define FEW_NAMES  6

/* One event, as it was read. */
struct plain {
    int32_t wd;
    uint32_t mask, cookie;
    uint8_t name; /* its number, see name_of(); 0: none */
    bool taken;   /* out of its turn */
    bool met;     /* by the listing */
    size_t size;
    const char *at;
};

static struct plain list[MAX_EVENTS];
static size_t first, count; /* of those that are queued */
static size_t cut_size;     /* of what is no event behind the last */
static struct plain last_from;

/* The event in hand, its name copied. */
static struct event hand;
static struct plain hand_plain;
static bool in_hand;

/* ---- names and events ---- */

static size_t name_of(uint8_t number, char *name)
{
    if (number == 0)
        return 0;
    if (number == 1) {
        memset(name, 'L', 255);
        return 255;
    }
    name[0] = (char)('a' + number % 16);
    name[1] = (char)('a' + number / 16);
    return number < 16 ? 1 : 2;
}

static bool is_named(const struct event *ev, uint8_t number)
{
    char name[256];
    const size_t len = name_of(number, name);

    return ev->name_len == len && memcmp(ev->name, name, len) == 0;
}

static const uint32_t named_masks[] = {
    IN_CREATE, IN_DELETE, IN_MOVED_FROM, IN_MOVED_TO, IN_MOVED_FROM | IN_ISDIR, IN_MOVED_TO | IN_ISDIR,
    IN_MODIFY, IN_ATTRIB};
static const uint32_t nameless_masks[] = {IN_MOVE_SELF, IN_MOVE_SELF, IN_DELETE_SELF, IN_IGNORED,
                                          IN_ATTRIB,    IN_MODIFY,    IN_UNMOUNT,     IN_Q_OVERFLOW};

/* What 24 bits say. */
static struct plain make_event(uint32_t bits, unsigned names)
{
    struct plain p = {.wd = (int32_t)(1 + (bits & 3) % WATCHES),
                      .name = (uint8_t)((bits >> 8 & 0xff) % names)};

    if ((bits >> 2 & 3) == 0)
        p.name = 0;
    p.mask = (p.name ? named_masks : nameless_masks)[bits >> 4 & 7];
    if (p.mask & (IN_MOVED_FROM | IN_MOVED_TO))
        p.cookie = 1 + (bits >> 16 & 3);
    if (p.mask & IN_Q_OVERFLOW)
        p.wd = -1;
    return p;
}

static size_t put_event(char *at, const struct plain *p)
{
    char name[256];
    const size_t len = name_of(p->name, name);
    const uint32_t padded = len > 0 ? (uint32_t)(len + 16) / 16 * 16 : 0;
    const uint32_t numbers[3] = {p->mask, p->cookie, padded};

    memcpy(at, &p->wd, 4);
    memcpy(at + 4, numbers, sizeof(numbers));
    memset(at + EVENT_HEADER_SIZE, 0, padded);
    memcpy(at + EVENT_HEADER_SIZE, name, len);
    return EVENT_HEADER_SIZE + padded;
}

/* Is it in the index? */
static bool is_naming(const struct plain *p)
{
    return !p->taken && p->wd > 0 &&
           (p->name ? (p->mask & QUEUE_NAMING) != 0 : (p->mask & IN_MOVE_SELF) != 0);
}

/* The n-th pending one of a name, counted from 0; count: there is none. */
static size_t find_pending(int wd, uint8_t name, size_t n)
{
    size_t i = first;

    for (; i < count; i++)
        if (is_naming(&list[i]) && list[i].wd == wd && list[i].name == name && n-- == 0)
            break;
    return i;
}

static int64_t mask_at(size_t i)
{
    return i < count ? (int64_t)list[i].mask : 0;
}

static void check_same(const struct event *ev, const struct plain *p)
{
    REQUIRE(ev->wd == (p->taken ? 0 : p->wd));
    REQUIRE(ev->mask == (p->taken ? IN_IGNORED : p->mask));
    REQUIRE(ev->cookie == p->cookie);
    REQUIRE(is_named(ev, p->name));
}

static void check_whole(const struct queue *q)
{
    size_t size = cut_size;

    for (size_t i = first; i < count; i++)
        size += list[i].size;
    REQUIRE(queue_size(q) == size);
    REQUIRE(queue_is_empty(q) == (size == 0));
    if (in_hand)
        check_same(&hand, &hand_plain);
}

/* ---- reading ---- */

static void read_some(struct queue *q, struct input *in, size_t wanted, bool in_bulk)
{
    uint32_t random = in_bulk ? (uint32_t)take_number(in, 2) : 0;
    size_t room, size = 0;
    char *const bytes = queue_room(q, &room);

    REQUIRE(bytes != NULL && room >= EVENT_USUAL_SIZE);
    memset(bytes, 0xa5, room < 4096 ? room : 4096);
    for (size_t i = 0; i < wanted && count < MAX_EVENTS && room - size >= EVENT_USUAL_SIZE; i++) {
        random = random * UINT32_C(1664525) + UINT32_C(1013904223);
        list[count] =
            in_bulk ? make_event(random >> 8, 256) : make_event((uint32_t)take_number(in, 3), FEW_NAMES);
        list[count].at = bytes + size;
        list[count].size = put_event(bytes + size, &list[count]);
        size += list[count].size;
        count++;
    }
    queue_commit(q, size);
}

/* What cannot be an event; nothing is read after that. */
static void read_cut(struct queue *q, struct input *in)
{
    const struct plain p = {.wd = 1, .mask = IN_CREATE, .name = 2};
    size_t room;
    char whole[EVENT_USUAL_SIZE], *const bytes = queue_room(q, &room);
    const size_t size = put_event(whole, &p);

    REQUIRE(bytes != NULL && room >= size);
    cut_size = 1 + (size_t)take_number(in, 1) % (size - 1);
    memcpy(bytes, whole, cut_size);
    queue_commit(q, cut_size);
}

static void take_next(struct queue *q)
{
    const int got = queue_next(q, &hand);

    in_hand = got > 0;
    if (first == count) {
        REQUIRE(got == (cut_size ? -EBADMSG : 0));
        return;
    }
    REQUIRE(got == 1);
    hand_plain = list[first++];
    check_same(&hand, &hand_plain);
    if (!hand_plain.taken && (hand_plain.mask & IN_MOVED_FROM))
        last_from = hand_plain;
}

/* ---- what is pending ---- */

/* Mostly one of those that many events have. */
static uint8_t take_name(struct input *in)
{
    const uint8_t number = (uint8_t)take_number(in, 1);

    return number < 0xc0 ? number % FEW_NAMES : number;
}

static void ask_pending(struct queue *q, int wd, uint8_t number)
{
    char name[256];
    const size_t len = name_of(number, name);

    REQUIRE(queue_pending(q, wd, name, len) == mask_at(find_pending(wd, number, 0)));
}

static bool is_visit(size_t to, size_t from)
{
    return to < count && from < count && (list[to].mask & IN_MOVED_TO) && (list[from].mask & IN_MOVED_FROM) &&
           list[to].cookie != list[from].cookie;
}

static void ask_stays(struct queue *q, int wd, uint8_t number, bool is_there)
{
    char name[256];
    const size_t len = name_of(number, name), first_of_name = find_pending(wd, number, 0);
    const int stays = queue_stays(q, wd, name, len, is_there);
    size_t n = 1, behind;

    if (!(mask_at(first_of_name) & IN_MOVED_FROM)) {
        REQUIRE(stays == 0);
        return;
    }
    while (is_visit(find_pending(wd, number, n), find_pending(wd, number, n + 1)))
        n += 2;
    behind = find_pending(wd, number, n);
    if (behind == count)
        REQUIRE(stays == -EAGAIN || stays == is_there); /* as it was marked behind all of that or not */
    else if (list[behind].mask & IN_MOVED_TO)
        REQUIRE(stays == -EAGAIN);
    else
        REQUIRE(stays == ((list[behind].mask & (IN_DELETE | IN_MOVED_FROM)) != 0));
}

static void ask_moves(struct queue *q, int wd)
{
    REQUIRE(queue_moves(q, wd) == (find_pending(wd, 0, 0) < count) + (find_pending(wd, 0, 1) < count));
}

static void ask_overflow(struct queue *q)
{
    bool any = false;

    for (size_t i = first; i < count; i++)
        any |= (list[i].mask & IN_Q_OVERFLOW) != 0;
    REQUIRE(queue_has_overflow(q) == any);
}

/* Which exchanges it knows is for the unit test; here, what any must be. */
static void ask_exchanged(struct queue *q, int wd, uint8_t number, bool is_listed)
{
    char name[256];
    const size_t len = name_of(number, name);
    const size_t one = find_pending(wd, number, 0), two = find_pending(wd, number, 1);
    uint32_t mask;

    REQUIRE(queue_pending(q, wd, name, len) == mask_at(one));
    mask = queue_exchanged(q, wd, name, len, is_listed);
    if (mask == 0)
        return;
    REQUIRE(two < count && mask == list[two].mask);
    REQUIRE((list[one].mask & IN_MOVED_TO) && (mask & IN_MOVED_FROM) && list[one].cookie != list[two].cookie);
}

static void meet(struct queue *q, int wd, uint8_t number)
{
    char name[256];
    const size_t len = name_of(number, name), i = find_pending(wd, number, 0);

    if (i < count && list[i].met) {
        REQUIRE(queue_meet(q, wd, name, len) == -EALREADY);
        return;
    }
    REQUIRE(queue_meet(q, wd, name, len) == mask_at(i));
    if (i < count)
        list[i].met = true;
}

/* A listing, with reads in between; then what it left. */
static void list_directory(struct queue *q, struct input *in, int wd)
{
    const size_t end = count;
    size_t position = 0;
    struct event ev;

    if (take_number(in, 1) & 1)
        REQUIRE(queue_mark(q) == 0);
    REQUIRE(queue_begin_listing(q) == 0);
    for (size_t i = first; i < count; i++)
        list[i].met = false;
    for (unsigned steps = (unsigned)take_number(in, 1) % 16; steps > 0; steps--) {
        const uint8_t name = take_name(in);

        if (name > 0)
            meet(q, wd, name);
        else if (cut_size == 0)
            read_some(q, in, 4, false);
    }
    for (size_t i = first; i < end; i++) {
        if (list[i].name == 0 || list[i].wd != wd || !is_naming(&list[i]) || list[i].met ||
            find_pending(wd, list[i].name, 0) != i)
            continue;
        REQUIRE(queue_each_unmet(q, wd, &position, &ev) == 1);
        check_same(&ev, &list[i]);
    }
    REQUIRE(queue_each_unmet(q, wd, &position, &ev) == 0);
}

/* ---- what is ahead ---- */

static void take_out_of_turn(struct queue *q, const char *at)
{
    size_t i = first;

    while (i < count && list[i].at != at)
        i++;
    REQUIRE(i < count && !list[i].taken);
    queue_take(q, at);
    list[i].taken = true;
}

/* Whichever; but nobody takes a Q_OVERFLOW. */
static void take_any(struct queue *q, size_t distance)
{
    const size_t i = count > first ? first + distance % (count - first) : count;

    if (i < count && !list[i].taken && !(list[i].mask & IN_Q_OVERFLOW))
        take_out_of_turn(q, list[i].at);
}

static bool is_name_of(const struct plain *p, const struct plain *other)
{
    return p->wd == other->wd && p->name == other->name;
}

/* Says this nothing of the names in a directory? */
static bool says_nothing(const struct plain *p, int wd)
{
    return p->taken || (!(p->mask & IN_Q_OVERFLOW) && (p->wd != wd || !(p->mask & QUEUE_NAMING)));
}

static void ask_leaves(struct queue *q, bool take)
{
    enum { NEAR = 32 };
    const size_t end = count - first < NEAR ? count : first + NEAR;
    enum queue_partner wanted = PARTNER_FOUND;
    const struct plain *from;
    size_t i = first, back;
    const char *at;
    struct event ev;
    bool goes_back;

    if (!in_hand || !(hand.mask & IN_MOVED_TO))
        return;
    while (i < end && says_nothing(&list[i], hand.wd))
        i++;
    from = &list[i];
    if (i == end)
        wanted = end - first < NEAR ? PARTNER_UNKNOWN : PARTNER_NONE;
    else if (!(from->mask & IN_MOVED_FROM) || from->cookie == hand.cookie || !is_name_of(from, &hand_plain))
        wanted = PARTNER_NONE;
    REQUIRE(queue_next_leaves(q, &hand, &ev, &at, &goes_back) == wanted);
    if (wanted != PARTNER_FOUND)
        return;
    for (back = i + 1; back < end; back++)
        if (!list[back].taken && (list[back].mask & IN_MOVED_TO) && list[back].cookie == from->cookie)
            break;
    REQUIRE(at == from->at);
    REQUIRE(goes_back ==
            (last_from.cookie == hand.cookie && back < end && is_name_of(&list[back], &last_from)));
    check_same(&ev, from);
    if (take)
        take_out_of_turn(q, at);
}

static void ask_echo(struct queue *q, int wd, uint32_t mask, bool take)
{
    enum { NEAR = 32 };
    const size_t end = count - first < NEAR ? count : first + NEAR;
    struct event ev;
    const char *const at = queue_find_echo(q, wd, mask, &ev);
    size_t i = first;

    while (i < end && (list[i].taken || list[i].wd != wd || list[i].mask != mask || list[i].name != 0))
        i++;
    REQUIRE(at == (i < end ? list[i].at : NULL));
    if (!at)
        return;
    check_same(&ev, &list[i]);
    if (take)
        take_out_of_turn(q, at);
}

/* Where it must stop is for the unit test; here, that what it finds is there. */
static void ask_rename(struct queue *q, int wd, int other_wd, bool take)
{
    struct queue_rename rename;
    size_t to = first;
    int got;

    if (!in_hand || !(hand.mask & IN_MOVED_FROM))
        return;
    got = queue_find_rename(q, &hand, wd, other_wd, &rename);
    REQUIRE(got == 0 || (got == -EBADMSG && cut_size > 0 && !rename.is_over));
    REQUIRE(rename.mover == 0 || (rename.is_over && (rename.mover == wd || rename.mover == other_wd)));
    REQUIRE(!rename.is_lost || rename.is_over);
    if (!rename.has_to)
        return;
    while (to < count && (list[to].taken || !(list[to].mask & IN_MOVED_TO) || list[to].cookie != hand.cookie))
        to++;
    REQUIRE(to < count);
    /* It goes on behind a first one, to the last before the end of the rename. */
    while (to < count && list[to].at != rename.to_at)
        to++;
    REQUIRE(to < count && list[to].cookie == hand.cookie);
    check_same(&rename.to, &list[to]);
    if (take)
        take_out_of_turn(q, rename.to_at);
}

/* ---- one input ---- */

static void do_one(struct queue *q, struct input *in, unsigned *bulks)
{
    const uint8_t what = (uint8_t)take_number(in, 1), more = (uint8_t)take_number(in, 1);
    const int wd = 1 + more % WATCHES, other_wd = more / 16 % (WATCHES + 1);
    const bool flag = more & 0x80;

    if (what < 64 && cut_size == 0)
        read_some(q, in, more % 16, false);
    else if (what < 128)
        take_next(q);
    else if (what < 144 && cut_size == 0 && (*bulks)++ < 6)
        read_some(q, in, BULK, true);
    else if (what < 160)
        for (unsigned i = 0; i < more; i++)
            take_next(q);
    else if (what < 168)
        ask_pending(q, wd, take_name(in));
    else if (what < 176)
        ask_stays(q, wd, take_name(in), flag);
    else if (what < 184)
        ask_moves(q, wd);
    else if (what < 190)
        ask_overflow(q);
    else if (what < 200)
        ask_exchanged(q, wd, take_name(in), flag);
    else if (what < 220)
        list_directory(q, in, wd);
    else if (what < 226)
        ask_leaves(q, flag);
    else if (what < 232)
        ask_echo(q, wd, nameless_masks[more >> 2 & 7], flag && (more >> 2 & 7) != 7);
    else if (what < 242)
        ask_rename(q, wd, other_wd, flag);
    else if (what < 254)
        take_any(q, more);
    else if (cut_size == 0)
        read_cut(q, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    const size_t chunk_size = EVENT_USUAL_SIZE + (size_t)take_number(&in, 1) * 64;
    unsigned bulks = 0;
    struct queue *q;

    first = count = cut_size = 0;
    in_hand = false;
    last_from = (struct plain){0};
    REQUIRE(queue_new(&q, chunk_size) == 0 && q);
    check_whole(q);
    while (in.size > 0) {
        do_one(q, &in, &bulks);
        check_whole(q);
    }
    while (first < count)
        take_next(q);
    take_next(q);
    queue_free(q);
    return 0;
}
