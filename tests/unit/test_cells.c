/* test_cells.c: any bytes in exactly so many columns of a terminal, with nothing in them that could harm.
 * Neighbours: cells.h. */
#include "cells.h"

#include "check.h"
#include "random.h"

#include <locale.h>

static char shown[4096];
static size_t taken;

/* What is shown of bytes, in UTF-8. */
static const char *fit(const char *bytes, size_t len, size_t width, enum cells_cut cut, bool utf8)
{
    wchar_t *const cells = calloc(CELLS_MAX(width), sizeof(*cells)); /* not a byte more */

    NEED(cells != NULL);
    taken = cells_fit(cells, bytes, len, width, cut, utf8);
    NEED(wcstombs(shown, cells, sizeof(shown)) != (size_t)-1);
    free(cells);
    return shown;
}

static void names_are_fitted(void)
{
    static const struct {
        const char *bytes;
        size_t width;
        enum cells_cut cut;
        bool utf8;
        const char *expected;
    } cases[] = {
        {"abc", 5, CELLS_CUT_END, true, "abc  "},
        {"abc", 3, CELLS_CUT_END, true, "abc"},
        {"abcd", 3, CELLS_CUT_END, true, "ab\u2026"},
        {"abcd", 3, CELLS_CUT_START, true, "\u2026cd"},
        {"abcd", 3, CELLS_CUT_START, false, "<cd"},
        {"abcd", 3, CELLS_CUT_END, false, "ab>"},
        {"abcd", 1, CELLS_CUT_START, true, "\u2026"},
        {"abcd", 0, CELLS_CUT_START, true, ""},
        {"", 2, CELLS_CUT_START, true, "  "},
        {"a\tb\nc\\", 10, CELLS_CUT_END, true, "a\\tb\\nc\\\\ "},
        {"\033[31m", 10, CELLS_CUT_END, true, "\\x1b[31m  "},
        {"\xff", 6, CELLS_CUT_END, true, "\\xff  "},
        {"\xe2\x80\xae", 12, CELLS_CUT_END, true, "\\xe2\\x80\\xae"},
        /* wide ones: two columns each, and never half of one */
        {"漢字", 4, CELLS_CUT_END, true, "漢字"},
        {"漢字", 5, CELLS_CUT_END, true, "漢字 "},
        {"漢字", 3, CELLS_CUT_END, true, "漢\u2026"},
        {"漢字x", 4, CELLS_CUT_START, true, "\u2026字x"},
        {"漢字", 2, CELLS_CUT_START, true, "\u2026 "},
        {"漢字", 2, CELLS_CUT_END, true, "\u2026 "},
        {"漢", 12, CELLS_CUT_END, false, "\\xe6\\xbc\\xa2"},
        /* combining ones: none of their own, and few of them */
        {"u\u0308x", 3, CELLS_CUT_END, true, "u\u0308x "},
        {"au\u0308", 1, CELLS_CUT_END, true, "\u2026"},
        {"aau\u0308", 2, CELLS_CUT_START, true, "\u2026u\u0308"},
        {"aaau\u0308b", 2, CELLS_CUT_START, true, "\u2026b"},
        {"\u0308a", 2, CELLS_CUT_END, true, "a "},
        {"a\u0301\u0302\u0303\u0304\u0305\u0306", 2, CELLS_CUT_END, true, "a\u0301\u0302\u0303\u0304 "},
        {"gr\u00fcn", 4, CELLS_CUT_END, true, "gr\u00fcn"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check_case("%zu: %s in %zu", i, cases[i].bytes, cases[i].width);
        CHECK_STR(fit(cases[i].bytes, strlen(cases[i].bytes), cases[i].width, cases[i].cut, cases[i].utf8),
                  cases[i].expected);
    }
    check_case_over();
}

static void it_says_what_it_takes(void)
{
    fit("abc", 3, 5, CELLS_CUT_END, true);
    CHECK_EQ(taken, 3);
    fit("漢字", 6, 8, CELLS_CUT_END, true);
    CHECK_EQ(taken, 4);
    fit("abcdef", 6, 4, CELLS_CUT_START, true);
    CHECK_EQ(taken, 4);
}

/* Long ones go through a buffer piece by piece: no character may be cut there. */
static void a_character_at_any_place_stays_whole(void)
{
    for (size_t before = 0; before < 200; before++) {
        char bytes[512], expected[512];

        check_case("behind %zu", before);
        memset(bytes, 'x', before);
        strcpy(bytes + before, "漢\U0001f389u\u0308");
        snprintf(expected, sizeof(expected), "%s", bytes);
        CHECK_STR(fit(bytes, strlen(bytes), before + 5, CELLS_CUT_END, true), expected);
    }
    check_case_over();
}

/* The width is that asked for, whatever the bytes are. */
static void random_bytes_keep_the_columns(void)
{
    for (size_t round = 0; round < random_rounds(20000); round++) {
        static const char *const pieces[] = {"a",      "\\",     "\n",         "\xff",     "漢",
                                             "\u0308", "\u200b", "\U0001f389", "\xe2\x80", "/"};
        const size_t width = random_below(40);
        const bool utf8 = random_below(3) > 0;
        char bytes[1024] = "";
        wchar_t *const cells = calloc(CELLS_MAX(width), sizeof(*cells));
        size_t count = random_below(60);
        int columns = 0;

        NEED(cells != NULL);
        while (count-- > 0)
            strcat(bytes, pieces[random_below(COUNT_OF(pieces))]);
        check_case("round %zu: width %zu", round, width);
        cells_fit(cells, bytes, strlen(bytes), width, (enum cells_cut)random_below(2), utf8);
        for (const wchar_t *c = cells; *c; c++) {
            const int columns_of_one = wcwidth(*c);

            CHECK(columns_of_one >= 0);
            CHECK(utf8 || *c < 0x80);
            columns += columns_of_one;
        }
        CHECK_EQ(columns, width);
        free(cells);
    }
    check_case_over();
}

int main(void)
{
    random_start();
    NEED(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    names_are_fitted();
    it_says_what_it_takes();
    a_character_at_any_place_stays_whole();
    random_bytes_keep_the_columns();
    return check_status();
}
