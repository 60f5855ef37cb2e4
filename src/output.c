/* output.c: buffered writing. Neighbours: tap.c fills the buffer, main.c decides what a failure means. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct output {
    int fd;
    const char *file;
    int error;
    size_t used;
    size_t size;
    char *buffer;
};

static int open_file(const char *file)
{
    const int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);

    return fd < 0 ? -errno : fd;
}

/* Standard output, if it is open for writing. */
static int standard_output(void)
{
    const int flags = fcntl(STDOUT_FILENO, F_GETFL);

    if (flags < 0)
        return -errno;
    return (flags & O_ACCMODE) == O_RDONLY ? -EBADF : STDOUT_FILENO;
}

int output_open(struct output **result, const char *file)
{
    struct output *const o = calloc(1, sizeof(*o));

    *result = NULL;
    if (!o)
        return -ENOMEM;
    o->size = OUTPUT_BUFFER_SIZE;
    o->file = file;
    o->buffer = malloc(o->size);
    o->fd = !o->buffer ? -ENOMEM : file ? open_file(file) : standard_output();
    if (o->fd < 0) {
        const int err = o->fd;

        free(o->buffer);
        free(o);
        return err;
    }
    *result = o;
    return 0;
}

int output_close(struct output *o)
{
    int err = 0;

    if (!o)
        return 0;
    if (close(o->fd) < 0 && errno != EINTR)
        err = -errno;
    free(o->buffer);
    free(o);
    return err;
}

char *output_reserve(struct output *o, size_t size)
{
    if (size > o->size - o->used && output_flush(o) < 0)
        return NULL;
    if (size > o->size) {
        char *const larger = realloc(o->buffer, size);

        if (!larger) {
            o->error = -ENOMEM;
            return NULL;
        }
        o->buffer = larger;
        o->size = size;
    }
    return o->error < 0 ? NULL : o->buffer + o->used;
}

void output_commit(struct output *o, const char *end)
{
    o->used = (size_t)(end - o->buffer);
}

/* Wait until a descriptor that does not block takes bytes again. */
static int wait_writable(int fd)
{
    struct pollfd pfd = {.fd = fd, .events = POLLOUT};

    return poll(&pfd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(fd, bytes, len);

        if (n >= 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            const int err = wait_writable(fd);

            if (err < 0)
                return err;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int output_flush(struct output *o)
{
    if (o->error == 0 && o->used > 0) {
        o->error = write_all(o->fd, o->buffer, o->used);
        o->used = 0;
    }
    return o->error;
}

int output_error(const struct output *o)
{
    return o->error;
}

int output_reopen(struct output *o)
{
    int err = output_flush(o), fd;

    if (err < 0 || !o->file)
        return err;
    fd = open_file(o->file);
    if (fd < 0)
        return fd;
    if (close(o->fd) < 0 && errno != EINTR)
        err = -errno;
    o->fd = fd;
    return err;
}

int output_fd(const struct output *o)
{
    return o->fd;
}

const char *output_file(const struct output *o)
{
    return o->file;
}
