/* service.c: telling others that inotap is ready, and living as a daemon.
 * Neighbour: main.c, which calls each at its point of the start and the end. */
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_message(int fd, const char *message)
{
    size_t left = strlen(message);

    while (left > 0) {
        const ssize_t n = write(fd, message, left);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            message += n;
            left -= (size_t)n;
        }
    }
    return 0;
}

int service_ready_fd(int fd)
{
    const int err = write_message(fd, "READY=1\n");

    close(fd);
    return err;
}

int service_notify(const char *message)
{
    const char *const name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len;
    int fd, err = 1;

    if (!name || *name == '\0')
        return 0;
    if (name[0] != '/' && name[0] != '@')
        return -EAFNOSUPPORT;
    len = strlcpy(address.sun_path, name, sizeof(address.sun_path));
    if (len >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
        err = -errno;
    close(fd);
    return err;
}

/* ---- --daemon ---- */

/* In the parent: one byte is the child's word that it is ready, the end of the pipe that it has failed. */
static int await_report(int fd, pid_t child)
{
    char byte;
    ssize_t n;
    int status;

    do
        n = read(fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1)
        return 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int daemon_start(int *report_fd, int *status)
{
    int pipe_fds[2];
    pid_t child;

    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return -errno;
    child = fork();
    if (child < 0) {
        const int err = -errno;

        close(pipe_fds[0]);
        close(pipe_fds[1]);
        return err;
    }
    if (child > 0) {
        close(pipe_fds[1]);
        *status = await_report(pipe_fds[0], child);
        close(pipe_fds[0]);
        return 1;
    }
    close(pipe_fds[0]);
    setsid();
    *report_fd = pipe_fds[1];
    return 0;
}

int daemon_report(int report_fd, bool quiet_stdout)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct stat st;
    int err;

    if (null < 0)
        return -errno;
    err = write_message(report_fd, "\n");
    close(report_fd);
    if (err == 0) {
        dup2(null, STDIN_FILENO);
        if (quiet_stdout)
            dup2(null, STDOUT_FILENO);
        if (fstat(STDERR_FILENO, &st) < 0 || !S_ISREG(st.st_mode))
            dup2(null, STDERR_FILENO);
    }
    close(null);
    return err;
}

/* ---- --pid-file ---- */

/* The process ID in the file: 0 if it is empty, -1 if it holds something else. */
static pid_t read_pid(int fd)
{
    char text[32];
    const ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    char *end;
    long pid;

    if (n <= 0)
        return 0;
    text[n] = '\0';
    pid = strtol(text, &end, 10);
    return end == text || strcmp(end, "\n") != 0 || pid <= 0 ? -1 : (pid_t)pid;
}

/* Does the name still lead to the open file? Another process may have removed or replaced it meanwhile. */
static bool is_named(int fd, const char *name)
{
    struct stat here, there;

    return fstat(fd, &here) == 0 && lstat(name, &there) == 0 && here.st_dev == there.st_dev &&
           here.st_ino == there.st_ino;
}

/* Open the file and lock it. Returns the descriptor or -errno. */
static int open_locked(const char *name, pid_t *other)
{
    struct stat st;
    int fd, err;

    for (;;) {
        fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0644);
        if (fd < 0)
            return -errno;
        if (fstat(fd, &st) < 0)
            err = -errno;
        else if (!S_ISREG(st.st_mode))
            err = -EINVAL;
        else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
            err = errno == EWOULDBLOCK ? -EEXIST : -errno;
        else if (is_named(fd, name))
            return fd;
        else
            err = 0; /* its owner removed it before we had the lock: try anew */
        if (err == -EEXIST)
            *other = read_pid(fd);
        close(fd);
        if (err < 0)
            return err;
    }
}

int pid_file_write(struct pid_file *f, const char *name, pid_t *other)
{
    char text[32];
    int err;

    f->name = NULL;
    f->fd = open_locked(name, other);
    if (f->fd < 0)
        return f->fd;
    if (read_pid(f->fd) < 0) {
        close(f->fd);
        return -EINVAL;
    }
    snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    err = ftruncate(f->fd, 0) < 0 ? -errno : write_message(f->fd, text);
    f->name = name;
    if (err < 0)
        pid_file_remove(f);
    return err;
}

void pid_file_remove(struct pid_file *f)
{
    if (!f->name)
        return;
    if (is_named(f->fd, f->name))
        unlink(f->name);
    close(f->fd);
    f->name = NULL;
}
