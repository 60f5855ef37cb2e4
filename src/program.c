/* program.c: compiling a format: which fields, in which order, and what stands between them.
 * Neighbours: format.c walks the steps, template.c compiles --format to the same kind. */
#include "program.h"

#include "events.h"
#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_NAME_MAX ((size_t)15)

static const char *const field_names[FIELD_COUNT] = {
    [FIELD_SEQ] = "seq",   [FIELD_TIME] = "time",           [FIELD_WD] = "wd",
    [FIELD_MASK] = "mask", [FIELD_EVENTS] = "events",       [FIELD_COOKIE] = "cookie",
    [FIELD_PATH] = "path", [FIELD_NAME] = "name",           [FIELD_LEN] = "len",
    [FIELD_HOST] = "host", [FIELD_SYNTHETIC] = "synthetic", [FIELD_ERROR] = "error",
    [FIELD_FROM] = "from", [FIELD_EVENT_COUNT] = "count",
};

static const enum op_code field_ops[FIELD_COUNT] = {
    [FIELD_SEQ] = OP_SEQ,
    [FIELD_TIME] = OP_TIME,
    [FIELD_WD] = OP_WD,
    [FIELD_MASK] = OP_MASK,
    [FIELD_EVENTS] = OP_EVENTS,
    [FIELD_COOKIE] = OP_COOKIE,
    [FIELD_PATH] = OP_PATH,
    [FIELD_NAME] = OP_NAME,
    [FIELD_LEN] = OP_LEN,
    [FIELD_HOST] = OP_LITERAL,
    [FIELD_SYNTHETIC] = OP_SYNTHETIC,
    [FIELD_ERROR] = OP_ERROR,
    [FIELD_FROM] = OP_FROM,
    [FIELD_EVENT_COUNT] = OP_EVENT_COUNT,
};

int field_find(const char *name)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (strcmp(field_names[i], name) == 0)
            return i;
    return -1;
}

const char *field_name(enum field field)
{
    return field_names[field];
}

/* The most bytes that the style makes of one. JSON: six for the escape, four thirds for base64. */
static size_t style_growth(enum style style)
{
    return style == STYLE_JSON ? 8 : style == STYLE_RAW ? 1 : 4; /* STYLE_WAIT: 4 on a terminal */
}

#define LARGEST_GROWTH ((size_t)8)

static void add_bound(struct format *f, const struct op *op)
{
    const size_t growth = style_growth(f->style);

    f->bound_fixed += op->width + op->text_len;
    f->bound_fixed += 64; /* numbers, quotes, keys of base64 members, colours */
    if (op->code == OP_EVENTS || op->code == OP_WAIT_EVENTS)
        f->bound_fixed += events_put_bound(op->text_len);
    else if (op->code == OP_TIME)
        f->bound_times++;
    else if (op->code == OP_ERROR || op->code == OP_ERROR_LAST)
        f->bound_errors += RECORD_ERROR_MAX * growth;
    else if (op->code == OP_PATH)
        f->bound_per_path_byte += growth;
    else if (op->code == OP_NAME)
        f->bound_per_name_byte += growth;
    else if (op->code == OP_FROM || op->code == OP_FROM_ARROW || op->code == OP_FROM_LAST)
        f->bound_per_from_byte += growth;
    else if (op->code == OP_WATCHED)
        f->bound_per_watched_byte += growth;
}

int program_append(struct program *program, struct op op)
{
    struct op *const more = reallocarray(program->ops, program->count + 1, sizeof(*more));

    if (!more) {
        free(op.text);
        free(op.memos);
        return -ENOMEM;
    }
    program->ops = more;
    more[program->count++] = op;
    return 0;
}

static int append_text(struct program *program, struct op op, const char *text, size_t len)
{
    op.text = malloc(len + BLOCK);
    if (!op.text)
        return -ENOMEM;
    memcpy(op.text, text, len);
    op.text_len = len;
    return program_append(program, op);
}

int program_append_literal(struct program *program, const char *text, size_t len)
{
    struct op *const last = program->count > 0 ? &program->ops[program->count - 1] : NULL;
    char *longer;

    if (!last || last->code != OP_LITERAL || last->width > 0)
        return append_text(program, (struct op){.code = OP_LITERAL}, text, len);
    longer = realloc(last->text, last->text_len + len + BLOCK);
    if (!longer)
        return -ENOMEM;
    memcpy(longer + last->text_len, text, len);
    last->text = longer;
    last->text_len += len;
    return 0;
}

void program_free(struct program *program)
{
    for (size_t i = 0; i < program->count; i++) {
        free(program->ops[i].text);
        free(program->ops[i].memos);
    }
    free(program->ops);
}

static void keep_error(struct format *f, int err)
{
    if (f->error == 0)
        f->error = err;
}

static void add_step(struct format *f, struct op op, const char *text, size_t len)
{
    op.text_len = len;
    add_bound(f, &op);
    keep_error(f, text ? append_text(&f->all, op, text, len) : program_append(&f->all, op));
}

