/* wide_tree.h: a tree of directories to be watched, of our own and in memory if possible.
 * Failures end the benchmark by die(). */
#ifndef BENCH_WIDE_TREE_H
#define BENCH_WIDE_TREE_H

#include <stddef.h>

/* 10 directories with 100 each, with 100 each, and the one that they are in. */
#define WIDE_TREE_DIRECTORIES ((size_t)1 + 10 + 10 * 100 + 10 * 100 * 100)

/* Make it, where directory_parent() says. */
void wide_tree_make(void);

/* The path of one of the WIDE_TREE_DIRECTORIES, parents first; 0 is the one that they are in. */
const char *wide_tree_path(size_t number);

/* Remove it, if it is there. Safe in a signal handler. */
void wide_tree_remove(void);

#endif
