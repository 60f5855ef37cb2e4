/* record.c: any record through any format: it stays within its bound, and what is written for programs can be
 * read back exactly. Neighbours: format.h; readers.h of the unit tests reads. */
#include "format.h"

#include "fuzz.h"
#include "readers.h"

#include <sys/inotify.h>

/* ---- a case from the input ---- */

struct scene {
    struct format_spec spec;
    enum field fields[FIELD_COUNT];
    struct record record;
    char *dir, *name, *from, *path; /* owned */
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
    static const char *const templates[] = {"%p", "%w|%f", "%T %;e %m %d %c %q %h%n%P%P", "%P"};
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
        .with_from = flags & 1024,
        .with_count = flags & 2048,
        .events = (uint32_t)take_number(in, 2),
    };
    if (flags & 4096) {
        static const char *const waits[] = {"%w %,e %f", "%w%f%", "%T %c%0%n%f", "%xe%w|%z"};

        s->spec.kind = flags & 8192 ? FORMAT_WAIT_CSV : FORMAT_WAIT;
        s->spec.template = waits[flags >> 8 & 3];
        s->spec.null = false;
    }
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
    r->count = flags & 4 ? take_number(in, 8) : 0;
    s->dir = take_text(in, (size_t)take_number(in, 1), &r->path_len);
    s->name = take_text(in, 255, &r->name_len);
    if (r->name_len > 0 && r->path_len > 0)
        s->dir[r->path_len - 1] = '/';
    if (flags & 8) {
        s->from = take_text(in, (size_t)take_number(in, 1), &r->from_len);
        r->from = s->from;
        r->label = "RENAME";
    }
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

/* The numbers of the columns with the path, with the old one, and with the count; -1 where there is none. */
struct columns {
    int path, from, count;
};

static struct columns columns_of(const struct scene *s)
{
    const bool csv = s->spec.kind == FORMAT_CSV;
    struct columns at = {-1, -1, -1};

    if (!s->spec.fields) {
        at.path = csv ? 5 + (s->spec.time != NULL) : 3 + (s->spec.time && s->spec.time_wanted);
        if (csv && s->spec.with_from)
            at.from = at.path + 2;
        else if (!csv && s->record.from)
            at.from = at.path + 1 + (s->spec.host != NULL);
        if (csv && s->spec.with_count)
            at.count = at.path + 2 + s->spec.with_from;
    }
    for (int column = 0; column < (int)s->spec.field_count; column++) {
        if (s->fields[column] == FIELD_PATH)
            at.path = column;
        else if (s->fields[column] == FIELD_FROM)
            at.from = column;
        else if (s->fields[column] == FIELD_EVENT_COUNT)
            at.count = column;
    }
    return at;
}

static void require_same(const char *got, long got_len, const char *wanted, size_t wanted_len)
{
    REQUIRE(got_len >= 0 && (size_t)got_len == wanted_len && memcmp(got, wanted, wanted_len) == 0);
}