void program_op(struct format *f, enum op_code code, size_t width)
{
    add_step(f, (struct op){.code = code, .width = width}, NULL, 0);
}

void program_events(struct format *f, const char *separator, size_t separator_len, size_t width)
{
    add_step(f, (struct op){.code = OP_EVENTS, .width = width}, separator, separator_len);
}

void program_op_with_text(struct format *f, enum op_code code, const char *text, size_t len)
{
    add_step(f, (struct op){.code = code}, text, len);
}

void program_literal(struct format *f, const char *text, size_t len)
{
    f->bound_fixed += len;
    keep_error(f, program_append_literal(&f->all, text, len));
}

void program_string(struct format *f, const char *text)
{
    program_literal(f, text, strlen(text));
}

void program_value(struct format *f, const char *value)
{
    const size_t len = strlen(value);
    char *const bytes = malloc(style_growth(f->style) * len + 64);

    if (!bytes) {
        f->error = -ENOMEM;
        return;
    }

    char *const end = program_put_value(f, bytes, "host_b64", value, len, "", 0);

    program_literal(f, bytes, (size_t)(end - bytes));
    free(bytes);
}

/* The fields that a kind prints when --fields does not say. Returns how many. */
static size_t default_fields(const struct format_spec *spec, enum field fields[FIELD_COUNT])
{
    static const enum field everything[] = {
        FIELD_SEQ, FIELD_TIME, FIELD_WD, FIELD_MASK, FIELD_EVENTS, FIELD_COOKIE, FIELD_PATH, FIELD_NAME,
    };
    static const enum field columns[] = {FIELD_WD, FIELD_EVENTS, FIELD_COOKIE, FIELD_PATH};
    static const enum field screen[] = {FIELD_EVENTS, FIELD_PATH};
    const bool text = spec->kind == FORMAT_TEXT, json = spec->kind == FORMAT_JSON;
    const enum field *const base = !text ? everything : spec->terminal ? screen : columns;
    const size_t base_count = !text            ? sizeof(everything) / sizeof(everything[0])
                              : spec->terminal ? sizeof(screen) / sizeof(screen[0])
                                               : sizeof(columns) / sizeof(columns[0]);
    size_t count = 0;

    if (text && spec->time && (spec->time_wanted || spec->terminal))
        fields[count++] = FIELD_TIME;
    for (size_t i = 0; i < base_count; i++)
        if (base[i] != FIELD_TIME || spec->time)
            fields[count++] = base[i];
    if (json || (spec->kind == FORMAT_CSV && spec->with_from))
        fields[count++] = FIELD_FROM;
    if (json)
        fields[count++] = FIELD_SYNTHETIC;
    if (json || (spec->kind == FORMAT_CSV && spec->with_count))
        fields[count++] = FIELD_EVENT_COUNT;
    if (spec->host)
        fields[count++] = FIELD_HOST;
    if (json)
        fields[count++] = FIELD_ERROR;
    return count;
}

/* The width that a column has on a terminal; 0 for one whose width cannot be known. */
static size_t column_width(const struct format_spec *spec, enum field field)
{
    switch (field) {
    case FIELD_SEQ:
        return 6;
    case FIELD_WD:
        return 3;
    case FIELD_MASK:
    case FIELD_COOKIE:
        return 10;
    case FIELD_LEN:
        return 3;
    case FIELD_SYNTHETIC:
        return 4;
    case FIELD_EVENT_COUNT:
        return 5;
    case FIELD_EVENTS:
        return events_width(spec->events);
    default:
        return 0;
    }
}

static void compile_field(struct format *f, const struct format_spec *spec, enum field field, size_t width)
{
    const char *const separator = f->style == STYLE_JSON ? "\",\"" : ",";

    if (field == FIELD_HOST)
        program_value(f, spec->host ? spec->host : "");
    else if (field == FIELD_EVENTS)
        program_events(f, separator, strlen(separator), width);
    else
        program_op(f, field_ops[field], width);
}

/* Fields that some records do not have: their steps write all of the JSON member, or nothing. */
static bool is_optional(enum field field)
{
    return field == FIELD_FROM || field == FIELD_SYNTHETIC || field == FIELD_EVENT_COUNT ||
           field == FIELD_ERROR;
}

static void compile_json(struct format *f, const struct format_spec *spec, const enum field *fields,
                         size_t count)
{
    bool empty = true, certain = false;

    program_string(f, "{");
    for (size_t i = 0; i < count; i++) {
        if (is_optional(fields[i])) {
            program_op(f, field_ops[fields[i]], 0);
            empty = false;
            continue;
        }
        if (certain)
            program_string(f, ",");
        else if (!empty)
            program_op(f, OP_COMMA, 0);
        empty = false;
        certain = true;
        program_string(f, "\"");
        program_string(f, field_names[fields[i]]);
        program_string(f, "\":");
        compile_field(f, spec, fields[i], 0);
    }
    program_string(f, "}");
}

