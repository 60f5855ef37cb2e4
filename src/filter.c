/* filter.c: globs and regexes in the order given, and which of them decides.
 * Neighbours: glob.c matches the globs; PCRE2 the regexes. */
#include "filter.h"

#include "glob.h"
#include "utf8.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one search may take: steps as PCRE2 counts them, about 10 ns each of machine code and up to 50 ns each
 * where PCRE2 interprets the regex, so many and so many more for each byte of the path; and memory, which an
 * interpreted regex needs for each step that it may have to go back to. */
#define STEPS_BASE    ((size_t)100000)
#define STEPS_A_BYTE  ((size_t)64)
#define HEAP_KIB_MAX  65536
#define STACK_MIN     ((size_t)32 << 10)
#define STACK_MAX     ((size_t)1 << 20)
#define SHOWN_LEN_MAX ((size_t)64) /* of a pattern in a message */
#define PATH_ROOM     ((size_t)4096)

struct regex {
    pcre2_code *code;
    bool is_anchored; /* can match at the start only */
    bool overran;
    bool told; /* that it did */
    char text[];
};

struct entry {
    struct glob *glob; /* one of the two is NULL */
    struct regex *regex;
    enum filter_verdict verdict;
};

struct filter {
    pcre2_match_context *context; /* from here on NULL if there is no regex */
    pcre2_match_data *data;
    pcre2_jit_stack *stack;
    char *slashed; /* room for a directory's path and a slash */
    size_t slashed_size;
    size_t overruns; /* that filter_take_overrun() has not told */
    bool needs_path, keeps_only;
    size_t count;
    struct entry entries[]; /* the last one given first, because that decides */
};

/* ---- compiling ---- */

/* at: the offset in the text as given. */
static int refuse(const struct filter_pattern *p, size_t at, const char *reason, char *why, size_t why_size)
{
    const size_t len = strlen(p->text), shown_len = len < SHOWN_LEN_MAX ? len : SHOWN_LEN_MAX;
    char shown[4 * SHOWN_LEN_MAX + 1];

    *utf8_put_text(shown, p->text, shown_len, ESCAPE_TERMINAL) = '\0';
    snprintf(why, why_size, "'%s'%s is no %s: %s, at byte %zu", shown, shown_len < len ? "..." : "",
             p->kind == FILTER_GLOB ? "glob" : "regex", reason, at + 1);
    return -EINVAL;
}

static int compile_glob(struct entry *e, const struct filter_pattern *p, size_t from, char *why,
                        size_t why_size)
{
    const char *reason;
    size_t at;
    const int err = glob_new(&e->glob, p->text + from, strlen(p->text + from),
                             p->fold_case ? GLOB_FOLD_CASE : 0, &reason, &at);

    return err == -EINVAL ? refuse(p, from + at, reason, why, why_size) : err;
}

static int compile_regex(struct entry *e, const struct filter_pattern *p, size_t from, char *why,
                         size_t why_size)
{
    const uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY |
                             PCRE2_USE_OFFSET_LIMIT | (p->fold_case ? PCRE2_CASELESS : 0);
    const size_t size = strlen(p->text) + 1;
    uint32_t all_options = 0;
    PCRE2_UCHAR reason[256];
    PCRE2_SIZE at;
    int err;

    if (p->text[from] == '\0')
        return refuse(p, from, "empty", why, why_size);
    e->regex = malloc(sizeof(*e->regex) + size);
    if (!e->regex)
        return -ENOMEM;
    *e->regex = (struct regex){0};
    memcpy(e->regex->text, p->text, size);
    e->regex->code =
        pcre2_compile((PCRE2_SPTR)p->text + from, PCRE2_ZERO_TERMINATED, options, &err, &at, NULL);
    if (!e->regex->code) {
        if (err == PCRE2_ERROR_HEAP_FAILED)
            return -ENOMEM;
        pcre2_get_error_message(err, reason, sizeof(reason));
        return refuse(p, from + at, (const char *)reason, why, why_size);
    }
    /* Where this fails, as where memory cannot be made executable, the regex is interpreted. */
    pcre2_jit_compile(e->regex->code, PCRE2_JIT_COMPLETE);
    pcre2_pattern_info(e->regex->code, PCRE2_INFO_ALLOPTIONS, &all_options);
    e->regex->is_anchored = all_options & PCRE2_ANCHORED;
    return 0;
}

static int compile(struct filter *f, struct entry *e, const struct filter_pattern *p, char *why,
                   size_t why_size)
{
    const size_t from = p->text[0] == '!';
    const int err = p->kind == FILTER_GLOB ? compile_glob(e, p, from, why, why_size)
                                           : compile_regex(e, p, from, why, why_size);

    if (err < 0)
        return err;
    e->verdict = from ? FILTER_LEFT_OUT : FILTER_KEPT;
    f->keeps_only = f->keeps_only || e->verdict == FILTER_KEPT;
    f->needs_path = f->needs_path || e->regex || glob_needs_path(e->glob);
    return 0;
}

/* What all regexes share. */
static int prepare_search(struct filter *f)
{
    f->context = pcre2_match_context_create(NULL);
    f->data = pcre2_match_data_create(1, NULL);
    f->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
    f->slashed = malloc(PATH_ROOM);
    f->slashed_size = PATH_ROOM;
    if (!f->context || !f->data || !f->slashed)
        return -ENOMEM;
    pcre2_set_heap_limit(f->context, HEAP_KIB_MAX);
    /* Without a stack of its own, compiled code has 32 KiB of the machine's. */
    if (f->stack)
        pcre2_jit_stack_assign(f->context, NULL, f->stack);
    return 0;
}

