/* screen.c: draws the live view and reads keys, with ncurses. Neighbours: top.c says what is to be seen;
 * cells.c makes any name fit. */
#include "screen.h"

#include "cells.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of <term.h>, which also makes macros of words as common as `columns`. */
extern int tputs(const char *sequence, int lines_affected, int (*put)(int));

/* Wider than any terminal, so that buffers may stand on the stack. */
#define COLUMNS_MAX 512

enum pair { PAIR_SPARK = 1, PAIR_BAR, PAIR_WARNING, PAIR_DIM };

static SCREEN *screen;
static bool with_color, with_utf8;
static struct termios settings_before;
static char last_words[256];
static size_t last_words_len;

/* ---- beginning and end ---- */

int screen_check(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? 0 : -ENOTTY;
}

static int keep_byte(int byte)
{
    if (last_words_len < sizeof(last_words))
        last_words[last_words_len++] = (char)byte;
    return byte;
}

static const char *capability(const char *name)
{
    const char *const sequence = tigetstr(name);

    return (intptr_t)sequence == -1 ? NULL : sequence;
}

/* What ends attributes and colours, shows the cursor, and leaves the alternate screen, without its delays. */
static void prepare_last_words(void)
{
    static const char *const names[] = {"sgr0", "op", "cnorm", "rmkx", "rmcup"};

    last_words_len = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *const sequence = capability(names[i]);

        if (sequence)
            tputs(sequence, 1, keep_byte);
    }
}

const char *screen_last_words(size_t *len, struct termios *settings)
{
    *len = last_words_len;
    *settings = settings_before;
    return last_words;
}

static void start_colors(bool color)
{
    with_color = color && has_colors();
    if (!with_color)
        return;
    start_color();
    use_default_colors();
    init_pair(PAIR_SPARK, COLOR_GREEN, -1);
    init_pair(PAIR_BAR, COLOR_CYAN, -1);
    init_pair(PAIR_WARNING, COLOR_RED, -1);
    init_pair(PAIR_DIM, COLOR_YELLOW, -1);
}

void screen_lend(bool with_settings)
{
    if (!screen || isendwin())
        return;
    if (!with_settings)
        def_shell_mode(); /* what it puts back is then what there is */
    curs_set(1);
    endwin();
}

void screen_close(bool with_settings)
{
    if (!screen)
        return;
    screen_lend(with_settings);
    delscreen(screen);
    screen = NULL;
}

int screen_open(bool color)
{
    const int err = screen_check();

    if (err < 0)
        return err;
    setlocale(LC_CTYPE, "");
    with_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (tcgetattr(STDIN_FILENO, &settings_before) < 0)
        return -errno;
    screen = newterm(NULL, stdout, stdin);
    if (!screen)
        return -ENOENT;
    if (!capability("cup") || !capability("clear")) {
        screen_close(true);
        return -ENOENT;
    }
    prepare_last_words();
    set_escdelay(25);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    start_colors(color);
    return 0;
}

void screen_take_back(void)
{
    if (!isendwin())
        return;
    tcsetattr(STDIN_FILENO, TCSANOW, &settings_before);
    def_shell_mode();
    curs_set(0);
    clearok(curscr, TRUE);
    refresh();
}

void screen_resized(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    clearok(curscr, TRUE);
}

void screen_size(int *rows, int *columns)
{
    getmaxyx(stdscr, *rows, *columns);
    if (*columns > COLUMNS_MAX)
        *columns = COLUMNS_MAX;
}

/* ---- keys ---- */

static uint32_t key_of(wint_t code)
{
    static const struct {
        wint_t code;
        uint32_t key;
    } keys[] = {
        {KEY_UP, TOP_KEY_UP},         {KEY_DOWN, TOP_KEY_DOWN},
        {KEY_PPAGE, TOP_KEY_PAGE_UP}, {KEY_NPAGE, TOP_KEY_PAGE_DOWN},
        {KEY_HOME, TOP_KEY_HOME},     {KEY_END, TOP_KEY_END},
        {KEY_LEFT, TOP_KEY_LEFT},     {KEY_RIGHT, TOP_KEY_RIGHT},
        {KEY_ENTER, TOP_KEY_ENTER},   {KEY_BACKSPACE, TOP_KEY_BACKSPACE},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].code == code)
            return keys[i].key;
    return TOP_KEY_END + 0x1000; /* one that does nothing */
}

bool screen_has_gone(void)
{
    struct pollfd terminal = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&terminal, 1, 0) > 0 && (terminal.revents & (POLLHUP | POLLERR | POLLNVAL));
}

