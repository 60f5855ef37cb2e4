/* known_events.h: the table of inotify(7), written out once more, numbers and all, so that a slip in the
 * program's own shows. For test_events.c and test_event_lists.c. */
#ifndef KNOWN_EVENTS_H
#define KNOWN_EVENTS_H

#include "events.h"

static const struct known {
    const char *name;
    uint32_t bits;
    enum event_kind kind;
} known[] = {
    {"ACCESS", 0x1, EVENT_REPORTED},
    {"ATTRIB", 0x4, EVENT_REPORTED},
    {"CLOSE_WRITE", 0x8, EVENT_REPORTED},
    {"CLOSE_NOWRITE", 0x10, EVENT_REPORTED},
    {"CREATE", 0x100, EVENT_REPORTED},
    {"DELETE", 0x200, EVENT_REPORTED},
    {"DELETE_SELF", 0x400, EVENT_REPORTED},
    {"MODIFY", 0x2, EVENT_REPORTED},
    {"MOVE_SELF", 0x800, EVENT_REPORTED},
    {"MOVED_FROM", 0x40, EVENT_REPORTED},
    {"MOVED_TO", 0x80, EVENT_REPORTED},
    {"OPEN", 0x20, EVENT_REPORTED},
    {"IGNORED", 0x8000, EVENT_TOLD},
    {"Q_OVERFLOW", 0x4000, EVENT_TOLD},
    {"UNMOUNT", 0x2000, EVENT_TOLD},
    {"ISDIR", 0x40000000, EVENT_TOLD},
    {"DONT_FOLLOW", 0x02000000, EVENT_FLAG},
    {"EXCL_UNLINK", 0x04000000, EVENT_FLAG},
    {"MASK_ADD", 0x20000000, EVENT_FLAG},
    {"MASK_CREATE", 0x10000000, EVENT_FLAG},
    {"ONESHOT", 0x80000000, EVENT_FLAG},
    {"ONLYDIR", 0x01000000, EVENT_FLAG},
    {"all", 0xfff, EVENT_GROUP},
    {"changes", 0xfce, EVENT_GROUP},
    {"close", 0x18, EVENT_GROUP},
    {"move", 0xc0, EVENT_GROUP},
    {"writes", 0x88, EVENT_GROUP},
};

#define CHANGES 0xfceu

#endif
