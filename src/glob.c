/* glob.c: globs compiled to a literal head, a little program and a literal tail.
 * Neighbours: ignore.c has them in files of rules. */
#include "glob.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    KIND_LITERAL, /* the head is all */
    KIND_GAP,     /* between head and tail is anything */
    KIND_GENERAL,
};

enum bit {
    BIT_FOLD = 1,
    BIT_PATH = 2, /* matched against the path, not the name */
    BIT_DIRECTORY = 4,
    BIT_NO_SLASH = 8, /* not in the gap */
};

/* The program between head and tail. */
enum op {
    OP_RUN,  /* these bytes: 4 bytes of length, and the bytes */
    OP_ANY,  /* `?` */
    OP_SET,  /* a bit for each byte: SET_SIZE bytes */
    OP_STAR, /* any bytes but slashes */
    OP_DIRS, /* `**` and a slash: nothing, or anything up to and with a slash */
    OP_SOME, /* `**` and an escaped slash: the same, but not nothing. That is git's; nobody will have meant
                it. */
    OP_REST, /* `**` at the end: anything */
};

#define SET_SIZE    ((size_t)32)
#define RUN_HEADER  (1 + sizeof(uint32_t))
#define WORST_SHARE ((size_t)11) /* bytes of data a byte of text: `[a]` becomes 1 + SET_SIZE bytes */

static const char why_empty[] = "empty", why_unclosed[] = "'[' without ']'",
                  why_backslash[] = "a backslash at the end", why_class[] = "no such class of characters",
                  why_long[] = "too long";

static inline unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 32) : c;
}

static uint32_t get_length(const unsigned char *from)
{
    uint32_t len;

    memcpy(&len, from, sizeof(len));
    return len;
}

/* ---- compiling ---- */

struct compiler {
    struct glob *g;
    const unsigned char *text;
    size_t len;
    size_t at;      /* what is next in the text */
    size_t special; /* the first special character of it */
    size_t run;     /* where in the data the length of the run is that grows; 0 if none does */
    bool in_head;
    const char *why;
};

static void emit_op(struct compiler *c, enum op op)
{
    c->in_head = false;
    c->run = 0;
    c->g->data[c->g->data_len++] = (unsigned char)op;
}

static void emit_literal(struct compiler *c, unsigned char byte)
{
    struct glob *const g = c->g;
    uint32_t len;

    if (c->in_head) {
        g->head_len++;
    } else {
        if (c->run == 0) {
            emit_op(c, OP_RUN);
            c->run = g->data_len;
            memset(g->data + c->run, 0, sizeof(len));
            g->data_len += (uint32_t)sizeof(len);
        }
        len = get_length(g->data + c->run) + 1;
        memcpy(g->data + c->run, &len, sizeof(len));
    }
    g->data[g->data_len++] = g->bits & BIT_FOLD ? lower(byte) : byte;
}

static int fail(struct compiler *c, size_t at, const char *why)
{
    c->at = at;
    c->why = why;
    return -EINVAL;
}

static void add_to_set(unsigned char *set, unsigned from, unsigned to)
{
    for (unsigned c = from; c <= to; c++)
        set[c / 8] = (unsigned char)(set[c / 8] | 1U << c % 8);
}

static bool set_has(const unsigned char *set, unsigned char c)
{
    return set[c / 8] >> c % 8 & 1;
}

/* What git means by the classes, in any locale: pairs of a first and a last byte. Of the white space not all.
 */
static const char *find_class(const char *name, size_t len)
{
    static const struct {
        const char name[8], *ranges;
    } classes[] = {
        {"alnum", "09AZaz"},   {"alpha", "AZaz"},       {"blank", "\t\t  "}, {"cntrl", "\1\x1f\x7f\x7f"},
        {"digit", "09"},       {"graph", "!~"},         {"lower", "az"},     {"print", " ~"},
        {"punct", "!/:@[`{~"}, {"space", "\t\n\r\r  "}, {"upper", "AZ"},     {"xdigit", "09AFaf"},
    };

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (strlen(classes[i].name) == len && memcmp(classes[i].name, name, len) == 0)
            return classes[i].ranges;
    return NULL;
}

/* c->at is at a `[` that a colon follows. Returns 1 and is at the last byte of the class, 0 if it is none and
 * the bracket stands for itself, or -EINVAL. */
