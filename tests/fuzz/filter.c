/* filter.c: any bytes as patterns against any path: nothing is read past its end, what is refused is told
 * harmlessly, and all patterns together say what the last one says that by itself decides. Neighbours:
 * filter.h, glob.c. */
#include "filter.h"

#include "fuzz.h"
#include "utf8.h"

#include <errno.h>

#define PATTERNS_MAX 4

struct subject {
    char *path;
    size_t len, name_at;
    bool is_dir;
};

static enum filter_verdict judge(struct filter *f, const struct subject *s)
{
    return filter_match(f, s->path, s->len, s->name_at, s->is_dir);
}

static void check_message(const char *why, size_t size)
{
    const size_t len = strnlen(why, size);
    char escaped[4 * 600];

    REQUIRE(len > 0 && len < size);
    REQUIRE((size_t)(utf8_put_text(escaped, why, len, ESCAPE_TERMINAL) - escaped) == len);
}

/* By itself. Returns false if it is refused. */
static bool check_pattern(const struct filter_pattern *p, const struct subject *s,
                          enum filter_verdict *verdict, bool *overran)
{
    char *const why = malloc(600);
    struct filter *f;
    const char *told;
    size_t bad = 1;
    int got;

    REQUIRE(why != NULL);
    got = filter_new(&f, p, 1, &bad, why, 600);
    REQUIRE(got == 0 || (got == -EINVAL && bad == 0));
    if (got < 0)
        check_message(why, 600);
    free(why);
    if (got < 0)
        return false;
    REQUIRE(filter_keeps_only(f) == (p->text[0] != '!'));
    *verdict = judge(f, s);
    REQUIRE(*verdict == FILTER_UNDECIDED || (*verdict == FILTER_LEFT_OUT) == (p->text[0] == '!'));
    if (!filter_needs_path(f))
        REQUIRE(filter_match(f, s->path + s->name_at, s->len - s->name_at, 0, s->is_dir) == *verdict);
    told = filter_take_overrun(f);
    REQUIRE(!told || (p->kind == FILTER_REGEX && strcmp(told, p->text) == 0));
    REQUIRE(!filter_take_overrun(f));
    *overran = told;
    filter_free(f);
    return true;
}

static void check_all(const struct filter_pattern *patterns, size_t count, const struct subject *s)
{
    enum filter_verdict expected = FILTER_UNDECIDED;
    size_t refused = count, bad = count;
    bool overran = false;
    struct filter *f;
    char why[600];
    int got;

    for (size_t i = 0; i < count; i++) {
        enum filter_verdict verdict;
        bool too_long;

        if (check_pattern(&patterns[i], s, &verdict, &too_long)) {
            expected = verdict == FILTER_UNDECIDED ? expected : verdict;
            overran = overran || too_long;
        } else if (refused == count) {
            refused = i;
        }
    }
    got = filter_new(&f, patterns, count, &bad, why, sizeof(why));
    REQUIRE(bad == refused && got == (refused < count ? -EINVAL : 0));
    if (got < 0)
        return;
    REQUIRE(judge(f, s) == expected);
    REQUIRE(overran || !filter_take_overrun(f));
    filter_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct filter_pattern patterns[PATTERNS_MAX];
    char *texts[PATTERNS_MAX];
    const size_t count = (size_t)take_number(&in, 1) % (PATTERNS_MAX + 1);
    struct subject s = {.is_dir = take_number(&in, 1) & 1};
    size_t len;

    s.path = take_text(&in, (size_t)take_number(&in, 1), &s.len);
    for (size_t i = 0; i < s.len; i++)
        if (s.path[i] == '/')
            s.name_at = i + 1;
    for (size_t i = 0; i < count; i++) {
        const uint64_t options = take_number(&in, 1);

        texts[i] = take_text(&in, take_number(&in, 1) % 64, &len);
        patterns[i] = (struct filter_pattern){
            .kind = options & 1 ? FILTER_REGEX : FILTER_GLOB, .fold_case = options & 2, .text = texts[i]};
    }
    /* Of no path at all nothing is promised, nor of one that ends with a slash. */
    if (s.name_at < s.len)
        check_all(patterns, count, &s);
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(s.path);
    return 0;
}
