/* choice.c: asks patterns, rules and types in their order. Neighbours: report.c asks about records, compare.c
 * about directories. */
#include "choice.h"

#include "rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A path below PATH: of the entry in hand. */
struct place {
    const char *path;
    size_t len, name_at;
    bool is_dir;
};

void choice_free(struct choice *c)
{
    filter_free(c->filter);
    for (size_t i = 0; i < c->file_count; i++)
        ignore_rules_free(c->files[i]);
    free(c->files);
    free(c->path);
    *c = (struct choice){0};
}

bool choice_is_any(const struct choice *c)
{
    return c->filter || c->file_count > 0 || c->gitignore || c->type != CHOICE_ANY_TYPE ||
           c->excluded_count > 0;
}

bool choice_depends_on_path(const struct choice *c)
{
    if (c->gitignore || c->excluded_count > 0 || (c->filter && filter_needs_path(c->filter)))
        return true;
    for (size_t i = 0; i < c->file_count; i++)
        if (ignore_rules_need_path(c->files[i]))
            return true;
    return false;
}

static bool makes_room(struct choice *c, size_t size)
{
    char *larger;

    if (size <= c->path_size)
        return true;
    larger = realloc(c->path, 2 * size);
    if (!larger)
        return false;
    c->path = larger;
    c->path_size = 2 * size;
    return true;
}

/* Where an entry is. A directory that has no place at the moment is taken for a PATH. */
static int find_place(struct choice *c, uint32_t dir, const char *name, size_t name_len, bool is_dir,
                      struct place *place)
{
    const char *below = NULL;
    size_t below_len = 0;

    *place = (struct place){.path = name, .len = name_len, .is_dir = is_dir};
    if (!dir || !choice_depends_on_path(c))
        return 0;
    below = watch_path_below(c->set, dir, &below_len);
    if (!below || below_len == 0)
        return 0;
    if (!makes_room(c, below_len + name_len))
        return -ENOMEM;
    memcpy(c->path, below, below_len);
    memcpy(c->path + below_len, name, name_len);
    *place =
        (struct place){.path = c->path, .len = below_len + name_len, .name_at = below_len, .is_dir = is_dir};
    return 0;
}

static bool is_git_itself(const struct place *p)
{
    static const char name[] = ".git";
    const size_t len = sizeof(name) - 1;

    return p->len - p->name_at == len && memcmp(p->path + p->name_at, name, len) == 0;
}

/* From the directory upwards, each with the path from there. */
static int ask_gitignore(const struct choice *c, uint32_t dir, const struct place *place, bool before)
{
    size_t from = place->name_at;
    bool is_final = false;
    int verdict = IGNORE_UNDECIDED;

    if (is_git_itself(place))
        return IGNORE_LEFT_OUT;
    for (uint32_t id = dir; id && !is_final; id = watch_parent(c->set, id)) {
        struct rules *const rules = watch_rules(c->set, id);
        size_t len;

        if (rules) {
            const struct rules_path path = {.path = place->path + from,
                                            .len = place->len - from,
                                            .name_at = place->name_at - from,
                                            .is_dir = place->is_dir};

            verdict = rules_match(rules, &path, before, &is_final);
        }
        watch_name(c->set, id, &len);
        if (from < len + 1)
            break; /* that was PATH */
        from -= len + 1;
    }
    return verdict;
}

static int ask_files(const struct choice *c, const struct place *place)
{
    enum ignore_verdict verdict = IGNORE_UNDECIDED;

    for (size_t i = c->file_count; i > 0 && verdict == IGNORE_UNDECIDED; i--)
        verdict = ignore_rules_match(c->files[i - 1], place->path, place->len, place->name_at, place->is_dir);
    return (int)verdict;
}

/* Returns an enum filter_verdict or -ENOMEM. */
static int judge_place(struct choice *c, uint32_t dir, const struct place *place, bool before)
{
    enum filter_verdict verdict = FILTER_UNDECIDED;
    int ignored;

    if (c->filter)
        verdict = filter_match(c->filter, place->path, place->len, place->name_at, place->is_dir);
    if (verdict != FILTER_UNDECIDED)
        return (int)verdict;
    ignored = c->gitignore && dir ? ask_gitignore(c, dir, place, before) : IGNORE_UNDECIDED;
    if (ignored == IGNORE_UNDECIDED)
        ignored = ask_files(c, place);
    if (ignored < 0)
        return ignored;
    return ignored == IGNORE_LEFT_OUT ? FILTER_LEFT_OUT : FILTER_UNDECIDED;
}

static int judge(struct choice *c, uint32_t dir, const char *name, size_t name_len, bool is_dir)
{
    struct place place;
    const int err = find_place(c, dir, name, name_len, is_dir, &place);

    return err < 0 ? err : judge_place(c, dir, &place, false);
}

int choice_left_out_before(struct choice *c, uint32_t dir, const char *name, size_t name_len, bool is_dir)
{
    struct place place;
    const int err = find_place(c, dir, name, name_len, is_dir, &place);
    const int verdict = err < 0 ? err : judge_place(c, dir, &place, true);

    return verdict < 0 ? verdict : verdict == FILTER_LEFT_OUT;
}

static int is_excluded(struct choice *c, uint32_t dir, const char *name, size_t name_len)
{
    size_t dir_len;
    const char *const parent = watch_path(c->set, dir, &dir_len);

    if (!parent)
        return watch_path_given(c->set, dir) ? -ENOMEM : 0;
    for (size_t i = 0; i < c->excluded_count; i++) {
        const char *const path = c->excluded[i];

        if (strncmp(path, parent, dir_len) == 0 && strncmp(path + dir_len, name, name_len) == 0 &&
            path[dir_len + name_len] == '\0')
            return 1;
    }
    return 0;
}

int choice_leaves_out(struct choice *c, uint32_t dir, const char *name, size_t name_len, bool is_dir)
{
    const int excluded = c->excluded_count > 0 && dir ? is_excluded(c, dir, name, name_len) : 0;
    int verdict;

    if (excluded != 0)
        return excluded;
    verdict = judge(c, dir, name, name_len, is_dir);
    return verdict < 0 ? verdict : verdict == FILTER_LEFT_OUT;
}

/* What a verdict and the type come to. */
static int decide(const struct choice *c, int verdict, bool is_dir)
{
    if (verdict < 0 || verdict == FILTER_LEFT_OUT)
        return verdict < 0 ? verdict : 0;
    if (verdict == FILTER_UNDECIDED && c->filter && filter_keeps_only(c->filter))
        return 0;
    return c->type == CHOICE_ANY_TYPE || (c->type == CHOICE_DIRECTORIES) == is_dir;
}

int choice_tells(struct choice *c, uint32_t dir, const char *name, size_t name_len, bool is_dir)
{
    if (c->type != CHOICE_ANY_TYPE && (c->type == CHOICE_DIRECTORIES) != is_dir)
        return 0;
    return decide(c, judge(c, dir, name, name_len, is_dir), is_dir);
}

int choice_tells_path(struct choice *c, const char *path, size_t path_len, bool is_dir)
{
    size_t begin;

    while (path_len > 1 && path[path_len - 1] == '/')
        path_len--;
    for (begin = path_len; begin > 0 && path[begin - 1] != '/';)
        begin--;
    if (begin == path_len)
        begin = 0; /* the root */
    return decide(c,
                  c->filter ? (int)filter_match(c->filter, path + begin, path_len - begin, 0, is_dir)
                            : FILTER_UNDECIDED,
                  is_dir);
}
