/* kernel.h: which kernels are too old. */
#ifndef INOTAP_KERNEL_H
#define INOTAP_KERNEL_H

#include <stdbool.h>

/* The oldest kernel that has IN_MASK_CREATE, which tells a new watch from one that is there already. */
#define KERNEL_OLDEST "4.18"

/* Is this release, as uname(2) tells it, older than KERNEL_OLDEST? Whatever follows its first two numbers
 * does not count. Of a release that does not begin with two numbers nothing is known, and the answer is no.
 */
bool kernel_is_too_old(const char *release);

#endif
