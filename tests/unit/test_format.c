/* test_format.c: records as text, as columns on a terminal, as JSON and as CSV, byte by byte.
 * Neighbours: format.h; test_template.c for templates, test_readback.c for many records at random. */
#include "format.h"

#include "check.h"
#include "events.h"
#include "random.h"
#include "readers.h"
#include "rendering.h"

/* ---- fields ---- */

static void every_field_is_found_by_its_name(void)
{
    static const char *const names[] = {"seq",  "time", "wd",   "mask",      "events", "cookie", "path",
                                        "name", "len",  "from", "synthetic", "count",  "host",   "error"};

    CHECK_EQ(COUNT_OF(names), FIELD_COUNT);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const int field = field_find(names[i]);

        check_case("%s", names[i]);
        if (CHECK(field >= 0 && field < FIELD_COUNT))
            CHECK_STR(field_name((enum field)field), names[i]);
    }
    check_case_over();
    CHECK_EQ(field_find("seq"), FIELD_SEQ);
    CHECK_EQ(field_find("len"), FIELD_LEN);
    CHECK_EQ(field_find(""), -1);
    CHECK_EQ(field_find("Seq"), -1);
    CHECK_EQ(field_find("se"), -1);
    CHECK_EQ(field_find("seqq"), -1);
    CHECK_EQ(field_find("who"), -1);
}

/* All but the time, which only some tests have. */
static const enum field all_fields[] = {FIELD_SEQ,  FIELD_WD,   FIELD_MASK, FIELD_EVENTS,    FIELD_COOKIE,
                                        FIELD_PATH, FIELD_NAME, FIELD_LEN,  FIELD_SYNTHETIC, FIELD_HOST};

static struct format_spec spec_of(enum format_kind kind)
{
    return (struct format_spec){.kind = kind, .events = IN_CREATE};
}

static struct record full_record(void)
{
    struct record r = record_of(IN_CREATE | IN_ISDIR, "up/", "a.txt");

    r.seq = 17;
    r.wd = 3;
    r.cookie = 99;
    r.len = 16;
    r.synthetic = true;
    return r;
}

static struct record ready_record(void)
{
    return (struct record){.wd = -1, .seq = 1, .label = "READY", .path = "", .name = "", .watched = ""};
}

static struct record rename_record(const char *from)
{
    struct record r = record_of(IN_MOVED_TO, "up/", "b");

    r.cookie = 7;
    r.label = "RENAME";
    r.from = from;
    r.from_len = strlen(from);
    return r;
}

/* ---- text ---- */

static void text_has_four_columns_and_tabs_between(void)
{
    const struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record create = record_of(IN_CREATE, "up/", "a.txt"),
                        self = record_of(IN_DELETE_SELF, "up", "");
    struct record from = record_of(IN_MOVED_FROM | IN_ISDIR, "up/", "d");
    const struct record overflow = {.wd = -1, .mask = IN_Q_OVERFLOW, .path = "", .name = "", .watched = ""};
    const struct record ready = ready_record();

    from.cookie = 217185;
    from.wd = 12;
    CHECK_RENDERED(&spec, &create, "1\tCREATE\t0\tup/a.txt\n");
    CHECK_RENDERED(&spec, &from, "12\tMOVED_FROM,ISDIR\t217185\tup/d\n");
    CHECK_RENDERED(&spec, &self, "1\tDELETE_SELF\t0\tup\n");
    CHECK_RENDERED(&spec, &overflow, "-1\tQ_OVERFLOW\t0\t\n");
    CHECK_RENDERED(&spec, &ready, "-1\tREADY\t0\t\n");
}

static void text_has_the_time_where_it_was_asked_for(void)
{
    struct timestamp *const t = time_of("rfc3339");
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record r = record_of(IN_CREATE, "up/", "a");

    spec.time = t;
    CHECK_RENDERED(&spec, &r, "1\tCREATE\t0\tup/a\n");
    spec.time_wanted = true;
    CHECK_RENDERED(&spec, &r, "2023-11-14T22:13:20.123456789+00:00\t1\tCREATE\t0\tup/a\n");
    spec.host = "box";
    CHECK_RENDERED(&spec, &r, "2023-11-14T22:13:20.123456789+00:00\t1\tCREATE\t0\tup/a\tbox\n");
    timestamp_free(t);
}

