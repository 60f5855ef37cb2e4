/* test_template.c: --format: every letter, the escapes of printf(1), and what is refused.
 * Neighbours: format.h, through which templates are compiled; rendering.h. */
#include "format.h"

#include "check.h"
#include "events.h"
#include "rendering.h"

#include <errno.h>

static struct format_spec with(const char *template)
{
    return (struct format_spec){.kind = FORMAT_TEMPLATE, .template = template};
}

#define CHECK_TEMPLATE(template, record, literal)                                                            \
    do {                                                                                                     \
        const struct format_spec spec_ = with(template);                                                     \
        check_case("%s", template);                                                                          \
        CHECK_RENDERED(&spec_, (record), literal);                                                           \
        check_case_over();                                                                                   \
    } while (0)

/* ---- letters ---- */

static void each_letter_is_its_field(void)
{
    struct record r = record_of(IN_MOVED_TO | IN_ISDIR, "up/", "a.txt");
    struct record whole = record_of(IN_MODIFY, "notes", "");

    r.seq = 42;
    r.wd = 7;
    r.cookie = 217185;
    CHECK_TEMPLATE("%w", &r, "up/\n");
    CHECK_TEMPLATE("%f", &r, "a.txt\n");
    CHECK_TEMPLATE("%p", &r, "up/a.txt\n");
    CHECK_TEMPLATE("%P", &r, "\n");
    CHECK_TEMPLATE("%e", &r, "MOVED_TO,ISDIR\n");
    CHECK_TEMPLATE("%c", &r, "217185\n");
    CHECK_TEMPLATE("%d", &r, "7\n");
    CHECK_TEMPLATE("%m", &r, "0x40000080\n");
    CHECK_TEMPLATE("%q", &r, "42\n");
    CHECK_TEMPLATE("%T", &r, "\n");
    CHECK_TEMPLATE("%h", &r, "\n");
    CHECK_TEMPLATE("%u", &r, "?\n");
    CHECK_TEMPLATE("%i", &r, "?\n");
    CHECK_TEMPLATE("%C", &r, "?\n");
    CHECK_TEMPLATE("%n", &r, "\n\n");
    CHECK_TEMPLATE("%0", &r, "\0\n");
    CHECK_TEMPLATE("%%", &r, "%\n");
    CHECK_TEMPLATE("", &r, "\n");
    CHECK_TEMPLATE("plain", &r, "plain\n");
    CHECK_TEMPLATE("%q %e %w%f %%p %%%p%%", &r, "42 MOVED_TO,ISDIR up/a.txt %p %up/a.txt%\n");
    CHECK_TEMPLATE("%d%d%w%w", &r, "77up/up/\n");
    CHECK_TEMPLATE("[%w][%f][%p]", &whole, "[notes][][notes]\n");
}

static void numbers_keep_their_whole_range(void)
{
    struct record r = record_of(UINT32_MAX, "", "");

    r.seq = UINT64_MAX;
    r.wd = INT32_MIN;
    r.cookie = UINT32_MAX;
    CHECK_TEMPLATE("%q %d %c %m", &r, "18446744073709551615 -2147483648 4294967295 0xffffffff\n");
    r = record_of(0, "", "");
    r.seq = 0;
    r.wd = -1;
    CHECK_TEMPLATE("%q %d %c %m %e", &r, "0 -1 0 0x0 0x0\n");
}

static void time_and_host_are_those_of_the_format(void)
{
    struct timestamp *const t = time_of("%H:%M:%S.%3N");
    struct format_spec spec = with("%T %h|%T");
    const struct record r = record_of(IN_CREATE, "up/", "a");

    spec.time = t;
    spec.host = "box";
    CHECK_RENDERED(&spec, &r, "22:13:20.123 box|22:13:20.123\n");
    spec.host = "a\tb\\c";
    CHECK_RENDERED(&spec, &r, "22:13:20.123 a\\tb\\\\c|22:13:20.123\n");
    timestamp_free(t);
}