static int take_class(struct compiler *c, unsigned char *set, size_t open)
{
    const char *const name = (const char *)c->text + c->at + 2;
    const char *const end = memchr(name, ']', c->len - c->at - 2);
    const char *ranges;

    if (!end)
        return fail(c, open, why_unclosed);
    if (end == name || end[-1] != ':')
        return 0;
    ranges = find_class(name, (size_t)(end - name) - 1);
    if (!ranges)
        return fail(c, c->at, why_class);
    for (; *ranges; ranges += 2)
        add_to_set(set, (unsigned char)ranges[0], (unsigned char)ranges[1]);
    c->at = (size_t)((const unsigned char *)end - c->text);
    return 1;
}

/* To what a backslash escapes, if there is one. Returns 0, or -EINVAL if the text ends. */
static int skip_backslash(struct compiler *c, size_t open)
{
    if (c->text[c->at] == '\\')
        c->at++;
    return c->at < c->len ? 0 : fail(c, open, why_unclosed);
}

/* One member of a set, c->at at its first byte and then at its last. *before is the one that a range could
 * begin with, 0 if none. */
static int take_member(struct compiler *c, unsigned char *set, unsigned *before, size_t open)
{
    const unsigned char first = c->text[c->at];
    const bool more = c->at + 1 < c->len;

    if (first == '-' && *before && more && c->text[c->at + 1] != ']') {
        c->at++;
        if (skip_backslash(c, open) < 0)
            return -EINVAL;
        add_to_set(set, *before, c->text[c->at]);
        *before = 0;
        return 0;
    }
    if (first == '[' && more && c->text[c->at + 1] == ':') {
        const int got = take_class(c, set, open);

        if (got != 0) {
            *before = 0;
            return got < 0 ? got : 0;
        }
    } else if (skip_backslash(c, open) < 0) {
        return -EINVAL;
    }
    *before = c->text[c->at];
    add_to_set(set, *before, *before);
    return 0;
}

static void finish_set(unsigned char *set, bool folds, bool negated)
{
    for (unsigned upper = 'A'; folds && upper <= 'Z'; upper++) {
        const unsigned small = upper | 32;

        if (set_has(set, (unsigned char)upper))
            add_to_set(set, small, small);
        else if (set_has(set, (unsigned char)small))
            add_to_set(set, upper, upper);
    }
    for (size_t i = 0; negated && i < SET_SIZE; i++)
        set[i] = (unsigned char)~set[i];
    set['/' / 8] = (unsigned char)(set['/' / 8] & ~(1U << '/' % 8));
}

/* c->at is at the `[`, and then after the `]`. */
static int take_set(struct compiler *c)
{
    const size_t open = c->at++;
    unsigned char *set;
    unsigned before = 0;
    bool negated;

    emit_op(c, OP_SET);
    set = c->g->data + c->g->data_len;
    memset(set, 0, SET_SIZE);
    c->g->data_len += (uint32_t)SET_SIZE;
    negated = c->at < c->len && (c->text[c->at] == '!' || c->text[c->at] == '^');
    c->at += negated;
    do {
        if (c->at >= c->len)
            return fail(c, open, why_unclosed);
        if (take_member(c, set, &before, open) < 0)
            return -EINVAL;
        c->at++;
    } while (c->at >= c->len || c->text[c->at] != ']');
    c->at++;
    finish_set(set, c->g->bits & BIT_FOLD, negated);
    return 0;
}

static void take_stars(struct compiler *c)
{
    const size_t from = c->at;
    const bool at_start = from == c->special || c->text[from - 1] == '/';

    while (c->at < c->len && c->text[c->at] == '*')
        c->at++;
    if (c->at - from == 1 || !at_start || !(c->g->bits & BIT_PATH)) {
        emit_op(c, OP_STAR);
    } else if (c->at == c->len) {
        emit_op(c, OP_REST);
    } else if (c->text[c->at] == '/') {
        emit_op(c, OP_DIRS);
        c->at++;
    } else if (c->text[c->at] == '\\' && c->at + 1 < c->len && c->text[c->at + 1] == '/') {
        emit_op(c, OP_SOME);
        c->at += 2;
    } else {
        emit_op(c, OP_STAR);
    }
}

