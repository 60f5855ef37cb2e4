/* choice.h: what is kept and what is left out: patterns, ignore files and types together, for records and for
 * directories that are not to be entered. filter.h has the patterns, rules.h the .gitignore files.
 *
 * Patterns decide first. Where none matches, .gitignore files do, then the files of --ignore-file, the last
 * one first. What none of them leaves out is kept, unless there are patterns without `!`. */
#ifndef INOTAP_CHOICE_H
#define INOTAP_CHOICE_H

#include "filter.h"
#include "ignore.h"
#include "watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum choice_type { CHOICE_ANY_TYPE, CHOICE_FILES, CHOICE_DIRECTORIES };

/* All owned by the choice, but for the set and what is excluded. */
struct choice {
    struct filter *filter; /* or NULL */
    struct ignore_rules **files;
    size_t file_count;
    bool gitignore;
    enum choice_type type;
    char *const *excluded; /* borrowed: paths of directories that are not entered, although told of; as they
                              are printed */
    size_t excluded_count;
    struct watch_set *set; /* whose nodes have the rules of .gitignore files; or NULL */
    char *path;            /* a path below PATH is put together here */
    size_t path_size;
};

void choice_free(struct choice *c);

/* Is there anything to choose at all? */
bool choice_is_any(const struct choice *c);

/* Is an entry of a directory of the set left out, so that it is not to be entered? Returns 1, 0 or -ENOMEM.
 */
int choice_leaves_out(struct choice *c, uint32_t dir, const char *name, size_t name_len, bool is_dir);

/* Was it left out by the .gitignore rules that a review compares with those that count now? */
int choice_left_out_before(struct choice *c, uint32_t dir, const char *name, size_t name_len, bool is_dir);

/* Is what happens to an entry of a directory to be told? dir: WATCH_NONE for one that is in no set. Returns
 * 1, 0 or -ENOMEM. */
int choice_tells(struct choice *c, uint32_t dir, const char *name, size_t name_len, bool is_dir);

/* The same of what happens to a PATH itself, which is known by the last of its names. */
int choice_tells_path(struct choice *c, const char *path, size_t path_len, bool is_dir);

/* Can it change what is left out below a directory when that is renamed? */
bool choice_depends_on_path(const struct choice *c);

#endif
