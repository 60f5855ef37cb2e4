/* ending.c: signals, messages, exits.
 * Neighbours: all of them die here; bench.c says what to clean up. */
#include "ending.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const int fatal_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM};
#define FATAL_SIGNALS (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

static void (*clean_up_now)(void);

void ending_hold(bool hold)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        sigaddset(&set, fatal_signals[i]);
    sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void unblock_all(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void on_fatal_signal(int number)
{
    clean_up_now();
    signal(number, SIG_DFL);
    raise(number);
}

static void at_exit(void)
{
    ending_hold(true);
    clean_up_now();
}

void ending_prepare(void (*clean_up)(void))
{
    struct sigaction fatal = {.sa_handler = on_fatal_signal};

    clean_up_now = clean_up;
    atexit(at_exit);
    sigfillset(&fatal.sa_mask);
    for (size_t i = 0; i < FATAL_SIGNALS; i++) {
        struct sigaction old;

        /* What our caller ignores, as under nohup, stays ignored; but a closed pipe must end us. */
        if (sigaction(fatal_signals[i], NULL, &old) == 0 &&
            (old.sa_handler != SIG_IGN || fatal_signals[i] == SIGPIPE))
            sigaction(fatal_signals[i], &fatal, NULL);
    }
    signal(SIGCHLD, SIG_DFL);
    unblock_all();
}

void ending_reset_signals(void)
{
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        signal(fatal_signals[i], SIG_DFL);
    unblock_all();
}

static void say(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

static void say(const char *format, va_list args)
{
    fputs("inotap-bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void complain(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
}

void die(const char *format, ...)
{
    va_list args;

    signal(SIGALRM, SIG_IGN); /* a time limit that is over must not cut the message */
    va_start(args, format);
    say(format, args);
    va_end(args);
    exit(EXIT_FAILURE);
}
