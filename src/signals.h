/* signals.h: SIGINT, SIGTERM, SIGHUP and SIGUSR1 as something the loop can wait for.
 * Handlers and not a signalfd(2), because that needs the signals blocked: a write(2) to a reader that has
 * stopped reading could then not be ended by anything but SIGKILL. Here a second SIGINT or SIGTERM ends it.
 */
#ifndef INOTAP_SIGNALS_H
#define INOTAP_SIGNALS_H

#include <stdbool.h>

/* Install the handlers. With reopen_on_hangup SIGHUP is for signals_take_hangup(), else it is one to stop at.
 * With report_on_usr1 SIGUSR1 is for signals_take_usr1(), else it is left alone. SIGPIPE is ignored, so that
 * write(2) answers EPIPE. A SIGINT or SIGHUP to stop at that is ignored (as in a background job of a script,
 * or under nohup(1)) stays so. Returns a descriptor that becomes readable when a signal has come, or -errno.
 */
int signals_start(bool reopen_on_hangup, bool report_on_usr1);

/* Make the descriptor unreadable again; afterwards read the three below. */
void signals_acknowledge(void);

/* The signal to stop at that has come, or 0. */
int signals_stop(void);

/* Has a SIGHUP come since the last call? */
bool signals_take_hangup(void);

/* Has a SIGUSR1 come since the last call? */
bool signals_take_usr1(void);

/* Die of a signal by its default action. Does not return. */
_Noreturn void signals_die_of(int number);

#endif
