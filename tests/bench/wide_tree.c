/* wide_tree.c: a hundred thousand directories and their paths. Neighbours: setup.c, which has it made,
 * watched and removed; directory.c knows where. */
#include "wide_tree.h"

#include "directory.h"
#include "ending.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST_BELOW sizeof("/d9/d99/d99")

/* One behind the other, path_size bytes each. */
static char *paths;
static size_t path_size;
static volatile size_t made; /* of them exist */

static char *path_at(size_t number)
{
    return paths + number * path_size;
}

static void make_one(size_t parent, unsigned name)
{
    char *const path = path_at(made);

    if (snprintf(path, path_size, "%s/d%u", path_at(parent), name) >= (int)path_size)
        die("a path is longer than expected");
    if (mkdir(path, 0700) < 0)
        die("cannot make the directory %s: %s", path, strerror(errno));
    made++;
}

void wide_tree_make(void)
{
    static const unsigned widths[] = {10, 100, 100};
    size_t first = 0;

    path_size = strlen(directory_parent()) + sizeof("/inotap-bench.XXXXXX") + LONGEST_BELOW;
    paths = calloc(WIDE_TREE_DIRECTORIES, path_size);
    if (!paths)
        die("no memory for the paths");
    snprintf(paths, path_size, "%s/inotap-bench.XXXXXX", directory_parent());
    ending_hold(true);
    if (!mkdtemp(paths))
        die("cannot make the directory %s: %s", paths, strerror(errno));
    made = 1;
    ending_hold(false);
    for (size_t level = 0; level < sizeof(widths) / sizeof(widths[0]); level++) {
        const size_t end = made;

        for (size_t parent = first; parent < end; parent++)
            for (unsigned name = 0; name < widths[level]; name++)
                make_one(parent, name);
        first = end;
    }
}

const char *wide_tree_path(size_t number)
{
    return path_at(number);
}

void wide_tree_remove(void)
{
    /* The one behind the last may have been made as well, when a signal came. */
    if (made > 0 && made < WIDE_TREE_DIRECTORIES)
        rmdir(path_at(made));
    for (; made > 0; made--)
        rmdir(path_at(made - 1));
}
