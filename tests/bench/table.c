/* table.c: from samples to rows on standard output, and the verdicts.
 * Neighbours: drain.c, latency.c and idle.c print their rows; bench.c begins and ends it. */
#include "table.h"

#include "ending.h"

#include <stdio.h>
#include <stdlib.h>

static bool check_limits;
static bool over_limit;

void table_begin(bool check)
{
    check_limits = check;
    printf("%-32s %10s  %-10s %-10s %s\n", "measure", "figure", "unit", "limit", "verdict");
}

void table_figure(const char *group, const char *what, double figure, int decimals, const char *unit)
{
    char name[64];

    snprintf(name, sizeof(name), "%s: %s", group, what);
    printf("%-32s %10.*f  %s\n", name, decimals, figure, unit);
}

static void print_limited(const char *group, const char *what, double figure, int decimals, const char *unit,
                          const char *sign, double limit, bool over)
{
    char name[64];
    char bound[32];

    snprintf(name, sizeof(name), "%s: %s", group, what);
    snprintf(bound, sizeof(bound), "%s %.*f", sign, decimals, limit);
    printf("%-32s %10.*f  %-10s %-10s %s\n", name, decimals, figure, unit, bound, over ? "over" : "ok");
    if (over && check_limits)
        complain("over the limit: %s: %.*f %s, limit %s", name, decimals, figure, unit, bound);
    over_limit |= over;
}

void table_at_most(const char *group, const char *what, double figure, int decimals, const char *unit,
                   double limit)
{
    print_limited(group, what, figure, decimals, unit, "<=", limit, !(figure <= limit));
}

void table_below(const char *group, const char *what, double figure, int decimals, const char *unit,
                 double limit)
{
    print_limited(group, what, figure, decimals, unit, "<", limit, !(figure < limit));
}

void table_at_least(const char *group, const char *what, double figure, int decimals, const char *unit,
                    double limit)
{
    print_limited(group, what, figure, decimals, unit, ">=", limit, !(figure >= limit));
}

int table_end(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        die("could not write all of the table to standard output");
    return check_limits && over_limit ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int compare_doubles(const void *left, const void *right)
{
    const double *const a = left, *const b = right;

    return (*a > *b) - (*a < *b);
}

double table_percentile(double *samples, size_t count, unsigned percent)
{
    const size_t hundredths = (count - 1) * percent;
    const size_t below = hundredths / 100;
    const size_t above = (hundredths + 99) / 100;

    qsort(samples, count, sizeof(*samples), compare_doubles);
    return samples[below] + (samples[above] - samples[below]) * (double)(hundredths % 100) / 100;
}