uint32_t screen_key(void)
{
    wint_t code;
    const int result = get_wch(&code);

    if (result == ERR)
        return TOP_KEY_NONE;
    if (result == KEY_CODE_YES)
        return key_of(code);
    switch (code) {
    case '\r':
    case '\n':
        return TOP_KEY_ENTER;
    case 0x7f:
    case '\b':
        return TOP_KEY_BACKSPACE;
    case 0x1b:
        return TOP_KEY_ESCAPE;
    default:
        return code;
    }
}

/* ---- drawing ---- */

static void paint(enum pair pair, bool on)
{
    if (!with_color)
        return;
    if (on)
        attron(COLOR_PAIR(pair));
    else
        attroff(COLOR_PAIR(pair));
}

/* Text of any bytes in exactly so many columns. Returns how many of them it needs. */
static int draw_bytes(int row, int column, int width, const char *bytes, size_t len, enum cells_cut cut)
{
    wchar_t text[CELLS_MAX(COLUMNS_MAX)];
    int taken;

    if (width <= 0 || row < 0)
        return 0;
    taken = (int)cells_fit(text, bytes, len, (size_t)width, cut, with_utf8);
    mvaddwstr(row, column, text);
    return taken;
}

/* Text of our own. */
static void draw(int row, int column, int width, const char *text)
{
    draw_bytes(row, column, width, text, strlen(text), CELLS_CUT_END);
}

/* A number with a comma between thousands, at text, which has room for 32 bytes. */
static const char *grouped(char *text, uint64_t number)
{
    char digits[24];
    const int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
    char *p = text;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *p++ = ',';
        *p++ = digits[i];
    }
    *p = '\0';
    return text;
}

/* A rate of 256ths a second in at most 8 bytes. */
static const char *rate(char *text, size_t size, uint64_t value)
{
    if (value < UINT64_C(25600))
        snprintf(text, size, "%.1f", (double)value / 256);
    else
        snprintf(text, size, "%llu", (unsigned long long)(value / 256));
    return text;
}

static void draw_title(const struct top *t, const struct screen_facts *facts, int columns)
{
    const struct top_view *const v = top_view(t);
    char number[32], right[96];
    int right_len;

    right_len = snprintf(right, sizeof(right), "%s %s/s ", top_is_paused(t) ? " PAUSED " : "",
                         grouped(number, v->seconds[TOP_SECONDS - 2]));
    attron(A_REVERSE);
    draw(0, 0, columns, " inotap ");
    draw_bytes(0, 8, columns - 8 - right_len, facts->paths, facts->paths_len, CELLS_CUT_START);
    if (columns > right_len)
        draw(0, columns - right_len, right_len, right);
    attroff(A_REVERSE);
}

/* The height of a bar in one of several rows, of which 0 is the lowest: from 0 to 8. */
static unsigned level(uint64_t value, uint64_t most, uint64_t rows, uint64_t row)
{
    const uint64_t steps = most > 0 ? (value * rows * 8 + most - 1) / most : 0;

    return steps <= row * 8 ? 0 : steps >= (row + 1) * 8 ? 8 : (unsigned)(steps - row * 8);
}

static void draw_spark(const struct top *t, int columns)
{
    static const char ascii[] = " ._-:=+*#";
    const struct top_layout *const l = top_layout(t);
    /* Numbers that 60 seconds can be divided by. */
    const size_t bars = columns >= TOP_SECONDS + 16 ? TOP_SECONDS
                        : columns >= 46             ? 30
                        : columns >= 30             ? 20
                                                    : 10;
    uint64_t values[TOP_SECONDS];
    const uint64_t most = top_spark(t, values, bars);
    char number[32], text[64];

    for (int row = 0; row < l->spark_rows; row++) {
        wchar_t line[TOP_SECONDS + 1];

        for (size_t i = 0; i < bars; i++) {
            const unsigned height =
                level(values[i], most, (uint64_t)l->spark_rows, (uint64_t)(l->spark_rows - 1 - row));

            line[i] = !with_utf8 ? (wchar_t)ascii[height] : height == 0 ? L' ' : (wchar_t)(0x2580 + height);
        }
        line[bars] = L'\0';
        paint(PAIR_SPARK, true);
        mvaddwstr(l->spark + row, 0, line);
        paint(PAIR_SPARK, false);
    }
    snprintf(text, sizeof(text), " max %s/s", grouped(number, most));
    draw(l->spark, (int)bars, columns - (int)bars, text);
    if (l->spark_rows > 1)
        draw(l->spark + 1, (int)bars, columns - (int)bars, " last minute");
}

