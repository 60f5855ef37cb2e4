/* mounts.h: which file systems are mounted where, and what of that has changed. A mount over a watched
 * directory, and the end of one, is no event of inotify.
 *
 * Read from /proc/self/mountinfo, of which poll(2) tells a change: proc_pid_mountinfo(5). */
#ifndef INOTAP_MOUNTS_H
#define INOTAP_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

struct mounts;

/* Take down what is mounted now. Returns 0 or -errno: there may be no /proc. *result is the caller's. */
int mounts_new(struct mounts **result);
void mounts_free(struct mounts *m);

/* Has an exceptional condition (EPOLLPRI) when something was mounted or unmounted; it is always readable. The
 * kernel tells it only once, so that what happened before it was waited for needs a mounts_update(). */
int mounts_fd(const struct mounts *m);

/* Take down what is mounted now, to be compared with the last time. Returns 1 if that differs, 0 if it does
 * not or cannot be read, or -ENOMEM. */
int mounts_update(struct mounts *m);

/* Is anything mounted at a path that ends in this name? A bit of memory is looked at, and a binary search
 * made only where that does not say no. */
bool mounts_have_name(const struct mounts *m, const char *name, size_t name_len);

/* Has anything vanished between the last two times? The kernel says so before the file system itself is shut
 * down, and its watches end with UNMOUNT. */
bool mounts_have_vanished(const struct mounts *m);

/* The next absolute path at which something was mounted or unmounted, NULL when all are told: first where it
 * vanished, the deepest path first, then where it appeared, the deepest last. A path may come several times.
 * It is valid until mounts_update(). *vanished: it is of the first kind. */
const char *mounts_next_changed(struct mounts *m, bool *vanished);

#endif
