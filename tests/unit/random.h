/* random.h: numbers for the tests that try many cases: the same in every run, unless CHECK_SEED says
 * otherwise. CHECK_ROUNDS=N makes such a test N times as long. Neighbours: the tests that include it. */
#ifndef RANDOM_H
#define RANDOM_H

#include "check.h"

#include <stdint.h>

static uint64_t random_state;

static inline uint64_t random_setting(const char *name, uint64_t usual)
{
    const char *const value = getenv(name);

    return value ? strtoull(value, NULL, 0) : usual;
}

static inline void random_start(void)
{
    random_state = random_setting("CHECK_SEED", 20251120);
    printf("CHECK_SEED=%llu\n", (unsigned long long)random_state);
    fflush(stdout);
}

/* splitmix64 */
static inline uint64_t random_next(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline size_t random_below(size_t limit)
{
    return (size_t)(random_next() % limit);
}

static inline size_t random_rounds(size_t usual)
{
    return usual * (size_t)random_setting("CHECK_ROUNDS", 1);
}

#endif
