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

/* Put it back as it was. May be called at any time, and again. with_settings: the settings of the terminal
 * as well, and not only what is seen: false where they are somebody else's by now. */
void screen_close(bool with_settings);

/* The bytes that do the same in a hurry, for a signal handler, and the settings of the terminal. They stay
 * where they are. */
const char *screen_last_words(size_t *len, struct termios *settings);

void screen_size(int *rows, int *columns);
void screen_draw(const struct top *t, const struct screen_facts *facts);

/* The next key that was pressed; TOP_KEY_NONE when there is none left. */
uint32_t screen_key(void);

/* Has the terminal hung up? */
bool screen_has_gone(void);

/* The terminal has another size. screen_draw() then. */
void screen_resized(void);

/* Put it back, as screen_close(), for somebody else to use it. Take it again, and then screen_draw(). Both do
 * nothing where that is done. */
void screen_lend(bool with_settings);
void screen_take_back(void);

#endif