static void draw_counts(const struct top *t, const struct screen_facts *facts, int columns)
{
    const struct top_view *const v = top_view(t);
    const int row = top_layout(t)->counts;
    char a[32], b[32], text[256];

    if (row < 0)
        return;
    if (v->overflows > 0)
        paint(PAIR_WARNING, true);
    snprintf(text, sizeof(text), "%s record%s  %s watch%s  %llu overflow%s%s", grouped(a, v->total),
             v->total == 1 ? "" : "s", grouped(b, facts->watches), facts->watches == 1 ? "" : "es",
             (unsigned long long)v->overflows, v->overflows == 1 ? "" : "s",
             v->is_crowded ? "  no memory for more paths" : "");
    draw(row, 0, columns, text);
    if (v->overflows > 0)
        paint(PAIR_WARNING, false);
}

static void draw_mix(const struct top *t, int columns)
{
    const struct top_view *const v = top_view(t);
    const int row = top_layout(t)->mix;
    uint64_t all = 0;
    int column = 0;

    if (row < 0)
        return;
    for (size_t i = 0; i < v->mix_count; i++)
        all += v->mix[i].count;
    for (size_t i = 0; i < v->mix_count; i++) {
        char name[STATS_NAME_MAX + 1], text[64];
        int len;

        *stats_put_name(name, v->mix[i].kind) = '\0';
        len = snprintf(text, sizeof(text), "%s %.*f%%", name, v->mix[i].count * 100 < all ? 1 : 0,
                       (double)v->mix[i].count * 100 / (double)all);
        if (column + len > columns)
            break;
        draw(row, column, len, text);
        column += len + 2;
    }
}

/* ---- lists ---- */

/* Where the columns of a list are, by the width of the terminal. */
struct columns {
    int bar, rate, count, path; /* the widths of the first three, and where the last one begins */
};

static struct columns columns_of(int columns)
{
    struct columns c = {.bar = columns >= 60 ? 12 : 5, .rate = 8, .count = columns >= 60 ? 14 : 0};

    if (columns < 28)
        c.bar = 0;
    c.path = c.bar + c.rate + c.count + 2;
    return c;
}

static const char *noun_of(enum top_pane pane)
{
    return pane == TOP_DIRS ? "DIRECTORIES" : "PATHS";
}

static void draw_list_title(const struct top *t, enum top_pane pane, int columns)
{
    const struct columns c = columns_of(columns);
    const int row = top_layout(t)->title[pane], sort = top_sort(t);
    size_t focus_len, filter_len;
    const char *const focus = top_focus(t, &focus_len), *const filter = top_filter(t, &filter_len);
    char name[STATS_NAME_MAX + 1] = "total", text[512], number[32];
    int used, taken;

    if (sort < STATS_TOTAL)
        *stats_put_name(name, (unsigned)sort) = '\0';
    attron(pane == top_pane(t) ? A_BOLD | A_UNDERLINE : A_UNDERLINE);
    draw(row, 0, columns, "");
    snprintf(text, sizeof(text), "%*s", c.rate - 1, sort == STATS_RECENT ? "per s*" : "per s");
    draw(row, c.bar + 1, c.rate, text);
    snprintf(text, sizeof(text), "%*s%s", c.count - (sort != STATS_RECENT), name,
             sort != STATS_RECENT ? "*" : "");
    draw(row, c.bar + c.rate, c.count, text);
    used = snprintf(text, sizeof(text), "%s %s", grouped(number, top_view(t)->lists[pane].of), noun_of(pane));
    if (columns < 60 && sort != STATS_RECENT)
        used += snprintf(text + used, sizeof(text) - (size_t)used, " by %s", name);
    if (filter_len > 0)
        used += snprintf(text + used, sizeof(text) - (size_t)used, " with '%.*s'", (int)filter_len, filter);
    if (focus_len > 0)
        used += snprintf(text + used, sizeof(text) - (size_t)used, " in ");
    taken = draw_bytes(row, c.path, columns - c.path, text, (size_t)used, CELLS_CUT_END);
    if (focus_len > 0)
        draw_bytes(row, c.path + taken, columns - c.path - taken, focus, focus_len, CELLS_CUT_START);
    attroff(A_BOLD | A_UNDERLINE);
}

