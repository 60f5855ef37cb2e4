/* table.h: the table on standard output, one figure a row, and whether a limit was broken.
 * A row is named "group: what"; decimals are those printed. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Print the head. With check a broken limit is also said on standard error, and is an error in the end. */
void table_begin(bool check);

/* A row without a limit, and rows with one. */
void table_figure(const char *group, const char *what, double figure, int decimals, const char *unit);
void table_at_most(const char *group, const char *what, double figure, int decimals, const char *unit,
                   double limit);
void table_below(const char *group, const char *what, double figure, int decimals, const char *unit,
                 double limit);
void table_at_least(const char *group, const char *what, double figure, int decimals, const char *unit,
                    double limit);

/* The status to exit with. Dies if not all of the table could be written. */
int table_end(void);

/* The value that percent of the samples do not exceed, between two samples in proportion; 50 is the median.
 * Sorts them; count > 0. */
double table_percentile(double *samples, size_t count, unsigned percent);

#endif
