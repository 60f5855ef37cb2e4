/* test_repository.c: which repository a directory lies in, which rules it has from there, and what comes of a
 * git that answers badly. The trees are real; git is a script. Neighbours: repository.h. */
#include "repository.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NONE = IGNORE_UNDECIDED, OUT = IGNORE_LEFT_OUT, KEPT = IGNORE_KEPT };

static char root[] = "/tmp/test_repository.XXXXXX";

static const char *at_root(const char *name)
{
    static char path[PATH_MAX];

    NEED((size_t)snprintf(path, sizeof(path), "%s/%s", root, name) < sizeof(path));
    return path;
}

/* A file with all directories that it needs; of a name that ends with a slash only these. */
static void put(const char *name, const char *text)
{
    char *const path = strdup(at_root(name));
    FILE *out;

    NEED(path != NULL);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        NEED(mkdir(path, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
    if (path[strlen(path) - 1] != '/') {
        out = fopen(path, "we");
        NEED(out && fputs(text, out) >= 0 && fclose(out) == 0);
    }
    free(path);
}

/* What git makes of a directory. */
static void put_git(const char *name)
{
    char path[256];
    static const char *const parts[] = {"HEAD", "objects/", "refs/"};

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        snprintf(path, sizeof(path), "%s/%s", name, parts[i]);
        put(path, "ref: refs/heads/main\n");
    }
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void set_scene(void)
{
    strcpy(root + sizeof(root) - 7, "XXXXXX");
    NEED(mkdtemp(root) != NULL);
    put("bin/", "");
    put("home/", "");
    NEED(setenv("PATH", at_root("bin"), 1) == 0 && setenv("HOME", at_root("home"), 1) == 0);
    NEED(unsetenv("XDG_CONFIG_HOME") == 0);
}

static void clear_scene(void)
{
    NEED(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

static void put_script(const char *text)
{
    put("bin/git", text);
    NEED(chmod(at_root("bin/git"), 0700) == 0);
}

static struct repository *find(const char *name)
{
    struct repository *r;

    CHECK_EQ(repository_find(&r, at_root(name), NULL, NULL), 0);
    return r;
}

static int ask(struct repository *r, const char *path)
{
    const char *const slash = strrchr(path, '/');

    return repository_match(r, path, strlen(path), slash ? (size_t)(slash + 1 - path) : 0, false);
}

static int find_and_ask(const char *directory, const char *path)
{
    struct repository *const r = find(directory);
    const int verdict = ask(r, path);

    repository_free(r);
    return verdict;
}

static void only_a_good_repository_counts(void)
{
    struct repository *r;

    set_scene();
    put("a/b/c/", "");
    put("a/.gitignore", "x\n");
    CHECK(find("a/b/c") == NULL);
    put("a/b/.git/", ""); /* empty: git passes it by */
    CHECK(find("a/b/c") == NULL);
    put("a/b/.git/HEAD", "ref: refs/heads/main\n"); /* still not whole */
    CHECK(find("a/b/c") == NULL);
    put_git("a/.git");
    r = find("a/b/c");
    CHECK(r != NULL);
    if (r)
        CHECK_STR(repository_top(r), at_root("a"));
    repository_free(r);
    CHECK(find("nothing/there") == NULL);
    CHECK_EQ(repository_find(&r, "a/b/c", NULL, NULL), -EINVAL);
    CHECK(r == NULL);
    put_git("a/b/.git");
    r = find("a/b");
    CHECK(r != NULL);
    if (r)
        CHECK_STR(repository_top(r), at_root("a/b"));
    CHECK_EQ(ask(r, "x"), NONE);
    repository_free(r);
    CHECK(find("../..") == NULL); /* the root */
    CHECK_EQ(ask(NULL, "x"), NONE);
    clear_scene();
}

static void rules_come_from_above_each_for_its_directory(void)
{
    set_scene();
    put_git("a/.git");
    put("a/b/c/d/", "");
    put("a/.gitignore", "/x\ny\nb/c/z\nb/c/d/e/w\nboth\n");
    put("a/b/.gitignore", "/c/v\n!both\nc/u/**\n");
    put("a/b/c/.gitignore", "own\n/e\n");
    put("a/.git/info/exclude", "excluded\n/b/c/t\ny2\n!y\n");
    CHECK_EQ(find_and_ask("a/b/c", "x"), NONE);
    CHECK_EQ(find_and_ask("a/b/c", "y"), OUT);
    CHECK_EQ(find_and_ask("a/b/c", "d/y"), OUT);
    CHECK_EQ(find_and_ask("a/b/c", "z"), OUT);
    CHECK_EQ(find_and_ask("a/b/c", "d/z"), NONE);
    CHECK_EQ(find_and_ask("a/b/c", "d/e/w"), OUT);
    CHECK_EQ(find_and_ask("a/b/c", "v"), OUT);
    CHECK_EQ(find_and_ask("a/b/c", "u/1/2"), OUT);
    CHECK_EQ(find_and_ask("a/b/c", "both"), KEPT);
    CHECK_EQ(find_and_ask("a/b/c", "own"), NONE); /* the walk reads that one */
    CHECK_EQ(find_and_ask("a/b/c/d", "own"), OUT);
    CHECK_EQ(find_and_ask("a/b/c", "excluded"), OUT);
    CHECK_EQ(find_and_ask("a/b/c", "t"), OUT);
    CHECK_EQ(find_and_ask("a", "y"), KEPT); /* by info/exclude: the top's own rules are the walk's */
    CHECK_EQ(find_and_ask("a", "b/c/t"), OUT);
    clear_scene();
}

static void long_paths_are_matched_whole(void)
{
    char path[3000];
    struct repository *r;

    set_scene();
    put_git("a/.git");
    put("a/b/", "");
    put("a/.gitignore", "b/**/end\n");
    r = find("a/b");
    for (size_t len = 1; len + 5 < sizeof(path); len = len * 3 / 2 + 1) {
        memset(path, 'x', len);
        strcpy(path + len, "/end");
        CHECK_EQ(ask(r, path), OUT);
        path[len + 3] = 'x';
        CHECK_EQ(ask(r, path), NONE);
    }
    repository_free(r);
    clear_scene();
}

static void a_worktree_has_the_exclude_file_of_its_repository(void)
{
    set_scene();
    put_git("main/.git");
    put("main/.git/info/exclude", "excluded\n");
    put("main/.git/worktrees/w/HEAD", "ref: refs/heads/w\n");
    put("main/.git/worktrees/w/commondir", "../..\n");
    put("w/sub/", "");
    put("w/.git", "gitdir: ../main/.git/worktrees/w\n");
    CHECK_EQ(find_and_ask("w/sub", "excluded"), OUT);
    put("s/.git", "gitdir: ");
    CHECK(find("s") == NULL);
    put("s/.git", "gitdir: nowhere\n");
    CHECK(find("s") == NULL);
    put("s/.git", "main/.git\n");
    CHECK(find("s") == NULL);
    clear_scene();
}

static char complained_of[PATH_MAX];

static void note(void *context, const char *path, int err)
{
    snprintf(complained_of, sizeof(complained_of), "%s", path);
    *(int *)context = err;
}

static void files_that_cannot_be_used_are_told_and_the_others_count(void)
{
    struct repository *r;
    int told = 0;

    set_scene();
    put_git("a/.git");
    put("a/b/c/.gitignore", "");
    put("a/b/.gitignore/", "");
    put("a/.gitignore", "x\n");
    CHECK_EQ(repository_find(&r, at_root("a/b/c"), note, &told), 0);
    CHECK_EQ(told, -EISDIR);
    CHECK_STR(complained_of, at_root("a/b/.gitignore"));
    CHECK_EQ(ask(r, "x"), OUT);
    repository_free(r);
    NEED(rmdir(at_root("a/b/.gitignore")) == 0 && symlink("../.gitignore", at_root("a/b/.gitignore")) == 0);
    CHECK_EQ(repository_find(&r, at_root("a/b/c"), note, &told), 0);
    CHECK_EQ(told, -ELOOP);
    repository_free(r);
    clear_scene();
}

/* ---- repositories of others ---- */

/* Everything in a directory is somebody else's from here on. */
static int give_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return lchown(path, 65534, 65534);
}

static void give_away(const char *name)
{
    NEED(nftw(at_root(name), give_one, 16, FTW_PHYS) == 0);
}

static void check_trust(const char *directory, bool is_trusted)
{
    struct repository *r;
    int told = 0;

    CHECK_EQ(repository_find(&r, at_root(directory), note, &told), 0);
    if (!CHECK(r != NULL))
        return;
    CHECK_STR(repository_top(r), at_root("a"));
    CHECK_EQ(told, is_trusted ? 0 : -EPERM);
    if (!is_trusted)
        CHECK_STR(complained_of, at_root("a/.git"));
    CHECK_EQ(ask(r, "above"), OUT); /* of a .gitignore, which is a file of the tree */
    CHECK_EQ(ask(r, "excluded"), is_trusted ? OUT : NONE);
    CHECK_EQ(ask(r, "mine"), OUT);
    CHECK_EQ(ask(r, "theirs"), is_trusted ? OUT : NONE);
    repository_free(r);
}

/* A git that has its configuration of the user in home/safe and home/mine, and for core.excludesFile more in
 * the repository, unless that is somebody else's. */
#define GIT_OF_TWO                                                                                           \
    "#!/bin/sh\n"                                                                                            \
    "case $8:$GIT_DIR in\n"                                                                                  \
    "safe.directory:/dev/null) tr '\\n' '\\000' <$HOME/safe ;;\n"                                            \
    "core.excludesFile:/dev/null) printf '%s\\000' \"$HOME/mine\" ;;\n"                                      \
    "core.excludesFile:) printf '%s\\000' \"$HOME/both\" ;;\n"                                               \
    "*) exit 1 ;;\n"                                                                                         \
    "esac\n"

static void set_foreign_scene(void)
{
    set_scene();
    put_script(GIT_OF_TWO);
    NEED(setenv("PATH", at_root("bin"), 1) == 0);
    NEED(symlink("/usr/bin/tr", at_root("bin/tr")) == 0 || errno == EEXIST);
    put("home/safe", "");
    put("home/mine", "mine\n");
    put("home/both", "mine\ntheirs\n");
    put_git("a/.git");
    put("a/.git/info/exclude", "excluded\n");
    put("a/.gitignore", "above\n");
    put("a/b/", "");
}

static void nothing_in_the_repository_of_somebody_else_is_believed(void)
{
    if (geteuid() != 0) {
        printf("not root: nothing can be somebody else's\n");
        return;
    }
    set_foreign_scene();
    check_trust("a/b", true);
    give_away("a");
    check_trust("a/b", false);
    NEED(setenv("SUDO_UID", "65534", 1) == 0); /* whoever uses sudo(8) has it, but not anybody else */
    check_trust("a/b", true);
    NEED(setenv("SUDO_UID", "65533", 1) == 0);
    check_trust("a/b", false);
    NEED(setenv("SUDO_UID", "", 1) == 0);
    check_trust("a/b", false);
    NEED(unsetenv("SUDO_UID") == 0);
    NEED(chown(at_root("a"), 0, 0) == 0); /* each of the two counts */
    check_trust("a/b", false);
    NEED(chown(at_root("a"), 65534, 65534) == 0 && chown(at_root("a/.git"), 0, 0) == 0);
    check_trust("a/b", false);
    clear_scene();
}

static void safe_directory_names_repositories_of_others(void)
{
    static const struct {
        const char *values; /* a line each, @ is where all is */
        bool is_trusted;
    } cases[] = {{"*\n", true},        {"@/a\n", true},    {"@/b\n@/a\n", true}, {"@\n", false},
                 {"@/*\n", true},      {"/*\n", true},     {"@/a/*\n", false},   {"@/a\n\n", false},
                 {"@/a\n\n*\n", true}, {"@/a/b\n", false}, {"a\n", false}};

    if (geteuid() != 0)
        return;
    set_foreign_scene();
    give_away("a");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char values[2 * PATH_MAX];
        size_t len = 0;

        check_case("safe.directory: %s", cases[i].values);
        for (const char *at = cases[i].values; *at; at++)
            len += (size_t)snprintf(values + len, sizeof(values) - len, "%.*s", *at == '@' ? PATH_MAX : 1,
                                    *at == '@' ? root : at);
        put("home/safe", values);
        check_trust("a/b", cases[i].is_trusted);
    }
    check_case_over();
    clear_scene();
}

/* Of somebody else's files only those of the tree are opened, and only if they are regular. */
static void what_a_foreign_repository_names_is_not_looked_at(void)
{
    struct repository *r;
    int told = 0;

    if (geteuid() != 0)
        return;
    set_foreign_scene();
    put_git("real");
    put("real/info/exclude", "excluded\n");
    put("c/.git", "gitdir: ../real\n");
    put("c/.gitignore", "above\n");
    put("d/x", "");
    NEED(symlink("../real", at_root("d/.git")) == 0);
    NEED(chmod(root, 0711) == 0);
    give_away("c");
    give_away("d");
    CHECK_EQ(repository_find(&r, at_root("c"), note, &told), 0);
    CHECK_EQ(told, -EPERM);
    CHECK_STR(repository_top(r), at_root("c"));
    CHECK_EQ(ask(r, "excluded"), NONE);
    repository_free(r);
    CHECK_EQ(repository_find(&r, at_root("d"), note, &told), 0);
    CHECK_STR(repository_top(r), at_root("d"));
    CHECK_EQ(ask(r, "excluded"), NONE);
    repository_free(r);
    NEED(chown(at_root("c"), 0, 0) == 0 &&
         lchown(at_root("c/.git"), 0, 0) == 0); /* mine, but it names theirs */
    give_away("real");
    CHECK_EQ(repository_find(&r, at_root("c"), note, &told), 0);
    CHECK_EQ(ask(r, "excluded"), NONE);
    repository_free(r);

    NEED(remove(at_root("a/.git/info/exclude")) == 0 && mkfifo(at_root("a/.git/info/exclude"), 0600) == 0);
    told = 0;
    CHECK_EQ(repository_find(&r, at_root("a"), note, &told), 0);
    CHECK_EQ(told, -EINVAL); /* of my own it is told */
    repository_free(r);
    clear_scene();
}

/* ---- core.excludesFile ---- */

static void without_git_the_usual_file_counts(void)
{
    set_scene();
    put_git("a/.git");
    put("home/.config/git/ignore", "x\n");
    put("config/git/ignore", "y\n");
    CHECK_EQ(find_and_ask("a", "x"), OUT);
    CHECK_EQ(find_and_ask("a", "y"), NONE);
    NEED(setenv("XDG_CONFIG_HOME", at_root("config"), 1) == 0);
    CHECK_EQ(find_and_ask("a", "x"), NONE);
    CHECK_EQ(find_and_ask("a", "y"), OUT);
    NEED(setenv("XDG_CONFIG_HOME", "", 1) == 0);
    CHECK_EQ(find_and_ask("a", "x"), OUT);
    NEED(unsetenv("HOME") == 0);
    CHECK_EQ(find_and_ask("a", "x"), NONE);
    clear_scene();
}

/* "usual": the file that counts if git says nothing leaves out `usual`, the one that it names `named`. */
static void check_answer(const char *script, bool named, bool usual)
{
    set_scene();
    put_git("a/.git");
    put("a/sub/", "");
    put("a/mine", "named\n");
    put("home/.config/git/ignore", "usual\n");
    put_script(script);
    check_case("%s", script);
    CHECK_EQ(find_and_ask("a/sub", "named"), named ? OUT : NONE);
    CHECK_EQ(find_and_ask("a/sub", "usual"), usual ? OUT : NONE);
    check_case_over();
    clear_scene();
}

static void only_a_whole_answer_of_git_counts(void)
{
    check_answer("#!/bin/sh\nprintf 'mine\\000'\n", true, false);
    check_answer("#!/bin/sh\nprintf '\\000'\n", false, false); /* set to nothing */
    check_answer("#!/bin/sh\nprintf '/dev/null\\000'\n", false, false);
    check_answer("#!/bin/sh\nprintf 'mine\\000'; exit 1\n", false, true);
    check_answer("#!/bin/sh\nprintf 'mine\\000'; kill -KILL $$\n", false, true);
    check_answer("#!/bin/sh\nprintf 'mine'\n", false, true);
    check_answer("#!/bin/sh\nprintf 'mine\\000more\\000'\n", false, true);
    check_answer("#!/bin/sh\nexit 0\n", false, true);
    check_answer(
        "#!/bin/sh\nprintf 'mine\\000'; while printf xxxxxxxxxxxxxxxxxxxxxxxxxxx; do :; done 2>/dev/null\n",
        false, true);
    check_answer("#!/nowhere/at/all\n", false, true);
    check_answer("#!/bin/sh\necho noise >&2; printf 'mine\\000'\n", true, false);
    /* It is asked at the top, with no input, and is not led elsewhere. */
    NEED(setenv("GIT_DIR", "/nowhere", 1) == 0 && setenv("GIT_CONFIG", "/nowhere", 1) == 0);
    check_answer("#!/bin/sh\n[ -z \"$GIT_DIR$GIT_CONFIG\" ] && ! read -r line && [ \"$1\" = -C ] && cd "
                 "\"$2\" && [ -e mine ] && "
                 "printf 'mine\\000'\n",
                 true, false);
    NEED(unsetenv("GIT_DIR") == 0 && unsetenv("GIT_CONFIG") == 0);
}

static void neither_ignored_children_nor_blocked_signals_disturb(void)
{
    sigset_t all, before;

    NEED(sigfillset(&all) == 0 && sigprocmask(SIG_SETMASK, &all, &before) == 0);
    check_answer("#!/bin/sh\nprintf 'mine\\000'\n", true, false);
    check_answer("#!/bin/sh\nkill -TERM $$; printf 'mine\\000'\n", false, true);
    NEED(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
    NEED(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    check_answer("#!/bin/sh\nprintf 'mine\\000'\n", true, false);
    NEED(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

static void nothing_is_left_behind(void)
{
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    CHECK_EQ(errno, ECHILD);
    for (int fd = 3; fd < 64; fd++)
        CHECK_EQ(fcntl(fd, F_GETFD), -1);
}

int main(void)
{
    /* Whatever this was started with is none of its business. */
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    only_a_good_repository_counts();
    rules_come_from_above_each_for_its_directory();
    long_paths_are_matched_whole();
    a_worktree_has_the_exclude_file_of_its_repository();
    files_that_cannot_be_used_are_told_and_the_others_count();
    nothing_in_the_repository_of_somebody_else_is_believed();
    safe_directory_names_repositories_of_others();
    what_a_foreign_repository_names_is_not_looked_at();
    without_git_the_usual_file_counts();
    only_a_whole_answer_of_git_counts();
    neither_ignored_children_nor_blocked_signals_disturb();
    nothing_is_left_behind();
    return check_status();
}
