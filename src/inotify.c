/* inotify.c: the backend on inotify(7): the descriptor, reads, adding and removing watches.
 * Neighbours: backend.h is its face, queue.c keeps what it read. */
#include "backend.h"

#include "again.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct backend {
    int fd;
    struct queue *queue;
    uint64_t bytes_read;
    bool is_drained;
};

/* EMFILE means either limit: may this process open anything else? */
static bool has_descriptor(void)
{
    const int fd = AGAIN(open("/", O_PATH | O_CLOEXEC));

    if (fd >= 0)
        close(fd);
    return fd >= 0 || errno != EMFILE;
}

int backend_open(struct backend **result, size_t buffer_size)
{
    struct backend *const b = calloc(1, sizeof(*b));
    int err;

    *result = NULL;
    if (!b)
        return -ENOMEM;
    b->fd = -1;
    err = queue_new(&b->queue, buffer_size);
    if (err < 0)
        goto out;
    b->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (b->fd < 0) {
        err = -errno;
        if (err == -EMFILE && has_descriptor())
            err = -EUSERS;
        goto out;
    }
    *result = b;
    return 0;
out:
    backend_close(b);
    return err;
}

void backend_close(struct backend *b)
{
    if (!b)
        return;
    if (b->fd >= 0)
        close(b->fd);
    queue_free(b->queue);
    free(b);
}

int backend_fd(const struct backend *b)
{
    return b->fd;
}

int backend_add(struct backend *b, const char *path, uint32_t mask)
{
    const int wd = AGAIN(inotify_add_watch(b->fd, path, mask));

    return wd < 0 ? -errno : wd;
}

const char *backend_why_not(int err)
{
    return err == -ENOSPC   ? "no more inotify watches"
           : err == -EINVAL ? "the kernel refuses to watch it (Invalid argument)"
                            : strerror(-err);
}

int backend_remove(struct backend *b, int wd)
{
    return inotify_rm_watch(b->fd, wd) < 0 ? -errno : 0;
}

int backend_is_watched(struct backend *b, const char *path, uint32_t flags)
{
    const int wd =
        AGAIN(inotify_add_watch(b->fd, path, IN_ATTRIB | IN_MASK_CREATE | (flags & IN_DONT_FOLLOW)));

    if (wd < 0)
        return errno == EEXIST ? 1 : -errno;
    inotify_rm_watch(b->fd, wd);
    return 0;
}

/* A read(2) into the room of the queue, of *size bytes. Returns the number of bytes, 0 if the kernel has
 * nothing, or -errno. */
static long read_once(struct backend *b, size_t *size)
{
    char *const room = queue_room(b->queue, size);
    ssize_t n;

    if (!room)
        return -ENOMEM;
    n = AGAIN(read(b->fd, room, *size)); /* an interruption does not mean that there is nothing */
    return n >= 0 ? (long)n : errno == EAGAIN ? 0 : -errno;
}

long backend_read(struct backend *b)
{
    size_t size;
    long n = read_once(b, &size);

    while (n == -EINVAL) { /* the next event does not fit */
        const int err = queue_widen(b->queue);

        n = err < 0 ? err : read_once(b, &size);
    }
    /* A read stops where the next event does not fit. So the queue was empty after one that left room for any
     * event; one that left less does not tell, see backend_is_drained(). */
    b->is_drained = n <= 0 || size - (size_t)n >= EVENT_MAX_SIZE;
    if (n <= 0)
        return n;
    queue_commit(b->queue, (size_t)n);
    b->bytes_read += (uint64_t)n;
    return n;
}

int backend_catch_up(struct backend *b)
{
    long n;

    do {
        n = backend_read(b);
    } while (n > 0 && !b->is_drained);
    return n < 0 ? (int)n : 0;
}

bool backend_is_drained(struct backend *b)
{
    if (!b->is_drained)
        b->is_drained = !backend_wait(b, 0);
    return b->is_drained;
}

bool backend_wait(const struct backend *b, int timeout_ms)
{
    struct pollfd waiting = {.fd = b->fd, .events = POLLIN};

    return poll(&waiting, 1, timeout_ms) != 0; /* where it fails, reading tells */
}

uint64_t backend_bytes_read(const struct backend *b)
{
    return b->bytes_read;
}

struct queue *backend_queue(const struct backend *b)
{
    return b->queue;
}

long backend_queued(struct backend *b)
{
    int bytes;

    /* Where a sandbox refuses to tell, all of it is read now, and nothing is left. */
    return ioctl(b->fd, FIONREAD, &bytes) < 0 ? backend_catch_up(b) : bytes;
}
