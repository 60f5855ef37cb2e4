/* backend.h: where events come from, as the loop sees it. inotify.c is the one implementation; a second one
 * would turn these functions into a table of pointers, and change nothing for those who call them. */
#ifndef INOTAP_BACKEND_H
#define INOTAP_BACKEND_H

#include "events.h"
#include "queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;

/* Open it, for reads of up to buffer_size bytes (at least EVENT_USUAL_SIZE; more where an event is larger).
 * On success *result is the caller's, to be closed with backend_close(). Returns 0 or -errno: -EUSERS is
 * max_user_instances or RLIMIT_NOFILE (inotify_init(2)). */
int backend_open(struct backend **result, size_t buffer_size);
void backend_close(struct backend *b);

/* The descriptor to wait on for input. It never blocks. */
int backend_fd(const struct backend *b);

/* Watch path. Returns the watch descriptor, which is that of an earlier watch if the inode has one, or -errno
 * of inotify_add_watch(2): -ENOSPC is max_user_watches. The mask is handed over as it is. */
int backend_add(struct backend *b, const char *path, uint32_t mask);

/* Why there can be no watch, for people: strerror(3), but for numbers that inotify_add_watch(2) uses for
 * something else. `err` is -errno. */
const char *backend_why_not(int err);

/* Drop a watch; IGNORED will arrive for it. Returns 0, or -EINVAL if the kernel has dropped it already. */
int backend_remove(struct backend *b, int wd);

/* Does the inode at path have a watch here, of whatever descriptor? No mask is changed. (IN_MASK_CREATE,
 * Linux 4.18.) Returns 1, 0, or -errno. */
int backend_is_watched(struct backend *b, const char *path, uint32_t flags);

/* Add to what is queued here, by one read(2). Returns the number of bytes, 0 if the kernel has nothing, or
 * -errno. */
long backend_read(struct backend *b);

/* Was the kernel's queue empty after the last read, or is it now? A system call only if that read filled the
 * buffer so far that it does not tell. If not, backend_fd() is readable. */
bool backend_is_drained(struct backend *b);

/* Read until the kernel's queue was empty once: whatever had happened when this was called is then queued
 * here. Returns 0 or -errno. */
int backend_catch_up(struct backend *b);

/* Wait until the kernel has something to read, or for timeout_ms. Returns whether it has. */
bool backend_wait(const struct backend *b, int timeout_ms);

/* How many bytes were read, ever. */
uint64_t backend_bytes_read(const struct backend *b);

/* What was read and is not handled yet. */
struct queue *backend_queue(const struct backend *b);

/* Bytes queued in the kernel (FIONREAD, which walks its queue), or -errno. May read them. */
long backend_queued(struct backend *b);

#endif
