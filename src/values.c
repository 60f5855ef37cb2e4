/* values.c: numbers, sizes and durations from the command line, strictly.
 * Neighbours: options.c and events.c. */
#include "values.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* The digits at *text, in the base; *text is moved past them. At least one is needed. */
static int take_digits(const char **text, unsigned base, uint64_t max, uint64_t *number)
{
    const char *p = *text;
    uint64_t n = 0;

    for (;; p++) {
        unsigned digit;

        if (*p >= '0' && *p <= '9')
            digit = (unsigned)(*p - '0');
        else if (base == 16 && ((*p | 32) >= 'a' && (*p | 32) <= 'f'))
            digit = (unsigned)((*p | 32) - 'a') + 10;
        else
            break;
        if (n > (max - digit) / base || digit > max)
            return -ERANGE;
        n = n * base + digit;
    }
    if (p == *text)
        return -EINVAL;
    *text = p;
    *number = n;
    return 0;
}

int values_number(const char *text, uint64_t max, uint64_t *number)
{
    const unsigned base = text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10;
    int err;

    if (base == 16)
        text += 2;
    err = take_digits(&text, base, max, number);
    if (err < 0)
        return err;
    return *text == '\0' ? 0 : -EINVAL;
}

int values_size(const char *text, uint64_t max, uint64_t *bytes)
{
    static const char units[] = "KMG";
    uint64_t unit = 1;
    int err = take_digits(&text, 10, max, bytes);

    if (err < 0)
        return err;
    if (*text != '\0') {
        const char *const found = strchr(units, toupper((unsigned char)*text));

        if (!found || text[1] != '\0')
            return -EINVAL;
        unit = (uint64_t)1 << (10 * (found - units + 1));
    }
    if (*bytes > max / unit)
        return -ERANGE;
    *bytes *= unit;
    return 0;
}

static int take_unit(const char *text, int64_t *unit_ns)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {
        {"", 1000000000},
        {"ms", 1000000},
        {"s", 1000000000},
        {"m", INT64_C(60) * 1000000000},
        {"h", INT64_C(3600) * 1000000000},
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(text, units[i].name) == 0) {
            *unit_ns = units[i].ns;
            return 0;
        }
    }
    return -EINVAL;
}

int values_duration(const char *text, int64_t *duration_ns)
{
    const char *const whole_at = text;
    const char *fraction = "";
    size_t fraction_len = 0;
    uint64_t whole = 0;
    int64_t unit_ns, step, sum;

    if (*text != '.') {
        const int err = take_digits(&text, 10, INT64_MAX, &whole);

        if (err < 0)
            return err;
    }
    if (*text == '.') {
        fraction = ++text;
        fraction_len = strspn(text, "0123456789");
        text += fraction_len;
        if (fraction_len == 0)
            return -EINVAL;
    }
    if (text == whole_at || take_unit(text, &unit_ns) < 0)
        return -EINVAL;
    if (__builtin_mul_overflow((int64_t)whole, unit_ns, &sum))
        return -ERANGE;
    step = unit_ns;
    for (size_t i = 0; i < fraction_len && step > 0; i++) {
        /* unit_ns * digit / 10^(i+1), without the rounding of a binary fraction */
        const int64_t part = step * (fraction[i] - '0') / 10;

        if (__builtin_add_overflow(sum, part, &sum))
            return -ERANGE;
        step /= 10;
    }
    *duration_ns = sum;
    return 0;
}
