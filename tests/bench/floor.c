/* floor.c: what inotap is compared with. Neighbours: subject.c starts it in a process of its own, watching
 * what directory.c made. */
#include "floor.h"

#include "directory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENT_BUFFER_BYTES ((size_t)256 * 1024)

/* Not die(): what there is to clean up is the parent's. */
static _Noreturn void fail(const char *what)
{
    dprintf(STDERR_FILENO, "inotap-bench: floor: %s: %s\n", what, strerror(errno));
    _exit(EXIT_FAILURE);
}

static size_t count_events(const char *buffer, size_t length)
{
    size_t count = 0;

    for (size_t at = 0; at < length; count++) {
        struct inotify_event head;

        memcpy(&head, buffer + at, sizeof(head));
        at += sizeof(head) + head.len;
    }
    return count;
}

static void write_all(const char *bytes, size_t length)
{
    while (length > 0) {
        const ssize_t written = write(STDOUT_FILENO, bytes, length);

        if (written < 0 && errno != EINTR)
            fail("cannot write");
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
}

static void write_records(size_t record_bytes, size_t count)
{
    static char records[FLOOR_MAX_RECORD_BYTES];
    const size_t at_once = sizeof(records) / record_bytes;

    if (records[0] == '\0') {
        memset(records, 'x', sizeof(records));
        for (size_t end = record_bytes; end <= sizeof(records); end += record_bytes)
            records[end - 1] = '\n';
    }
    while (count > 0) {
        const size_t n = count < at_once ? count : at_once;

        write_all(records, n * record_bytes);
        count -= n;
    }
}

static const char ready[] = "READY=1\n";

void floor_start_main(const char *ready_fd)
{
    const int fd = inotify_init1(IN_CLOEXEC), out = atoi(ready_fd);

    if (fd < 0 || inotify_add_watch(fd, ".", IN_CREATE | IN_DELETE) < 0)
        fail("cannot watch");
    if (write(out, ready, sizeof(ready) - 1) < 0)
        fail("cannot say ready");
    close(out);
    for (;;)
        pause();
}

_Noreturn void floor_watch(char *const *directories, size_t count, uint32_t mask, size_t record_bytes,
                           int ready_fd)
{
    static char buffer[EVENT_BUFFER_BYTES];
    const int fd = inotify_init1(IN_CLOEXEC);

    if (fd < 0)
        fail("cannot start inotify");
    for (size_t i = 0; i < count; i++)
        if (inotify_add_watch(fd, directories[i], mask) < 0)
            fail("cannot watch");
    if (write(ready_fd, ready, sizeof(ready) - 1) < 0)
        fail("cannot say ready");
    close(ready_fd);
    for (;;) {
        const ssize_t length = read(fd, buffer, sizeof(buffer));

        if (length > 0)
            write_records(record_bytes, count_events(buffer, (size_t)length));
        else if (length == 0 || errno != EINTR)
            fail("cannot read events");
    }
}

_Noreturn void floor_main(size_t record_bytes, int ready_fd)
{
    char path[PATH_MAX];
    char *const directories[] = {path};

    snprintf(path, sizeof(path), "%s", directory_path());
    floor_watch(directories, 1, IN_CREATE | IN_DELETE, record_bytes, ready_fd);
}