static void text_prints_the_fields_that_were_named_in_their_order(void)
{
    struct format_spec spec = spec_of(FORMAT_TEXT);
    struct record r = full_record();
    static const enum field backwards[] = {FIELD_PATH, FIELD_SEQ}, one[] = {FIELD_NAME};

    spec.host = "box";
    spec.fields = all_fields;
    spec.field_count = COUNT_OF(all_fields);
    CHECK_RENDERED(&spec, &r, "17\t3\t1073742080\tCREATE,ISDIR\t99\tup/a.txt\ta.txt\t16\ttrue\tbox\n");
    r.synthetic = false;
    CHECK_RENDERED(&spec, &r, "17\t3\t1073742080\tCREATE,ISDIR\t99\tup/a.txt\ta.txt\t16\t\tbox\n");
    spec.fields = backwards;
    spec.field_count = 2;
    CHECK_RENDERED(&spec, &r, "up/a.txt\t17\n");
    spec.fields = one;
    spec.field_count = 1;
    CHECK_RENDERED(&spec, &r, "a.txt\n");
}

static void numbers_keep_their_whole_range(void)
{
    struct format_spec spec = spec_of(FORMAT_TEXT);
    static const enum field numbers[] = {FIELD_SEQ, FIELD_WD, FIELD_MASK, FIELD_COOKIE, FIELD_LEN};
    struct record r = {.seq = UINT64_MAX,
                       .wd = INT32_MIN,
                       .mask = UINT32_MAX,
                       .cookie = UINT32_MAX,
                       .len = UINT32_MAX,
                       .path = "",
                       .name = "",
                       .watched = ""};

    spec.fields = numbers;
    spec.field_count = COUNT_OF(numbers);
    CHECK_RENDERED(&spec, &r, "18446744073709551615\t-2147483648\t4294967295\t4294967295\t4294967295\n");
    spec.kind = FORMAT_JSON;
    CHECK_RENDERED(
        &spec, &r,
        "{\"seq\":18446744073709551615,\"wd\":-2147483648,\"mask\":4294967295,\"cookie\":4294967295,"
        "\"len\":4294967295}\n");
    r = (struct record){.wd = INT32_MAX, .path = "", .name = "", .watched = ""};
    CHECK_RENDERED(&spec, &r, "{\"seq\":0,\"wd\":2147483647,\"mask\":0,\"cookie\":0,\"len\":0}\n");
}

static void no_name_can_forge_or_break_a_line(void)
{
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record r =
        record_of(IN_CREATE, "d\t\\/", "x\n1\tDELETE\t0\tup/b\r\x1b[2J\x7f\xc2\x85\xe2\x80\xa8\xff");

    CHECK_RENDERED(
        &spec, &r,
        "1\tCREATE\t0\td\\t\\\\/x\\n1\\tDELETE\\t0\\tup/b\\x0d\\x1b[2J\\x7f\\xc2\\x85\\xe2\\x80\\xa8"
        "\\xff\n");
    spec.host = "a\tb";
    spec.fields = (const enum field[]){FIELD_HOST, FIELD_WD};
    spec.field_count = 2;
    CHECK_RENDERED(&spec, &r, "a\\tb\t1\n");
}

static void a_time_cannot_break_its_column(void)
{
    struct timestamp *const t = time_of("%H\t%M\n\"%S\\,");
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record r = record_of(IN_CREATE, "a", "");
    static const enum field time_and_wd[] = {FIELD_TIME, FIELD_WD};

    spec.time = t;
    spec.fields = time_and_wd;
    spec.field_count = 2;
    CHECK_RENDERED(&spec, &r, "22\\t13\\n\"20\\\\,\t1\n");
    spec.kind = FORMAT_JSON;
    CHECK_RENDERED(&spec, &r, "{\"time\":\"22\\t13\\n\\\"20\\\\,\",\"wd\":1}\n");
    spec.kind = FORMAT_CSV;
    CHECK_RENDERED(&spec, &r, "\"22\t13\n\"\"20\\,\",1\r\n");
    timestamp_free(t);
}

/* Each of its bytes may become six, and a template may have it more than once. */
static void the_longest_time_fits_however_it_is_escaped(void)
{
    static const enum format_kind kinds[] = {FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_TEMPLATE};
    static const enum field time_only[] = {FIELD_TIME};
    char text[TIMESTAMP_MAX];
    const struct record r = record_of(IN_CREATE, "a", "");

    for (int byte = 1; byte < 256; byte = byte == 1 ? '"' : byte == '"' ? 0xff : 256) {
        struct timestamp *t;

        memset(text, byte, sizeof(text) - 4);
        memcpy(text + sizeof(text) - 4, "%H", 3);
        t = time_of(text);
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
            for (int terminal = 0; terminal < 2; terminal++) {
                struct format_spec spec = spec_of(kinds[i]);
                struct format *f;
                struct room room;

                check_case("byte %#x, kind %zu, terminal %d", (unsigned)byte, i, terminal);
                spec.time = t;
                spec.terminal = terminal;
                spec.template = "%T%T%T%T";
                spec.fields = time_only;
                spec.field_count = 1;
                f = made(&spec);
                CHECK(render(f, &r, &room) > (kinds[i] == FORMAT_TEMPLATE ? 4 : 1) * (sizeof(text) - 4));
                room_free(&room);
                format_free(f);
            }
        }
        timestamp_free(t);
    }
    check_case_over();
}