static void a_record_of_our_own_has_its_label(void)
{
    const struct record r = {.wd = -1, .seq = 1, .label = "READY", .path = "", .name = "", .watched = ""};

    CHECK_TEMPLATE("%e %;e %d %m [%p]", &r, "READY READY -1 0x0 []\n");
}

static void a_rename_has_an_old_path(void)
{
    struct record r = record_of(IN_MOVED_TO | IN_MODIFY | IN_ISDIR, "up/", "b");
    struct format_spec spec = with("%P>%p");

    r.label = "RENAME";
    r.from = "up/\t\xff";
    r.from_len = 5;
    CHECK_TEMPLATE("%P", &r, "up/\\t\\xff\n");
    CHECK_TEMPLATE("%P%P %e %+e %m", &r,
                   "up/\\t\\xffup/\\t\\xff RENAME,MODIFY,ISDIR RENAME+MODIFY+ISDIR 0x40000082\n");
    spec.null = true;
    CHECK_RENDERED(&spec, &r, "up/\t\xff>up/b\0");
}

static void events_are_separated_by_whatever_stands_before_the_e(void)
{
    const struct record r = record_of(IN_CREATE | IN_DELETE | IN_ISDIR, "up/", "a");
    const struct record one = record_of(IN_CREATE, "up/", "a");

    CHECK_TEMPLATE("%|e", &r, "CREATE|DELETE|ISDIR\n");
    CHECK_TEMPLATE("% e", &r, "CREATE DELETE ISDIR\n");
    CHECK_TEMPLATE("%,e", &r, "CREATE,DELETE,ISDIR\n");
    CHECK_TEMPLATE("%:e", &one, "CREATE\n");
    CHECK_TEMPLATE("%ee", &r, "CREATE,DELETE,ISDIRe\n");
    CHECK_TEMPLATE("%Xe", &r, "CREATEXDELETEXISDIR\n");
    CHECK_TEMPLATE("%1e", &r, "CREATE1DELETE1ISDIR\n");
    CHECK_TEMPLATE("%-e", &r, "CREATE-DELETE-ISDIR\n");
    CHECK_TEMPLATE("%\"e", &r, "CREATE\"DELETE\"ISDIR\n");
    CHECK_TEMPLATE("%\xc3\xa9"
                   "e",
                   &r,
                   "CREATE\xc3\xa9"
                   "DELETE\xc3\xa9"
                   "ISDIR\n");
    CHECK_TEMPLATE("%\xf0\x9f\x98\x80"
                   "e",
                   &r,
                   "CREATE\xf0\x9f\x98\x80"
                   "DELETE\xf0\x9f\x98\x80"
                   "ISDIR\n");
    CHECK_TEMPLATE("%\\te", &r, "CREATE\tDELETE\tISDIR\n");
    CHECK_TEMPLATE("%\\ne", &r, "CREATE\nDELETE\nISDIR\n");
    CHECK_TEMPLATE("%\\\\e", &r, "CREATE\\DELETE\\ISDIR\n");
    CHECK_TEMPLATE("%\\0e", &r, "CREATE\0DELETE\0ISDIR\n");
    CHECK_TEMPLATE("%\\x1fe", &r,
                   "CREATE\x1f"
                   "DELETE\x1f"
                   "ISDIR\n");
    CHECK_TEMPLATE("%\\u20ace", &r,
                   "CREATE\xe2\x82\xac"
                   "DELETE\xe2\x82\xac"
                   "ISDIR\n");
    CHECK_TEMPLATE("%;e %+e", &r, "CREATE;DELETE;ISDIR CREATE+DELETE+ISDIR\n");
    /* a letter means its field, before it could be a separator */
    CHECK_TEMPLATE("%de", &r, "1e\n");
    CHECK_TEMPLATE("%%e", &r, "%e\n");
    CHECK_TEMPLATE("%ne", &r, "\ne\n");
}

/* ---- escapes ---- */

