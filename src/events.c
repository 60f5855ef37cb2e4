/* events.c: the one table of names, masks and groups; -e lists to masks, masks to names, raw buffers to
 * struct event. Neighbours: options.c (lists), format.c (names), inotify.c (buffers). */
#include "events.h"

#include "hints.h"
#include "nearest.h"
#include "values.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CLOSE_BITS  (IN_CLOSE_WRITE | IN_CLOSE_NOWRITE)
#define MOVE_BITS   (IN_MOVED_FROM | IN_MOVED_TO)
#define WRITES_BITS (IN_CLOSE_WRITE | IN_MOVED_TO)
#define CHANGES_BITS                                                                                         \
    (IN_CREATE | IN_DELETE | IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | MOVE_BITS | IN_DELETE_SELF |           \
     IN_MOVE_SELF)

static const struct event_row table[] = {
    {"ACCESS", IN_ACCESS, EVENT_REPORTED, "read from, or executed"},
    {"ATTRIB", IN_ATTRIB, EVENT_REPORTED, "metadata changed: mode, owner, times, links, xattrs"},
    {"CLOSE_WRITE", IN_CLOSE_WRITE, EVENT_REPORTED, "closed after being open for writing"},
    {"CLOSE_NOWRITE", IN_CLOSE_NOWRITE, EVENT_REPORTED, "closed after being open for reading only"},
    {"CREATE", IN_CREATE, EVENT_REPORTED, "made in a watched directory"},
    {"DELETE", IN_DELETE, EVENT_REPORTED, "removed from a watched directory"},
    {"DELETE_SELF", IN_DELETE_SELF, EVENT_REPORTED, "what is watched was itself removed"},
    {"MODIFY", IN_MODIFY, EVENT_REPORTED, "written to or truncated"},
    {"MOVE_SELF", IN_MOVE_SELF, EVENT_REPORTED, "what is watched was itself renamed"},
    {"MOVED_FROM", IN_MOVED_FROM, EVENT_REPORTED, "renamed: the old name"},
    {"MOVED_TO", IN_MOVED_TO, EVENT_REPORTED, "renamed: the new name"},
    {"OPEN", IN_OPEN, EVENT_REPORTED, "opened"},
    {"IGNORED", IN_IGNORED, EVENT_TOLD, "the watch is gone"},
    {"Q_OVERFLOW", IN_Q_OVERFLOW, EVENT_TOLD, "the kernel's queue was full: events are lost"},
    {"UNMOUNT", IN_UNMOUNT, EVENT_TOLD, "the file system was unmounted"},
    {"ISDIR", IN_ISDIR, EVENT_TOLD, "it concerns a directory"},
    {"DONT_FOLLOW", IN_DONT_FOLLOW, EVENT_FLAG, "do not follow a PATH that is a symbolic link"},
    {"EXCL_UNLINK", IN_EXCL_UNLINK, EVENT_FLAG, "nothing more of files once they are unlinked"},
    {"MASK_ADD", IN_MASK_ADD, EVENT_FLAG, "add to an existing watch (inotap always does)"},
    {"MASK_CREATE", IN_MASK_CREATE, EVENT_FLAG, "fail if it is watched already"},
    {"ONESHOT", IN_ONESHOT, EVENT_FLAG, "one event, then the watch ends"},
    {"ONLYDIR", IN_ONLYDIR, EVENT_FLAG, "fail unless PATH is a directory"},
    {"all", IN_ALL_EVENTS, EVENT_GROUP, "everything the kernel says"},
    {"changes", CHANGES_BITS, EVENT_GROUP, "what changes something; the default"},
    {"close", CLOSE_BITS, EVENT_GROUP, "close_write, close_nowrite"},
    {"move", MOVE_BITS, EVENT_GROUP, "moved_from, moved_to"},
    {"writes", WRITES_BITS, EVENT_GROUP, "close_write, moved_to: a file is complete"},
};

#define TABLE_ROWS (sizeof(table) / sizeof(table[0]))

