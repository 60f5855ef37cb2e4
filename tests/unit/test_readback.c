/* test_readback.c: records of every kind at random, with every byte that a name may have: that they fit their
 * room and can be read back. Neighbours: format.h; rendering.h writes, readers.h reads. */
#include "format.h"

#include "check.h"
#include "random.h"
#include "readers.h"
#include "rendering.h"

#define LONGEST     300
#define RECORD_ROOM (32 * LONGEST) /* more than any record needs */

struct random_case {
    struct format_spec spec;
    enum field fields[FIELD_COUNT];
    struct record r;
    char dir[LONGEST], name[LONGEST], path[2 * LONGEST], from[LONGEST];
    size_t path_len;
};

static size_t random_bytes(char *bytes)
{
    static const char palette[] = "abc,\"\\\n\r\t\x1b\x7f\xc2\x85\xe2\x80\xa8\xff{}";
    const size_t len = random_below(8) == 0 ? random_below(LONGEST) : random_below(12);
    const bool same = random_below(4) == 0;
    const char one = (char)(1 + random_below(255));

    for (size_t i = 0; i < len; i++)
        bytes[i] = same                   ? one
                   : random_below(3) == 0 ? (char)(1 + random_below(255))
                                          : palette[random_below(sizeof(palette) - 1)];
    return len;
}

static void make_random_case(struct random_case *c, struct timestamp *t)
{
    size_t dir_len, name_len, from_len;
    const bool rename = random_below(4) == 0;

    memset(c, 0, sizeof(*c));
    dir_len = random_bytes(c->dir);
    name_len = random_bytes(c->name);
    if (name_len > 0 && dir_len > 0)
        c->dir[dir_len - 1] = '/';
    memcpy(c->path, c->dir, dir_len);
    memcpy(c->path + dir_len, c->name, name_len);
    c->path_len = dir_len + name_len;
    from_len = random_bytes(c->from);
    c->r = (struct record){
        .seq = random_next(),
        .wd = (int)random_next(),
        .mask = (uint32_t)random_next(),
        .cookie = (uint32_t)random_next(),
        .len = (uint32_t)random_next(),
        .label = rename                 ? "RENAME"
                 : random_below(8) == 0 ? "READY"
                                        : NULL,
        .path = c->dir,
        .path_len = dir_len,
        .name = c->name,
        .name_len = name_len,
        .watched = c->dir,
        .watched_len = dir_len,
        .synthetic = random_below(2),
        .count = random_below(2) ? random_next() : 0,
        .from = rename ? c->from : NULL,
        .from_len = rename ? from_len : 0,
    };
    c->spec = (struct format_spec){
        .kind = (enum format_kind)random_below(3),
        .time = t,
        .time_wanted = random_below(2),
        .host = random_below(2) ? "h\"o,s\tt" : NULL,
        .with_from = random_below(2),
        .with_count = random_below(2),
        .null = random_below(2),
        .terminal = random_below(2),
        .color = random_below(2),
        .events = (uint32_t)random_next(),
    };
    if (random_below(2)) {
        for (int field = 0; field < FIELD_COUNT; field++) {
            const size_t at = random_below(c->spec.field_count + 1);

            if (random_below(2) || (field == FIELD_HOST && !c->spec.host))
                continue;
            memmove(c->fields + at + 1, c->fields + at, (c->spec.field_count - at) * sizeof(c->fields[0]));
            c->fields[at] = (enum field)field;
            c->spec.field_count++;
        }
        c->spec.fields = c->spec.field_count > 0 ? c->fields : NULL;
    }
}

/* The bytes of a member, from beside it where they are not UTF-8, are these. */
static void check_json_bytes(const struct json_object *o, const char *key, const char *bytes, size_t len)
{
    const struct json_member *const m = json_find(o, key);
    const struct json_member *b64;
    char b64_key[32], decoded[RECORD_ROOM];
    long decoded_len;

    if (!m)
        return;
    snprintf(b64_key, sizeof(b64_key), "%s_b64", key);
    b64 = json_find(o, b64_key);
    CHECK_EQ(m->kind, 's');
    CHECK_EQ(b64 == NULL, is_utf8(bytes, len));
    if (!b64) {
        CHECK_MEM(m->text, m->len, bytes, len);
        return;
    }
    decoded_len = read_base64(b64->text, b64->len, decoded);
    if (CHECK(decoded_len >= 0))
        CHECK_MEM(decoded, (size_t)decoded_len, bytes, len);
}

