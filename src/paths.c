/* paths.c: collecting PATHs. Neighbours: options.c says where from, main.c reports what is wrong with them.
 */
#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct path *path_new(const char *text, size_t len, bool keeps_slashes)
{
    struct path *const p = calloc(1, sizeof(*p));
    size_t stem = len;

    if (!p)
        return NULL;
    while (stem > 0 && text[stem - 1] == '/')
        stem--;
    if (keeps_slashes && stem < len)
        stem = len - 1;
    p->given_len = len;
    p->joined_len = stem + 1;
    p->given = malloc(len + 1 + p->joined_len);
    if (!p->given) {
        free(p);
        return NULL;
    }
    memcpy(p->given, text, len);
    p->given[len] = '\0';
    p->joined = p->given + len + 1;
    memcpy(p->joined, text, stem);
    p->joined[stem] = '/';
    return p;
}

static int append(struct path_list *list, const char *text, size_t len, const char *file, size_t line)
{
    struct path *p;

    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 8;
        struct path **const more = realloc(list->items, capacity * sizeof(struct path *));

        if (!more)
            return -ENOMEM;
        list->items = more;
        list->capacity = capacity;
    }
    p = path_new(text, len, list->keeps_slashes);
    if (!p)
        return -ENOMEM;
    p->list = file;
    p->line = line;
    list->items[list->count++] = p;
    return 0;
}

int paths_add(struct path_list *list, const char *text)
{
    const size_t len = strlen(text);

    return len == 0 ? -EINVAL : append(list, text, len, NULL, 0);
}

static int add_lines(struct path_list *list, FILE *in, const char *file, int delimiter, size_t *line)
{
    char *text = NULL;
    size_t size = 0;
    ssize_t len;
    int err = 0;

    *line = 0;
    while (err == 0 && (errno = 0, len = getdelim(&text, &size, delimiter, in)) >= 0) {
        ++*line;
        if (text[len - 1] == delimiter)
            text[--len] = '\0';
        if (len == 0 || strlen(text) != (size_t)len)
            err = -EINVAL;
        else
            err = append(list, text, (size_t)len, file, *line);
    }
    if (err == 0 && !feof(in))
        err = errno ? -errno : -EIO;
    free(text);
    return err;
}

int paths_add_file(struct path_list *list, const char *file, bool null, size_t *line)
{
    const bool standard = strcmp(file, "-") == 0;
    FILE *const in = standard ? stdin : fopen(file, "re");
    int err;

    *line = 0;
    if (!in)
        return -errno;
    err = add_lines(list, in, file, null ? '\0' : '\n', line);
    if (!standard)
        fclose(in);
    return err;
}

struct ranked {
    struct path *path;
    size_t rank;
};

static int by_text_then_rank(const void *a, const void *b)
{
    const struct ranked *const x = a, *const y = b;
    const int order = strcmp(x->path->given, y->path->given);

    return order != 0 ? order : x->rank < y->rank ? -1 : x->rank > y->rank;
}

static void path_free(struct path *p)
{
    if (p)
        free(p->given);
    free(p);
}

int paths_drop_repeated(struct path_list *list)
{
    struct ranked *const sorted = calloc(list->count + 1, sizeof(*sorted));
    const char *last = "";
    size_t kept = 0;

    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++)
        sorted[i] = (struct ranked){list->items[i], i};
    qsort(sorted, list->count, sizeof(*sorted), by_text_then_rank);
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(last, sorted[i].path->given) == 0) {
            path_free(sorted[i].path);
            list->items[sorted[i].rank] = NULL;
        } else {
            last = sorted[i].path->given;
        }
    }
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i]) {
            list->items[i]->rank = kept;
            list->items[kept++] = list->items[i];
        }
    list->count = kept;
    free(sorted);
    return 0;
}

void paths_free(struct path_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        path_free(list->items[i]);
    free(list->items);
    *list = (struct path_list){0};
}
