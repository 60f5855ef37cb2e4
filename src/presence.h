/* presence.h: whether PATHs still name what is watched for them, and what is said and done when they do not.
 * A half of tap.c's room: both work on struct tap. */
#ifndef INOTAP_PRESENCE_H
#define INOTAP_PRESENCE_H

#include "tap.h"

/* Look at the PATHs of a target. moved: the kernel said so, and they are let go at once. Returns 0 or -errno,
 * like all of these. */
int presence_verify(struct tap *tap, struct target *w, bool moved);

/* Look at the targets that were marked by target_suspect(). */
/* A mount point with this last name was mounted over, or is free again: of --follow-name. PATHs whose way
 * leads through such a name are to be looked at. */
void presence_touch_name(struct tap *tap, const char *name, size_t name_len);

/* Something was mounted or unmounted: look whether each PATH names what it did, and whether one that is
 * missing is there. Returns 0 or -errno. */
int presence_mounts_changed(struct tap *tap);

int presence_verify_suspects(struct tap *tap);

/* Events are lost: look at every PATH. */
int presence_verify_all(struct tap *tap);

/* The kernel's IGNORED for a target was told: it is over. */
int presence_ended(struct tap *tap, struct target *w);

/* With --follow-name, at the start: follow the way of a PATH, and watch what it names now. Returns 0 if that
 * is watched, or -errno: of those that presence_may_come() is content with, it is waited for. */
int presence_begin(struct tap *tap, struct path *p);

/* With --follow-name: may a PATH that this -errno was said of be watched later? Not yet there, no directory
 * on the way, a circle of links, a permission that is missing. */
bool presence_may_come(int err);

/* With --follow-name: a PATH is to be looked at, by presence_return(). */
void presence_touch(struct tap *tap, struct path *p);

/* Is one? Then presence_return() is due. */
bool presence_is_due(const struct tap *tap);

/* Look at PATHs that were touched: those that name something else go, and what they name now is watched. Some
 * hundreds at most, so that whoever waits for a signal or for other events need not wait for all of them. */
int presence_return(struct tap *tap);

#endif
