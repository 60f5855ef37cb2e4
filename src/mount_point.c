/* mount_point.c: asking the kernel about one directory, in whichever way it answers.
 * Neighbours: mounts.c has the table of all mounts, compare.c asks about names that are in it. */
#include "mount_point.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef STATX_TYPE
#define STATX_TYPE 0x00000001
#endif
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x00002000 /* Linux 5.8; missing from older C library headers */
#endif

/* The kernel's struct statx, the same on every architecture. musl 1.2.3 declares neither the struct nor
 * statx(), and <linux/stat.h> would declare the struct a second time where the C library has it. */
struct statx_answer {
    uint32_t mask, block_size;
    uint64_t attributes;
    unsigned char of_no_interest[40];
    uint64_t attributes_mask;
    unsigned char rest[192];
};
_Static_assert(offsetof(struct statx_answer, attributes_mask) == 56,
               "where the kernel has stx_attributes_mask");
_Static_assert(sizeof(struct statx_answer) == 256, "the kernel writes 256 bytes");

/* Each way returns 1, 0, or -1: no answer. */

static int ask_statx(const char *name)
{
    struct statx_answer answer;

    if (syscall(SYS_statx, AT_FDCWD, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &answer) < 0 ||
        !(answer.attributes_mask & STATX_ATTR_MOUNT_ROOT))
        return -1;
    return (answer.attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* With no room for a handle the call fails, but the mount ID is told. -1: it is not. */
static int mount_id_by_handle(const char *name)
{
    struct file_handle handle = {.handle_bytes = 0};
    int id = -1;

    (void)name_to_handle_at(AT_FDCWD, name, &handle, &id, 0);
    return id;
}

static int mount_id_by_fdinfo(const char *name)
{
    const int fd = open(name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char path[64], line[128];
    FILE *info = NULL;
    int id = -1;

    if (fd >= 0) {
        snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
        info = fopen(path, "re");
    }
    while (info && fgets(line, sizeof(line), info))
        if (strncmp(line, "mnt_id:", 7) == 0)
            id = (int)strtol(line + 7, NULL, 10);
    if (info)
        fclose(info);
    if (fd >= 0)
        close(fd);
    return id;
}

static int ask_mount_ids(int (*mount_id)(const char *name), const char *name)
{
    const int there = mount_id(name), here = there < 0 ? -1 : mount_id(".");

    return here < 0 ? -1 : there != here;
}

bool mount_point_same_device(const char *name)
{
    struct stat there, here;

    return fstatat(AT_FDCWD, name, &there, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0 &&
           fstatat(AT_FDCWD, ".", &here, 0) == 0 && there.st_dev == here.st_dev;
}

bool mount_point_is(const char *name)
{
    struct stat st;
    int answer = ask_statx(name);

    if (answer < 0)
        answer = ask_mount_ids(mount_id_by_handle, name);
    if (answer < 0)
        answer = ask_mount_ids(mount_id_by_fdinfo, name);
    if (answer < 0 && fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0)
        answer = !mount_point_same_device(name);
    return answer > 0;
}
