/* presence.h: whether PATHs still name what is watched for them, and what is said and done when they do not.
 * A half of tap.c's room: both work on struct tap. */
#ifndef INOTAP_PRESENCE_H
#define INOTAP_PRESENCE_H

#include "tap.h"

/* Look at the PATHs of a target. moved: the kernel said so, and they are let go at once. Returns 0 or -errno,
 * like all of these. */
int presence_verify(struct tap *tap, struct target *w, bool moved);

/* Look at the targets that were marked by target_suspect(). */
int presence_verify_suspects(struct tap *tap);

/* Events are lost: look at every PATH. */
int presence_verify_all(struct tap *tap);

/* The kernel's IGNORED for a target was told: it is over. */
int presence_ended(struct tap *tap, struct target *w);

/* With --follow-name: watch what is there again of the PATHs that went. */
int presence_return(struct tap *tap);

#endif
