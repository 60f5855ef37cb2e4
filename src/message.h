/* message.h: standard error: every line begins with "inotap: ", and no name in it can do harm to a terminal.
 * For main.c, command_line.c and compat.c; the other rooms return errors and print nothing. */
#ifndef INOTAP_MESSAGE_H
#define INOTAP_MESSAGE_H

#include <stddef.h>

enum message_level {
    MESSAGE_ERROR,   /* always said */
    MESSAGE_WARNING, /* unless -q */
    MESSAGE_INFO,    /* with -v */
};

/* What is said from now on: -1 errors only, 0 warnings too, 1 everything. */
void message_verbosity(int verbosity);

/* Hand lines that would go to a terminal to somebody else, without a newline; NULL: not any more. */
void message_divert(void (*take)(void *context, const char *line, size_t len), void *context);

/* Under another name: no prefix, and where lines go. With MESSAGE_BOTH only errors go to standard error as
 * well. */
enum message_way { MESSAGE_TO_STDERR, MESSAGE_TO_SYSLOG, MESSAGE_TO_BOTH };
void message_speak_as(const char *program, enum message_way way);

/* Say one line, without its newline. Control characters in it are escaped. */
void message(enum message_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Show a line in place of the one shown before, on a terminal only, and take it away; any message does that
 * too. */
void message_show(const char *line);
void message_hide(void);

#endif
