/* option_table.h: a row of the table of options. Private to options.c, which has the table, and to
 * command_line.c and completion.c, which go by it. */
#ifndef INOTAP_OPTION_TABLE_H
#define INOTAP_OPTION_TABLE_H

#include "options.h"

/* Room for every row but the last. */
#define OPTION_ROWS_MAX 96

struct row;

/* Why a value was not accepted. */
struct refusal {
    char why[512];
};

/* Take what the option says into *o. value: borrowed from argv, NULL for an option without one. Returns
 * 0; 1 if that was all there is to do (--help); -EINVAL with the refusal filled; -ENOMEM; -EIO (printed). */
typedef int take_value(struct options *o, const struct row *row, const char *value, struct refusal *refusal);

struct row {
    const char *section; /* NULL: the same as the row before */
    char letter;         /* 0: none */
    const char *name;
    const char *argument; /* NULL: takes none; "[=...": may be left out, and value is NULL then */
    const char *help;
    take_value *take;
    int variant; /* what tells rows apart that share a take function */
};

/* The rows, in the order of --help; one without a name ends them. */
extern const struct row options_table[];

/* Fill the refusal. Returns -EINVAL. */
int options_refuse(struct refusal *refusal, const char *format, ...) __attribute__((format(printf, 2, 3)));

take_value options_print_help, options_print_version;

#endif
