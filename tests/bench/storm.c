/* storm.c: files that come and go. Neighbour: tool.c has it made and takes the time. */
#include "storm.h"

#include "ending.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_file(const char *path, bool written)
{
    int fd;

    if (!written) {
        if (mknod(path, S_IFREG | 0600, 0) < 0)
            die("cannot make %s: %s", path, strerror(errno));
        return;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) < 0)
        die("cannot write %s: %s", path, strerror(errno));
}

void storm_run(const struct storm *storm, uint64_t files)
{
    char path[PATH_MAX], name[NAME_MAX + 1];

    for (uint64_t i = 0; i < files; i++) {
        const char *const directory = storm->directories[i % storm->directory_count];

        /* A new name for each file: fanotify merges what happens to one. */
        snprintf(name, sizeof(name), "%0*u", (int)storm->name_length, (unsigned)i);
        if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
            die("a path below %s is too long", directory);
        make_file(path, storm->written);
        if (unlink(path) < 0)
            die("cannot remove %s: %s", path, strerror(errno));
    }
}

char **storm_read_paths(const char *file, size_t *count)
{
    FILE *const from = fopen(file, "re");
    char **paths = NULL, *line = NULL;
    size_t room = 0, used = 0, size = 0;
    ssize_t length;

    if (!from)
        die("cannot read %s: %s", file, strerror(errno));
    while ((length = getline(&line, &size, from)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        if (used == room) {
            room = room ? 2 * room : 1024;
            paths = reallocarray(paths, room, sizeof(*paths));
        }
        if (!paths || !(paths[used++] = strdup(line)))
            die("no memory for the paths");
    }
    if (ferror(from) || used == 0)
        die("no paths in %s", file);
    free(line);
    fclose(from);
    *count = used;
    return paths;
}
