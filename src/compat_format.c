/* compat_format.c: how inotifywait writes a record: its --format, its CSV, its names of events.
 * Neighbours: program.c calls it for such a format, format.c for each record. */
#include "program.h"
#include "utf8.h"

#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>

/* ---- compiling ---- */

static const struct letter {
    char letter;
    enum op_code code;
    const char *literal; /* OP_LITERAL: one byte */
} letters[] = {
    {'w', OP_WATCHED, NULL}, {'f', OP_NAME, NULL},    {'c', OP_WAIT_COOKIE, NULL}, {'T', OP_TIME, NULL},
    {'0', OP_LITERAL, "\0"}, {'n', OP_LITERAL, "\n"}, {'%', OP_LITERAL, "%"},
};

static void append_events(struct format *f, const char *separator, size_t len)
{
    program_op_with_text(f, OP_WAIT_EVENTS, separator, len);
}

/* What follows a percent sign. What means nothing is written as it stands. Returns how many bytes it is. */
static size_t take_letter(struct format *f, const char *p)
{
    if (*p == 'e') {
        append_events(f, ",", 1);
        return 1;
    }
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (letters[i].letter != *p)
            continue;
        if (letters[i].code == OP_LITERAL)
            program_literal(f, letters[i].literal, 1);
        else
            program_op(f, letters[i].code, 0);
        return 1;
    }
    if (*p && p[1] == 'e') {
        append_events(f, p, 1);
        return 2;
    }
    program_string(f, "%");
    program_literal(f, p, *p != '\0');
    return *p != '\0';
}

/* A name in a record that ends in a NUL can forge no record by a newline. */
static bool ends_in_nul(const char *template)
{
    for (const char *p = strchr(template, '%'); p && p[1]; p = strchr(p + 2, '%'))
        if (p[1] == '0')
            return true;
    return false;
}

static void compile_template(struct format *f, const char *template)
{
    f->newline_is_raw = ends_in_nul(template);
    while (*template) {
        const size_t len = strcspn(template, "%");

        if (len > 0)
            program_literal(f, template, len);
        template += len;
        if (*template == '%')
            template += 1 + take_letter(f, template + 1);
    }
}

static void compile_csv(struct format *f)
{
    program_op(f, OP_WATCHED, 0);
    program_string(f, ",");
    append_events(f, ",", 1);
    program_string(f, ",");
    program_op(f, OP_NAME, 0);
}

int compat_format_compile(struct format *f, const struct format_spec *spec)
{
    if (spec->kind == FORMAT_NOTHING)
        return 0;
    if (spec->kind == FORMAT_WAIT_CSV)
        compile_csv(f);
    else
        compile_template(f, spec->template);
    if (!spec->no_newline)
        program_string(f, "\n");
    return f->error;
}

/* ---- writing ---- */

/* In the order in which they are named where a mask has several. */
static const struct {
    const char *name;
    uint32_t bits;
} names[] = {
    {"ACCESS", IN_ACCESS},
    {"MODIFY", IN_MODIFY},
    {"ATTRIB", IN_ATTRIB},
    {"CLOSE_WRITE", IN_CLOSE_WRITE},
    {"CLOSE_NOWRITE", IN_CLOSE_NOWRITE},
    {"OPEN", IN_OPEN},
    {"MOVED_FROM", IN_MOVED_FROM},
    {"MOVED_TO", IN_MOVED_TO},
    {"CREATE", IN_CREATE},
    {"DELETE", IN_DELETE},
    {"DELETE_SELF", IN_DELETE_SELF},
    {"UNMOUNT", IN_UNMOUNT},
    {"Q_OVERFLOW", IN_Q_OVERFLOW},
    {"IGNORED", IN_IGNORED},
    {"CLOSE", IN_CLOSE},
    {"MOVE_SELF", IN_MOVE_SELF},
    {"ISDIR", IN_ISDIR},
};

char *compat_format_put_events(const struct format *f, const struct op *op, uint32_t mask, char *p)
{
    char *start;
    size_t count = 0;

    if (f->style == STYLE_WAIT_CSV)
        *p++ = '"';
    start = p;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!(mask & names[i].bits))
            continue;
        if (count++ > 0)
            p = (char *)memcpy(p, op->text, op->text_len) + op->text_len;
        p = stpcpy(p, names[i].name);
    }
    if (f->style != STYLE_WAIT_CSV)
        return p;
    if (count > 1) {
        *p++ = '"';
        return p;
    }
    memmove(start - 1, start, (size_t)(p - start)); /* a single name has no quotes */
    return p - 1;
}

char *compat_format_put_cookie(uint32_t cookie, char *p)
{
    int shift = 28;

    while (shift > 0 && cookie >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *p++ = "0123456789abcdef"[(cookie >> shift) & 15];
    return p;
}

static char *put_line(const struct format *f, char *p, const char *s, size_t len)
{
    if (f->terminal)
        return utf8_put_text(p, s, len, ESCAPE_TERMINAL);
    if (f->newline_is_raw || !memchr(s, '\n', len))
        return (char *)memcpy(p, s, len) + len;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\n')
            *p++ = '\\';
        *p++ = s[i] == '\n' ? 'n' : s[i];
    }
    return p;
}

static bool needs_quotes(const char *s, size_t len)
{
    if (len > 0 && (s[0] == ' ' || s[len - 1] == ' '))
        return true;
    for (size_t i = 0; i < len; i++)
        if (s[i] == '"' || s[i] == ',' || s[i] == '\n')
            return true;
    return false;
}

static char *put_csv(const struct format *f, char *p, const char *s, size_t len)
{
    const bool quoted = needs_quotes(s, len);

    if (quoted)
        *p++ = '"';
    if (f->terminal)
        p = utf8_put_text(p, s, len, ESCAPE_TERMINAL | ESCAPE_QUOTES);
    for (size_t i = 0; i < len && !f->terminal; i++) {
        if (s[i] == '"')
            *p++ = '"';
        *p++ = s[i];
    }
    if (quoted)
        *p++ = '"';
    return p;
}

char *compat_format_put_value(const struct format *f, char *p, const char *a, size_t a_len, const char *b,
                              size_t b_len)
{
    if (f->style == STYLE_WAIT_CSV) /* no value is in two parts here */
        return put_csv(f, p, a, a_len);
    return put_line(f, put_line(f, p, a, a_len), b, b_len);
}
