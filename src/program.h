/* program.h: what a format is compiled to: a list of steps that format.c walks once a record.
 * Private to the formatting room: format.c, program.c, usual.c, template.c and table.c. */
#ifndef INOTAP_PROGRAM_H
#define INOTAP_PROGRAM_H

#include "format.h"

enum op_code {
    OP_LITERAL, /* text */
    OP_COMMA,   /* a JSON comma, unless the object is still empty */
    OP_SEQ,
    OP_TIME,
    OP_WD,
    OP_MASK,
    OP_MASK_HEX,
    OP_EVENTS, /* text: what stands between two names */
    OP_COOKIE,
    OP_LEN,
    OP_PATH,
    OP_NAME,
    OP_WATCHED,
    OP_FROM,       /* a JSON member, or the path alone */
    OP_FROM_ARROW, /* before the new path, on a terminal */
    OP_FROM_LAST,  /* a further column of a RENAME; text: what stands before it */
    OP_SYNTHETIC,
    OP_EVENT_COUNT,  /* a JSON member, or the number alone */
    OP_ERROR,        /* a JSON member, or the text alone */
    OP_ERROR_LAST,   /* a further column, where there is an error; text: what stands before it */
    OP_EVENTS_COLOR, /* switch to the colour of the events */
    OP_OF_MASK,      /* the next `run` steps depend on nothing but the mask */
    OP_WAIT_EVENTS,  /* as inotifywait names them; text: what stands between two names */
    OP_WAIT_COOKIE,
};

/* How a step writes bytes that may be anything. */
enum style {
    STYLE_TEXT, /* escaped, printf %b turns it back */
    STYLE_RAW,
    STYLE_CSV,
    STYLE_JSON,
    STYLE_WAIT,     /* raw, but for a newline: so no name can begin a line */
    STYLE_WAIT_CSV, /* as inotifywait quotes */
};

/* Short texts are copied in whole blocks: behind their bytes, and behind where they go, is room for one. */
#define BLOCK ((size_t)16)

/* What the steps of an OP_OF_MASK wrote. */
struct memo {
    uint32_t mask;
    uint32_t len; /* 0: nothing yet */
    char text[7 * BLOCK];
};

#define MEMO_BITS  6
#define MEMO_COUNT ((size_t)1 << MEMO_BITS)

struct op {
    enum op_code code;
    size_t width; /* fill up with spaces to this many columns */
    char *text;   /* owned */
    size_t text_len;
    size_t run;
    struct memo *memos; /* OP_OF_MASK: MEMO_COUNT, owned */
};

struct program {
    struct op *ops;
    size_t count;
};

struct format {
    enum style style;
    unsigned escape; /* enum escape_flags for STYLE_TEXT, and for STYLE_CSV on a terminal */
    bool terminal;
    bool color;
    bool newline_is_raw; /* STYLE_WAIT */
    struct timestamp *time;
    char *header; /* the line that names the columns of CSV, its end included; else NULL */
    size_t header_len;
    char *time_text; /* as the style writes it */
    size_t time_text_len;
    struct program all;   /* for any record */
    struct program usual; /* the same bytes, for those that record_is_usual() */
    int error;            /* the first -errno of building; building on is harmless */
    size_t bound_fixed, bound_errors, bound_times, bound_per_path_byte, bound_per_name_byte,
        bound_per_watched_byte, bound_per_from_byte;
};

/* Append a step, or literal bytes (joined to a literal before them). Errors are kept in f->error. */
void program_op(struct format *f, enum op_code code, size_t width);
void program_events(struct format *f, const char *separator, size_t separator_len, size_t width);
void program_op_with_text(struct format *f, enum op_code code, const char *text, size_t len);
void program_literal(struct format *f, const char *text, size_t len);
void program_string(struct format *f, const char *text);

/* Append a step to a program, which owns the text and the memos then, even on failure; or literal bytes,
 * which are joined to a literal before them. Return 0 or -ENOMEM. */
int program_append(struct program *program, struct op op);
int program_append_literal(struct program *program, const char *text, size_t len);
void program_free(struct program *program);

/* Compile f->usual from f->all. Returns 0 or -ENOMEM. */
int usual_compile(struct format *f);

/* Append the bytes of a constant field in the style of the format (quotes included, where it has them). */
void program_value(struct format *f, const char *value);

/* Append the steps of a --format template. host: see format_spec.
 * Returns 0, or -EINVAL with a message in why that shows the place. */
int template_compile(struct format *f, const char *template, const char *host, char *why, size_t why_size);

/* The same of inotifywait's lines (compat_format.c). */
int compat_format_compile(struct format *f, const struct format_spec *spec);

/* Its names of events, with CLOSE behind those of closing. */
char *compat_format_put_events(const struct format *f, const struct op *op, uint32_t mask, char *p);
char *compat_format_put_cookie(uint32_t cookie, char *p);
char *compat_format_put_value(const struct format *f, char *p, const char *a, size_t a_len, const char *b,
                              size_t b_len);

/* Write two runs of bytes that may be anything as one value in the style of the format; b64_key names the
 * JSON member for what JSON cannot hold. For format.c and for constants. */
char *program_put_value(const struct format *f, char *p, const char *b64_key, const char *a, size_t a_len,
                        const char *b, size_t b_len);

/* A record without anything that most have not. */
static inline bool record_is_usual(const struct record *r)
{
    return !r->label && !r->from && !r->synthetic && !r->error && r->count == 0;
}

#define PROGRAM_COLOR_RESET "\033[0m"
#define PROGRAM_COLOR_DIM   "\033[2m"

#endif
