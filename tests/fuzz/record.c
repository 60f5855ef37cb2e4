/* record.c: any record through any format: it stays within its bound, and what is written for programs can be
 * read back exactly. Neighbours: format.h; readers.h of the unit tests reads. */
#include "format.h"

#include "fuzz.h"
#include "readers.h"

/* ---- a case from the input ---- */

struct scene {
    struct format_spec spec;
    enum field fields[FIELD_COUNT];
    struct record record;
    char *dir, *name, *path; /* owned */
    size_t path_len;
};

static struct timestamp *clock_time;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char why[256];

    (void)argc, (void)argv;
    fix_time_zone();
    REQUIRE(timestamp_parse("%F\t%T.%N\"%:z\\,", &clock_time, why, sizeof(why)) == 0);
    return 0;
}

/* Each field at most once, in an order that the input gives. */
static void take_fields(struct input *in, struct scene *s)
{
    bool seen[FIELD_COUNT] = {false};

    for (uint64_t left = take_number(in, 1) % (FIELD_COUNT + 1); left > 0; left--) {
        const enum field field = (enum field)(take_number(in, 1) % FIELD_COUNT);

        if (seen[field] || (field == FIELD_HOST && !s->spec.host) || (field == FIELD_TIME && !s->spec.time))
            continue;
        seen[field] = true;
        s->fields[s->spec.field_count++] = field;
    }
    if (s->spec.field_count > 0)
        s->spec.fields = s->fields;
}

static void take_spec(struct input *in, struct scene *s)
{
    static const char *const templates[] = {"%p", "%w|%f", "%T %;e %m %d %c %q %h%n", "%p%T%p%T"};
    const uint64_t flags = take_number(in, 2);

    s->spec = (struct format_spec){
        .kind = (enum format_kind)(flags & 3),
        .null = flags & 4,
        .terminal = flags & 8,
        .color = flags & 16,
        .time = flags & 32 ? clock_time : NULL,
        .time_wanted = flags & 64,
        .host = flags & 128 ? "h\xc3\xa9\t\",\\x" : NULL,
        .template = templates[flags >> 8 & 3],
        .events = (uint32_t)take_number(in, 2),
    };
    take_fields(in, s);
}

static void take_record(struct input *in, struct scene *s)
{
    const uint64_t flags = take_number(in, 1);
    struct record *const r = &s->record;

    r->seq = take_number(in, 8);
    r->wd = (int)take_number(in, 4);
    r->mask = (uint32_t)take_number(in, 4);
    r->cookie = (uint32_t)take_number(in, 4);
    r->len = (uint32_t)take_number(in, 4);
    r->label = flags & 1 ? "READY" : NULL;
    r->synthetic = flags & 2;
    s->dir = take_text(in, (size_t)take_number(in, 1), &r->path_len);
    s->name = take_text(in, 255, &r->name_len);
    if (r->name_len > 0 && r->path_len > 0)
        s->dir[r->path_len - 1] = '/';
    r->path = r->watched = s->dir;
    r->watched_len = r->path_len;
    r->name = s->name;
    s->path_len = r->path_len + r->name_len;
    s->path = malloc(s->path_len + 1);
    REQUIRE(s->path != NULL);
    memcpy(s->path, r->path, r->path_len);
    memcpy(s->path + r->path_len, r->name, r->name_len);
}

/* ---- what must hold ---- */

/* The number of the column with the path, or -1. */
static int path_column(const struct scene *s)
{
    int column = 0;

    if (s->spec.kind == FORMAT_CSV && !s->spec.fields)
        return s->spec.time ? 6 : 5;
    if (!s->spec.fields)
        return s->spec.time && s->spec.time_wanted ? 4 : 3;
    for (; column < (int)s->spec.field_count; column++)
        if (s->fields[column] == FIELD_PATH)
            return column;
    return -1;
}

static void require_same(const char *got, long got_len, const char *wanted, size_t wanted_len)
{
    REQUIRE(got_len >= 0 && (size_t)got_len == wanted_len && memcmp(got, wanted, wanted_len) == 0);
}

static void require_printable(const char *line, size_t len, bool tab_allowed)
{
    REQUIRE(is_utf8(line, len));
    for (size_t i = 0; i < len; i++)
        REQUIRE(((unsigned char)line[i] >= 0x20 && line[i] != 0x7f) || (tab_allowed && line[i] == '\t'));
}

/* Nothing that reorders a screen either: LRE to RLO, LRI to PDI, and the byte order mark. */
static void require_harmless(const char *line, size_t len)
{
    for (size_t i = 0; i + 2 < len; i++) {
        REQUIRE(memcmp(line + i, "\xef\xbb\xbf", 3) != 0);
        REQUIRE(memcmp(line + i, "\xe2\x80", 2) != 0 || (unsigned char)line[i + 2] < 0xa8 ||
                (unsigned char)line[i + 2] > 0xae);
        REQUIRE(memcmp(line + i, "\xe2\x81", 2) != 0 || (unsigned char)line[i + 2] < 0xa6 ||
                (unsigned char)line[i + 2] > 0xa9);
    }
}

