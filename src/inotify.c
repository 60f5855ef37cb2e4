/* inotify.c: the backend on inotify(7): the descriptor, reads, adding and removing watches.
 * Neighbours: backend.h is its face, events.c decodes what it read. */
#include "backend.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct backend {
    int fd;
    size_t buffer_size;
    char *buffer;
    struct event_cursor cursor;
};

int backend_open(struct backend **result, size_t buffer_size)
{
    struct backend *const b = calloc(1, sizeof(*b));
    int err;

    *result = NULL;
    if (!b)
        return -ENOMEM;
    b->fd = -1;
    b->buffer_size = buffer_size;
    b->buffer = malloc(buffer_size); /* large, so untouched pages cost nothing until events need them */
    if (!b->buffer) {
        err = -ENOMEM;
        goto out;
    }
    b->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (b->fd < 0) {
        err = -errno;
        goto out;
    }
    b->cursor = (struct event_cursor){.at = b->buffer, .end = b->buffer};
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
    free(b->buffer);
    free(b);
}

int backend_fd(const struct backend *b)
{
    return b->fd;
}

int backend_add(struct backend *b, const char *path, uint32_t mask)
{
    const int wd = inotify_add_watch(b->fd, path, mask);

    return wd < 0 ? -errno : wd;
}

int backend_remove(struct backend *b, int wd)
{
    return inotify_rm_watch(b->fd, wd) < 0 ? -errno : 0;
}

int backend_is_watched(struct backend *b, const char *path, uint32_t flags)
{
    const int wd = inotify_add_watch(b->fd, path, IN_ATTRIB | IN_MASK_CREATE | (flags & IN_DONT_FOLLOW));

    if (wd < 0)
        return errno == EEXIST ? 1 : -errno;
    inotify_rm_watch(b->fd, wd);
    return 0;
}

long backend_read(struct backend *b, bool *drained)
{
    const ssize_t n = read(b->fd, b->buffer, b->buffer_size);

    *drained = true;
    b->cursor = (struct event_cursor){.at = b->buffer, .end = b->buffer};
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    b->cursor.end += n;
    /* A read stops where the next event does not fit: so one that leaves room for any event found no more. */
    *drained = b->buffer_size - (size_t)n >= EVENT_MAX_SIZE;
    return n;
}

int backend_next(struct backend *b, struct event *ev)
{
    return events_next(&b->cursor, ev);
}

size_t backend_offset(const struct backend *b)
{
    return (size_t)(b->cursor.at - b->buffer);
}

long backend_queued(struct backend *b)
{
    int bytes;

    return ioctl(b->fd, FIONREAD, &bytes) < 0 ? -errno : bytes;
}