static void compile_columns(struct format *f, const struct format_spec *spec, const enum field *fields,
                            size_t count)
{
    const bool aligned = spec->terminal && spec->kind == FORMAT_TEXT, screen = aligned && !spec->fields;
    const char *const separator = aligned ? "  " : spec->kind == FORMAT_CSV ? "," : "\t";

    for (size_t i = 0; i < count; i++) {
        const bool last = i + 1 == count;
        const char *const color = !f->color ? NULL : fields[i] == FIELD_TIME ? PROGRAM_COLOR_DIM : NULL;

        if (color)
            program_string(f, color);
        if (f->color && fields[i] == FIELD_EVENTS)
            program_op(f, OP_EVENTS_COLOR, 0);
        if (screen && fields[i] == FIELD_PATH)
            program_op(f, OP_FROM_ARROW, 0);
        compile_field(f, spec, fields[i], aligned && !last ? column_width(spec, fields[i]) : 0);
        if (color || (f->color && fields[i] == FIELD_EVENTS))
            program_string(f, PROGRAM_COLOR_RESET);
        if (!last)
            program_string(f, separator);
    }
    if (spec->kind == FORMAT_TEXT && !spec->fields && !screen)
        add_step(f, (struct op){.code = OP_FROM_LAST}, separator, strlen(separator));
    if (spec->kind == FORMAT_TEXT && !spec->fields)
        add_step(f, (struct op){.code = OP_ERROR_LAST}, separator, strlen(separator));
}

static int make_header(struct format *f, const struct format_spec *spec, const enum field *fields,
                       size_t count)
{
    const char *const end = spec->null ? "" : "\r\n";
    char *p;

    f->header = calloc(count + 1, FIELD_NAME_MAX + 1);
    if (!f->header)
        return -ENOMEM;
    p = f->header;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *p++ = ',';
        p = stpcpy(p, field_names[fields[i]]);
    }
    p = stpcpy(p, end);
    f->header_len = (size_t)(p - f->header) + spec->null; /* with the NUL behind it */
    return 0;
}

static enum style choose_style(const struct format_spec *spec)
{
    if (spec->kind == FORMAT_JSON)
        return STYLE_JSON;
    if (spec->kind == FORMAT_CSV)
        return STYLE_CSV;
    if (spec->kind >= FORMAT_WAIT)
        return spec->kind == FORMAT_WAIT ? STYLE_WAIT : STYLE_WAIT_CSV;
    return spec->null && !spec->terminal ? STYLE_RAW : STYLE_TEXT;
}

static int compile(struct format *f, const struct format_spec *spec, char *why, size_t why_size)
{
    enum field by_default[FIELD_COUNT];
    const enum field *fields = spec->fields;
    size_t count = spec->field_count;
    int err = 0;

    if (spec->kind >= FORMAT_WAIT)
        return compat_format_compile(f, spec);
    if (!fields) {
        count = default_fields(spec, by_default);
        fields = by_default;
    }
    if (spec->kind == FORMAT_TEMPLATE)
        err = template_compile(f, spec->template, spec->host, why, why_size);
    else if (spec->kind == FORMAT_JSON)
        compile_json(f, spec, fields, count);
    else
        compile_columns(f, spec, fields, count);
    if (spec->kind == FORMAT_CSV)
        keep_error(f, make_header(f, spec, fields, count));
    if (spec->null)
        program_literal(f, "\0", 1);
    else
        program_string(f, spec->kind == FORMAT_CSV ? "\r\n" : "\n");
    return err < 0 ? err : f->error;
}

int format_new(struct format **result, const struct format_spec *spec, char *why, size_t why_size)
{
    struct format *const f = calloc(1, sizeof(*f));
    int err;

    *result = NULL;
    if (!f)
        return -ENOMEM;
    f->style = choose_style(spec);
    f->terminal = spec->terminal;
    f->color = spec->color && spec->kind == FORMAT_TEXT;
    f->escape = f->style == STYLE_CSV ? ESCAPE_QUOTES : ESCAPE_BACKSLASH;
    if (spec->terminal)
        f->escape |= ESCAPE_TERMINAL;
    f->time = spec->time;
    f->bound_fixed = BLOCK;
    f->time_text = malloc(TIMESTAMP_MAX * LARGEST_GROWTH + 2 + BLOCK); /* STYLE_RAW escapes times as well */
    err = f->time_text ? compile(f, spec, why, why_size) : -ENOMEM;
    if (err == 0)
        err = usual_compile(f);
    if (err < 0) {
        format_free(f);
        return err;
    }
    *result = f;
    return 0;
}

const char *format_header(const struct format *f, size_t *len)
{
    *len = f->header_len;
    return f->header;
}

void format_free(struct format *f)
{
    if (!f)
        return;
    program_free(&f->all);
    program_free(&f->usual);
    free(f->header);
    free(f->time_text);
    free(f);
}