static int take_all(struct compiler *c)
{
    while (c->at < c->len) {
        switch (c->text[c->at]) {
        case '*':
            take_stars(c);
            break;
        case '?':
            emit_op(c, OP_ANY);
            c->at++;
            break;
        case '[':
            if (take_set(c) < 0)
                return -EINVAL;
            break;
        case '\\':
            if (++c->at == c->len)
                return fail(c, c->at - 1, why_backslash);
            /* fallthrough */
        default:
            emit_literal(c, c->text[c->at++]);
        }
    }
    return 0;
}

/* Slashes at the ends, and what the glob is matched against. */
static int take_slashes(struct compiler *c)
{
    const unsigned char *end, *past;

    if (c->len > 0 && c->text[c->len - 1] == '/') {
        c->g->bits |= BIT_DIRECTORY;
        c->len--;
    }
    if (c->len > 0 && memchr(c->text, '/', c->len))
        c->g->bits |= BIT_PATH;
    c->at = c->len > 0 && c->text[0] == '/';
    if (c->at == c->len)
        return fail(c, 0, why_empty);
    for (c->special = c->at; c->special < c->len && !memchr("*?[\\", c->text[c->special], 4);)
        c->special++;
    end = c->text + c->len;
    /* `**` and a slash before something without one: the name is enough. */
    for (past = c->text + c->at; past < end && *past == '*';)
        past++;
    if (past - c->text >= (ptrdiff_t)c->at + 2 && past + 1 < end && *past == '/' &&
        !memchr(past + 1, '/', (size_t)(end - past) - 1)) {
        c->at = (size_t)(past + 1 - c->text);
        c->g->bits &= (uint8_t)~BIT_PATH;
    }
    return 0;
}

static void choose_kind(struct compiler *c)
{
    struct glob *const g = c->g;
    const enum op op = g->data_len > g->head_len ? (enum op)g->data[g->head_len] : OP_RUN;
    size_t middle;

    if (c->run) {
        g->tail_len = get_length(g->data + c->run);
        middle = c->run - 1 - g->head_len;
    } else {
        middle = g->data_len - g->head_len;
    }
    if (middle == 0)
        g->kind = KIND_LITERAL;
    else if (middle == 1 && (op == OP_STAR || op == OP_REST))
        g->kind = KIND_GAP;
    else
        g->kind = KIND_GENERAL;
    if (op == OP_STAR && g->bits & BIT_PATH)
        g->bits |= BIT_NO_SLASH;
}

int glob_compile(struct glob *g, const char *text, size_t len, unsigned flags, const char **why, size_t *at)
{
    struct compiler c = {.g = g, .text = (const unsigned char *)text, .len = len, .in_head = true};
    int err;

    *g = (struct glob){.bits = flags & GLOB_FOLD_CASE ? BIT_FOLD : 0};
    err = len > GLOB_LEN_MAX ? fail(&c, GLOB_LEN_MAX, why_long) : take_slashes(&c);
    if (err == 0)
        err = take_all(&c);
    if (err == 0)
        choose_kind(&c);
    else if (why) {
        *why = c.why;
        *at = c.at;
    }
    return err;
}

size_t glob_bound(size_t len)
{
    return sizeof(struct glob) + (len > GLOB_LEN_MAX ? 0 : len * WORST_SHARE + 1 + SET_SIZE);
}

size_t glob_size(const struct glob *g)
{
    const size_t size = offsetof(struct glob, data) + g->data_len;

    return (size + alignof(struct glob) - 1) & ~(alignof(struct glob) - 1);
}

int glob_new(struct glob **result, const char *text, size_t len, unsigned flags, const char **why, size_t *at)
{
    struct glob *const g = malloc(glob_bound(len));
    struct glob *smaller;
    int err;

    if (!g)
        return -ENOMEM;
    err = glob_compile(g, text, len, flags, why, at);
    if (err < 0) {
        free(g);
        return err;
    }
    smaller = realloc(g, glob_size(g));
    *result = smaller ? smaller : g;
    return 0;
}

/* ---- matching ---- */

static inline bool is_equal(const unsigned char *of_glob, const unsigned char *text, size_t len, bool folds)
{
    if (!folds)
        return len == 0 || (*of_glob == *text && memcmp(of_glob, text, len) == 0);
    for (size_t i = 0; i < len; i++)
        if (of_glob[i] != lower(text[i]))
            return false;
    return true;
}

/* Where to go on when something does not match: with what code, and with one byte or component more given to
 * the stars before that. Only the last `*` and the last `**` are worth it. What an earlier `*` could still
 * try, the last one of the same component can as well, and a component ends at the same slash in any case;
 * and an earlier `**` would only come to the same places later. So each component of the path meets each of
 * the glob at most once between two `**`, which bounds the time. */