static void a_rename_has_its_old_path_as_a_further_column(void)
{
    struct format_spec spec = spec_of(FORMAT_TEXT);
    struct record r = rename_record("up/\t\\a\xff");

    CHECK_RENDERED(&spec, &r, "1\tRENAME\t7\tup/b\tup/\\t\\\\a\\xff\n");
    spec.with_from = spec.with_count = true; /* which are for CSV */
    r.count = 3;
    spec.host = "box";
    CHECK_RENDERED(&spec, &r, "1\tRENAME\t7\tup/b\tbox\tup/\\t\\\\a\\xff\n");
    spec.host = NULL;
    spec.null = true;
    CHECK_RENDERED(&spec, &r, "1\tRENAME\t7\tup/b\tup/\t\\a\xff\0");
}

static void text_prints_from_and_count_where_they_are_named(void)
{
    static const enum field fields[] = {FIELD_FROM, FIELD_EVENT_COUNT, FIELD_PATH};
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record plain = record_of(IN_CREATE, "up/", "b");
    struct record r = rename_record("up/a\n");

    spec.fields = fields;
    spec.field_count = COUNT_OF(fields);
    r.count = UINT64_MAX;
    CHECK_RENDERED(&spec, &r, "up/a\\n\t18446744073709551615\tup/b\n");
    CHECK_RENDERED(&spec, &plain, "\t\tup/b\n");
    spec.terminal = true;
    r.count = 12;
    CHECK_RENDERED(&spec, &r, "up/a\\n  12     up/b\n");
}

/* RENAME stands for MOVED_TO alone; other labels hide the mask. */
static void a_rename_has_what_it_was_united_with_among_its_events(void)
{
    static const struct {
        uint32_t others;
        const char *text, *json, *csv;
    } cases[] = {
        {0, "RENAME\n", "{\"events\":[\"RENAME\"]}\n", "RENAME\r\n"},
        {IN_ISDIR, "RENAME,ISDIR\n", "{\"events\":[\"RENAME\",\"ISDIR\"]}\n", "\"RENAME,ISDIR\"\r\n"},
        {IN_MODIFY | IN_ISDIR, "RENAME,MODIFY,ISDIR\n", "{\"events\":[\"RENAME\",\"MODIFY\",\"ISDIR\"]}\n",
         "\"RENAME,MODIFY,ISDIR\"\r\n"},
        {IN_CLOSE_WRITE | IN_ATTRIB | 0x100000, "RENAME,ATTRIB,CLOSE_WRITE,0x100000\n",
         "{\"events\":[\"RENAME\",\"ATTRIB\",\"CLOSE_WRITE\",\"0x100000\"]}\n",
         "\"RENAME,ATTRIB,CLOSE_WRITE,0x100000\"\r\n"},
    };
    static const enum field events[] = {FIELD_EVENTS}, mask[] = {FIELD_MASK};
    struct format_spec spec = spec_of(FORMAT_TEXT);
    struct record r = rename_record("a"), ready = ready_record();

    spec.field_count = 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check_case("%zu", i);
        r.mask = IN_MOVED_TO | cases[i].others;
        spec.fields = events;
        spec.kind = FORMAT_TEXT;
        check_rendered(&spec, &r, cases[i].text, strlen(cases[i].text), "text", __FILE__, __LINE__);
        spec.kind = FORMAT_JSON;
        check_rendered(&spec, &r, cases[i].json, strlen(cases[i].json), "json", __FILE__, __LINE__);
        spec.kind = FORMAT_CSV;
        check_rendered(&spec, &r, cases[i].csv, strlen(cases[i].csv), "csv", __FILE__, __LINE__);
    }
    check_case_over();
    spec.kind = FORMAT_TEXT;
    ready.mask = IN_MODIFY;
    CHECK_RENDERED(&spec, &ready, "READY\n");
    spec.fields = mask;
    r.mask = IN_MOVED_TO | IN_MODIFY | IN_ISDIR;
    CHECK_RENDERED(&spec, &r, "1073741954\n");
    r.mask = UINT32_MAX;
    spec.fields = events;
    spec.kind = FORMAT_JSON;
    r.from_len = 0; /* nothing else lends it room */
    CHECK_RENDERED(
        &spec, &r,
        "{\"events\":[\"RENAME\",\"ACCESS\",\"ATTRIB\",\"CLOSE_WRITE\",\"CLOSE_NOWRITE\",\"CREATE\","
        "\"DELETE\",\"DELETE_SELF\",\"MODIFY\",\"MOVE_SELF\",\"MOVED_FROM\",\"OPEN\",\"IGNORED\","
        "\"Q_OVERFLOW\",\"UNMOUNT\",\"0xbfff1000\",\"ISDIR\"]}\n");
}

