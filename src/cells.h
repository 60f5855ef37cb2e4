/* cells.h: bytes of unknown origin fitted into so many columns of a terminal: nothing in them can harm, and
 * what stands behind them stays where it belongs. Goes by the widths of the locale (wcwidth(3)). */
#ifndef INOTAP_CELLS_H
#define INOTAP_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Which end is left out where there is not enough room. */
enum cells_cut { CELLS_CUT_START, CELLS_CUT_END };

/* Write the bytes as text, escaped as a terminal gets records, in exactly `width` columns: what is too long
 * is cut, with an ellipsis in place of what is missing; what is too short is filled up with spaces. Without
 * utf8 the text is ASCII alone, all else escaped. out has room for CELLS_MAX(width) characters, the NUL
 * included. Returns how many columns the text takes, without the spaces. */
#define CELLS_COMBINING  4 /* characters without a width that one with a width may carry */
#define CELLS_MAX(width) ((size_t)(width) * (1 + CELLS_COMBINING) + 1)
size_t cells_fit(wchar_t *out, const char *bytes, size_t len, size_t width, enum cells_cut cut, bool utf8);

#endif
