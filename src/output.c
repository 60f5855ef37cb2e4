/* output.c: buffered writing. Neighbours: tap.c fills the buffer, main.c decides what a failure means. */
#include "output.h"

#include "again.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many records are written out at once, as their ends are known. */
#define ENDS_MAX ((size_t)4096)

struct output {
    int fd;
    int reader_fd;   /* of a FIFO that nobody reads yet: our own reading end; else -1 */
    uint64_t unread; /* what was written to such a FIFO */
    const char *file;
    const char *header; /* see output_begin_with() */
    size_t header_len;
    bool is_patient;
    bool
        is_pipe; /* or a socket: others may write to it, and whoever reads may take what is there for whole */
    int error;
    size_t used;
    size_t size;
    char *buffer;
    size_t end_count;
    size_t ends[ENDS_MAX]; /* where records end in the buffer */
};

static int open_for_writing(const char *file, int more_flags)
{
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | more_flags;
    const int fd = AGAIN(open(file, flags, 0666));

    return fd < 0 ? -errno : fd;
}

/* ---- a FIFO that nobody reads yet ---- */

static bool is_fifo(const char *file)
{
    struct stat st;

    return AGAIN(stat(file, &st)) == 0 && S_ISFIFO(st.st_mode);
}

/* Opening one for writing waits for a reader (fifo(7)), which a daemon must not do, as its caller waits. With
 * a reading end of our own it can be opened, and keeps what is written, as far as a pipe can. */