static void with_null_paths_are_raw_and_nul_ends_the_record(void)
{
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record r = record_of(IN_CREATE, "d\\/", "a\nb\t\x1b\xff");

    spec.null = true;
    CHECK_RENDERED(&spec, &r, "1\tCREATE\t0\td\\/a\nb\t\x1b\xff\0");
}

/* ---- a terminal ---- */

static void a_terminal_gets_time_event_and_path_in_columns(void)
{
    struct timestamp *const t = time_of("%H:%M:%S.%3N");
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record dir = record_of(IN_CREATE | IN_ISDIR, "up/", "d"),
                        self = record_of(IN_MODIFY, "up", "");
    const struct record ready = ready_record();

    spec.terminal = true;
    spec.time = t;
    CHECK_RENDERED(&spec, &dir, "22:13:20.123  CREATE,ISDIR  up/d\n");
    CHECK_RENDERED(&spec, &self, "22:13:20.123  MODIFY        up\n");
    CHECK_RENDERED(&spec, &ready, "22:13:20.123  READY         \n");
    spec.events = IN_ALL_EVENTS;
    CHECK_RENDERED(&spec, &self, "22:13:20.123  MODIFY               up\n");
    spec.time = NULL;
    CHECK_RENDERED(&spec, &self, "MODIFY               up\n");
    spec.host = "box";
    CHECK_RENDERED(&spec, &self, "MODIFY               up  box\n");
    timestamp_free(t);
}

static void on_a_terminal_a_rename_leads_from_the_old_path_to_the_new(void)
{
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record r = rename_record("up/\x1b[2J\xe2\x80\xae");

    spec.terminal = true;
    spec.events = IN_MOVED_TO;
    CHECK_RENDERED(&spec, &r, "RENAME          up/\\x1b[2J\\xe2\\x80\\xae -> up/b\n");
    spec.host = "box";
    spec.null = true;
    CHECK_RENDERED(&spec, &r, "RENAME          up/\\x1b[2J\\xe2\\x80\\xae -> up/b  box\0");
}

static void what_is_wider_than_its_column_is_not_cut(void)
{
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record r = record_of(IN_CREATE | IN_DELETE | IN_MODIFY, "up/", "a");
    static const enum field fields[] = {FIELD_WD, FIELD_EVENTS, FIELD_SEQ, FIELD_PATH};

    spec.terminal = true;
    CHECK_RENDERED(&spec, &r, "CREATE,DELETE,MODIFY  up/a\n");
    spec.fields = fields;
    spec.field_count = COUNT_OF(fields);
    CHECK_RENDERED(&spec, &r, "1    CREATE,DELETE,MODIFY  1       up/a\n");
    spec.field_count = 1; /* and the last column ends where its text does */
    CHECK_RENDERED(&spec, &r, "1\n");
}

static void a_terminal_never_gets_a_raw_control_character(void)
{
    static const enum format_kind kinds[] = {FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV};
    const struct record r =
        record_of(IN_CREATE, "\x1b]0;/",
                  "\x1b[2J\r\n\t\x7f\x9b\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf\xe2\x80\xa8");

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        for (int variant = 0; variant < 2; variant++) {
            struct format_spec spec = spec_of(kinds[i]);
            struct format *f;
            struct room room;
            size_t len;

            spec.terminal = true;
            spec.null = variant;
            f = made(&spec);
            check_case("kind %zu, null %d", i, variant);
            len = render(f, &r, &room);
            for (size_t at = 0; at + (spec.null ? 1 : kinds[i] == FORMAT_CSV ? 2 : 1) < len; at++)
                CHECK((unsigned char)room.bytes[at] >= 0x20 && room.bytes[at] != 0x7f);
            room.bytes[len - 1] = '\0';
            CHECK(!strstr(room.bytes, "\xe2\x80\xae") && !strstr(room.bytes, "\xe2\x81\xa6") &&
                  !strstr(room.bytes, "\xef\xbb\xbf") && !strstr(room.bytes, "\xc2\x9b"));
            room_free(&room);
            format_free(f);
        }
    }
    check_case_over();
}

#define DIM     "\033[2m"
#define RESET   "\033[0m"
#define MAGENTA "\033[1;35m"

static void colours_surround_time_events_and_directory(void)
{
    struct timestamp *const t = time_of("%T");
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record entry = record_of(IN_CREATE, "up/", "a"), self = record_of(IN_DELETE_SELF, "up", "");

    spec.terminal = true;
    spec.color = true;
    spec.time = t;
    CHECK_RENDERED(&spec, &entry,
                   DIM "22:13:20" RESET "  \033[32mCREATE      " RESET "  " DIM "up/" RESET "a\n");
    CHECK_RENDERED(&spec, &self, DIM "22:13:20" RESET "  \033[31mDELETE_SELF " RESET "  up\n");
    spec.terminal = false;
    CHECK_RENDERED(&spec, &entry, "1\t\033[32mCREATE" RESET "\t0\t" DIM "up/" RESET "a\n");
    timestamp_free(t);
}