static bool has_field(const struct random_case *c, enum field field)
{
    for (size_t i = 0; i < c->spec.field_count; i++)
        if (c->fields[i] == field)
            return true;
    return !c->spec.fields;
}

static void check_json(const struct random_case *c, const char *line, size_t len)
{
    struct json_object o;

    if (CHECK(json_read(&o, line, len))) {
        check_json_bytes(&o, "path", c->path, c->path_len);
        check_json_bytes(&o, "name", c->name, c->r.name_len);
        check_json_bytes(&o, "host", c->spec.host ? c->spec.host : "",
                         c->spec.host ? strlen(c->spec.host) : 0);
        check_json_bytes(&o, "from", c->from, c->r.from_len);
        CHECK_EQ(json_find(&o, "from") != NULL, c->r.from && has_field(c, FIELD_FROM));
        CHECK_EQ(json_find(&o, "count") != NULL, c->r.count > 0 && has_field(c, FIELD_EVENT_COUNT));
        CHECK_EQ(json_find(&o, "path") != NULL, has_field(c, FIELD_PATH));
        CHECK_EQ(json_find(&o, "len") != NULL, c->spec.fields && has_field(c, FIELD_LEN));
    }
    json_free(&o);
}

static void check_csv(const struct random_case *c, const char *line, size_t len)
{
    char decoded[RECORD_ROOM];
    struct csv_field fields[FIELD_COUNT + 1];
    const long count = csv_read(line, len, decoded, fields, COUNT_OF(fields));
    const int default_count = 8 + c->spec.with_from + c->spec.with_count + (c->spec.host != NULL);

    CHECK_EQ(count, c->spec.fields ? (long)c->spec.field_count : default_count);
    for (long i = 0; i < count; i++) {
        const enum field field = c->spec.fields                ? c->fields[i]
                                 : i == 6                      ? FIELD_PATH
                                 : i == 8 && c->spec.with_from ? FIELD_FROM
                                                               : FIELD_COUNT;

        if (field == FIELD_PATH && !c->spec.terminal)
            CHECK_MEM(fields[i].text, fields[i].len, c->path, c->path_len);
        if (field == FIELD_FROM && !c->spec.terminal)
            CHECK_MEM(fields[i].text, fields[i].len, c->from, c->r.from_len);
    }
}

/* One column at a time: the number of the one with the path is known where the fields are. */
static void check_text(const struct random_case *c, const char *line, size_t len)
{
    char decoded[RECORD_ROOM];
    size_t column = 0;

    CHECK(is_utf8(line, len));
    for (const char *at = line, *end = line + len; at <= end; column++) {
        const char *const tab = memchr(at, '\t', (size_t)(end - at)), *const stop = tab ? tab : end;

        for (const char *p = at; p < stop; p++)
            CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
        if (c->spec.fields && column < c->spec.field_count && c->fields[column] == FIELD_PATH) {
            const long decoded_len = read_text(at, (size_t)(stop - at), decoded);

            if (CHECK(decoded_len >= 0))
                CHECK_MEM(decoded, (size_t)decoded_len, c->path, c->path_len);
        }
        at = stop + 1;
    }
    if (c->spec.fields)
        CHECK_EQ(column, c->spec.field_count);
}

static void whatever_is_written_fits_and_can_be_read_back(void)
{
    const size_t rounds = random_rounds(20000);
    struct timestamp *const t = time_of("%T \"\\\t,%N");

    for (size_t i = 0; i < rounds; i++) {
        struct random_case c;
        struct format *f;
        struct room room;
        size_t len, end_len;

        make_random_case(&c, t);
        check_case("round %zu: kind %d", i, (int)c.spec.kind);
        f = made(&c.spec);
        len = render(f, &c.r, &room);
        end_len = !c.spec.null && c.spec.kind == FORMAT_CSV ? 2 : 1;
        if (CHECK(len >= end_len)) {
            CHECK_EQ(room.bytes[len - 1], c.spec.null ? '\0' : '\n');
            if (c.spec.kind == FORMAT_JSON)
                check_json(&c, room.bytes, len - end_len);
            else if (c.spec.kind == FORMAT_CSV)
                check_csv(&c, room.bytes, len - end_len);
            else if (!c.spec.null && !c.spec.terminal && !c.spec.color)
                check_text(&c, room.bytes, len - end_len);
        }
        room_free(&room);
        format_free(f);
    }
    check_case_over();
    timestamp_free(t);
}

int main(void)
{
    random_start();
    whatever_is_written_fits_and_can_be_read_back();
    return check_status();
}