struct retry {
    const unsigned char *code, *text; /* code is NULL: none */
};

struct subject {
    const unsigned char *code, *code_end;
    const unsigned char *text, *text_end;
    struct retry star, dirs;
    bool folds;
};

/* One byte, or a run of bytes. */
static bool step(struct subject *s)
{
    const size_t left = (size_t)(s->text_end - s->text);
    size_t len = 1, code_len = 1;
    bool ok = false;

    switch ((enum op) * s->code) {
    case OP_RUN:
        len = get_length(s->code + 1);
        code_len = RUN_HEADER + len;
        ok = len <= left && is_equal(s->code + RUN_HEADER, s->text, len, s->folds);
        break;
    case OP_SET:
        code_len += SET_SIZE;
        ok = left > 0 && set_has(s->code + 1, *s->text);
        break;
    case OP_ANY:
        ok = left > 0 && *s->text != '/';
        break;
    case OP_STAR:
    case OP_DIRS:
    case OP_SOME:
    case OP_REST:
        break;
    }
    if (ok) {
        s->text += len;
        s->code += code_len;
    }
    return ok;
}

/* Go on after the next slash. */
static bool retry_dirs(struct subject *s)
{
    const unsigned char *const slash = memchr(s->dirs.text, '/', (size_t)(s->text_end - s->dirs.text));

    if (!slash)
        return false;
    s->star.code = NULL;
    s->dirs.text = slash + 1;
    s->text = slash + 1;
    s->code = s->dirs.code;
    return true;
}

static bool retry(struct subject *s)
{
    if (s->star.code) {
        const bool is_run = s->star.code < s->code_end && *s->star.code == OP_RUN;
        const unsigned char first = is_run ? s->star.code[RUN_HEADER] : 0;
        const unsigned char *text = s->star.text;

        while (text < s->text_end && *text != '/') {
            text++;
            if (is_run && text < s->text_end && (s->folds ? lower(*text) : *text) != first)
                continue;
            s->star.text = text;
            s->text = text;
            s->code = s->star.code;
            return true;
        }
    }
    return s->dirs.code && retry_dirs(s);
}

static bool match_middle(struct subject *s)
{
    for (;;) {
        bool ok;

        if (s->code == s->code_end) {
            ok = s->text == s->text_end;
            if (ok)
                return true;
        } else if (*s->code == OP_STAR) {
            s->star = (struct retry){++s->code, s->text};
            ok = true;
        } else if (*s->code == OP_DIRS || *s->code == OP_SOME) {
            const bool some = *s->code == OP_SOME;

            s->star.code = NULL;
            s->dirs = (struct retry){++s->code, s->text};
            ok = !some;
        } else if (*s->code == OP_REST) {
            return true;
        } else {
            ok = step(s);
        }
        if (!ok && !retry(s))
            return false;
    }
}

bool glob_needs_path(const struct glob *g)
{
    return g->bits & BIT_PATH;
}

bool glob_match(const struct glob *g, const char *path, size_t path_len, size_t name_at, bool is_dir)
{
    const size_t from = g->bits & BIT_PATH ? 0 : name_at, len = path_len - from;
    const unsigned char *const text = (const unsigned char *)path + from;
    const bool folds = g->bits & BIT_FOLD;
    struct subject s;

    if (g->kind == KIND_LITERAL ? len != g->head_len : len < (size_t)g->head_len + g->tail_len)
        return false;
    if (g->bits & BIT_DIRECTORY && !is_dir)
        return false;
    if (!is_equal(g->data, text, g->head_len, folds) ||
        !is_equal(g->data + g->data_len - g->tail_len, text + len - g->tail_len, g->tail_len, folds))
        return false;
    if (g->kind == KIND_LITERAL)
        return true;
    if (g->kind == KIND_GAP)
        return !(g->bits & BIT_NO_SLASH) || !memchr(text + g->head_len, '/', len - g->head_len - g->tail_len);
    s = (struct subject){
        .code = g->data + g->head_len,
        .code_end = g->data + g->data_len - g->tail_len - (g->tail_len > 0 ? RUN_HEADER : 0),
        .text = text + g->head_len,
        .text_end = text + len - g->tail_len,
        .folds = folds,
    };
    return match_middle(&s);
}
