/* nearest.c: edit distance between a misspelt word and the names there are.
 * Neighbours: events.c, fields.c and options.c, for their error messages. */
#include "nearest.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX ((size_t)63) /* longer words are compared by their beginning */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein distance (optimal string alignment), with three rows of the matrix. */
static size_t distance(const char *a, const char *b)
{
    size_t row[3][WORD_MAX + 1];
    const size_t a_len = strnlen(a, WORD_MAX), b_len = strnlen(b, WORD_MAX);
    size_t *before = row[0], *last = row[1], *now = row[2];

    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    memcpy(before, last, sizeof(row[0]));
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            const int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);

            now[j] = smaller(smaller(last[j], now[j - 1]) + 1, last[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
                cb == tolower((unsigned char)a[i - 2]))
                now[j] = smaller(now[j], before[j - 2] + 1);
        }

        size_t *const oldest = before;

        before = last;
        last = now;
        now = oldest;
    }
    return last[b_len];
}

void nearest_start(struct nearest *n, const char *word)
{
    *n = (struct nearest){.word = word};
}

void nearest_offer(struct nearest *n, const char *name)
{
    const size_t d = distance(n->word, name);

    if (!n->best || d < n->distance) {
        n->best = name;
        n->distance = d;
    }
}

bool nearest_is_slip(const struct nearest *n)
{
    return n->best && n->distance <= (strlen(n->word) >= 8 ? 2 : 1);
}
