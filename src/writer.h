/* writer.h: has anybody got a file open for writing? The kernel tells by a read lease, fcntl(2): it refuses
 * one with EAGAIN while there is a writer. The lease is given back at once, and the file is not read. */
#ifndef INOTAP_WRITER_H
#define INOTAP_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum writer {
    WRITER_NONE,
    WRITER_SOME,
    WRITER_UNKNOWN, /* the file may not be read, is another user's (CAP_LEASE), or its file system does not
                       tell */
    WRITER_NO_FILE, /* nothing has this name, or something else than a regular file */
};

/* What is known besides, unless there is no file. */
struct writer_file {
    ino_t ino;
    bool is_new; /* empty and with one name: open(2) may have made it, and not have counted as a writer yet */
    bool may_be_open; /* it has one name, and nothing has changed its inode since it was last written to */
    int64_t mtime_ns;
    off_t size;
};

/* Before the first look: whoever wants to write at the moment of a look has the kernel send SIGIO, which is
 * ignored from here on. */
void writer_start(void);

/* Look at what `path` names; a symbolic link is not followed. */
enum writer writer_look(const char *path, struct writer_file *file);

#endif
