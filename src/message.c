/* message.c: diagnostics. Neighbour: utf8.c makes them harmless. */
#include "message.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static const char *prefix = "inotap: ";
static enum message_way way_now;
static int verbosity_now;
static bool shown;
static void (*diverted)(void *context, const char *line, size_t len);
static void *diverted_to;

void message_verbosity(int verbosity)
{
    verbosity_now = verbosity;
}

void message_speak_as(const char *program, enum message_way way)
{
    prefix = "";
    way_now = way;
    if (way != MESSAGE_TO_STDERR)
        openlog(program, LOG_PID, LOG_DAEMON);
}

/* What fails here has nowhere left to be said. */
static void put(const char *bytes, size_t len)
{
    const ssize_t ignored = write(STDERR_FILENO, bytes, len);

    (void)ignored;
}

void message_divert(void (*take)(void *context, const char *line, size_t len), void *context)
{
    diverted = take;
    diverted_to = context;
}

void message_show(const char *line)
{
    char text[256];
    const int len = snprintf(text, sizeof(text), "\rinotap: %.200s\033[K", line);

    if (verbosity_now < 0 || !isatty(STDERR_FILENO))
        return;
    shown = true;
    put(text, (size_t)len);
}

void message_hide(void)
{
    static const char clear[] = "\r\033[K";

    if (shown)
        put(clear, sizeof(clear) - 1);
    shown = false;
}

static void deliver(enum message_level level, const char *line, size_t len)
{
    if (way_now != MESSAGE_TO_SYSLOG && (way_now == MESSAGE_TO_STDERR || level == MESSAGE_ERROR))
        put(line, len);
    if (way_now != MESSAGE_TO_STDERR)
        syslog(level == MESSAGE_ERROR ? LOG_ERR : LOG_INFO, "%.*s", (int)(len - 1), line);
}

void message(enum message_level level, const char *format, ...)
{
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
    line = malloc(strlen(prefix) + 4 * (size_t)len + 1);
    if (line) {
        end = stpcpy(line, prefix);
        end = utf8_put_text(end, text, (size_t)len, ESCAPE_TERMINAL);
        if (diverted && isatty(STDERR_FILENO)) {
            diverted(diverted_to, line, (size_t)(end - line));
        } else {
            *end++ = '\n';
            message_hide();
            deliver(level, line, (size_t)(end - line));
        }
    }
    free(line);
    free(text);
}