static int open_unread(struct output *o)
{
    int fd;

    o->reader_fd = AGAIN(open(o->file, O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (o->reader_fd < 0)
        return -errno;
    fd = open_for_writing(o->file, O_NONBLOCK);
    if (fd < 0) {
        close(o->reader_fd);
        o->reader_fd = -1;
    }
    o->unread = 0;
    return fd;
}

static int open_file(struct output *o)
{
    int fd, flags;

    if (o->is_patient || !is_fifo(o->file))
        return open_for_writing(o->file, 0);
    fd = open_for_writing(o->file, O_NONBLOCK);
    if (fd == -ENXIO)
        fd = open_unread(o);
    if (fd < 0)
        return fd;
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
        const int err = -errno;

        close(fd);
        return err;
    }
    return fd;
}

/* Once something was read of it, there is a reader, and when that goes it must be noticed: so our own reading
 * end goes. */
static void look_for_reader(struct output *o)
{
    int waiting;

    if (o->reader_fd < 0 || ioctl(o->fd, FIONREAD, &waiting) < 0 || (uint64_t)waiting >= o->unread)
        return;
    close(o->reader_fd);
    o->reader_fd = -1;
}

void output_await_reader(struct output *o)
{
    int fd;

    if (!o || o->error < 0 || o->reader_fd < 0 || o->unread == 0)
        return;
    look_for_reader(o);
    if (o->reader_fd < 0)
        return;
    close(o->reader_fd); /* or else we would be the reader */
    o->reader_fd = -1;
    fd = open_for_writing(o->file, 0);
    if (fd >= 0)
        close(fd);
}

/* ---- opening ---- */

/* Standard output, if it is open for writing. */
static int standard_output(void)
{
    const int flags = fcntl(STDOUT_FILENO, F_GETFL);

    if (flags < 0) /* of anything but EBADF write(2) knows more */
        return errno == EBADF ? -errno : STDOUT_FILENO;
    return (flags & O_ACCMODE) == O_RDONLY ? -EBADF : STDOUT_FILENO;
}

/* Does the last byte of a file end a record? What cannot be read counts as if it did. */
static bool ends_well(int fd, const char *file, char record_end)
{
    struct stat st, same;
    char last = record_end;
    int in;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return true;
    in = AGAIN(open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (in < 0)
        return true;
    if (fstat(in, &same) < 0 || same.st_dev != st.st_dev || same.st_ino != st.st_ino ||
        AGAIN(pread(in, &last, 1, st.st_size - 1)) != 1)
        last = record_end;
    close(in);
    return last == record_end;
}

static void look_at_kind(struct output *o)
{
    struct stat st;

    o->is_pipe = fstat(o->fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

int output_open(struct output **result, const char *file, int record_end, bool is_patient)
{
    struct output *const o = calloc(1, sizeof(*o));

    *result = NULL;
    if (!o)
        return -ENOMEM;
    o->size = OUTPUT_BUFFER_SIZE;
    o->file = file;
    o->is_patient = is_patient;
    o->reader_fd = -1;
    o->buffer = malloc(o->size);
    o->fd = !o->buffer ? -ENOMEM : file ? open_file(o) : standard_output();
    if (o->fd < 0) {
        const int err = o->fd;

        free(o->buffer);
        free(o);
        return err;
    }
    look_at_kind(o);
    if (file && record_end >= 0 && !ends_well(o->fd, file, (char)record_end)) {
        *o->buffer = (char)record_end;
        output_commit(o, o->buffer + 1);
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
    if (o->reader_fd >= 0)
        close(o->reader_fd);
    free(o->buffer);
    free(o);
    return err;
}

/* ---- the buffer ---- */

char *output_reserve(struct output *o, size_t size)
{
    if ((size > o->size - o->used || o->end_count == ENDS_MAX) && output_flush(o) < 0)
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
    o->ends[o->end_count++] = o->used;
}

static int put_header(struct output *o)
{
    char *const room = output_reserve(o, o->header_len);

    if (!room)
        return o->error;
    memcpy(room, o->header, o->header_len);
    output_commit(o, room + o->header_len);
    return 0;
}

static bool is_file(const struct output *o, struct stat *st)
{
    return fstat(o->fd, st) == 0 && S_ISREG(st->st_mode);
}

int output_begin_with(struct output *o, const char *header, size_t len)
{
    struct stat st;

    o->header = header;
    o->header_len = len;
    return is_file(o, &st) && st.st_size > 0 ? 0 : put_header(o);
}

/* ---- writing ---- */

/* Wait until a descriptor that does not block takes bytes again. */
static int wait_writable(int fd)
{
    struct pollfd pfd = {.fd = fd, .events = POLLOUT};

    return poll(&pfd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

/* Returns 0 or -errno; *done: how many bytes were written. */
static int write_all(int fd, const char *bytes, size_t len, size_t *done)
{
    while (*done < len) {
        const ssize_t n = write(fd, bytes + *done, len - *done);

        if (n >= 0) {
            *done += (size_t)n;
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

/* So much of the buffer was written before it failed, as on a full disk. If the last record of that is not
 * whole, take its beginning back: whoever appends to the file next would go on in that record. Not where the
 * file has grown since, or ends elsewhere than where we wrote. */
static void take_back_half(const struct output *o, size_t done)
{
    size_t whole = 0;
    struct stat st;
    off_t at;

    for (size_t i = 0; i < o->end_count && o->ends[i] <= done; i++)
        whole = o->ends[i];
    if (whole == done || fstat(o->fd, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    at = lseek(o->fd, 0, SEEK_CUR);
    if (at != st.st_size || AGAIN(ftruncate(o->fd, at - (off_t)(done - whole))) < 0)
        return;
    lseek(o->fd, at - (off_t)(done - whole), SEEK_SET); /* for whoever shares the position */
}

/* Where a piece of whole records ends that begins at `done`, as long as a pipe takes at once; *next is the
 * record behind it. A longer record is a piece of its own. */
static size_t end_of_piece(const struct output *o, size_t done, size_t *next)
{
    size_t end = o->ends[(*next)++];

    while (*next < o->end_count && o->ends[*next] - done <= PIPE_BUF)
        end = o->ends[(*next)++];
    return end;
}

static int write_pieces(const struct output *o, size_t *done)
{
    size_t next = 0;
    int err = 0;

    while (err == 0 && next < o->end_count)
        err = write_all(o->fd, o->buffer, end_of_piece(o, *done, &next), done);
    return err;
}

int output_flush(struct output *o)
{
    if (o->error == 0 && o->used > 0) {
        size_t done = 0;

        look_for_reader(o);
        o->error = o->is_pipe ? write_pieces(o, &done) : write_all(o->fd, o->buffer, o->used, &done);
        o->unread += done;
        if (o->error < 0)
            take_back_half(o, done);
        o->used = o->end_count = 0;
    }
    return o->error;
}

int output_error(const struct output *o)
{
    return o->error;
}

int output_reopen(struct output *o)
{
    int err = output_flush(o), reader_fd, fd;
    struct stat st;

    if (err < 0 || !o->file)
        return err;
    reader_fd = o->reader_fd;
    o->reader_fd = -1;
    fd = open_file(o);
    if (fd < 0) {
        o->reader_fd = reader_fd;
        return fd;
    }
    if (reader_fd >= 0)
        close(reader_fd);
    if (close(o->fd) < 0 && errno != EINTR)
        err = -errno;
    o->fd = fd;
    look_at_kind(o);
    if (o->header && is_file(o, &st) && st.st_size == 0 && err == 0)
        err = put_header(o);
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
