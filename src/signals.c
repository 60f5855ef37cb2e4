/* signals.c: handlers that note a signal and wake the loop through an eventfd(2).
 * Neighbour: main.c's loop. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t hangup;
static volatile sig_atomic_t usr1;
static volatile sig_atomic_t resized, continued, suspended;
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

/* ---- a terminal to be put back ---- */

static struct {
    volatile sig_atomic_t is_on;
    char bytes[256];
    size_t len;
    struct termios settings;
} guarded;

bool signals_have_terminal(void)
{
    const pid_t holder = tcgetpgrp(STDIN_FILENO);

    return holder < 0 || holder == getpgrp();
}

/* Only what signal-safety(7) allows. */
static void on_death(int number)
{
    if (guarded.is_on) {
        const ssize_t ignored = write(STDOUT_FILENO, guarded.bytes, guarded.len);

        (void)ignored;
        if (signals_have_terminal())
            tcsetattr(STDIN_FILENO, TCSANOW, &guarded.settings);
    }
    set_default(number);
    raise(number); /* delivered when this returns */
}

/* Would it be the end, if nobody did anything about it? */
static bool is_deadly(int number)
{
    switch (number) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return false;
    default:
        return true;
    }
}

/* On a stack of its own: the usual one may be what has overflowed. */
static void handle_death(int number)
{
    struct sigaction action = {.sa_handler = on_death, .sa_flags = SA_ONSTACK};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void signals_guard_screen(const char *bytes, size_t len, const struct termios *settings)
{
    static char memory[16384];
    const stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};

    guarded.len = len < sizeof(guarded.bytes) ? len : sizeof(guarded.bytes);
    memcpy(guarded.bytes, bytes, guarded.len);
    guarded.settings = *settings;
    guarded.is_on = 1;
    sigaltstack(&stack, NULL);
    for (int number = 1; number <= SIGRTMAX; number++) {
        struct sigaction now;

        /* What the C library keeps for itself has no action. */
        if (is_deadly(number) && sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN &&
            now.sa_handler != on_stop)
            handle_death(number);
    }
}

void signals_unguard_screen(void)
{
    if (!guarded.is_on)
        return;
    guarded.is_on = 0;
    for (int number = 1; number <= SIGRTMAX; number++) {
        struct sigaction now;

        if (sigaction(number, NULL, &now) == 0 && now.sa_handler == on_death)
            set_default(number);
    }
}

/* ---- to stop at ---- */

/* Catch it no more, but for the terminal's sake; one that was ignored stays so. */
static void release(int number)
{
    struct sigaction now;

    if (sigaction(number, NULL, &now) < 0 || now.sa_handler != on_stop)
        return;
    if (guarded.is_on)
        handle_death(number);
    else
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

static void on_screen(int number)
{
    *(number == SIGWINCH ? &resized : number == SIGCONT ? &continued : &suspended) = 1;
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

static const int of_screen[] = {SIGWINCH, SIGCONT, SIGTSTP};

/* Whose terminal it is, is asked before it is used; where that changes in between, nothing should stop. */
static const int without_use[] = {SIGTTIN, SIGTTOU, SIGUSR1};

static int handle_screen(void)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof(of_screen) / sizeof(of_screen[0]); i++)
        err = handle(of_screen[i], on_screen, of_screen[i] != SIGTSTP);
    for (size_t i = 0; err == 0 && i < sizeof(without_use) / sizeof(without_use[0]); i++)
        err = handle(without_use[i], SIG_IGN, true);
    return err;
}

static const int ends[] = {SIGINT, SIGTERM, SIGHUP};

/* Whoever started this may have blocked a signal for itself, and sigprocmask(2) outlives execve(2). */
static void unblock(const int *numbers, size_t count)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < count; i++)
        sigaddset(&set, numbers[i]);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void signals_unblock(void)
{
    unblock(ends, sizeof(ends) / sizeof(ends[0]));
}

int signals_start(unsigned wanted)
{
    static const int reporting[] = {SIGUSR1};
    int err;

    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd < 0)
        return -errno;
    err = handle(SIGPIPE, SIG_IGN, true);
    if (err == 0)
        err = handle(SIGXFSZ, SIG_IGN, true);
    if (err == 0)
        err = handle(SIGINT, on_stop, false);
    if (err == 0)
        err = handle(SIGTERM, on_stop, true);
    if (err == 0)
        err = handle(SIGHUP, wanted & SIGNALS_REOPEN ? on_hangup : on_stop, wanted & SIGNALS_REOPEN);
    if (err == 0 && (wanted & SIGNALS_REPORT))
        err = handle(SIGUSR1, on_usr1, true);
    if (err == 0 && (wanted & SIGNALS_SCREEN))
        err = handle_screen();
    if (wanted & SIGNALS_REPORT)
        unblock(reporting, 1);
    if (wanted & SIGNALS_SCREEN)
        unblock(of_screen, sizeof(of_screen) / sizeof(of_screen[0]));
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

/* Has it come since the last time? */
static bool take(volatile sig_atomic_t *flag)
{
    const bool come = *flag;

    *flag = 0;
    return come;
}

bool signals_take_hangup(void)
{
    return take(&hangup);
}

bool signals_take_usr1(void)
{
    return take(&usr1);
}

bool signals_take_resize(void)
{
    return take(&resized);
}

bool signals_take_continue(void)
{
    return take(&continued);
}

bool signals_take_suspend(void)
{
    return take(&suspended);
}

void signals_suspend(void)
{
    set_default(SIGTSTP);
    raise(SIGTSTP);
    /* Here it goes on. */
    handle(SIGTSTP, on_screen, true);
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
