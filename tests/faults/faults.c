/* faults.c: in the fault build, makes the n-th call of one function fail: INOTAP_FAULT=FUNCTION:N:ERRNO, or
 * :short in place of ERRNO for a write(2) that takes only half. INOTAP_FAULT_MARK names a file that is made
 * when it happens, INOTAP_FAULT_ALLOCATIONS one that gets the number of calls for memory, at a normal end.
 * The linker's --wrap puts these in front of the real functions; see CMakeLists.txt and tests/faults.bats. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define SHORT (-1)

static struct {
    bool read;
    char function[32];
    long countdown;
    int error;
} fault;

static unsigned long allocations;

__attribute__((destructor)) static void tell_allocations(void)
{
    const char *const name = getenv("INOTAP_FAULT_ALLOCATIONS");
    FILE *const out = name ? fopen(name, "we") : NULL;

    if (out) {
        fprintf(out, "%lu\n", allocations);
        fclose(out);
    }
}

static void read_fault(void)
{
    const char *const text = getenv("INOTAP_FAULT");
    char error[16];

    fault.read = true;
    if (!text || sscanf(text, "%31[^:]:%ld:%15s", fault.function, &fault.countdown, error) != 3)
        return;
    fault.error = strcmp(error, "short") == 0 ? SHORT : atoi(error);
}

/* Is this the call that is to fail? If so, errno is set. */
static bool fails(const char *function)
{
    const char *mark;

    if (!fault.read)
        read_fault();
    allocations += strstr(function, "alloc") != NULL;
    if (strcmp(fault.function, function) != 0 || --fault.countdown != 0)
        return false;
    mark = getenv("INOTAP_FAULT_MARK");
    if (mark)
        close(open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    errno = fault.error;
    return true;
}

/* One function: its declaration as the linker names it, and what stands in front of it. */
#define FAULT(result, function, failure, parameters, arguments)                                              \
    result __real_##function parameters;                                                                     \
    result __wrap_##function parameters;                                                                     \
    result __wrap_##function parameters                                                                      \
    {                                                                                                        \
        return fails(#function) ? (failure) : __real_##function arguments;                                   \
    }

FAULT(void *, malloc, NULL, (size_t size), (size))
FAULT(void *, calloc, NULL, (size_t count, size_t size), (count, size))
FAULT(void *, realloc, NULL, (void *old, size_t size), (old, size))
FAULT(void *, reallocarray, NULL, (void *old, size_t count, size_t size), (old, count, size))
FAULT(ssize_t, read, -1, (int fd, void *buffer, size_t size), (fd, buffer, size))
FAULT(int, inotify_init1, -1, (int flags), (flags))
FAULT(int, inotify_add_watch, -1, (int fd, const char *path, uint32_t mask), (fd, path, mask))
FAULT(int, poll, -1, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout))
FAULT(int, epoll_wait, -1, (int fd, struct epoll_event *events, int max, int timeout),
      (fd, events, max, timeout))

/* With at most a mode; and getdents64(2), which has no function of its own everywhere. */
int __real_openat64(int directory, const char *path, int flags, mode_t mode);
int __wrap_openat64(int directory, const char *path, int flags, ...);

int __wrap_openat64(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    va_start(args, flags);
    if (flags & O_CREAT)
        mode = va_arg(args, mode_t);
    va_end(args);
    return fails("openat64") ? -1 : __real_openat64(directory, path, flags, mode);
}

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);

/* syscall(2) reads six arguments, too, however many there are. */
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    return fails("syscall") ? -1 : __real_syscall(number, a, b, c, d, e, f);
}

ssize_t __real_write(int fd, const void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);

ssize_t __wrap_write(int fd, const void *buffer, size_t size)
{
    if (!fails("write"))
        return __real_write(fd, buffer, size);
    return fault.error == SHORT && size > 1 ? __real_write(fd, buffer, size / 2) : -1;
}
