/* directory.c: somewhere for events to happen. Neighbours: drain.c and latency.c make events; bench.c makes
 * the directory and has it removed on every way out. */
#include "directory.h"

#include "ending.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define FILES 48

static char path[PATH_MAX];
static char file_names[FILES][16];
static volatile int dir_fd = -1;
static uint64_t events_made;

static bool is_tmpfs(const char *name)
{
    struct statfs fs;

    return statfs(name, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

/* Making files on a disk would take longer than everything else together. */
const char *directory_parent(void)
{
    const char *const wanted = getenv("TMPDIR");

    if (wanted && wanted[0] != '\0')
        return wanted;
    if (!is_tmpfs("/tmp") && is_tmpfs("/dev/shm") && access("/dev/shm", W_OK) == 0)
        return "/dev/shm";
    return "/tmp";
}

void directory_make(void)
{
    const int length = snprintf(path, sizeof(path), "%s/inotap-bench.XXXXXX", directory_parent());

    if (length < 0 || (size_t)length >= sizeof(path))
        die("the path of the temporary directory is too long");
    for (unsigned i = 0; i < FILES; i++)
        snprintf(file_names[i], sizeof(file_names[i]), "file-%07u", i);
    ending_hold(true);
    if (!mkdtemp(path))
        die("cannot make the directory %s: %s", path, strerror(errno));
    dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        const int error = errno;

        rmdir(path);
        die("cannot open %s: %s", path, strerror(error));
    }
    ending_hold(false);
}

const char *directory_path(void)
{
    return path;
}

/* Files come and go in turn: the kernel would merge two equal events in a row. */
void directory_make_event(void)
{
    const char *const name = file_names[events_made / 2 % FILES];
    const bool create = events_made % 2 == 0;
    const int result = create ? mknodat(dir_fd, name, S_IFREG | 0600, 0) : unlinkat(dir_fd, name, 0);

    if (result < 0)
        die("cannot %s %s/%s: %s", create ? "create" : "delete", path, name, strerror(errno));
    events_made++;
}

void directory_remove(void)
{
    if (dir_fd < 0)
        return;
    for (size_t i = 0; i < FILES; i++)
        unlinkat(dir_fd, file_names[i], 0);
    rmdir(path);
    dir_fd = -1;
}
