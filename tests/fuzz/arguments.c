/* arguments.c: any text as the value of an option, or as a PATH.
 * Neighbours: events.h, values.h, timestamp.h, format.h, nearest.h, paths.h. */
#include "events.h"
#include "format.h"
#include "nearest.h"
#include "paths.h"
#include "timestamp.h"
#include "values.h"

#include "fuzz.h"

#include <errno.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fix_time_zone();
    return 0;
}

/* Room for a message, of a size that the input chooses. */
struct message {
    char *text;
    size_t size;
};

static struct message new_message(struct input *in)
{
    struct message m = {.size = (size_t)take_number(in, 1) + 1};

    m.text = malloc(m.size);
    REQUIRE(m.text != NULL);
    m.text[0] = '\0';
    return m;
}

/* A refusal says why, within its room. */
static void check_message(const struct message *m, int err)
{
    REQUIRE(memchr(m->text, '\0', m->size) != NULL);
    REQUIRE(err == 0 || (err == -EINVAL && (m->text[0] || m->size == 1)));
}

static void try_events(struct input *in, const char *text)
{
    struct message why = new_message(in);
    struct event_list list = {.added = (uint32_t)take_number(in, 1) & IN_ALL_EVENTS};
    uint32_t events, flags;
    int err = events_list_add(&list, text, why.text, why.size);

    check_message(&why, err);
    if (err == 0) {
        err = events_list_finish(&list, &events, &flags, why.text, why.size);
        check_message(&why, err);
        if (err == 0) {
            REQUIRE(events != 0 && (events & ~(uint32_t)IN_ALL_EVENTS) == 0);
            REQUIRE((flags & ~(uint32_t)(IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_ADD | IN_MASK_CREATE |
                                         IN_ONESHOT | IN_ONLYDIR)) == 0);
            REQUIRE(!(flags & IN_MASK_ADD) || !(flags & IN_MASK_CREATE));
        }
    }
    free(why.text);
}

static void try_values(struct input *in, const char *text)
{
    const uint64_t max = take_number(in, 8);
    uint64_t number = 0;
    int64_t ns = -1;
    int err = values_number(text, max, &number);

    REQUIRE(err == 0 || err == -EINVAL || err == -ERANGE);
    if (err == 0) {
        char *end;
        const int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;

        REQUIRE(number <= max);
        errno = 0;
        REQUIRE(strtoull(text, &end, base) == number && *end == '\0' && errno == 0);
        REQUIRE(strspn(text, "0123456789abcdefABCDEFxX") == strlen(text));
    }
    err = values_size(text, max, &number);
    REQUIRE(err == 0 || err == -EINVAL || err == -ERANGE);
    if (err == 0) {
        const size_t digits = strspn(text, "0123456789");

        REQUIRE(number <= max);
        REQUIRE(digits > 0 &&
                (text[digits] == '\0' || (strchr("kKmMgG", text[digits]) && !text[digits + 1])));
    }
    err = values_duration(text, &ns);
    REQUIRE(err == 0 || err == -EINVAL || err == -ERANGE);
    REQUIRE(err < 0 || ns >= 0);
}

static void try_time(struct input *in, const char *text)
{
    struct message why = new_message(in);
    struct timestamp *t;
    const int err = timestamp_parse(text, &t, why.text, why.size);

    check_message(&why, err);
    REQUIRE(err == 0 || t == NULL);
    REQUIRE(t != NULL || err < 0 || strcmp(text, "none") == 0);
    for (int i = 0; t && i < 3; i++) {
        const struct timespec when = {(time_t)take_number(in, i ? 1 : 4),
                                      (long)(take_number(in, 4) % 1000000000)};
        size_t len, again_len;
        const char *rendered = timestamp_render(t, &when, &len);
        char *const copy = malloc(len + 1);

        REQUIRE(copy != NULL && len <= TIMESTAMP_MAX);
        memcpy(copy, rendered, len);
        rendered = timestamp_render(t, &when, &again_len);
        REQUIRE(again_len == len && memcmp(copy, rendered, len) == 0);
        free(copy);
    }
    timestamp_free(t);
    free(why.text);
}

static void try_template(struct input *in, const char *text)
{
    static const struct record record = {
        .seq = UINT64_MAX,
        .wd = INT32_MIN,
        .mask = UINT32_MAX,
        .cookie = UINT32_MAX,
        .path = "d\x01\xff/",
        .path_len = 4,
        .name = "a\nb",
        .name_len = 3,
        .watched = "d\x01\xff/",
        .watched_len = 4,
    };
    struct message why = new_message(in);
    const uint64_t flags = take_number(in, 1);
    const struct format_spec spec = {
        .kind = FORMAT_TEMPLATE,
        .template = text,
        .host = flags & 1 ? "host\t" : NULL,
        .null = flags & 2,
        .terminal = flags & 4,
    };
    struct format *f;
    const int err = format_new(&f, &spec, why.text, why.size);

    check_message(&why, err);
    REQUIRE((err == 0) == (f != NULL));
    if (f) {
        const size_t bound = format_bound(f, &record);
        char *const line = malloc(bound);
        const char *end;

        REQUIRE(line != NULL);
        end = format_record(f, &record, line);
        REQUIRE(end > line && (size_t)(end - line) <= bound);
        REQUIRE(end[-1] == (spec.null ? '\0' : '\n'));
        free(line);
    }
    format_free(f);
    free(why.text);
}

static void try_names(struct input *in, const char *text)
{
    size_t other_len;
    char *const other = take_text(in, 80, &other_len);
    const int field = field_find(text);
    struct nearest there, back;

    REQUIRE(field == -1 || strcmp(field_name((enum field)field), text) == 0);
    nearest_start(&there, text);
    nearest_offer(&there, other);
    nearest_start(&back, other);
    nearest_offer(&back, text);
    REQUIRE(there.best == other && there.distance == back.distance);
    REQUIRE(there.distance <= (strlen(text) > other_len ? strlen(text) : other_len));
    free(other);
}

static void try_path(const char *text)
{
    struct path_list list = {0};
    const int err = paths_add(&list, text);
    size_t stem = strlen(text);

    REQUIRE(err == (*text ? 0 : -EINVAL) && list.count == (*text != '\0'));
    while (stem > 0 && text[stem - 1] == '/')
        stem--;
    if (list.count > 0) {
        const struct path *const p = list.items[0];

        REQUIRE(strcmp(p->given, text) == 0 && p->given_len == strlen(text));
        REQUIRE(p->joined_len == stem + 1 && memcmp(p->joined, text, stem) == 0 && p->joined[stem] == '/');
    }
    paths_free(&list);
}

/* The text is the rest of the input, so that the fuzzer can lengthen it; what else a case needs comes first.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { SETTINGS = 24 };
    const size_t settings = size < SETTINGS ? 0 : SETTINGS;
    struct input in = {data, settings}, rest = {data + settings, size - settings};
    const uint64_t which = take_number(&rest, 1) % 6;
    size_t len;
    char *const text = take_text(&rest, rest.size, &len);

    if (which == 0)
        try_events(&in, text);
    else if (which == 1)
        try_values(&in, text);
    else if (which == 2)
        try_time(&in, text);
    else if (which == 3)
        try_template(&in, text);
    else if (which == 4)
        try_names(&in, text);
    else
        try_path(text);
    free(text);
    return 0;
}
