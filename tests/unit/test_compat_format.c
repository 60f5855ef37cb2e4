/* test_compat_format.c: lines as inotifywait writes them: its letters, its names of events, its CSV, and what
 * a name cannot do. Neighbours: format.h, through which they are compiled; rendering.h. */
#include "format.h"

#include "check.h"
#include "rendering.h"

#include <stdint.h>
#include <sys/inotify.h>

static struct format_spec wait_spec(const char *template)
{
    return (struct format_spec){.kind = FORMAT_WAIT, .template = template};
}

#define CHECK_WAIT(template, record, literal)                                                                \
    do {                                                                                                     \
        const struct format_spec spec_ = wait_spec(template);                                                \
        check_case("%s", template);                                                                          \
        CHECK_RENDERED(&spec_, (record), literal);                                                           \
        check_case_over();                                                                                   \
    } while (0)

static void each_letter_is_its_field_and_the_rest_stands_as_it_is(void)
{
    struct record r = record_of(IN_CLOSE_WRITE, "up/", "a.txt");

    r.cookie = 0x1f0a;
    CHECK_WAIT("%w|%f|%e|%c", &r, "up/|a.txt|CLOSE_WRITE,CLOSE|1f0a\n");
    CHECK_WAIT("%:e %xe %%e %%", &r, "CLOSE_WRITE:CLOSE CLOSE_WRITExCLOSE %e %\n");
    CHECK_WAIT("%we%ee%ce", &r, "up/eCLOSE_WRITE,CLOSEe1f0ae\n");
    CHECK_WAIT("%z%E%d\\n\\t", &r, "%z%E%d\\n\\t\n");
    CHECK_WAIT("a%", &r, "a%\n");
    CHECK_WAIT("%", &r, "%\n");
    CHECK_WAIT("%n%0", &r, "\n\0\n");
    CHECK_WAIT("", &r, "\n");
}

static void events_have_its_order_and_names(void)
{
    const struct record create = record_of(IN_CREATE | IN_ISDIR, "d/", "n");
    const struct record close = record_of(IN_CLOSE_NOWRITE | IN_ISDIR, "d/", "");
    const struct record every = record_of(UINT32_MAX, "d/", "");
    const struct record none = record_of(0, "d/", "");

    CHECK_WAIT("%e", &create, "CREATE,ISDIR\n");
    CHECK_WAIT("%w %,e %f", &close, "d/ CLOSE_NOWRITE,CLOSE,ISDIR \n");
    CHECK_WAIT(
        "%e", &every,
        "ACCESS,MODIFY,ATTRIB,CLOSE_WRITE,CLOSE_NOWRITE,OPEN,MOVED_FROM,MOVED_TO,CREATE,DELETE,DELETE_SELF,"
        "UNMOUNT,Q_OVERFLOW,IGNORED,CLOSE,MOVE_SELF,ISDIR\n");
    CHECK_WAIT("[%e]", &none, "[]\n");
}

static void a_newline_in_a_name_ends_no_line_but_one_that_ends_in_nul_has_it(void)
{
    const struct record r = record_of(IN_CREATE, "d\n/", "a\nb\\n\t\xff");

    CHECK_WAIT("%w%f", &r, "d\\n/a\\nb\\n\t\xff\n");
    CHECK_WAIT("%w%f%0", &r, "d\n/a\nb\\n\t\xff\0\n");
    CHECK_WAIT("%%0%f", &r, "%0a\\nb\\n\t\xff\n");
}

static void without_a_newline_nothing_is_added(void)
{
    const struct record r = record_of(IN_CREATE, "d/", "a");
    struct format_spec spec = wait_spec("%f;");

    spec.no_newline = true;
    CHECK_RENDERED(&spec, &r, "a;");
    spec.kind = FORMAT_NOTHING;
    CHECK_RENDERED(&spec, &r, "");
}

static void a_terminal_gets_no_control_character(void)
{
    const struct record r = record_of(IN_CREATE, "d/", "a\x1b[2J\n\"b,");
    struct format_spec spec = wait_spec("%w%f%0");

    spec.terminal = true;
    CHECK_RENDERED(&spec, &r, "d/a\\x1b[2J\\n\"b,\0\n");
    spec.kind = FORMAT_WAIT_CSV;
    CHECK_RENDERED(&spec, &r, "d/,CREATE,\"a\\x1b[2J\\n\"\"b,\"\n");
}

static void csv_quotes_as_it_does(void)
{
    const struct {
        const char *name, *wanted;
    } cases[] = {
        {"", ""},           {"a b", "a b"},         {" a", "\" a\""},   {"a ", "\"a \""},
        {"a,b", "\"a,b\""}, {"a\"b", "\"a\"\"b\""}, {"\"", "\"\"\"\""}, {"a\nb", "\"a\nb\""},
        {"a\rb", "a\rb"},   {"a\tb'\\", "a\tb'\\"}, {" ", "\" \""},
    };
    const struct format_spec spec = {.kind = FORMAT_WAIT_CSV};
    const struct record several = record_of(IN_DELETE | IN_ISDIR, "d,e/", "x");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct record r = record_of(IN_DELETE, "d/", cases[i].name);
        char wanted[64];

        check_case("%s", cases[i].name);
        snprintf(wanted, sizeof(wanted), "d/,DELETE,%s\n", cases[i].wanted);
        check_rendered(&spec, &r, wanted, strlen(wanted), "the line", __FILE__, __LINE__);
        check_case_over();
    }
    CHECK_RENDERED(&spec, &several, "\"d,e/\",\"DELETE,ISDIR\",x\n");
}

static void the_time_is_written_as_it_is(void)
{
    const struct record r = record_of(IN_CREATE, "d/", "a");
    struct format_spec spec = wait_spec("%T %f");

    NEED(setenv("TZ", "UTC0", 1) == 0);
    tzset();
    NEED(timestamp_strftime("%H:%M\t\\\"\xff%%", &spec.time) == 0);
    CHECK_RENDERED(&spec, &r, "22:13\t\\\"\xff% a\n");
    timestamp_free(spec.time);
}

int main(void)
{
    each_letter_is_its_field_and_the_rest_stands_as_it_is();
    events_have_its_order_and_names();
    a_newline_in_a_name_ends_no_line_but_one_that_ends_in_nul_has_it();
    without_a_newline_nothing_is_added();
    a_terminal_gets_no_control_character();
    csv_quotes_as_it_does();
    the_time_is_written_as_it_is();
    return check_status();
}