/* Every bit that a row of the kind has. */
static uint32_t bits_of(enum event_kind kind)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < TABLE_ROWS; i++)
        if (table[i].kind == kind)
            bits |= table[i].bits;
    return bits;
}

const struct event_row *events_table(size_t *count)
{
    *count = TABLE_ROWS;
    return table;
}

uint32_t events_group(const char *name)
{
    for (size_t i = 0; i < TABLE_ROWS; i++)
        if (table[i].kind == EVENT_GROUP && strcmp(table[i].name, name) == 0)
            return table[i].bits;
    return 0;
}

int events_next(struct event_cursor *cursor, struct event *ev)
{
    struct {
        int32_t wd;
        uint32_t mask, cookie, len;
    } raw;
    const size_t left = (size_t)(cursor->end - cursor->at);

    _Static_assert(sizeof(raw) == EVENT_HEADER_SIZE, "the layout of struct inotify_event");
    if (left == 0)
        return 0;
    if (left < sizeof(raw))
        return -EBADMSG;
    memcpy(&raw, cursor->at, sizeof(raw));
    if (raw.len > left - sizeof(raw))
        return -EBADMSG;
    ev->wd = raw.wd;
    ev->mask = raw.mask;
    ev->cookie = raw.cookie;
    ev->len = raw.len;
    ev->name = cursor->at + sizeof(raw);
    ev->name_len = strnlen(ev->name, raw.len);
    cursor->at += sizeof(raw) + raw.len;
    return 1;
}

/* The row that a word names, in any case, with or without IN_. */
static const struct event_row *find_row(const char *word)
{
    if (strncasecmp(word, "IN_", 3) == 0)
        word += 3;
    for (size_t i = 0; i < TABLE_ROWS; i++)
        if (strcasecmp(table[i].name, word) == 0)
            return &table[i];
    return NULL;
}

static int refuse_unknown(const char *word, char *why, size_t why_size)
{
    const char *const hint = hint_for_event(word);
    struct nearest nearest;
    size_t used;

    nearest_start(&nearest, strncasecmp(word, "IN_", 3) == 0 ? word + 3 : word);
    for (size_t i = 0; i < TABLE_ROWS; i++)
        if (table[i].kind != EVENT_TOLD)
            nearest_offer(&nearest, table[i].name);
    used = (size_t)snprintf(why, why_size, "there is no event '%s'; ", word);
    if (used >= why_size)
        return -EINVAL;
    if (hint)
        snprintf(why + used, why_size - used, "inotap calls it '%s'", hint);
    else if (nearest_is_slip(&nearest))
        snprintf(why + used, why_size - used, "the nearest name is '%s'", nearest.best);
    else
        snprintf(why + used, why_size - used, "'inotap --help' lists the events");
    return -EINVAL;
}

static int refuse_told(const char *word, char *why, size_t why_size)
{
    snprintf(why, why_size, "'%s' is said by the kernel without being asked, and cannot be asked for", word);
    return -EINVAL;
}

/* The bits of one item, its '-' taken off. */
static int item_bits(const char *word, uint32_t *bits, char *why, size_t why_size)
{
    if (*word >= '0' && *word <= '9') {
        const uint32_t askable = bits_of(EVENT_REPORTED) | bits_of(EVENT_FLAG);
        uint64_t number;

        if (values_number(word, UINT32_MAX, &number) < 0 || number == 0) {
            snprintf(why, why_size, "'%s' is not a number of event bits, decimal or 0x", word);
            return -EINVAL;
        }
        if (number & bits_of(EVENT_TOLD))
            return refuse_told(word, why, why_size);
        if (number & ~(uint64_t)askable) {
            snprintf(why, why_size, "'%s' has bits that no event of inotify(7) has: 0x%llx", word,
                     (unsigned long long)(number & ~(uint64_t)askable));
            return -EINVAL;
        }
        *bits = (uint32_t)number;
        return 0;
    }

    const struct event_row *row = find_row(word);

    if (!row)
        return refuse_unknown(word, why, why_size);
    if (row->kind == EVENT_TOLD)
        return refuse_told(word, why, why_size);
    *bits = row->bits;
    return 0;
}

