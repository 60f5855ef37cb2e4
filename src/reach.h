/* reach.h: from a node of the watch set to an open directory, and the proof that it is the right one.
 * Private to the tree room: tree.c, walk.c, reach.c. */
#ifndef INOTAP_REACH_H
#define INOTAP_REACH_H

#include "backend.h"
#include "watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The directories between the one in hand and the top of a walk that are kept open. */
enum { REACH_OPEN_MAX = 48 };

struct reach {
    struct backend *backend; /* borrowed, like the set */
    struct watch_set *set;
    uint32_t mask; /* of watches on directories */
    int flags;     /* directories are opened with O_RDONLY, or O_PATH */
    size_t open_count;
    struct {
        uint32_t id;
        int fd;
    } open[REACH_OPEN_MAX]; /* each the parent of the next */
};

/* A directory is another one than the set says, because renames are still pending. No call that is made here
 * fails with this number, while ESTALE is what NFS says of a directory that is gone for good. */
#define REACH_ELSEWHERE (-EREMCHG)

/* Make a directory of the set the working directory, and prove by its descriptor that it is the one. Keeps it
 * open for those below it. Returns its descriptor (not the caller's to close), or -errno: REACH_ELSEWHERE,
 * -ENOENT, -ENOTDIR, -ELOOP: it is not where the set says, because renames are still pending. */
int reach_enter(struct reach *r, uint32_t id);

/* The same, but of a directory that is opened by its name in its parent the proof is left to the caller:
 * either reach_prove(), or that nothing is pending of that name once the queue was read to its end. A call
 * less. */
struct reach_step {
    bool is_proven;
    bool is_new; /* opened by this call, so nothing of it was read yet */
};
int reach_step(struct reach *r, uint32_t id, struct reach_step *step);

/* Is the working directory the one that this node stands for? A watch made by asking is taken back. Returns
 * 0, REACH_ELSEWHERE or another -errno. */
int reach_prove(struct reach *r, uint32_t id);

/* Watch an entry of the working directory, "." for that itself. Returns the wd or -errno. */
int reach_watch(struct reach *r, const char *name);

/* Open an absolute path, or one from home, of any length. Returns a descriptor of the caller's, or -errno. */
int reach_open(const char *path, size_t len, int flags);

/* A node is about to be removed. */
void reach_forget(struct reach *r, uint32_t id);

/* Close what is kept open. */
void reach_close(struct reach *r);

/* Is this error what a race makes of a name that has gone or become something else? (ESRCH: /proc/PID.) */
bool reach_is_race(int err);

#endif
