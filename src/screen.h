/* screen.h: the terminal of --top: what top.h says, drawn with ncurses, and keys. screen.c is the only one
 * that knows ncurses; a build without it has no_screen.c in its place, where opening fails. */
#ifndef INOTAP_SCREEN_H
#define INOTAP_SCREEN_H

#include "top.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

/* What beside the counts is shown. */
struct screen_facts {
    const char *paths; /* what is watched, in a few words */
    size_t paths_len;
    size_t watches;
};

/* Can there be one? Returns 0, -ENOTTY (standard input or output is no terminal) or -ENOSYS (not built). */
int screen_check(void);

/* Take the terminal over, on an alternate screen where it has one. Returns 0, -ENOENT (it has no description
 * of $TERM, or that cannot move the cursor), or as above. */
int screen_open(bool color);

/* Put it back as it was. May be called at any time, and again. */
void screen_close(void);

/* The bytes that do the same in a hurry, for a signal handler, and the settings of the terminal. They stay
 * where they are. */
const char *screen_last_words(size_t *len, struct termios *settings);

void screen_size(int *rows, int *columns);
void screen_draw(const struct top *t, const struct screen_facts *facts);

/* The next key that was pressed; TOP_KEY_NONE when there is none left. *hung_up: the terminal has gone. */
uint32_t screen_key(bool *hung_up);

/* The terminal has another size; it was somebody else's for a while. screen_draw() then. */
void screen_resized(void);
void screen_lend(void);
void screen_take_back(void);

#endif
