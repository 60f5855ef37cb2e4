/* test_ignore.c: what a line of a file of ignore rules is, which of them decides, and which files are read.
 * The globs themselves are in test_glob.c, and git's own opinion in tests/ignore. Neighbours: ignore.h. */
#include "ignore.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NONE = IGNORE_UNDECIDED, OUT = IGNORE_LEFT_OUT, KEPT = IGNORE_KEPT };

/* A path that ends with a slash is a directory's. */
static enum ignore_verdict ask(const struct ignore_rules *rules, const char *path)
{
    const bool is_dir = path[strlen(path) - 1] == '/';
    const size_t len = strlen(path) - is_dir;
    size_t name_at = len;

    while (name_at > 0 && path[name_at - 1] != '/')
        name_at--;
    return ignore_rules_match(rules, path, len, name_at, is_dir);
}

static struct ignore_rules *parse(const char *text, size_t len)
{
    char *const exact = malloc(len + (len == 0)); /* so that a sanitizer sees who reads past it */
    struct ignore_rules *rules;

    NEED(exact != NULL);
    memcpy(exact, text, len);
    CHECK_EQ(ignore_rules_parse(&rules, exact, len), 0);
    free(exact);
    return rules;
}

struct verdict_case {
    const char *text, *path;
    int verdict;
};

static void check_verdicts(const struct verdict_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ignore_rules *const rules = parse(cases[i].text, strlen(cases[i].text));

        check_case("'%s' of '%s'", cases[i].text, cases[i].path);
        CHECK_EQ(ask(rules, cases[i].path), cases[i].verdict);
        ignore_rules_free(rules);
    }
    check_case_over();
}

static void the_last_rule_that_matches_decides(void)
{
    static const struct verdict_case cases[] = {
        {"a\n", "a", OUT},          {"a\n", "b", NONE},     {"!a\n", "a", KEPT},
        {"a\n!a\n", "a", KEPT},     {"!a\na\n", "a", OUT},  {"*\n!a\nb\n", "a", KEPT},
        {"*\n!a\nb\n", "c", OUT},   {"a/\n", "a/", OUT},    {"a/\n", "a", NONE},
        {"*\n!*/\n", "a/", KEPT},   {"*\n!*/\n", "a", OUT}, {"/a\n", "b/a", NONE},
        {"b/a\n!a\n", "b/a", KEPT}, {"!!a\n", "!a", KEPT},
    };

    check_verdicts(cases, COUNT_OF(cases));
}

static void lines_are_what_git_takes_them_for(void)
{
    static const struct verdict_case cases[] = {
        {"a", "a", OUT},
        {"a\r\n", "a", OUT},
        {"a\r", "a", OUT},
        {"a\r\r\n", "a\r", OUT},
        {"a \n", "a", OUT},
        {"a   \r\n", "a", OUT},
        {"a\\ \n", "a ", OUT},
        {"a\\  \n", "a ", OUT},
        {"a\\\\ \n", "a\\", OUT},
        {"a \\ \n", "a  ", OUT},
        {"a\t\n", "a", NONE},
        {"a\t\n", "a\t", OUT},
        {" a\n", " a", OUT},
        {"a b \n", "a b", OUT},
        {"#a\n", "#a", NONE},
        {"\\#a\n", "#a", OUT},
        {"a#b\n", "a#b", OUT},
        {"\\!a\n", "!a", OUT},
        {" #a\n", " #a", OUT},
        {"\n\n\r\n  \n!\n/\n", "a", NONE},
        {"\xef\xbb\xbf"
         "a\n",
         "a", OUT},
        {"b\n\xef\xbb\xbf"
         "a\n",
         "\xef\xbb\xbf"
         "a",
         OUT},
        {"\xef\xbb\xbf#a\n", "#a", NONE},
        {"\xff\n", "\xff", OUT},
        {"[\n\\\na[\nb\n", "b", OUT},
        {"[\n", "[", NONE},
        {"a\\\n", "a\\", NONE},
        {"a\\", "a", NONE},
        {"A\n", "a", NONE},
        {"a \\\n", "a ", NONE},
    };

    check_verdicts(cases, COUNT_OF(cases));
}