static void a_rename_is_green_and_its_old_path_dim(void)
{
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record r = rename_record("up/a");

    spec.color = true;
    CHECK_RENDERED(&spec, &r, "1\t\033[32mRENAME" RESET "\t7\t" DIM "up/" RESET "b\tup/a\n");
    spec.terminal = true;
    CHECK_RENDERED(&spec, &r, "\033[32mRENAME      " RESET "  " DIM "up/a -> " RESET DIM "up/" RESET "b\n");
}

static void the_colour_tells_the_kind_of_event(void)
{
    static const struct {
        uint32_t mask;
        const char *color;
    } cases[] = {
        {IN_CREATE, "\033[32m"},
        {IN_MOVED_TO, "\033[32m"},
        {IN_CREATE | IN_ISDIR, "\033[32m"},
        {IN_DELETE, "\033[31m"},
        {IN_MOVED_FROM, "\033[31m"},
        {IN_DELETE_SELF, "\033[31m"},
        {IN_MOVE_SELF, "\033[31m"},
        {IN_MODIFY, "\033[33m"},
        {IN_ATTRIB, "\033[33m"},
        {IN_CLOSE_WRITE, "\033[33m"},
        {IN_OPEN, "\033[34m"},
        {IN_ACCESS, "\033[34m"},
        {IN_CLOSE_NOWRITE, "\033[34m"},
        {IN_Q_OVERFLOW, MAGENTA},
        {IN_UNMOUNT, MAGENTA},
        {IN_IGNORED, MAGENTA},
        {0, "\033[34m"},
    };
    struct format_spec spec = spec_of(FORMAT_TEXT);
    static const enum field events[] = {FIELD_EVENTS};
    const struct record ready = ready_record();

    spec.color = true;
    spec.fields = events;
    spec.field_count = 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct record r = record_of(cases[i].mask, "up/", "a");
        struct format *const f = made(&spec);
        struct room room;

        check_case("mask %#x", cases[i].mask);
        render(f, &r, &room);
        CHECK_MEM(room.bytes, strlen(cases[i].color), cases[i].color, strlen(cases[i].color));
        room_free(&room);
        format_free(f);
    }
    check_case_over();
    CHECK_RENDERED(&spec, &ready, MAGENTA "READY" RESET "\n");
}

static void only_text_is_coloured(void)
{
    struct format_spec spec = spec_of(FORMAT_JSON);
    const struct record r = record_of(IN_CREATE, "up/", "a");
    static const enum field fields[] = {FIELD_EVENTS, FIELD_PATH};

    spec.color = true;
    spec.fields = fields;
    spec.field_count = 2;
    CHECK_RENDERED(&spec, &r, "{\"events\":[\"CREATE\"],\"path\":\"up/a\"}\n");
    spec.kind = FORMAT_CSV;
    CHECK_RENDERED(&spec, &r, "CREATE,up/a\r\n");
}

/* ---- JSON ---- */

static void json_has_its_keys_in_the_order_of_the_interface(void)
{
    struct timestamp *const t = time_of("rfc3339");
    struct format_spec spec = spec_of(FORMAT_JSON);
    struct record r = full_record();
    const struct record ready = ready_record();

    CHECK_RENDERED(&spec, &r,
                   "{\"seq\":17,\"wd\":3,\"mask\":1073742080,\"events\":[\"CREATE\",\"ISDIR\"],\"cookie\":99,"
                   "\"path\":\"up/a.txt\",\"name\":\"a.txt\",\"synthetic\":true}\n");
    r.synthetic = false;
    spec.time = t;
    CHECK_RENDERED(
        &spec, &r,
        "{\"seq\":17,\"time\":\"2023-11-14T22:13:20.123456789+00:00\",\"wd\":3,\"mask\":1073742080,"
        "\"events\":[\"CREATE\",\"ISDIR\"],\"cookie\":99,\"path\":\"up/a.txt\",\"name\":\"a.txt\"}\n");
    spec.host = "b\"ox";
    CHECK_RENDERED(&spec, &ready,
                   "{\"seq\":1,\"time\":\"2023-11-14T22:13:20.123456789+00:00\",\"wd\":-1,\"mask\":0,"
                   "\"events\":[\"READY\"],\"cookie\":0,\"path\":\"\",\"name\":\"\",\"host\":\"b\\\"ox\"}\n");
    timestamp_free(t);
}