static void escapes_are_those_of_printf(void)
{
    const struct record r = record_of(IN_CREATE, "", "");

    CHECK_TEMPLATE("\\\\", &r, "\\\n");
    CHECK_TEMPLATE("\\\"", &r, "\"\n");
    CHECK_TEMPLATE("\\a\\b\\f\\n\\r\\t\\v", &r, "\a\b\f\n\r\t\v\n");
    CHECK_TEMPLATE("\\e[0m", &r, "\033[0m\n");
    CHECK_TEMPLATE("\\0", &r, "\0\n");
    CHECK_TEMPLATE("\\7|\\12|\\101|\\1012", &r, "\7|\12|A|A2\n");
    CHECK_TEMPLATE("\\377", &r, "\377\n");
    CHECK_TEMPLATE("\\08", &r,
                   "\0"
                   "8\n");
    CHECK_TEMPLATE("\\x4", &r, "\4\n");
    CHECK_TEMPLATE("\\x41|\\x4a|\\x4A|\\x414", &r, "A|J|J|A4\n");
    CHECK_TEMPLATE("\\xff\\xFe", &r, "\xff\xfe\n");
    CHECK_TEMPLATE("\\x4g", &r, "\4g\n");
    CHECK_TEMPLATE("\\u0041|\\u007f|\\u0080|\\u07ff|\\u0800|\\uffff", &r,
                   "A|\x7f|\xc2\x80|\xdf\xbf|\xe0\xa0\x80|\xef\xbf\xbf\n");
    CHECK_TEMPLATE("\\U00010000|\\U0010ffff|\\U000000e9", &r, "\xf0\x90\x80\x80|\xf4\x8f\xbf\xbf|\xc3\xa9\n");
    CHECK_TEMPLATE("\\u20AC1", &r,
                   "\xe2\x82\xac"
                   "1\n");
    CHECK_TEMPLATE("\\ud7ff\\ue000", &r, "\xed\x9f\xbf\xee\x80\x80\n");
    CHECK_TEMPLATE("a\\tb%%c\\\\d", &r, "a\tb%c\\d\n");
    CHECK_TEMPLATE("caf\xe9 \xc3\xa9", &r, "caf\xe9 \xc3\xa9\n");
}

/* ---- names that are not harmless ---- */

static void a_name_cannot_break_its_line(void)
{
    const struct record r = record_of(IN_CREATE, "d\\/", "a\nb\tc\x1b\xff%q\\n");

    CHECK_TEMPLATE("%w|%f|%p", &r, "d\\\\/|a\\nb\\tc\\x1b\\xff%q\\\\n|d\\\\/a\\nb\\tc\\x1b\\xff%q\\\\n\n");
}

static void with_null_names_are_raw_and_nul_ends_the_record(void)
{
    const struct record r = record_of(IN_CREATE, "d\\/", "a\nb\x1b\xff");
    struct format_spec spec = with("%w|%f|%p%n");

    spec.null = true;
    CHECK_RENDERED(&spec, &r, "d\\/|a\nb\x1b\xff|d\\/a\nb\x1b\xff\n\0");
    spec.host = "h\to";
    spec.template = "%h";
    CHECK_RENDERED(&spec, &r, "h\to\0");
}

static void on_a_terminal_names_are_escaped_whatever_else_is_asked(void)
{
    const struct record r = record_of(IN_CREATE, "d/", "\x1b[2J\xe2\x80\xae\xef\xbb\xbf");
    struct format_spec spec = with("%p");

    CHECK_RENDERED(&spec, &r, "d/\\x1b[2J\xe2\x80\xae\xef\xbb\xbf\n");
    spec.terminal = true;
    CHECK_RENDERED(&spec, &r, "d/\\x1b[2J\\xe2\\x80\\xae\\xef\\xbb\\xbf\n");
    spec.null = true;
    CHECK_RENDERED(&spec, &r, "d/\\x1b[2J\\xe2\\x80\\xae\\xef\\xbb\\xbf\0");
    spec.color = true;
    CHECK_RENDERED(&spec, &r, "d/\\x1b[2J\\xe2\\x80\\xae\\xef\\xbb\\xbf\0");
}

/* ---- refusals ---- */

