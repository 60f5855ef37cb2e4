/* writer.c: leases. Neighbour: whole.c asks whether a file is complete. */
#include "writer.h"

#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

void writer_start(void)
{
    signal(SIGIO, SIG_IGN);
}

/* Ask about an open file. */
static enum writer ask(int fd, const char *path)
{
    struct file_system on;

    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        fcntl(fd, F_SETLEASE, F_UNLCK);
        return WRITER_NONE;
    }
    /* NFS and SMB say EAGAIN also where the server has not delegated the file. */
    if (errno != EAGAIN)
        return WRITER_UNKNOWN;
    file_system_of(path, &on);
    return on.kind == FILE_SYSTEM_REMOTE ? WRITER_UNKNOWN : WRITER_SOME;
}

static int64_t ns_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

enum writer writer_look(const char *path, struct writer_file *file)
{
    enum writer writer;
    struct stat st;
    int fd;

    *file = (struct writer_file){0};
    if (lstat(path, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR ? WRITER_NO_FILE : WRITER_UNKNOWN;
    file->ino = st.st_ino;
    file->is_new = st.st_size == 0 && st.st_nlink == 1;
    file->may_be_open = st.st_nlink == 1 && ns_of(&st.st_mtim) == ns_of(&st.st_ctim);
    file->mtime_ns = ns_of(&st.st_mtim);
    file->size = st.st_size;
    if (!S_ISREG(st.st_mode)) /* opening a FIFO or a device may do something */
        return WRITER_NO_FILE;
    fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ELOOP ? WRITER_NO_FILE : WRITER_UNKNOWN;
    writer = ask(fd, path);
    close(fd);
    return writer;
}
