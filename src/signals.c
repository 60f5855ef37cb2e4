/* signals.c: handlers that note a signal and wake the loop through an eventfd(2).
 * Neighbour: main.c's loop. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t hangup;
static volatile sig_atomic_t usr1;
static int wake_fd = -1;

static void wake(void)
{
    const int saved = errno;
    const uint64_t one = 1;
    const ssize_t ignored = write(wake_fd, &one, sizeof(one));

    (void)ignored; /* fails only if the counter is at its limit, and then the loop is awake */
    errno = saved;
}

static void on_stop(int number);

static void set_default(int number)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

/* Catch it no more; one that was ignored stays so. */
static void release(int number)
{
    struct sigaction now;

    if (sigaction(number, NULL, &now) == 0 && now.sa_handler == on_stop)
        set_default(number);
}

/* The first one asks for an orderly end; the next one, of either kind, is not caught any more. */
static void on_stop(int number)
{
    stop_signal = number;
    release(SIGINT);
    release(SIGTERM);
    release(SIGHUP);
    wake();
}

static void on_hangup(int number)
{
    (void)number;
    hangup = 1;
    wake();
}

static void on_usr1(int number)
{
    (void)number;
    usr1 = 1;
    wake();
}

static int handle(int number, void (*handler)(int), bool even_if_ignored)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;

    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &old) < 0)
        return -errno;
    if (old.sa_handler == SIG_IGN && !even_if_ignored)
        return 0;
    return sigaction(number, &action, NULL) < 0 ? -errno : 0;
}

int signals_start(bool reopen_on_hangup, bool report_on_usr1)
{
    int err;

    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd < 0)
        return -errno;
    err = handle(SIGPIPE, SIG_IGN, true);
    if (err == 0)
        err = handle(SIGINT, on_stop, false);
    if (err == 0)
        err = handle(SIGTERM, on_stop, true);
    if (err == 0)
        err = handle(SIGHUP, reopen_on_hangup ? on_hangup : on_stop, reopen_on_hangup);
    if (err == 0 && report_on_usr1)
        err = handle(SIGUSR1, on_usr1, true);
    return err < 0 ? err : wake_fd;
}

void signals_acknowledge(void)
{
    uint64_t count;
    const ssize_t ignored = read(wake_fd, &count, sizeof(count));

    (void)ignored; /* EAGAIN: somebody was faster */
}

int signals_stop(void)
{
    return stop_signal;
}

bool signals_take_hangup(void)
{
    const bool come = hangup;

    hangup = 0;
    return come;
}

bool signals_take_usr1(void)
{
    const bool come = usr1;

    usr1 = 0;
    return come;
}

void signals_die_of(int number)
{
    sigset_t set;

    set_default(number);
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    _exit(128 + number); /* not reached, but for a process that is init of its namespace */
}