static void draw_bar(int row, int width, uint64_t value, uint64_t most)
{
    wchar_t text[64];
    const uint64_t eighths = most > 0 ? (value * (uint64_t)width * 8 + most - 1) / most : 0;

    if (width <= 0)
        return;
    for (int i = 0; i < width; i++) {
        const uint64_t from = (uint64_t)i * 8;

        if (!with_utf8)
            text[i] = eighths > from + 3 || (i == 0 && value > 0) ? L'#' : L' ';
        else if (eighths >= from + 8)
            text[i] = L'\u2588';
        else
            text[i] = eighths > from ? (wchar_t)(0x2590 - (eighths - from)) : L' ';
    }
    text[width] = L'\0';
    mvaddwstr(row, 0, text);
}

/* The path, without the directory that it is looked for in. */
static const char *below_focus(const struct top *t, const struct top_line *line, size_t *len)
{
    size_t focus_len;

    top_focus(t, &focus_len);
    *len = line->len;
    if (focus_len == 0 || line->len <= focus_len + 1 || line->path[focus_len] != '/')
        return line->path;
    *len -= focus_len + 1;
    return line->path + focus_len + 1;
}

static void draw_line(const struct top *t, enum top_pane pane, size_t index, int columns)
{
    const struct top_list *const list = &top_view(t)->lists[pane];
    const struct top_line *const line = &list->lines[index];
    const bool is_selected = pane == top_pane(t) && list->first + index == list->selected;
    const int row = top_layout(t)->lines[pane] + (int)index;
    const struct columns c = columns_of(columns);
    char number[32], text[64];
    const char *path;
    size_t len;

    paint(PAIR_BAR, true);
    draw_bar(row, c.bar, line->value, list->most);
    paint(PAIR_BAR, false);
    if (is_selected)
        attron(A_REVERSE);
    snprintf(text, sizeof(text), "%*s", c.rate, rate(number, sizeof(number), line->recent));
    draw(row, c.bar, c.rate, text);
    snprintf(text, sizeof(text), "%*s", c.count,
             grouped(number, top_sort(t) == STATS_RECENT ? line->total : line->value));
    draw(row, c.bar + c.rate, c.count, text);
    draw(row, c.bar + c.rate + c.count, 2, "");
    path = below_focus(t, line, &len);
    if (len == 0)
        draw(row, c.path, columns - c.path, "(no path)");
    else
        draw_bytes(row, c.path, columns - c.path, path, len, CELLS_CUT_START);
    if (is_selected)
        attroff(A_REVERSE);
}

static void draw_list(const struct top *t, enum top_pane pane, int columns)
{
    const struct top_list *const list = &top_view(t)->lists[pane];

    if (top_layout(t)->title[pane] < 0)
        return;
    draw_list_title(t, pane, columns);
    for (size_t i = 0; i < list->count; i++)
        draw_line(t, pane, i, columns);
}

/* ---- the rest ---- */

static void draw_bottom(const struct top *t, int columns)
{
    const int row = top_layout(t)->bottom;
    size_t len;
    const char *text = top_notice_text(t, &len);

    if (row < 0)
        return;
    if (len > 0) {
        paint(PAIR_WARNING, true);
        draw_bytes(row, 0, columns, text, len, CELLS_CUT_END);
        paint(PAIR_WARNING, false);
    } else if (top_is_typing(t)) {
        text = top_filter(t, &len);
        draw(row, 0, 1, "/");
        len = (size_t)draw_bytes(row, 1, columns - 2, text, len, CELLS_CUT_START);
        attron(A_REVERSE);
        draw(row, 1 + (int)len, 1, "");
        attroff(A_REVERSE);
    } else {
        draw(row, 0, columns,
             columns >= 78 ? "q end  s sort  / filter  Enter look into  Left back  p pause  "
                             "c clear  ? help"
                           : "q end  s sort  / filter  ? help");
    }
}

static void draw_help(int rows, int columns)
{
    int width = 0;

    for (const struct top_help *h = top_help; h->keys; h++)
        width = (int)strlen(h->keys) > width ? (int)strlen(h->keys) : width;
    for (int i = 0; i < rows && top_help[i].keys; i++) {
        attron(A_BOLD);
        draw(i, 1, width, top_help[i].keys);
        attroff(A_BOLD);
        draw(i, width + 3, columns - width - 3, top_help[i].what);
    }
}

void screen_draw(const struct top *t, const struct screen_facts *facts)
{
    int rows, columns;

    screen_size(&rows, &columns);
    erase();
    if (top_wants_help(t)) {
        draw_help(rows, columns);
    } else {
        draw_title(t, facts, columns);
        if (top_layout(t)->spark >= 0)
            draw_spark(t, columns);
        draw_counts(t, facts, columns);
        draw_mix(t, columns);
        draw_list(t, TOP_DIRS, columns);
        draw_list(t, TOP_PATHS, columns);
        draw_bottom(t, columns);
    }
    refresh();
}
