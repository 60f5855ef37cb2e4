/* service.c: telling others that inotap is ready, and living as a daemon.
 * Neighbour: main.c, which calls each at its point of the start and the end. */
#include "service.h"

#include "again.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_message(int fd, const char *message)
{
    size_t left = strlen(message);

    while (left > 0) {
        const ssize_t n = write(fd, message, left);

        if (n < 0 && errno == EAGAIN) {
            struct pollfd full = {.fd = fd, .events = POLLOUT};

            if (poll(&full, 1, -1) < 0 && errno != EINTR)
                return -errno;
        } else if (n < 0 && errno != EINTR) {
            return -errno;
        }
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
    signal(SIGCHLD,
           SIG_DFL); /* a parent may have left it ignored, and then nobody learns how the child ended */
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

static int by_number(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

/* Without close_range(2): each descriptor that /proc lists, or any that there may be. A system where a
 * process may have more than this has /proc. */
#define DESCRIPTORS_MAX 1048576

static bool is_kept(const int *keep, size_t count, int fd)
{
    return bsearch(&fd, keep, count, sizeof(*keep), by_number) != NULL;
}

static void close_all_numbers(const int *keep, size_t count)
{
    const long limit = sysconf(_SC_OPEN_MAX);
    const int end = limit < 0 || limit > DESCRIPTORS_MAX ? DESCRIPTORS_MAX : (int)limit;

    for (int fd = 0; fd < end; fd++)
        if (!is_kept(keep, count, fd))
            close(fd);
}

static void close_listed(const int *keep, size_t count)
{
    DIR *const list = opendir("/proc/self/fd");
    const struct dirent *entry;

    if (!list) {
        close_all_numbers(keep, count);
        return;
    }
    /* What is read of /proc stays right when descriptors before the position are closed. */
    while ((entry = readdir(list))) {
        const int fd = entry->d_name[0] == '.' ? dirfd(list) : (int)strtol(entry->d_name, NULL, 10);

        if (fd != dirfd(list) && !is_kept(keep, count, fd))
            close(fd);
    }
    closedir(list);
}

/* Returns 0, or -errno where the kernel or a sandbox does not know it. */
static int close_from_to(unsigned from, unsigned to)
{
#ifdef SYS_close_range
    return from > to || syscall(SYS_close_range, from, to, 0) == 0 ? 0 : -errno; /* Linux 5.9 */
#else
    return from > to ? 0 : -ENOSYS;
#endif
}

void daemon_close_others(int *keep, size_t count)
{
    unsigned next = 0;
    int err = 0;

    qsort(keep, count, sizeof(*keep), by_number);
    for (size_t i = 0; i < count && err == 0; i++) {
        if (keep[i] < 0)
            continue;
        if ((unsigned)keep[i] > next)
            err = close_from_to(next, (unsigned)keep[i] - 1);
        next = (unsigned)keep[i] + 1;
    }
    if (err == 0)
        err = close_from_to(next, UINT_MAX);
    if (err < 0)
        close_listed(keep, count);
}

/* Returns 0 or -errno. */
static int put_in_place(int fd, int place)
{
    return AGAIN(dup2(fd, place)) < 0 ? -errno : 0;
}

int daemon_report(int report_fd, bool quiet_stdout)
{
    const int null = AGAIN(open("/dev/null", O_RDWR | O_CLOEXEC));
    struct stat st;
    int err;

    if (null < 0)
        return -errno;
    /* Standard error last: until then a failure can be said there, and the parent is waiting for it. */
    err = put_in_place(null, STDIN_FILENO);
    if (err == 0 && quiet_stdout)
        err = put_in_place(null, STDOUT_FILENO);
    if (err == 0)
        err = write_message(report_fd, "\n");
    if (err == 0 && (fstat(STDERR_FILENO, &st) < 0 || !S_ISREG(st.st_mode)))
        put_in_place(null, STDERR_FILENO);
    close(report_fd);
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

/* May the file be trusted with our process ID? Not if somebody else can change the number in it, which others
 * send signals to. Returns 0, -EINVAL, PID_FILE_OF_OTHERS or another -errno. */
static int check_file(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & S_IWOTH) || st.st_nlink > 1)
        return PID_FILE_OF_OTHERS;
    return 0;
}

/* Open the file, or make it such that nobody else can open it before it is locked. */
static int open_or_make(const char *name, bool *is_made)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;
    int fd;

    do {
        *is_made = false;
        fd = AGAIN(open(name, flags));
        if (fd < 0 && errno == ENOENT) {
            fd = AGAIN(open(name, flags | O_CREAT | O_EXCL, 0600));
            *is_made = fd >= 0;
        }
    } while (fd < 0 && errno == EEXIST);
    return fd < 0 ? -errno : fd;
}

/* A lock for writing needs a descriptor for writing, other than that of flock(2), which whoever may read the
 * file can take. Returns 0, -EEXIST: somebody has such a lock, -EBUSY: a mere reader stands in its way,
 * -EAGAIN: nobody does any more, or another -errno. */
static int lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
        return 0;
    if ((errno != EAGAIN && errno != EACCES) || fcntl(fd, F_OFD_GETLK, &whole) < 0)
        return -errno;
    return whole.l_type == F_WRLCK ? -EEXIST : whole.l_type == F_RDLCK ? -EBUSY : -EAGAIN;
}

/* A file that a reader has locked is given up for a new one. Returns 0 or -errno. */
static int give_up(int fd, const char *name)
{
    if (read_pid(fd) < 0)
        return -EINVAL;
    return is_named(fd, name) && unlink(name) < 0 ? -errno : 0;
}

/* Open the file and lock it. Returns the descriptor or -errno. */
static int open_locked(const char *name, pid_t *other)
{
    bool is_made;

    for (;;) {
        const int fd = open_or_make(name, &is_made);
        int err;

        if (fd < 0)
            return fd;
        err = check_file(fd);
        if (err == 0)
            err = lock(fd);
        if (err == 0 && is_named(fd, name)) {
            if (is_made) {
                const mode_t mask = umask(0);

                umask(mask);
                fchmod(fd, 0644 & ~mask); /* if that fails, it is for fewer to read */
            }
            return fd;
        }
        if (err == -EBUSY)
            err = give_up(fd, name);
        else if (err == -EAGAIN)
            err = 0;
        else if (err == -EEXIST)
            *other = read_pid(fd);
        else if (err < 0 && is_made)
            unlink(name);
        close(fd);
        if (err < 0)
            return err;
        /* Its owner removed it before we had the lock: try anew. */
    }
}

bool pid_file_is_running(pid_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
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
    err = AGAIN(ftruncate(f->fd, 0)) < 0 ? -errno : write_message(f->fd, text);
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