static void check_json_text(const struct json_object *o, const char *key, const char *bytes, size_t len)
{
    const struct json_member *const m = json_find(o, key);
    char b64_key[24];
    const struct json_member *b64;

    if (!m)
        return;
    snprintf(b64_key, sizeof(b64_key), "%s_b64", key);
    b64 = json_find(o, b64_key);
    REQUIRE((b64 == NULL) == is_utf8(bytes, len));
    if (b64) {
        char *const decoded = malloc(b64->len + 1);

        REQUIRE(decoded != NULL);
        require_same(decoded, read_base64(b64->text, b64->len, decoded), bytes, len);
        free(decoded);
    } else {
        require_same(m->text, (long)m->len, bytes, len);
    }
}

static void check_json(const struct scene *s, const char *line, size_t len)
{
    struct json_object o;

    require_printable(line, len, false);
    require_harmless(line, len);
    REQUIRE(json_read(&o, line, len));
    check_json_text(&o, "path", s->path, s->path_len);
    check_json_text(&o, "name", s->name, s->record.name_len);
    check_json_text(&o, "host", s->spec.host ? s->spec.host : "", s->spec.host ? strlen(s->spec.host) : 0);
    REQUIRE(s->spec.fields || json_find(&o, "path"));
    json_free(&o);
}

static void check_csv(const struct scene *s, const char *line, size_t len)
{
    struct csv_field fields[FIELD_COUNT + 1];
    char *const decoded = malloc(len + 1);
    const int path_at = path_column(s);
    long count;

    REQUIRE(decoded != NULL);
    if (s->spec.terminal) {
        require_printable(line, len, false);
        require_harmless(line, len);
    }
    count = csv_read(line, len, decoded, fields, FIELD_COUNT + 1);
    REQUIRE(count == (s->spec.fields ? (long)s->spec.field_count
                                     : 7 + (s->spec.time != NULL) + (s->spec.host != NULL)));
    if (path_at >= 0 && !s->spec.terminal)
        require_same(fields[path_at].text, (long)fields[path_at].len, s->path, s->path_len);
    free(decoded);
}

/* Take our own colours out; a name can have none of them, for its escape characters are escaped. */
static size_t without_colors(char *line, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        if (line[i] == '\033' && i + 1 < len && line[i + 1] == '[')
            while (i < len && line[i] != 'm')
                i++;
        else
            line[kept++] = line[i];
    }
    return kept;
}

static void check_text(const struct scene *s, char *line, size_t len)
{
    const int path_at = path_column(s);
    const char *at = line, *end;
    char *decoded;
    int column = 0;

    if (s->spec.color)
        len = without_colors(line, len);
    require_printable(line, len, !s->spec.terminal);
    if (s->spec.terminal) {
        require_harmless(line, len);
        return;
    }
    decoded = malloc(len + 1);
    REQUIRE(decoded != NULL);
    for (;; column++, at = end + 1) {
        end = memchr(at, '\t', (size_t)(line + len - at));
        if (column == path_at)
            require_same(decoded, read_text(at, (size_t)((end ? end : line + len) - at), decoded), s->path,
                         s->path_len);
        if (!end)
            break;
    }
    REQUIRE(!s->spec.fields || column + 1 == (int)s->spec.field_count);
    REQUIRE(column >= path_at);
    free(decoded);
}

static void check_template(const struct scene *s, const char *line, size_t len)
{
    char *decoded;

    if (strcmp(s->spec.template, "%p") != 0)
        return;
    require_printable(line, len, false);
    decoded = malloc(len + 1);
    REQUIRE(decoded != NULL);
    require_same(decoded, read_text(line, len, decoded), s->path, s->path_len);
    free(decoded);
}

/* Without its end. */
static void check_line(const struct scene *s, char *line, size_t len)
{
    const bool raw = s->spec.null && !s->spec.terminal;

    if (s->spec.kind == FORMAT_JSON)
        check_json(s, line, len);
    else if (s->spec.kind == FORMAT_CSV)
        check_csv(s, line, len);
    else if (s->spec.kind == FORMAT_TEXT && !raw)
        check_text(s, line, len);
    else if (s->spec.kind == FORMAT_TEMPLATE && !raw)
        check_template(s, line, len);
    else if (s->spec.kind == FORMAT_TEMPLATE && strcmp(s->spec.template, "%p") == 0)
        require_same(line, (long)len, s->path, s->path_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct scene s = {.path = NULL};
    struct timespec when;
    struct format *f;
    char why[512], *line;
    size_t bound, len, end_len;

    take_spec(&in, &s);
    when = (struct timespec){(time_t)take_number(&in, 4), (long)(take_number(&in, 4) % 1000000000)};
    take_record(&in, &s);
    REQUIRE(format_new(&f, &s.spec, why, sizeof(why)) == 0);
    format_set_time(f, &when);
    bound = format_bound(f, &s.record);
    line = malloc(bound);
    REQUIRE(line != NULL);
    len = (size_t)(format_record(f, &s.record, line) - line);
    REQUIRE(len <= bound);
    end_len = s.spec.kind == FORMAT_CSV && !s.spec.null ? 2 : 1;
    REQUIRE(len >= end_len && line[len - 1] == (s.spec.null ? '\0' : '\n'));
    check_line(&s, line, len - end_len);
    free(line);
    format_free(f);
    free(s.dir);
    free(s.name);
    free(s.path);
    return 0;
}