static void a_line_ends_at_a_nul(void)
{
    static const char text[] = "a\0b\n\0c\nd";
    struct ignore_rules *const rules = parse(text, sizeof(text) - 1);

    CHECK_EQ(ask(rules, "a"), OUT);
    CHECK_EQ(ask(rules, "b"), NONE);
    CHECK_EQ(ask(rules, "c"), NONE);
    CHECK_EQ(ask(rules, "d"), OUT);
    ignore_rules_free(rules);
}

static void text_without_a_rule_makes_no_rules(void)
{
    static const char *const texts[] = {"", "\n", "\xef\xbb\xbf", "# a\n\r\n", "[a\n", "/\n!\n"};

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        check_case("'%s'", texts[i]);
        CHECK(parse(texts[i], strlen(texts[i])) == NULL);
    }
    check_case_over();
    CHECK_EQ(ask(NULL, "a"), NONE);
    CHECK(!ignore_rules_need_path(NULL));
}

static void rules_tell_whether_names_are_enough(void)
{
    struct ignore_rules *rules = parse("a\n*.o\nb/\n", 9);

    CHECK(!ignore_rules_need_path(rules));
    ignore_rules_free(rules);
    rules = parse("a\nb/c\nd\n", 8);
    CHECK(ignore_rules_need_path(rules));
    ignore_rules_free(rules);
}

static void many_rules_and_long_lines_are_all_there(void)
{
    enum { COUNT = 100000, LINE = 1 << 20 };
    char *const text = malloc(COUNT * 8 + LINE + 2), *const name = malloc(LINE);
    struct ignore_rules *rules;
    size_t len = 0;

    NEED(text && name);
    memset(text, 'y', LINE);
    memset(name, 'y', LINE);
    len = LINE;
    text[len++] = '\n';
    for (int i = 0; i < COUNT; i++)
        len += (size_t)sprintf(text + len, "x%d\n", i);
    rules = parse(text, len);
    CHECK_EQ(ask(rules, "x0"), OUT);
    CHECK_EQ(ask(rules, "x77777"), OUT);
    CHECK_EQ(ask(rules, "x99999"), OUT);
    CHECK_EQ(ask(rules, "x100000"), NONE);
    CHECK_EQ(ignore_rules_match(rules, name, LINE, 0, false), OUT);
    CHECK_EQ(ignore_rules_match(rules, name, LINE - 1, 0, false), NONE);
    ignore_rules_free(rules);
    free(text);
    free(name);
}

static void too_much_text_is_refused(void)
{
    char *const text = calloc(IGNORE_SIZE_MAX + 1, 1);
    struct ignore_rules *rules;

    NEED(text != NULL);
    memset(text, 'a', IGNORE_SIZE_MAX + 1);
    CHECK_EQ(ignore_rules_parse(&rules, text, IGNORE_SIZE_MAX + 1), -EFBIG);
    CHECK(rules == NULL);
    CHECK_EQ(ignore_rules_parse(&rules, text, IGNORE_SIZE_MAX), 0);
    CHECK_EQ(ignore_rules_match(rules, text, IGNORE_SIZE_MAX, 0, false), OUT);
    ignore_rules_free(rules);
    free(text);
}

/* ---- files ---- */

