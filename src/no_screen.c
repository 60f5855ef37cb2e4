/* no_screen.c: --top in a build without ncurses. Neighbour: screen.c, which CMake takes instead where it can.
 */
#include "screen.h"

#include <errno.h>

int screen_check(void)
{
    return -ENOSYS;
}

int screen_open(bool color)
{
    (void)color;
    return -ENOSYS;
}

void screen_close(bool with_settings)
{
    (void)with_settings;
}

const char *screen_last_words(size_t *len, struct termios *settings)
{
    *settings = (struct termios){0};
    *len = 0;
    return "";
}

void screen_size(int *rows, int *columns)
{
    *rows = *columns = 0;
}

void screen_draw(const struct top *t, const struct screen_facts *facts)
{
    (void)t, (void)facts;
}

uint32_t screen_key(void)
{
    return TOP_KEY_NONE;
}

bool screen_has_gone(void)
{
    return false;
}

void screen_resized(void)
{
}

void screen_lend(bool with_settings)
{
    (void)with_settings;
}

void screen_take_back(void)
{
}
