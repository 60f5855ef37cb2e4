/* signals.h: SIGINT, SIGTERM and SIGHUP as something the loop can wait for.
 * Handlers and not a signalfd(2), because that needs the signals blocked: a write(2) to a reader that has
 * stopped reading could then not be ended by anything but SIGKILL. Here a second SIGINT or SIGTERM ends it.
 */
#ifndef INOTAP_SIGNALS_H
#define INOTAP_SIGNALS_H

#include <stdbool.h>

/* Install the handlers; SIGHUP's only with take_hangup, else it keeps what it does. SIGPIPE is ignored, so
 * that write(2) answers EPIPE. A SIGINT that is ignored (as in a background job of a script) stays so.
 * Returns a descriptor that becomes readable when a signal has come, or -errno. */
int signals_start(bool take_hangup);

/* Make the descriptor unreadable again; afterwards read the two below. */
void signals_acknowledge(void);

/* The SIGINT or SIGTERM that has come, or 0. */
int signals_stop(void);

/* Has a SIGHUP come since the last call? */
bool signals_take_hangup(void);

/* Die of a signal by its default action. Does not return. */
_Noreturn void signals_die_of(int number);

#endif
