/* glob.c: any bytes as a glob and as a file of ignore rules, against any path: nothing is read past its end,
 * and short globs match what a matcher says that tries everything. Neighbours: glob.h, ignore.h,
 * reference_glob.h. */
#include "glob.h"
#include "ignore.h"

#include "fuzz.h"
#include "reference_glob.h"

#include <errno.h>

/* The reference takes exponential time. */
#define REFERENCE_STARS_MAX 5
#define REFERENCE_LEN_MAX   24

struct subject {
    char *path;
    size_t len, name_at;
    bool is_dir;
};

/* Of any bytes, a path as it may be: no slash at an end, and none behind another. */
static struct subject take_path(struct input *in, size_t len)
{
    struct subject s = {.is_dir = take_number(in, 1) & 1};
    size_t kept = 0;

    s.path = take_text(in, len, &len);
    for (size_t i = 0; i < len; i++)
        if (s.path[i] != '/' || (kept > 0 && s.path[kept - 1] != '/'))
            s.path[kept++] = s.path[i];
    kept -= kept > 0 && s.path[kept - 1] == '/';
    s.path = realloc(s.path, kept + (kept == 0));
    REQUIRE(s.path != NULL);
    s.len = kept;
    for (size_t i = 0; i < kept; i++)
        if (s.path[i] == '/')
            s.name_at = i + 1;
    return s;
}

static bool is_short(const char *glob, size_t len, const struct subject *s)
{
    size_t stars = 0;

    for (size_t i = 0; i < len; i++)
        stars += glob[i] == '*' && (i == 0 || glob[i - 1] != '*');
    return len <= REFERENCE_LEN_MAX && s->len <= REFERENCE_LEN_MAX && stars <= REFERENCE_STARS_MAX;
}

/* What rules say where the glob is the only one. */
static void check_rules(const char *glob, size_t len, const struct subject *s, bool matches)
{
    struct ignore_rules *rules;

    if (memchr(glob, '\n', len) || glob[0] == '#' || glob[0] == '!' || glob[len - 1] == ' ' ||
        glob[len - 1] == '\r' || strncmp(glob, "\xef\xbb\xbf", 3) == 0)
        return;
    REQUIRE(ignore_rules_parse(&rules, glob, len) == 0 && rules);
    REQUIRE((ignore_rules_match(rules, s->path, s->len, s->name_at, s->is_dir) == IGNORE_LEFT_OUT) ==
            matches);
    ignore_rules_free(rules);
}

static void check_glob(const char *glob, size_t len, const struct subject *s)
{
    const char *why = NULL;
    size_t at = len + 1;
    struct glob *g, *folding;
    const int got = glob_new(&g, glob, len, 0, &why, &at);
    bool matches;

    REQUIRE(got == 0 || (got == -EINVAL && why && at <= len));
    REQUIRE(glob_new(&folding, glob, len, GLOB_FOLD_CASE, &why, &at) == got);
    if (got < 0)
        return;
    REQUIRE(glob_size(g) <= glob_bound(len) && glob_size(g) == glob_size(folding));
    matches = glob_match(g, s->path, s->len, s->name_at, s->is_dir);
    glob_match(folding, s->path, s->len, s->name_at, s->is_dir);
    if (!glob_needs_path(g))
        REQUIRE(matches == glob_match(g, s->path + s->name_at, s->len - s->name_at, 0, s->is_dir));
    if (is_short(glob, len, s))
        REQUIRE(matches == reference_match(glob, s->path, s->len, s->name_at, s->is_dir));
    check_rules(glob, len, s, matches);
    free(g);
    free(folding);
}

static void check_file(struct input *in, const struct subject *s)
{
    char *const text = malloc(in->size + (in->size == 0));
    struct ignore_rules *rules;

    REQUIRE(text != NULL);
    memcpy(text, in->data, in->size);
    REQUIRE(ignore_rules_parse(&rules, text, in->size) == 0);
    free(text);
    if (!rules)
        REQUIRE(!ignore_rules_need_path(rules));
    else if (!ignore_rules_need_path(rules))
        REQUIRE(ignore_rules_match(rules, s->path, s->len, s->name_at, s->is_dir) ==
                ignore_rules_match(rules, s->path + s->name_at, s->len - s->name_at, 0, s->is_dir));
    else
        ignore_rules_match(rules, s->path, s->len, s->name_at, s->is_dir);
    ignore_rules_free(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct subject s;
    size_t len;
    char *glob;

    s = take_path(&in, (size_t)take_number(&in, 1));
    glob = take_text(&in, (size_t)take_number(&in, 1), &len);
    /* Of no path at all nothing is promised. */
    if (s.len > 0) {
        check_glob(glob, len, &s);
        check_file(&in, &s);
    }
    free(glob);
    free(s.path);
    return 0;
}
