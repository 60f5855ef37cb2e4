/* message.c: diagnostics. Neighbour: utf8.c makes them harmless. */
#include "message.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int verbosity_now;

void message_verbosity(int verbosity)
{
    verbosity_now = verbosity;
}

void message(enum message_level level, const char *format, ...)
{
    static const char prefix[] = "inotap: ";
    char *text, *line, *end;
    va_list args;
    int len;

    if ((int)level > verbosity_now + 1)
        return;
    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return;
    line = malloc(sizeof(prefix) + 4 * (size_t)len + 1);
    if (line) {
        end = stpcpy(line, prefix);
        end = utf8_put_text(end, text, (size_t)len, ESCAPE_TERMINAL);
        *end++ = '\n';

        const ssize_t ignored = write(STDERR_FILENO, line, (size_t)(end - line));

        (void)ignored; /* there is nowhere left to say it */
    }
    free(line);
    free(text);
}
