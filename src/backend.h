/* backend.h: where events come from, as the loop sees it. inotify.c is the one implementation; a second one
 * would turn these functions into a table of pointers, and change nothing for those who call them. */
#ifndef INOTAP_BACKEND_H
#define INOTAP_BACKEND_H

#include "events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;

/* Open it, with a buffer of buffer_size bytes (at least EVENT_MAX_SIZE) for reads.
 * On success *result is the caller's, to be closed with backend_close(). Returns 0 or -errno: -EMFILE is
 * max_user_instances or RLIMIT_NOFILE (inotify_init(2)). */
int backend_open(struct backend **result, size_t buffer_size);
void backend_close(struct backend *b);

/* The descriptor to wait on for input. It never blocks. */
int backend_fd(const struct backend *b);

/* Watch path. Returns the watch descriptor, which is that of an earlier watch if the inode has one, or -errno
 * of inotify_add_watch(2): -ENOSPC is max_user_watches. The mask is handed over as it is. */
int backend_add(struct backend *b, const char *path, uint32_t mask);

/* Drop a watch; IGNORED will arrive for it. Returns 0, or -EINVAL if the kernel has dropped it already. */
int backend_remove(struct backend *b, int wd);

/* Does the inode at path have a watch here, of whatever descriptor? No mask is changed. (IN_MASK_CREATE,
 * Linux 4.18.) Returns 1, 0, or -errno. */
int backend_is_watched(struct backend *b, const char *path, uint32_t flags);

/* Fill the buffer by one read(2). Returns the number of bytes, 0 if nothing is queued, or -errno.
 * *drained tells whether the queue was empty afterwards. Names of events taken before become invalid. */
long backend_read(struct backend *b, bool *drained);

/* Take the next event from the buffer. Returns 1, 0 at its end, or -EBADMSG: the kernel's answer cannot be
 * decoded from byte backend_offset() on. */
int backend_next(struct backend *b, struct event *ev);
size_t backend_offset(const struct backend *b);

/* Bytes queued in the kernel (FIONREAD, which walks the queue), or -errno. */
long backend_queued(struct backend *b);

#endif
