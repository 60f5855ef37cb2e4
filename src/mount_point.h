/* mount_point.h: is a directory the root of another mount than the directory that it is in? */
#ifndef INOTAP_MOUNT_POINT_H
#define INOTAP_MOUNT_POINT_H

#include <stdbool.h>

/* Asks of `name` in the working directory, by the first of these that the kernel, or a filter of system calls
 * (seccomp), does not refuse: statx(2) (Linux 5.8), the mount ID of name_to_handle_at(2), that of
 * /proc/self/fdinfo, and the device numbers, which do not tell of a bind mount within one file system. False
 * where nothing is there. */
bool mount_point_is(const char *name);

/* Has the directory `name` the device number of the working directory? */
bool mount_point_same_device(const char *name);

#endif