/* The number in decimal, or nothing for 0. */
static void require_count(const char *got, long got_len, uint64_t wanted)
{
    char text[24] = "";

    if (wanted > 0)
        snprintf(text, sizeof(text), "%llu", (unsigned long long)wanted);
    require_same(got, got_len, text, strlen(text));
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

/* RENAME comes first and stands for MOVED_TO. */
static void check_rename(const struct json_member *events, uint32_t mask)
{
    const bool alone = (mask & ~(uint32_t)IN_MOVED_TO) == 0;

    REQUIRE(events->len >= 6 && memcmp(events->text, "RENAME", 6) == 0);
    REQUIRE((events->len == 6) == alone);
    REQUIRE(alone || events->text[6] == ',');
    REQUIRE(!memmem(events->text, events->len, "MOVED_TO", 8));
    if (mask & IN_ISDIR)
        REQUIRE(memcmp(events->text + events->len - 6, ",ISDIR", 6) == 0);
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
    check_json_text(&o, "from", s->from ? s->from : "", s->record.from_len);
    REQUIRE(s->from || !json_find(&o, "from"));
    if (!s->spec.fields) {
        REQUIRE((s->from != NULL) == (json_find(&o, "from") != NULL));
        REQUIRE((s->record.count > 0) == (json_find(&o, "count") != NULL));
    }
    if (json_find(&o, "count"))
        require_count(json_find(&o, "count")->text, (long)json_find(&o, "count")->len, s->record.count);
    if (s->from && json_find(&o, "events"))
        check_rename(json_find(&o, "events"), s->record.mask);
    json_free(&o);
}

static void check_csv(const struct scene *s, const char *line, size_t len)
{
    struct csv_field fields[FIELD_COUNT + 1];
    char *const decoded = malloc(len + 1);
    const struct columns at = columns_of(s);
    long count;

    REQUIRE(decoded != NULL);
    if (s->spec.terminal) {
        require_printable(line, len, false);
        require_harmless(line, len);
    }
    count = csv_read(line, len, decoded, fields, FIELD_COUNT + 1);
    REQUIRE(count == (s->spec.fields ? (long)s->spec.field_count
                                     : 7 + (s->spec.time != NULL) + (s->spec.host != NULL) +
                                           s->spec.with_from + s->spec.with_count));
    if (at.path >= 0 && !s->spec.terminal)
        require_same(fields[at.path].text, (long)fields[at.path].len, s->path, s->path_len);
    if (at.from >= 0 && !s->spec.terminal)
        require_same(fields[at.from].text, (long)fields[at.from].len, s->from ? s->from : "",
                     s->record.from_len);
    if (at.count >= 0)
        require_count(fields[at.count].text, (long)fields[at.count].len, s->record.count);
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
    const struct columns columns = columns_of(s);
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

        const size_t width = (size_t)((end ? end : line + len) - at);

        if (column == columns.path)
            require_same(decoded, read_text(at, width, decoded), s->path, s->path_len);
        if (column == columns.from)
            require_same(decoded, read_text(at, width, decoded), s->from ? s->from : "", s->record.from_len);
        if (column == columns.count)
            require_count(at, (long)width, s->record.count);
        if (!end)
            break;
    }
    REQUIRE(!s->spec.fields || column + 1 == (int)s->spec.field_count);
    REQUIRE(column >= columns.path && column >= columns.from);
    free(decoded);
}

static void check_template(const struct scene *s, const char *line, size_t len)
{
    const bool old = strcmp(s->spec.template, "%P") == 0;
    char *decoded;

    if (!old && strcmp(s->spec.template, "%p") != 0)
        return;
    require_printable(line, len, false);
    decoded = malloc(len + 1);
    REQUIRE(decoded != NULL);
    require_same(decoded, read_text(line, len, decoded),
                 !old      ? s->path
                 : s->from ? s->from
                           : "",
                 old ? s->record.from_len : s->path_len);
    free(decoded);
}

/* Of inotifywait's lines: none has another in it, but where a NUL ends it or quotes enclose it. */
static void check_wait(const struct scene *s, const char *line, size_t len)
{
    if (s->spec.kind == FORMAT_WAIT_CSV && !s->spec.terminal)
        return;
    if (s->spec.kind == FORMAT_WAIT && strchr(s->spec.template, 'n'))
        return;
    REQUIRE(!memchr(line, '\n', len));
    if (!s->spec.terminal)
        return;
    require_printable(line, len, false);
    require_harmless(line, len);
}

/* Without its end. */
static void check_line(const struct scene *s, char *line, size_t len)
{
    const bool raw = s->spec.null && !s->spec.terminal;

    if (s->spec.kind == FORMAT_WAIT || s->spec.kind == FORMAT_WAIT_CSV)
        check_wait(s, line, len);
    else if (s->spec.kind == FORMAT_JSON)
        check_json(s, line, len);
    else if (s->spec.kind == FORMAT_CSV)
        check_csv(s, line, len);
    else if (s->spec.kind == FORMAT_TEXT && !raw)
        check_text(s, line, len);
    else if (s->spec.kind == FORMAT_TEMPLATE && !raw)
        check_template(s, line, len);
    else if (s->spec.kind == FORMAT_TEMPLATE && strcmp(s->spec.template, "%p") == 0)
        require_same(line, (long)len, s->path, s->path_len);
    else if (s->spec.kind == FORMAT_TEMPLATE && strcmp(s->spec.template, "%P") == 0)
        require_same(line, (long)len, s->from ? s->from : "", s->record.from_len);
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
    free(s.from);
    free(s.path);
    return 0;
}