static int list_add_item(struct event_list *list, const char *item, char *why, size_t why_size)
{
    const bool take = *item == '-';
    uint32_t bits = 0;

    if (item[take] == '\0') {
        snprintf(why, why_size, "an item of the list is empty");
        return -EINVAL;
    }

    const int err = item_bits(item + take, &bits, why, why_size);

    if (err < 0)
        return err;
    if (take) {
        list->added &= ~bits;
        list->taken |= bits;
    } else {
        list->added |= bits;
        list->taken &= ~bits;
        if (bits & bits_of(EVENT_REPORTED))
            list->positive = true;
        if ((bits & IN_ALL_EVENTS) == IN_ALL_EVENTS)
            list->all = true;
    }
    return 0;
}

int events_list_add(struct event_list *list, const char *text, char *why, size_t why_size)
{
    char item[64];

    for (;;) {
        const size_t len = strcspn(text, ",");
        int err;

        if (len >= sizeof(item)) {
            snprintf(why, why_size, "'%.40s...' is longer than any event's name", text);
            return -EINVAL;
        }
        memcpy(item, text, len);
        item[len] = '\0';
        err = list_add_item(list, item, why, why_size);
        if (err < 0)
            return err;
        if (text[len] == '\0')
            return 0;
        text += len + 1;
    }
}

int events_list_finish(const struct event_list *list, uint32_t *events, uint32_t *flags, char *why,
                       size_t why_size)
{
    const uint32_t mask = list->positive ? list->added : ((CHANGES_BITS & ~list->taken) | list->added);

    *events = mask & bits_of(EVENT_REPORTED);
    *flags = mask & bits_of(EVENT_FLAG);
    if (*events == 0) {
        snprintf(why, why_size, "the list takes away every event: nothing is left to report");
        return -EINVAL;
    }
    if ((*flags & IN_MASK_ADD) && (*flags & IN_MASK_CREATE)) {
        snprintf(why, why_size, "'mask_add' and 'mask_create' exclude each other");
        return -EINVAL;
    }
    return 0;
}

#define LONGEST_NAME ((size_t)13) /* CLOSE_NOWRITE */

size_t events_put_bound(size_t separator_len)
{
    return 33 * (LONGEST_NAME + separator_len);
}

static char *put_hex(char *p, uint32_t bits)
{
    int shift = 28;

    *p++ = '0';
    *p++ = 'x';
    while (shift > 0 && bits >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *p++ = "0123456789abcdef"[(bits >> shift) & 15];
    return p;
}

char *events_put(char *p, uint32_t mask, const char *separator, size_t separator_len)
{
    char *const start = p;
    uint32_t rest = mask & ~(uint32_t)IN_ISDIR;

    for (size_t i = 0; rest != 0 && i < TABLE_ROWS; i++) {
        if (table[i].kind > EVENT_TOLD)
            break;
        if (!(rest & table[i].bits))
            continue;
        if (p != start)
            p = (char *)memcpy(p, separator, separator_len) + separator_len;
        p = stpcpy(p, table[i].name);
        rest &= ~table[i].bits;
    }
    if (rest != 0 || mask == 0) {
        if (p != start)
            p = (char *)memcpy(p, separator, separator_len) + separator_len;
        p = put_hex(p, rest);
    }
    if (mask & IN_ISDIR) {
        if (p != start)
            p = (char *)memcpy(p, separator, separator_len) + separator_len;
        p = stpcpy(p, "ISDIR");
    }
    return p;
}

size_t events_width(uint32_t mask)
{
    size_t widest = strlen("Q_OVERFLOW");

    for (size_t i = 0; i < TABLE_ROWS; i++) {
        size_t width = strlen(table[i].name);

        if (table[i].kind != EVENT_REPORTED || !(mask & table[i].bits))
            continue;
        if (table[i].bits & ~(uint32_t)(IN_MODIFY | IN_CLOSE_WRITE)) /* never said of a directory */
            width += strlen(",ISDIR");
        if (width > widest)
            widest = width;
    }
    return widest;
}
