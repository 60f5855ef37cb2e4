/* output_scene.h: a kernel that answers write() as a test says and counts, and files and records to write.
 * For test_output.c alone: write() and poll() of the whole program are replaced. */
#ifndef OUTPUT_SCENE_H
#define OUTPUT_SCENE_H

#include "output.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- what the kernel answers ---- */

#define ANSWERS_MAX 16

static struct {
    int fd;                   /* of which descriptor; -1: none */
    size_t writes, polls;     /* how many there were */
    size_t largest, smallest; /* of what was asked to be written */
    bool torn;                /* a write did not end at the end of a record */
    long
        answers[ANSWERS_MAX]; /* to the writes to come: a number of bytes at most, or -errno; 0: as it goes */
    int rival_fd;             /* where another writer writes a line just before a write fails; 0: nowhere */
    int go_fd; /* where the first poll() writes a byte, so that a reader knows that we wait; 0: nowhere */
} kernel = {.fd = -1};

static void watch_kernel(int fd)
{
    memset(&kernel, 0, sizeof(kernel));
    kernel.fd = fd;
    kernel.smallest = SIZE_MAX;
}

static ssize_t real_write(int fd, const void *bytes, size_t len)
{
    return syscall(SYS_write, fd, bytes, len);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    long answer;

    if (fd != kernel.fd)
        return real_write(fd, bytes, len);
    answer = kernel.writes < ANSWERS_MAX ? kernel.answers[kernel.writes] : 0;
    kernel.writes++;
    kernel.largest = len > kernel.largest ? len : kernel.largest;
    kernel.smallest = len < kernel.smallest ? len : kernel.smallest;
    if (len > 0 && ((const char *)bytes)[len - 1] != '\n')
        kernel.torn = true;
    if (answer < 0) {
        if (answer != -EINTR && answer != -EAGAIN && kernel.rival_fd > 0)
            real_write(kernel.rival_fd, "rival\n", 6);
        errno = (int)-answer;
        return -1;
    }
    return real_write(fd, bytes, answer > 0 && (size_t)answer < len ? (size_t)answer : len);
}

/* Only the output polls here. */
int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    const struct timespec none = {0};

    if (kernel.polls++ == 0 && kernel.go_fd > 0)
        real_write(kernel.go_fd, "", 1);
    return (int)syscall(SYS_ppoll, fds, count, timeout_ms < 0 ? NULL : &none, NULL, (size_t)0);
}

/* A build with a sanitizer shall refuse a huge allocation as the C library does. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* ---- files to write to ---- */

struct place {
    char dir[64], file[100], moved[100];
};

static void make_place(struct place *p)
{
    *p = (struct place){.dir = "/tmp/inotap-output-XXXXXX"};
    NEED(mkdtemp(p->dir) != NULL);
    snprintf(p->file, sizeof(p->file), "%s/out", p->dir);
    snprintf(p->moved, sizeof(p->moved), "%s/out.1", p->dir);
}

static void remove_place(const struct place *p)
{
    unlink(p->file);
    unlink(p->moved);
    rmdir(p->dir);
}

static struct output *opened(const char *file)
{
    struct output *o = NULL;

    if (!CHECK_EQ(output_open(&o, file, '\n', true), 0))
        exit(1);
    watch_kernel(output_fd(o));
    return o;
}

/* A pipe whose other end the output has; /proc makes a name of a descriptor. */
static struct output *open_pipe(int *read_fd)
{
    char name[64];
    struct output *o;
    int fds[2];

    NEED(pipe2(fds, O_CLOEXEC) == 0);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[1]);
    o = opened(name);
    close(fds[1]);
    *read_fd = fds[0];
    return o;
}

static void add(struct output *o, const char *bytes, size_t len)
{
    char *const room = output_reserve(o, len);

    if (CHECK(room != NULL)) {
        memcpy(room, bytes, len);
        output_commit(o, room + len);
    }
}

static void add_text(struct output *o, const char *text)
{
    add(o, text, strlen(text));
}

/* A record that tells its number, so that one lost, doubled or out of order shows. */
static void add_record(struct output *o, size_t number, size_t len)
{
    char *const room = output_reserve(o, len);

    if (CHECK(room != NULL)) {
        memset(room, (int)('a' + number % 26), len);
        memcpy(room, &number, sizeof(number) < len - 1 ? sizeof(number) : 0);
        room[len - 1] = '\n';
        output_commit(o, room + len);
    }
}

static bool is_record(const char *bytes, size_t number, size_t len)
{
    size_t found;

    memcpy(&found, bytes, sizeof(found));
    for (size_t i = sizeof(found); i + 1 < len; i++)
        if (bytes[i] != (char)('a' + number % 26))
            return false;
    return found == number && bytes[len - 1] == '\n';
}

static void check_file(const char *file, const char *wanted)
{
    char text[4096];
    FILE *const in = fopen(file, "re");
    size_t len;

    if (!CHECK(in != NULL))
        return;
    len = fread(text, 1, sizeof(text), in);
    CHECK_MEM(text, len, wanted, strlen(wanted));
    fclose(in);
}

#endif