static void json_has_from_and_count_where_they_apply(void)
{
    static const enum field fields[] = {FIELD_EVENT_COUNT, FIELD_FROM, FIELD_WD};
    struct format_spec spec = spec_of(FORMAT_JSON);
    struct record r = rename_record("up/a"), plain = record_of(IN_CREATE, "up/", "b");

    r.synthetic = true;
    r.count = 2;
    r.error = "no";
    spec.host = "box";
    CHECK_RENDERED(&spec, &r,
                   "{\"seq\":1,\"wd\":1,\"mask\":128,\"events\":[\"RENAME\"],\"cookie\":7,\"path\":\"up/b\","
                   "\"name\":\"b\",\"from\":\"up/a\",\"synthetic\":true,\"count\":2,\"host\":\"box\","
                   "\"error\":\"no\"}\n");
    spec.host = NULL;
    spec.fields = fields;
    spec.field_count = COUNT_OF(fields);
    CHECK_RENDERED(&spec, &r, "{\"count\":2,\"from\":\"up/a\",\"wd\":1}\n");
    CHECK_RENDERED(&spec, &plain, "{\"wd\":1}\n");
    plain.count = 1;
    CHECK_RENDERED(&spec, &plain, "{\"count\":1,\"wd\":1}\n");
    r.from = "\xff\n";
    r.from_len = 2;
    r.count = 0;
    CHECK_RENDERED(&spec, &r, "{\"from\":\"\xef\xbf\xbd\\n\",\"from_b64\":\"/wo=\",\"wd\":1}\n");
}

static void json_keeps_the_bytes_that_are_not_utf8_beside(void)
{
    struct format_spec spec = spec_of(FORMAT_JSON);
    static const enum field fields[] = {FIELD_PATH, FIELD_NAME};
    const struct record in_name = record_of(IN_CREATE, "up/", "a\xff"),
                        in_dir = record_of(IN_CREATE, "\xe9/", "a");
    const struct record controls = record_of(IN_CREATE, "a/", "\n\x1b\x7f\xc2\x85\xe2\x80\xa8\xe2\x80\xae");

    spec.fields = fields;
    spec.field_count = 2;
    CHECK_RENDERED(&spec, &in_name,
                   "{\"path\":\"up/a\xef\xbf\xbd\",\"path_b64\":\"dXAvYf8=\",\"name\":\"a\xef\xbf\xbd\","
                   "\"name_b64\":\"Yf8=\"}\n");
    CHECK_RENDERED(&spec, &in_dir, "{\"path\":\"\xef\xbf\xbd/a\",\"path_b64\":\"6S9h\",\"name\":\"a\"}\n");
    CHECK_RENDERED(&spec, &controls,
                   "{\"path\":\"a/\\n\\u001b\\u007f\\u0085\\u2028\\u202e\","
                   "\"name\":\"\\n\\u001b\\u007f\\u0085\\u2028\\u202e\"}\n");
}

static void json_separates_its_members_wherever_synthetic_stands(void)
{
    static const enum field fields[] = {FIELD_SYNTHETIC, FIELD_WD, FIELD_PATH};

    /* every selection of the three, in every order */
    for (int code = 1; code < 64; code++) {
        enum field chosen[3];
        size_t count = 0;
        bool valid = true, with_synthetic = false;

        for (int rest = code; rest > 0; rest /= 4) {
            if (rest % 4 == 0) {
                valid = false;
                break;
            }
            chosen[count++] = fields[rest % 4 - 1];
            for (size_t i = 0; i + 1 < count; i++)
                valid = valid && chosen[i] != chosen[count - 1];
            with_synthetic = with_synthetic || chosen[count - 1] == FIELD_SYNTHETIC;
        }
        if (!valid)
            continue;
        for (int synthetic = 0; synthetic < 2; synthetic++) {
            struct format_spec spec = spec_of(FORMAT_JSON);
            struct record r = record_of(IN_CREATE, "up/", "{");
            struct json_object o;
            struct format *f;
            struct room room;
            size_t len;

            r.synthetic = synthetic;
            spec.fields = chosen;
            spec.field_count = count;
            check_case("code %d, synthetic %d", code, synthetic);
            f = made(&spec);
            len = render(f, &r, &room);
            CHECK(json_read(&o, room.bytes, len - 1));
            CHECK_EQ(o.count, count - (with_synthetic && !synthetic));
            CHECK_EQ(json_find(&o, "synthetic") != NULL, with_synthetic && synthetic);
            json_free(&o);
            room_free(&room);
            format_free(f);
        }
    }
    check_case_over();
}

