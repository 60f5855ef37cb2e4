/* names.h: how PATHs resolve, name by name, and a word when that may have changed. For --follow-name.
 *
 * Every directory that a PATH leads through, links followed, is watched for the one name in it that the PATH
 * takes, down to the first that does not exist. These watches have an inotify instance of their own, so that
 * busy directories cannot fill the queue of what is watched. */
#ifndef INOTAP_NAMES_H
#define INOTAP_NAMES_H

#include "backend.h"
#include "paths.h"

#include <stdbool.h>

struct names;

/* Returns 0 or -errno (-EUSERS: see backend_open()). *result is the caller's. */
int names_new(struct names **result);
void names_free(struct names *n);

/* Readable when something may have changed. */
int names_fd(const struct names *n);

/* Follow PATH from its start, and remember the names on the way, instead of those before. last_too: a link at
 * the end is followed as well. A directory that may not be searched ends the way, and p->barred is set: from
 * then on changes of permissions, of owners and of ACLs on the way are changes, too. with_permissions: they
 * are in any case, because PATH itself may not be read. Sets p->unseen: a directory on the way is passed that
 * cannot be watched. Returns 0 or -ENOMEM.
 */
int names_resolve(struct names *n, struct path *p, bool last_too, bool with_permissions);

/* PATH cannot be watched for a reason that no name tells the end of: p->unseen, until it is resolved again.
 */
void names_set_unseen(struct names *n, struct path *p);

/* How many PATHs are p->unseen. */
size_t names_unseen(const struct names *n);

/* Does the way of a PATH, as it was resolved last, lead through a name like this, in whichever directory? */
bool names_leads_through(const struct path *p, const char *name, size_t name_len);

/* The next PATH on whose way something has changed, NULL when all that was queued is told; the same PATH may
 * come several times. *lost: more was queued than there was room for, so it may be any. */
struct path *names_next_touched(struct names *n, bool *lost);

#endif
