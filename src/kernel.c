/* kernel.c: which kernels are too old. Neighbours: main.c asks before anything else is done. */
#include "kernel.h"

#include <stdlib.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Returns behind the number, or NULL where there is none. One that is too large counts as the largest. */
static const char *take_number(const char *text, unsigned long *number)
{
    char *end;

    if (!is_digit(*text))
        return NULL;
    *number = strtoul(text, &end, 10);
    return end;
}

static bool take_release(const char *text, unsigned long *major, unsigned long *minor)
{
    text = take_number(text, major);
    return text && *text == '.' && take_number(text + 1, minor);
}

bool kernel_is_too_old(const char *release)
{
    unsigned long major, minor, oldest_major, oldest_minor;

    if (!take_release(release, &major, &minor) || !take_release(KERNEL_OLDEST, &oldest_major, &oldest_minor))
        return false;
    return major < oldest_major || (major == oldest_major && minor < oldest_minor);
}