static void json_may_end_in_nul_but_is_never_raw(void)
{
    struct format_spec spec = spec_of(FORMAT_JSON);
    const struct record r = record_of(IN_CREATE, "a\n", "");
    static const enum field fields[] = {FIELD_PATH};

    spec.fields = fields;
    spec.field_count = 1;
    spec.null = true;
    CHECK_RENDERED(&spec, &r, "{\"path\":\"a\\n\"}\0");
}

/* ---- CSV ---- */

static void csv_quotes_what_needs_it_and_nothing_else(void)
{
    struct format_spec spec = spec_of(FORMAT_CSV);
    static const enum field fields[] = {FIELD_PATH, FIELD_WD};
    static const struct {
        const char *dir, *name, *wanted;
    } cases[] = {
        {"up/", "a b", "up/a b,1\r\n"},
        {"up/", "a,b", "\"up/a,b\",1\r\n"},
        {"u,p/", "ab", "\"u,p/ab\",1\r\n"},
        {"up/", "a\"b", "\"up/a\"\"b\",1\r\n"},
        {"\"/", "\"", "\"\"\"/\"\"\",1\r\n"},
        {"up/", "a\nb", "\"up/a\nb\",1\r\n"},
        {"up/", "a\rb", "\"up/a\rb\",1\r\n"},
        {"up/", "a\tb\\\x1b\xff", "up/a\tb\\\x1b\xff,1\r\n"},
        {"", "", ",1\r\n"},
    };

    spec.fields = fields;
    spec.field_count = 2;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct record r = record_of(IN_CREATE, cases[i].dir, cases[i].name);

        check_case("%zu", i);
        check_rendered(&spec, &r, cases[i].wanted, strlen(cases[i].wanted), "record", __FILE__, __LINE__);
    }
    check_case_over();
}

static void csv_has_the_fields_of_the_interface(void)
{
    struct timestamp *const t = time_of("%H,%M");
    struct format_spec spec = spec_of(FORMAT_CSV);
    struct record r = full_record();
    const struct record ready = ready_record();

    CHECK_RENDERED(&spec, &r, "17,3,1073742080,\"CREATE,ISDIR\",99,up/a.txt,a.txt\r\n");
    spec.time = t;
    spec.host = "a,\"b";
    CHECK_RENDERED(&spec, &ready, "1,\"22,13\",-1,0,READY,0,,,\"a,\"\"b\"\r\n");
    spec.fields = all_fields;
    spec.field_count = COUNT_OF(all_fields);
    CHECK_RENDERED(&spec, &r, "17,3,1073742080,\"CREATE,ISDIR\",99,up/a.txt,a.txt,16,true,\"a,\"\"b\"\r\n");
    spec.null = true;
    r.synthetic = false;
    CHECK_RENDERED(&spec, &r, "17,3,1073742080,\"CREATE,ISDIR\",99,up/a.txt,a.txt,16,,\"a,\"\"b\"\0");
    timestamp_free(t);
}

static void csv_has_from_and_count_where_there_may_be_some(void)
{
    struct format_spec spec = spec_of(FORMAT_CSV);
    struct record r = rename_record("u,p/\"a"), plain = record_of(IN_CREATE, "up/", "b");

    r.count = 2;
    CHECK_RENDERED(&spec, &r, "1,1,128,RENAME,7,up/b,b\r\n");
    spec.with_from = true;
    spec.host = "box";
    CHECK_RENDERED(&spec, &r, "1,1,128,RENAME,7,up/b,b,\"u,p/\"\"a\",box\r\n");
    CHECK_RENDERED(&spec, &plain, "1,1,256,CREATE,0,up/b,b,,box\r\n");
    spec.with_count = true;
    CHECK_RENDERED(&spec, &r, "1,1,128,RENAME,7,up/b,b,\"u,p/\"\"a\",2,box\r\n");
    CHECK_RENDERED(&spec, &plain, "1,1,256,CREATE,0,up/b,b,,,box\r\n");
    spec.with_from = false;
    CHECK_RENDERED(&spec, &r, "1,1,128,RENAME,7,up/b,b,2,box\r\n");
}

static void csv_on_a_terminal_is_escaped(void)
{
    struct format_spec spec = spec_of(FORMAT_CSV);
    static const enum field fields[] = {FIELD_EVENTS, FIELD_PATH};
    const struct record r = record_of(IN_CREATE | IN_ISDIR, "\x1b/", "a\"\n\xff\xe2\x80\xae");

    spec.terminal = true;
    spec.fields = fields;
    spec.field_count = 2;
    CHECK_RENDERED(&spec, &r, "\"CREATE,ISDIR\",\"\\x1b/a\"\"\\n\\xff\\xe2\\x80\\xae\"\r\n");
}

/* ---- time ---- */

static void a_format_without_a_time_has_none_to_set(void)
{
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record r = record_of(IN_CREATE, "a", "");

    spec.time_wanted = true;
    CHECK_RENDERED(&spec, &r, "1\tCREATE\t0\ta\n");
}

