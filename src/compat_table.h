/* compat_table.h: the table of inotifywatch: a row for each watch, made of what stats.h has counted by
 * watches. */
#ifndef INOTAP_COMPAT_TABLE_H
#define INOTAP_COMPAT_TABLE_H

#include "compat.h"
#include "output.h"
#include "stats.h"

#include <stdbool.h>
#include <stddef.h>

struct compat_table;

/* Returns NULL without memory. The caller owns it. */
struct compat_table *compat_table_new(void);
void compat_table_free(struct compat_table *t);

/* Add a watch that there is now, as it is called now. The name is copied. Returns 0 or -ENOMEM. */
int compat_table_add(struct compat_table *t, int wd, const char *name, size_t len);

/* Add all that was counted; s is counted by watches. Returns 0 or -ENOMEM. */
int compat_table_count(struct compat_table *t, const struct stats *s);

/* Write it to the output, without flushing. Returns 1, 0 if there is nothing to be shown, or -errno. */
int compat_table_write(struct compat_table *t, const struct compat *c, bool terminal, struct output *output);

#endif