int filter_new(struct filter **result, const struct filter_pattern *patterns, size_t count, size_t *bad,
               char *why, size_t why_size)
{
    struct filter *const f = calloc(1, sizeof(*f) + count * sizeof(f->entries[0]));
    bool has_regex = false;
    int err = 0;

    if (!f)
        return -ENOMEM;
    f->count = count;
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = compile(f, &f->entries[count - 1 - i], &patterns[i], why, why_size);
        has_regex = has_regex || patterns[i].kind == FILTER_REGEX;
        if (err == -EINVAL)
            *bad = i;
    }
    if (err == 0 && has_regex)
        err = prepare_search(f);
    if (err < 0) {
        filter_free(f);
        return err;
    }
    *result = f;
    return 0;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++) {
        free(f->entries[i].glob);
        if (f->entries[i].regex)
            pcre2_code_free(f->entries[i].regex->code);
        free(f->entries[i].regex);
    }
    pcre2_jit_stack_free(f->stack);
    pcre2_match_data_free(f->data);
    pcre2_match_context_free(f->context);
    free(f->slashed);
    free(f);
}

/* ---- matching ---- */

static size_t steps_max(size_t len)
{
    return STEPS_BASE + STEPS_A_BYTE * len;
}

/* For a match that begins at from up to until. steps are for each place where one could begin. */
static int search(struct filter *f, const struct regex *r, const char *text, size_t len, size_t from,
                  size_t until, size_t steps)
{
    pcre2_set_match_limit(f->context, (uint32_t)steps);
    pcre2_set_offset_limit(f->context, until);
    return pcre2_match(r->code, (PCRE2_SPTR)text, len, from, 0, f->data, f->context);
}

/* Place by place, for what needs more steps at some than an even share: at each in turn twice as many, until
 * what all of them have together is used up. (To `\G` and (*COMMIT) each place is then where the search
 * begins, which matters to no regex that anybody filters by.) */
static int search_thoroughly(struct filter *f, const struct regex *r, const char *text, size_t len,
                             size_t share)
{
    size_t left = steps_max(len);
    int got = PCRE2_ERROR_NOMATCH;

    for (size_t at = 0; got == PCRE2_ERROR_NOMATCH && at <= len; at++) {
        size_t steps = share;

        got = search(f, r, text, len, at, at, steps);
        while (got == PCRE2_ERROR_MATCHLIMIT && 2 * steps <= left) {
            steps *= 2;
            left -= steps;
            got = search(f, r, text, len, at, at, steps);
        }
    }
    return got;
}

/* Returns what counts as the answer of the regex. */
static bool give_up(struct filter *f, struct regex *r)
{
    if (!r->overran)
        f->overruns++;
    r->overran = true;
    return r->text[0] != '!';
}

/* PCRE2 limits the steps at each place only, and there may be thousands of places. Where PCRE2 gives up, the
 * answer is the one that keeps the path, so that no path is lost. */
static bool is_found(struct filter *f, struct regex *r, const char *text, size_t len)
{
    const size_t places = r->is_anchored ? 1 : len + 1, share = steps_max(len) / places + 1;
    int got = search(f, r, text, len, 0, len, share);

    if (got == PCRE2_ERROR_MATCHLIMIT && !r->is_anchored)
        got = search_thoroughly(f, r, text, len, share);
    if (got < 0 && got != PCRE2_ERROR_NOMATCH)
        return give_up(f, r);
    return got >= 0;
}

/* Returns false without memory. */
static bool put_slash(struct filter *f, const char *path, size_t len)
{
    if (len >= f->slashed_size) {
        const size_t size = 2 * len + 1;
        char *const more = realloc(f->slashed, size);

        if (!more)
            return false;
        f->slashed = more;
        f->slashed_size = size;
    }
    memcpy(f->slashed, path, len);
    f->slashed[len] = '/';
    return true;
}

static bool regex_match(struct filter *f, struct regex *r, const char *path, size_t len, bool is_dir)
{
    if (is_found(f, r, path, len))
        return true;
    if (!is_dir)
        return false;
    if (put_slash(f, path, len))
        return is_found(f, r, f->slashed, len + 1);
    return give_up(f, r);
}

enum filter_verdict filter_match(struct filter *f, const char *path, size_t path_len, size_t name_at,
                                 bool is_dir)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct entry *const e = &f->entries[i];

        if (e->glob ? glob_match(e->glob, path, path_len, name_at, is_dir)
                    : regex_match(f, e->regex, path, path_len, is_dir))
            return e->verdict;
    }
    return FILTER_UNDECIDED;
}

bool filter_needs_path(const struct filter *f)
{
    return f->needs_path;
}

bool filter_keeps_only(const struct filter *f)
{
    return f->keeps_only;
}

const char *filter_take_overrun(struct filter *f)
{
    if (f->overruns == 0)
        return NULL;
    f->overruns--;
    for (size_t i = f->count; i-- > 0;) {
        struct regex *const r = f->entries[i].regex;

        if (r && r->overran && !r->told) {
            r->told = true;
            return r->text;
        }
    }
    return NULL;
}
