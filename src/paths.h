/* paths.h: the PATHs that the user gave, from the command line and from files, in their order.
 * Opens nothing but the lists themselves; roots.c does the watching. */
#ifndef INOTAP_PATHS_H
#define INOTAP_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* One PATH. */
/* How a PATH came to its end. */
enum path_end {
    END_NOT_YET,
    END_REMOVED,
    END_MOVED,
    END_REPLACED,  /* something else is there by its name */
    END_UNMOUNTED, /* with the file system that it lay on */
    END_COVERED,   /* something is mounted over it, or on the way to it */
    END_SPENT      /* its watch was a oneshot one */
};

struct path {
    char *given; /* as the user spelt it, terminated */
    size_t given_len;
    char *joined; /* what stands before the name of an entry: the same with exactly one slash at its end; not
                   * terminated */
    size_t joined_len;
    const char *list; /* the file that it was read from, or NULL: the command line */
    size_t line;      /* its line there, or its place in a NUL-terminated list; from 1 */

    size_t rank; /* its place in the order given; from 0 */

    bool usable;   /* main.c: it can be watched */
    bool followed; /* roots.c: it is a symbolic link, and what is watched is what it leads to, whatever the
                      flags say */

    /* Kept by roots.c and target.c from here on. */
    struct target *target;      /* NULL: not watched, or gone */
    struct path *next, *before; /* its neighbours, in the order given, of the same watch */
    dev_t dev;
    ino_t ino;
    struct step *steps;          /* of names.c: how it resolves */
    struct overlap_entry *entry; /* of overlap.c: where it lies */
    enum path_end end;           /* presence.c: how, if it is at its end */
    bool missing;                /* presence.c: followed by name, and not there */
    bool barred;  /* names.c: permission is missing, so changes of permissions are told as well */
    bool unseen;  /* names.c: nothing tells of all changes on its way, so presence.c looks now and then */
    bool warned;  /* presence.c: it was said why it is not watched */
    bool touched; /* presence.c: to be looked at, and in the list of those: */
    struct path *next_touched;
};

struct path_list {
    bool keeps_slashes; /* `joined` keeps all that PATH ends in */
    struct path **items;
    size_t count;
    size_t capacity;
};

/* Append a PATH of the command line. Returns 0, -ENOMEM, or -EINVAL: it is empty. */
int paths_add(struct path_list *list, const char *text);

/* Append the PATHs of a file ("-" is standard input), one a line or NUL-terminated. `file` must outlive the
 * list. Returns 0, -errno of reading it, or -EINVAL with *line set: that line is empty or holds a NUL. */
int paths_add_file(struct path_list *list, const char *file, bool null, size_t *line);

/* Drop every PATH that is spelt exactly like an earlier one. Returns 0 or -ENOMEM. */
int paths_drop_repeated(struct path_list *list);

void paths_free(struct path_list *list);

#endif
