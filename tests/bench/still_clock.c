/* still_clock.c: a time of day that stands still, preloaded into inotap by instructions.py: a second that
 * begins while it runs would cost instructions of its own. Neighbours: none. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_REALTIME)
        return (int)syscall(SYS_clock_gettime, clock, now);
    *now = (struct timespec){.tv_sec = 1234567890, .tv_nsec = 123456789};
    return 0;
}
