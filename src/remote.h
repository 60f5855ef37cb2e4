/* remote.h: file systems where this kernel does not tell everything that happens: those that others can
 * change without its knowing, and its own, whose files are made up when they are read. */
#ifndef INOTAP_REMOTE_H
#define INOTAP_REMOTE_H

enum file_system_kind {
    FILE_SYSTEM_ORDINARY, /* also where it cannot be found out */
    FILE_SYSTEM_REMOTE,   /* of the network, of a cluster, or of user space */
    FILE_SYSTEM_KERNEL    /* proc, sysfs and their like */
};

struct file_system {
    enum file_system_kind kind;
    const char *name; /* in words; NULL for an ordinary one */
};

/* The file system that a path is on, by statfs(2). */
void file_system_of(const char *path, struct file_system *result);

#endif
