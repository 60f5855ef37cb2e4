/* signals.h: SIGINT, SIGTERM, SIGHUP and SIGUSR1 as something the loop can wait for.
 * Handlers and not a signalfd(2), because that needs the signals blocked: a write(2) to a reader that has
 * stopped reading could then not be ended by anything but SIGKILL. Here a second SIGINT or SIGTERM ends it.
 */
#ifndef INOTAP_SIGNALS_H
#define INOTAP_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

enum signals_wanted {
    SIGNALS_REOPEN = 1, /* SIGHUP is for signals_take_hangup(), else it is one to stop at */
    SIGNALS_REPORT = 2, /* SIGUSR1 is for signals_take_usr1(), else it is left alone */
    SIGNALS_SCREEN = 4, /* so are SIGWINCH, SIGTSTP and SIGCONT, for the three below; SIGUSR1, SIGTTIN and
                         * SIGTTOU are ignored */
};

/* Unblock SIGINT, SIGTERM and SIGHUP. */
void signals_unblock(void);

/* Install the handlers for a set of the above, and unblock those signals. SIGPIPE and SIGXFSZ are ignored, so
 * that write(2) answers EPIPE and EFBIG. A SIGINT or SIGHUP to stop at that is ignored (as in a background
 * job of a script, or under nohup(1)) stays so. Returns a descriptor that becomes readable when a signal has
 * come, or -errno.
 */
int signals_start(unsigned wanted);

/* Make the descriptor unreadable again; afterwards read those below. */
void signals_acknowledge(void);

/* The signal to stop at that has come, or 0. */
int signals_stop(void);

/* Has a SIGHUP come since the last call? */
bool signals_take_hangup(void);

/* Has a SIGUSR1 come since the last call? */
bool signals_take_usr1(void);

/* The same of one that tells that the terminal has another size, that it was taken away for a while, and of
 * one that asks to be suspended, which signals_suspend() then does. */
bool signals_take_resize(void);
bool signals_take_continue(void);
bool signals_take_suspend(void);
void signals_suspend(void);

/* Is the terminal of standard input for this process, or for the shell or another job by now? Where there is
 * no job control, it is. */
bool signals_have_terminal(void);

/* From here on, whatever signal it may die of (a crash, a second SIGTERM, SIGQUIT), these bytes are written
 * to standard output, and the terminal of standard input gets these settings back, if it has it. Both are
 * copied. And no more.
 */
void signals_guard_screen(const char *bytes, size_t len, const struct termios *settings);
void signals_unguard_screen(void);

/* Die of a signal by its default action. Does not return. */
_Noreturn void signals_die_of(int number);

#endif
