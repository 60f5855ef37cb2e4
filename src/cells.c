/* cells.c: one character after the other, with what it takes on a screen. Neighbours: utf8.c escapes;
 * screen.c shows the result. */
#include "cells.h"

#include "utf8.h"

#include <string.h>
#include <wchar.h>

/* One character as it is shown: itself, or the escape of a byte. */
struct cell {
    wchar_t text[4];
    size_t count; /* characters */
    int width;    /* columns; 0: it is drawn onto the one before */
};

/* The next piece of text that has a width of its own or is to be combined. `text` is what utf8_put_text()
 * made, so it is well-formed UTF-8. */
static struct cell next_cell(const char **text, const char *end, const char **rest_of_escape, bool utf8)
{
    static const char hex[] = "0123456789abcdef";
    const char *const start = *text;
    struct cell cell = {.count = 1, .width = 1};
    uint32_t c;

    if (*rest_of_escape) { /* of a character that cannot be shown, byte by byte */
        const unsigned char byte = (unsigned char)*(*rest_of_escape)++;

        if (*rest_of_escape == start)
            *rest_of_escape = NULL;
        cell.text[0] = L'\\';
        cell.text[1] = L'x';
        cell.text[2] = (wchar_t)hex[byte >> 4];
        cell.text[3] = (wchar_t)hex[byte & 15];
        cell.count = 4;
        cell.width = 4;
        return cell;
    }
    if (!utf8_take(text, end, &c))
        c = '?';
    cell.text[0] = (wchar_t)c;
    if (c < 0x80)
        return cell;
    cell.width = utf8 ? wcwidth((wchar_t)c) : -1;
    if (cell.width < 0) {
        *rest_of_escape = start;
        return next_cell(text, end, rest_of_escape, utf8);
    }
    return cell;
}

/* Walks over bytes in pieces that fit into a buffer, escaped. */
struct walk {
    const char *bytes, *end;
    char buffer[4 * 64];
    const char *text, *text_end, *rest_of_escape;
    bool utf8;
};

/* How many bytes to escape at a time, so that no character is cut. */
static size_t chunk(const char *bytes, size_t len)
{
    size_t take = len < 64 ? len : 64;

    if (take == len)
        return take;
    for (size_t back = 0; back < 3 && ((unsigned char)bytes[take] & 0xc0) == 0x80; back++)
        take--;
    return take;
}

static bool next(struct walk *w, struct cell *cell)
{
    if (w->text == w->text_end && !w->rest_of_escape) {
        const size_t take = chunk(w->bytes, (size_t)(w->end - w->bytes));

        if (take == 0)
            return false;
        w->text = w->buffer;
        w->text_end = utf8_put_text(w->buffer, w->bytes, take, ESCAPE_TERMINAL | ESCAPE_BACKSLASH);
        w->bytes += take;
    }
    *cell = next_cell(&w->text, w->text_end, &w->rest_of_escape, w->utf8);
    return true;
}

static void begin(struct walk *w, const char *bytes, size_t len, bool utf8)
{
    w->bytes = bytes;
    w->end = bytes + len;
    w->text = w->text_end = w->buffer;
    w->rest_of_escape = NULL;
    w->utf8 = utf8;
}

static size_t width_of(const char *bytes, size_t len, bool utf8)
{
    struct walk w;
    struct cell cell;
    size_t width = 0;

    begin(&w, bytes, len, utf8);
    while (next(&w, &cell))
        width += (size_t)cell.width;
    return width;
}

size_t cells_fit(wchar_t *out, const char *bytes, size_t len, size_t width, enum cells_cut cut, bool utf8)
{
    const wchar_t ellipsis = utf8 ? L'\u2026' : cut == CELLS_CUT_START ? L'<' : L'>';
    const size_t whole = width_of(bytes, len, utf8);
    const bool is_cut = whole > width;
    size_t skip = is_cut && cut == CELLS_CUT_START ? whole - width + 1 : 0;
    size_t used = 0, combined = CELLS_COMBINING, taken;
    struct walk w;
    struct cell cell;

    if (is_cut && cut == CELLS_CUT_START && width > 0) {
        *out++ = ellipsis;
        used = 1;
    }
    begin(&w, bytes, len, utf8);
    while (width > 0 && next(&w, &cell)) {
        if (cell.width == 0) { /* onto the one before, if that is shown */
            if (skip == 0 && combined < CELLS_COMBINING) {
                *out++ = cell.text[0];
                combined++;
            }
            continue;
        }
        combined = CELLS_COMBINING;
        if (skip > 0) {
            skip = skip > (size_t)cell.width ? skip - (size_t)cell.width : 0;
            continue;
        }
        if (used + (size_t)cell.width + (is_cut && cut == CELLS_CUT_END) > width)
            break;
        wmemcpy(out, cell.text, cell.count);
        out += cell.count;
        used += (size_t)cell.width;
        combined = 0;
    }
    if (is_cut && cut == CELLS_CUT_END && width > 0) {
        *out++ = ellipsis;
        used++;
    }
    taken = used;
    for (; used < width; used++)
        *out++ = L' ';
    *out = L'\0';
    return taken;
}