static void check_refused(const char *template, const char *place)
{
    /* On the heap, so that a sanitizer sees whoever reads past its end. */
    char *const copy = strdup(template);
    const struct format_spec spec = with(copy);
    struct format *f = (struct format *)&f;
    char why[512] = "";

    check_case("%s", template);
    CHECK_EQ(format_new(&f, &spec, why, sizeof(why)), -EINVAL);
    CHECK(f == NULL);
    CHECK_CONTAINS(why, place);
    check_case_over();
    free(copy);
}

static void a_letter_that_means_nothing_is_refused_with_its_place(void)
{
    check_refused("%", "at byte 1: '%'");
    check_refused("%p %", "at byte 4: '%'");
    check_refused("%z", "at byte 1: '%z'");
    check_refused("abc%p%z", "at byte 6: '%z'");
    check_refused("%E", "at byte 1: '%E'");
    check_refused("%X", "at byte 1: '%X'");
    check_refused("%,", "at byte 1: '%,'");
    check_refused("%,f", "at byte 1: '%,f'");
    check_refused("%,,e", "at byte 1: '%,,'");
    check_refused("%\\", "at byte 1");
    check_refused("%\\te%\\tf", "at byte 5");
    check_refused("%\\q"
                  "e",
                  "at byte 1");
    check_refused("%\\x4e", "at byte 1"); /* the e is a digit, so none is left */
    check_refused("%\xff"
                  "e",
                  "at byte 1");
    check_refused("%\xc3", "at byte 1");
    check_refused("%\xc3"
                  "e",
                  "at byte 1");
    check_refused("%\n", "at byte 1");
}

static void an_escape_that_is_none_is_refused_with_its_place(void)
{
    check_refused("\\", "at byte 1: '\\'");
    check_refused("ab\\", "at byte 3: '\\'");
    check_refused("\\q", "at byte 1: '\\q'");
    check_refused("%p\\t\\c", "at byte 5: '\\c'");
    check_refused("\\8", "at byte 1: '\\8'");
    check_refused("\\400", "at byte 1: '\\400'");
    check_refused("\\777", "at byte 1: '\\777'");
    check_refused("\\x", "at byte 1: '\\x'");
    check_refused("\\xg", "at byte 1: '\\xg'");
    check_refused("\\u", "at byte 1: '\\u'");
    check_refused("\\u123", "at byte 1: '\\u123'");
    check_refused("\\u12g4", "at byte 1: '\\u12g4'");
    check_refused("\\ud800", "at byte 1: '\\ud800'");
    check_refused("\\udfff", "at byte 1: '\\udfff'");
    check_refused("\\U0001000", "at byte 1: '\\U0001");
    check_refused("\\U00110000", "at byte 1: '\\U0011");
    check_refused("\\Uffffffff", "at byte 1: '\\Uffff");
    check_refused("\\U0000d800", "at byte 1: '\\U0000");
}

static void a_message_is_never_longer_than_its_room(void)
{
    static const char *const templates[] = {"%z", "\\q"};

    for (size_t i = 0; i < COUNT_OF(templates); i++) {
        for (size_t size = 1; size < 160; size += 7) {
            const struct format_spec spec = with(templates[i]);
            struct room why = room_new(size);
            struct format *f;

            CHECK_EQ(format_new(&f, &spec, why.bytes, why.size), -EINVAL);
            CHECK(memchr(why.bytes, '\0', why.size) != NULL);
            CHECK(room_kept(&why));
            room_free(&why);
        }
    }
}

int main(void)
{
    each_letter_is_its_field();
    numbers_keep_their_whole_range();
    time_and_host_are_those_of_the_format();
    a_record_of_our_own_has_its_label();
    a_rename_has_an_old_path();
    events_are_separated_by_whatever_stands_before_the_e();
    escapes_are_those_of_printf();
    a_name_cannot_break_its_line();
    with_null_names_are_raw_and_nul_ends_the_record();
    on_a_terminal_names_are_escaped_whatever_else_is_asked();
    a_letter_that_means_nothing_is_refused_with_its_place();
    an_escape_that_is_none_is_refused_with_its_place();
    a_message_is_never_longer_than_its_room();
    return check_status();
}
