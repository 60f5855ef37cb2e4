/* probe.c: events and the lines that come of them. Neighbour: tool.c prints the samples. */
#include "probe.h"

#include "ending.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_S  INT64_C(1000000000)
#define TIMEOUT_S 120

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void make_event(const char *path, size_t number)
{
    const int result = number % 2 == 0 ? mknod(path, S_IFREG | 0600, 0) : unlink(path);

    if (result < 0)
        die("cannot make an event of %s: %s", path, strerror(errno));
}

/* How many lines have come since the last call. Never waits: being woken would cost more than the event. */
static size_t take_lines(void)
{
    static char buffer[64 * 1024];
    const ssize_t length = read(STDIN_FILENO, buffer, sizeof(buffer));
    size_t lines = 0;

    if (length == 0)
        die("the output has ended");
    if (length < 0 && errno != EAGAIN && errno != EINTR)
        die("cannot read the output: %s", strerror(errno));
    for (ssize_t i = 0; i < length; i++)
        lines += buffer[i] == '\n';
    return lines;
}

void probe_run(const char *directory, size_t events, unsigned gap_us, unsigned per_second, bool loose,
               int64_t *samples_ns)
{
    const int64_t interval_ns = per_second > 0 ? NS_PER_S / per_second : 0;
    size_t made = 0, told = 0;
    char path[PATH_MAX];
    int64_t next_ns, news_ns;

    if (snprintf(path, sizeof(path), "%s/probe-event", directory) >= (int)sizeof(path))
        die("the path is too long");
    if (fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) < 0)
        die("cannot read standard input: %s", strerror(errno));
    news_ns = now_ns();
    next_ns = news_ns + gap_us * NS_PER_US;
    while (told < events) {
        int64_t time_ns = now_ns();

        /* What stands in samples_ns until the line has come is when the event was made. */
        if (made < events && time_ns >= next_ns && (made == told || per_second > 0)) {
            samples_ns[made] = now_ns();
            make_event(path, made++);
            next_ns += interval_ns;
        }
        for (size_t lines = take_lines(); lines > 0; lines--) {
            if (told == made && loose)
                continue;
            news_ns = now_ns();
            if (told == made)
                die("more lines than events");
            samples_ns[told] = news_ns - samples_ns[told];
            told++;
            if (per_second == 0)
                next_ns = news_ns + gap_us * NS_PER_US;
        }
        time_ns = now_ns();
        if (time_ns - news_ns > TIMEOUT_S * NS_PER_S + interval_ns)
            die("%zu lines of %zu events, and then none for %d s", told, made, TIMEOUT_S);
    }
}