static void write_file(int dir, const char *name, const char *text)
{
    const int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    NEED(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

/* What reading says, and then what the rules say of "a". */
static int read_and_ask(int dir, const char *name, bool follows)
{
    struct ignore_rules *rules;
    const int err = ignore_rules_read(&rules, dir, name, follows);
    const int verdict = (int)ask(rules, "a");

    if (err < 0)
        CHECK(rules == NULL);
    ignore_rules_free(rules);
    return err < 0 ? err : verdict;
}

/* Does a process wait? */
static bool is_asleep(pid_t pid)
{
    char path[64], state = '?';
    FILE *in;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    in = fopen(path, "re");
    NEED(in != NULL);
    NEED(fscanf(in, "%*d (%*[^)]) %c", &state) == 1);
    fclose(in);
    return state == 'S';
}

/* A writer who waits for a reader goes on waiting. */
static void check_fifo_is_left_alone(int dir)
{
    const pid_t pid = fork();
    int status;

    NEED(pid >= 0);
    if (pid == 0) {
        const int fd = openat(dir, "fifo", O_WRONLY | O_CLOEXEC);

        _exit(fd < 0);
    }
    while (!is_asleep(pid))
        sched_yield();
    CHECK_EQ(read_and_ask(dir, "fifo", true), -EINVAL);
    CHECK_EQ(read_and_ask(dir, "fifo", false), -EINVAL);
    NEED(is_asleep(pid));
    CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
    kill(pid, SIGKILL);
    NEED(waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status));
}

/* A user may link one file into many directories, and may have many files. */
static void a_file_of_many_links_is_kept_once(int dir)
{
    enum { LINKS = 20, RULES = 40000 };
    struct ignore_rules *rules[LINKS], *more;
    char name[32];
    int fd;
    FILE *out;

    fd = openat(dir, "many", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    out = fd >= 0 ? fdopen(fd, "w") : NULL;
    NEED(out != NULL);
    for (int i = 0; i < RULES; i++)
        fprintf(out, "rule%d\n", i);
    NEED(fclose(out) == 0);
    for (int i = 0; i < LINKS; i++) { /* each changes its ctime: the same file, changed again and again */
        snprintf(name, sizeof(name), "link%d", i);
        NEED(linkat(dir, "many", dir, name, 0) == 0);
        CHECK_EQ(ignore_rules_read(&rules[i], dir, name, false), 0);
        CHECK(rules[i] && rules[i] == rules[0]);
    }
    write_file(dir, "many", "other\n");
    CHECK_EQ(ignore_rules_read(&more, dir, "link0", false), 0);
    CHECK(more && more != rules[0]);
    CHECK_EQ(ignore_rules_match(more, "other", 5, 0, false), IGNORE_LEFT_OUT);
    CHECK_EQ(ignore_rules_match(rules[0], "rule39999", 9, 0, false), IGNORE_LEFT_OUT);
    ignore_rules_free(more);
    for (int i = 0; i < LINKS; i++) {
        snprintf(name, sizeof(name), "link%d", i);
        NEED(unlinkat(dir, name, 0) == 0);
        ignore_rules_free(rules[i]);
    }
    NEED(unlinkat(dir, "many", 0) == 0);
}

/* Rules that are changed in place are read again, however fast: a file's times count by some milliseconds. */
static void what_was_just_changed_is_read_again(int dir)
{
    for (int i = 0; i < 500; i++) {
        write_file(dir, "changed", i % 2 ? "a\n" : "b\n");
        CHECK_EQ(read_and_ask(dir, "changed", false), i % 2 ? OUT : NONE);
    }
    NEED(unlinkat(dir, "changed", 0) == 0);
}

static void all_rules_together_are_bounded(int dir)
{
    enum { FILES = 64, RULES = 60000 };
    struct ignore_rules *rules[FILES];
    char name[32];
    int refused = 0;

    for (int i = 0; i < FILES; i++) {
        FILE *out;
        int fd, err;

        snprintf(name, sizeof(name), "file%d", i);
        fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        out = fd >= 0 ? fdopen(fd, "w") : NULL;
        NEED(out != NULL);
        for (int k = 0; k < RULES; k++)
            fprintf(out, "a rule of file %d, number %d\n", i, k);
        NEED(fclose(out) == 0);
        err = ignore_rules_read(&rules[i], dir, name, false);
        CHECK(err == (refused ? -EDQUOT : 0) || (!refused && err == -EDQUOT));
        refused += err == -EDQUOT;
        CHECK((rules[i] == NULL) == (err < 0));
    }
    CHECK(refused > 0 && refused < FILES);
    for (int i = 0; i < FILES; i++)
        ignore_rules_free(rules[i]);
    CHECK_EQ(ignore_rules_read(&rules[0], dir, name, false), 0); /* there is room again */
    ignore_rules_free(rules[0]);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "file%d", i);
        NEED(unlinkat(dir, name, 0) == 0);
    }
}

