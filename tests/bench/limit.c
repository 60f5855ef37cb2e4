/* limit.c: a limit of the kernel's, raised and put back. Neighbours: drain.c and setup.c, which need one
 * raised; bench.c and setup.c, which have it put back on every way out. */
#include "limit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* What limit_restore() has to do, at any moment: close if limit_fd >= 0, write first if old_length > 0. */
static volatile int limit_fd = -1;
static char old_limit[32];
static volatile size_t old_length;

/* Open the limit, locked so that two benchmarks never put back each other's, and read it into old_limit. */
static int take(const char *path, int access_mode)
{
    const int fd = open(path, access_mode | O_CLOEXEC);
    ssize_t length;

    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX) < 0 || (length = pread(fd, old_limit, sizeof(old_limit) - 1, 0)) < 0) {
        const int err = -errno;

        close(fd);
        return err;
    }
    old_limit[length] = '\0';
    limit_fd = fd;
    return 0;
}

static int write_limit(uint64_t value)
{
    char text[32];
    const int length = snprintf(text, sizeof(text), "%" PRIu64 "\n", value);

    old_length = strlen(old_limit);
    if (pwrite(limit_fd, text, (size_t)length, 0) < 0) {
        old_length = 0;
        return -errno;
    }
    return 0;
}

int limit_read(const char *path, uint64_t *value)
{
    const int err = take(path, O_RDONLY);

    if (err == 0) {
        *value = strtoull(old_limit, NULL, 10);
        limit_restore();
    }
    return err;
}

int limit_raise(const char *path, uint64_t least)
{
    int err = take(path, O_RDWR);

    if (err == 0 && strtoull(old_limit, NULL, 10) < least)
        err = write_limit(least);
    if (err < 0)
        limit_restore();
    return err;
}

void limit_restore(void)
{
    const int fd = limit_fd;

    if (fd < 0)
        return;
    if (old_length > 0 && pwrite(fd, old_limit, old_length, 0) < 0) {
        static const char message[] = "inotap-bench: could not put back a limit of the kernel's\n";
        const ssize_t ignored = write(STDERR_FILENO, message, sizeof(message) - 1);

        (void)ignored;
    }
    old_length = 0;
    limit_fd = -1;
    flock(fd, LOCK_UN); /* the floor, a fork, has it open too */
    close(fd);
}
