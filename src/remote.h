/* remote.h: file systems that others can change without this kernel knowing, and so without an event. */
#ifndef INOTAP_REMOTE_H
#define INOTAP_REMOTE_H

/* The name in words of the file system that a path is on, if it is such a one, by statfs(2); else NULL, also
 * when it cannot be found out. */
const char *remote_file_system(const char *path);

#endif