static void the_time_is_that_of_the_last_batch(void)
{
    struct timestamp *const t = time_of("%s.%N");
    struct format_spec spec = spec_of(FORMAT_TEXT);
    const struct record r = record_of(IN_CREATE, "a", "");
    static const enum field fields[] = {FIELD_TIME};
    const struct timespec times[] = {{5, 1}, {5, 2}, {6, 2}, {5, 0}};
    static const char *const wanted[] = {"5.000000001\n", "5.000000002\n", "6.000000002\n", "5.000000000\n"};
    struct format *f;

    spec.time = t;
    spec.fields = fields;
    spec.field_count = 1;
    f = made(&spec);
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        for (int twice = 0; twice < 2; twice++) {
            struct room room;
            size_t len;

            format_set_time(f, &times[i]);
            len = render(f, &r, &room);
            CHECK_MEM(room.bytes, len, wanted[i], strlen(wanted[i]));
            room_free(&room);
        }
    }
    format_free(f);
    timestamp_free(t);
    format_free(NULL);
}

/* ---- what is remembered ---- */

static void check_as_if_it_were_new(const struct format_spec *spec, const struct format *used,
                                    const struct record *r)
{
    struct format *const fresh = made(spec);
    struct room room, wanted;
    const size_t len = render(used, r, &room), wanted_len = render(fresh, r, &wanted);

    CHECK_MEM(room.bytes, len, wanted.bytes, wanted_len);
    room_free(&room);
    room_free(&wanted);
    format_free(fresh);
}

/* A format that has seen many masks, and some again, writes what one writes that has seen none. */
static void no_mask_is_taken_for_another(void)
{
    static const enum field mixed[] = {FIELD_EVENTS, FIELD_SYNTHETIC, FIELD_MASK,  FIELD_NAME,
                                       FIELD_MASK,   FIELD_FROM,      FIELD_EVENTS};
    const struct format_spec specs[] = {
        {.kind = FORMAT_TEXT},
        {.kind = FORMAT_JSON},
        {.kind = FORMAT_JSON, .fields = mixed, .field_count = COUNT_OF(mixed)},
        {.kind = FORMAT_CSV},
        {.kind = FORMAT_TEXT, .terminal = true, .color = true, .events = IN_ALL_EVENTS},
        {.kind = FORMAT_TEMPLATE, .template = "%m<%|e>%f[%e]%m"},
    };

    random_start();
    for (size_t i = 0; i < COUNT_OF(specs); i++) {
        struct format *const used = made(&specs[i]);

        for (int n = 0; n < 1000; n++) {
            struct record r = record_of(
                random_below(4) ? UINT32_C(1) << random_below(32) : (uint32_t)random_next(), "up/", "a");

            check_case("kind %zu, mask %#x", i, r.mask);
            if (random_below(10) == 0)
                r.label = "GONE";
            if (random_below(10) == 0)
                r.synthetic = true;
            check_as_if_it_were_new(&specs[i], used, &r);
        }
        format_free(used);
    }
    check_case_over();
}

int main(void)
{
    every_field_is_found_by_its_name();
    text_has_four_columns_and_tabs_between();
    text_has_the_time_where_it_was_asked_for();
    text_prints_the_fields_that_were_named_in_their_order();
    numbers_keep_their_whole_range();
    no_name_can_forge_or_break_a_line();
    a_time_cannot_break_its_column();
    the_longest_time_fits_however_it_is_escaped();
    a_rename_has_its_old_path_as_a_further_column();
    text_prints_from_and_count_where_they_are_named();
    a_rename_has_what_it_was_united_with_among_its_events();
    with_null_paths_are_raw_and_nul_ends_the_record();
    a_terminal_gets_time_event_and_path_in_columns();
    on_a_terminal_a_rename_leads_from_the_old_path_to_the_new();
    what_is_wider_than_its_column_is_not_cut();
    a_terminal_never_gets_a_raw_control_character();
    colours_surround_time_events_and_directory();
    a_rename_is_green_and_its_old_path_dim();
    the_colour_tells_the_kind_of_event();
    only_text_is_coloured();
    json_has_its_keys_in_the_order_of_the_interface();
    json_has_from_and_count_where_they_apply();
    json_keeps_the_bytes_that_are_not_utf8_beside();
    json_separates_its_members_wherever_synthetic_stands();
    json_may_end_in_nul_but_is_never_raw();
    csv_quotes_what_needs_it_and_nothing_else();
    csv_has_the_fields_of_the_interface();
    csv_has_from_and_count_where_there_may_be_some();
    csv_on_a_terminal_is_escaped();
    a_format_without_a_time_has_none_to_set();
    the_time_is_that_of_the_last_batch();
    no_mask_is_taken_for_another();
    return check_status();
}