static void only_what_may_be_read_is_read(void)
{
    char directory[] = "/tmp/test_ignore.XXXXXX";
    int dir, fd;

    NEED(mkdtemp(directory) != NULL);
    dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    NEED(dir >= 0);
    write_file(dir, "rules", "a\n");
    write_file(dir, "empty", "");
    write_file(dir, "large", "a\n");
    fd = openat(dir, "large", O_WRONLY | O_CLOEXEC);
    NEED(fd >= 0 && ftruncate(fd, (off_t)IGNORE_SIZE_MAX + 1) == 0);
    close(fd);
    NEED(mkfifoat(dir, "fifo", 0600) == 0 && mkdirat(dir, "directory", 0700) == 0);
    NEED(symlinkat("rules", dir, "link") == 0 && symlinkat("nothing", dir, "dangling") == 0);

    CHECK_EQ(read_and_ask(dir, "rules", false), OUT);
    CHECK_EQ(read_and_ask(dir, "rules", true), OUT);
    CHECK_EQ(read_and_ask(dir, "link", true), OUT);
    CHECK_EQ(read_and_ask(dir, "link", false), -ELOOP);
    CHECK_EQ(read_and_ask(dir, "dangling", true), NONE);
    CHECK_EQ(read_and_ask(dir, "dangling", false), -ELOOP);
    CHECK_EQ(read_and_ask(dir, "nothing", false), NONE);
    CHECK_EQ(read_and_ask(dir, "rules/below", true), NONE);
    CHECK_EQ(read_and_ask(dir, "empty", false), NONE);
    CHECK_EQ(read_and_ask(dir, "directory", false), -EISDIR);
    CHECK_EQ(read_and_ask(dir, "fifo", true), -EINVAL); /* without waiting for a writer */
    CHECK_EQ(read_and_ask(dir, "large", false), -EFBIG);
    CHECK_EQ(read_and_ask(dir, "/dev/null", true), NONE);
    CHECK_EQ(read_and_ask(dir, "/dev/null", false), -EINVAL);
    CHECK_EQ(read_and_ask(dir, "/dev/zero", true), -EINVAL);
    check_fifo_is_left_alone(dir);
    CHECK_EQ(read_and_ask(-1, "rules", true), -EBADF);
    a_file_of_many_links_is_kept_once(dir);
    what_was_just_changed_is_read_again(dir);
    all_rules_together_are_bounded(dir);

    NEED(unlinkat(dir, "rules", 0) == 0 && unlinkat(dir, "empty", 0) == 0 && unlinkat(dir, "large", 0) == 0);
    NEED(unlinkat(dir, "fifo", 0) == 0 && unlinkat(dir, "link", 0) == 0 && unlinkat(dir, "dangling", 0) == 0);
    NEED(unlinkat(dir, "directory", AT_REMOVEDIR) == 0);
    close(dir);
    NEED(rmdir(directory) == 0);
}

int main(void)
{
    the_last_rule_that_matches_decides();
    lines_are_what_git_takes_them_for();
    a_line_ends_at_a_nul();
    text_without_a_rule_makes_no_rules();
    rules_tell_whether_names_are_enough();
    many_rules_and_long_lines_are_all_there();
    too_much_text_is_refused();
    only_what_may_be_read_is_read();
    return check_status();
}
