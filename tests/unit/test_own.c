/* test_own.c: which events are our own writing, through renames, reopening and rotation. The files are real,
 * the watch descriptors and events are made up. Neighbours: own.h. */
#include "own.h"

#include "check.h"
#include "own_scene.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void writing_and_opening_the_output_is_our_own(void)
{
    struct scene s;

    set_scene(&s, "out");
    CHECK(is_own(&s.own, DIR_WD, IN_MODIFY, "out"));
    CHECK(is_own(&s.own, DIR_WD, IN_OPEN, "out"));
    CHECK(is_own(&s.own, DIR_WD, IN_CLOSE_WRITE, "out"));
    CHECK(is_own(&s.own, DIR_WD, IN_ACCESS, "out")); /* of a reader that follows it */
    clear_scene(&s);
}

static void what_writing_does_not_cause_is_reported(void)
{
    static const uint32_t masks[] = {IN_ATTRIB,      IN_CLOSE_NOWRITE, IN_CREATE,  IN_DELETE,  IN_MOVED_TO,
                                     IN_DELETE_SELF, IN_MOVE_SELF,     IN_IGNORED, IN_UNMOUNT, IN_MOVED_FROM};
    struct scene s;

    set_scene(&s, "out");
    for (size_t i = 0; i < COUNT_OF(masks); i++) {
        check_case("mask %#x", masks[i]);
        CHECK(!is_own(&s.own, DIR_WD, masks[i], "out"));
    }
    check_case_over();
    clear_scene(&s);
}

static void other_names_watches_and_directories_are_reported(void)
{
    struct scene s;

    set_scene(&s, "out");
    CHECK(!writes_as(&s.own, DIR_WD, "out2"));
    CHECK(!writes_as(&s.own, DIR_WD, "ou"));
    CHECK(!writes_as(&s.own, DIR_WD, "Out"));
    CHECK(!writes_as(&s.own, DIR_WD, ""));
    CHECK(!writes_as(&s.own, OTHER_WD, "out"));
    CHECK(!writes_as(&s.own, -1, "out"));
    CHECK(!writes_as(&s.own, 0, "out"));
    CHECK(!is_own(&s.own, DIR_WD, IN_OPEN | IN_ISDIR, "out"));
    CHECK(!is_own(&s.own, -1, IN_Q_OVERFLOW, ""));
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

static void the_longest_name_is_recognised(void)
{
    char name[NAME_MAX + 1];
    struct scene s;

    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    set_scene(&s, name);
    CHECK(writes_as(&s.own, DIR_WD, name));
    name[NAME_MAX - 1] = 'm';
    CHECK(!writes_as(&s.own, DIR_WD, name));
    clear_scene(&s);
}

static void an_output_outside_of_what_is_watched_has_no_events(void)
{
    struct scene s, elsewhere;

    set_scene(&s, "out");
    set_scene(&elsewhere, "out");
    own_identify(&s.own, s.fd, NULL);
    found(&s.own, elsewhere.dir, OTHER_WD);
    CHECK(!writes_as(&s.own, OTHER_WD, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&elsewhere);
    clear_scene(&s);
}

static void a_pipe_has_no_place(void)
{
    struct own_output own = {0};
    int fds[2];

    NEED(pipe(fds) == 0);
    own_identify(&own, fds[1], NULL);
    CHECK(!own.named);
    own_found(&own, 0, 0, DIR_WD);
    CHECK(!writes_as(&own, DIR_WD, ""));
    close(fds[0]);
    close(fds[1]);
    own_identify(&own, -1, NULL);
    CHECK(!own.named);
}

/* A terminal that is watched is written to by what it shows. */
static void a_device_is_recognised_like_a_file(void)
{
    struct own_output own = {0};
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    NEED(null >= 0);
    own_identify(&own, null, NULL);
    found(&own, "/dev", DIR_WD);
    found(&own, "/dev/null", FILE_WD);
    CHECK(own.named);
    CHECK(writes_as(&own, DIR_WD, "null"));
    CHECK(writes_as(&own, FILE_WD, ""));
    close(null);
}

static void what_was_known_is_forgotten_with_an_output_that_is_none(void)
{
    struct scene s;
    int fds[2];

    set_scene(&s, "out");
    NEED(pipe(fds) == 0);
    own_identify(&s.own, fds[1], NULL);
    CHECK(!s.own.named);
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    close(fds[0]);
    close(fds[1]);
    clear_scene(&s);
}

/* For the kernel still reports what is written to it, by that name: inotify(7), IN_EXCL_UNLINK. */
static void an_output_that_is_removed_is_known_by_the_name_it_had(void)
{
    struct scene s;

    set_scene(&s, "out");
    NEED(unlink(s.file) == 0);
    identify(&s);
    CHECK(s.own.named);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "out (deleted)"));
    /* /proc calls it by that name, and here is somebody else's file that really has it. */
    close(create_in(&s, "out (deleted)"));
    identify(&s);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "out (deleted)"));
    remove_in(&s, "out (deleted)");
    /* What replaces it cannot be told from it: better its events hidden than ours repeated for ever. */
    close(create_in(&s, "out"));
    identify(&s);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

static void a_removed_name_of_an_output_that_has_another_is_known_too(void)
{
    char link_name[500];
    struct scene s;

    set_scene(&s, "out");
    snprintf(link_name, sizeof(link_name), "%s.1", s.file);
    NEED(link(s.file, link_name) == 0 && unlink(s.file) == 0);
    identify(&s);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "out.1"));
    clear_scene(&s);
}

static void a_name_that_only_looks_removed_is_that_name(void)
{
    struct scene s;

    set_scene(&s, "out (deleted)");
    CHECK(writes_as(&s.own, DIR_WD, "out (deleted)"));
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

static void only_the_directory_of_the_output_is_that(void)
{
    struct stat dir;
    struct scene s;

    set_scene(&s, "out");
    own_identify(&s.own, s.fd, NULL);
    NEED(stat(s.dir, &dir) == 0);
    own_found(&s.own, dir.st_dev + 1, dir.st_ino, DIR_WD);
    own_found(&s.own, dir.st_dev, dir.st_ino + 1, DIR_WD);
    found(&s.own, "/tmp", DIR_WD);
    found(&s.own, s.file, DIR_WD);
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    own_found(&s.own, dir.st_dev, dir.st_ino, DIR_WD);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

/* ---- renames ---- */

static void the_output_is_followed_when_it_is_renamed(void)
{
    struct scene s;

    set_scene(&s, "out");
    rename_event(&s.own, "out", "out.1");
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    rename_event(&s.own, "out.1", "a.much.longer.name.than.before");
    CHECK(writes_as(&s.own, DIR_WD, "a.much.longer.name.than.before"));
    CHECK(!writes_as(&s.own, DIR_WD, "out.1"));
    rename_event(&s.own, "a.much.longer.name.than.before", "o");
    CHECK(writes_as(&s.own, DIR_WD, "o"));
    rename_event(&s.own, "o", "out.1.gz");
    rename_event(&s.own, "out.1.gz", "out.1");
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(!writes_as(&s.own, DIR_WD, "out.1.gz"));
    clear_scene(&s);
}

static void between_the_two_halves_of_its_rename_it_is_nowhere(void)
{
    struct scene s;

    set_scene(&s, "out");
    CHECK(!renamed(&s.own, DIR_WD, IN_MOVED_FROM, 7, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(!renamed(&s.own, DIR_WD, IN_MOVED_TO, 8, "another"));
    CHECK(!writes_as(&s.own, DIR_WD, "another"));
    CHECK(!renamed(&s.own, DIR_WD, IN_MOVED_TO, 7, "out.1"));
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    clear_scene(&s);
}

static void it_is_followed_into_another_watched_directory(void)
{
    struct scene s;

    set_scene(&s, "out");
    renamed(&s.own, DIR_WD, IN_MOVED_FROM, 7, "out");
    renamed(&s.own, OTHER_WD, IN_MOVED_TO, 7, "out");
    CHECK(writes_as(&s.own, OTHER_WD, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

static void once_it_has_left_a_new_file_of_its_name_is_another(void)
{
    struct scene s;

    set_scene(&s, "out");
    renamed(&s.own, DIR_WD, IN_MOVED_FROM, 7, "out");
    CHECK(!is_own(&s.own, DIR_WD, IN_CREATE, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

static void renames_of_other_files_mean_nothing(void)
{
    struct scene s;

    set_scene(&s, "out");
    rename_event(&s.own, "a", "b");
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "b"));
    renamed(&s.own, OTHER_WD, IN_MOVED_FROM, 7, "out");
    renamed(&s.own, OTHER_WD, IN_MOVED_TO, 7, "elsewhere");
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    CHECK(!writes_as(&s.own, OTHER_WD, "elsewhere"));
    renamed(&s.own, DIR_WD, IN_MOVED_TO, 0, "came.from.outside");
    CHECK(!writes_as(&s.own, DIR_WD, "came.from.outside"));
    renamed(&s.own, DIR_WD, IN_MOVED_FROM | IN_ISDIR, 8, "out");
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

static void a_second_move_with_the_cookie_does_not_take_it_along(void)
{
    struct scene s;

    set_scene(&s, "out");
    renamed(&s.own, DIR_WD, IN_MOVED_FROM, 7, "out");
    renamed(&s.own, DIR_WD, IN_MOVED_TO, 7, "out.1");
    renamed(&s.own, DIR_WD, IN_MOVED_TO, 7, "again");
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(!writes_as(&s.own, DIR_WD, "again"));
    clear_scene(&s);
}

static void the_longest_name_that_it_is_renamed_to_fits(void)
{
    char name[NAME_MAX + 1];
    struct scene s;

    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    set_scene(&s, "out");
    rename_event(&s.own, "out", name);
    CHECK(writes_as(&s.own, DIR_WD, name));
    clear_scene(&s);
}

/* The kernel never says one, but a buffer that was decoded may. */
static void a_name_longer_than_any_does_not_overflow_the_place(void)
{
    char name[EVENT_NAME_MAX + 1000];
    struct scene s;

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    set_scene(&s, "out");
    renamed(&s.own, DIR_WD, IN_MOVED_FROM, 7, "out");
    CHECK(!renamed(&s.own, DIR_WD, IN_MOVED_TO, 7, name));
    CHECK(s.own.place.name_len <= EVENT_NAME_MAX);
    clear_scene(&s);
}

/* ---- when it has to be looked for ---- */

static void rename_file(const struct scene *s, const char *from, const char *to)
{
    char old[400], new[400];

    snprintf(old, sizeof(old), "%s/%s", s->dir, from);
    snprintf(new, sizeof(new), "%s/%s", s->dir, to);
    NEED(rename(old, new) == 0);
}

static void only_a_rename_is_a_reason_to_look_for_it(void)
{
    struct scene s;

    set_scene(&s, "out");
    rename_file(&s, "out", "out.1"); /* of which no event has told yet */
    rename_event(&s.own, "a", "b");
    renamed(&s.own, DIR_WD, IN_MOVED_TO, 7, "c");
    renamed(&s.own, DIR_WD, IN_MOVED_FROM, 8, "d");
    is_own(&s.own, DIR_WD, IN_DELETE, "b");
    writes_as(&s.own, DIR_WD, "out");
    CHECK(!own_is_lost(&s.own));
    rename_event(&s.own, "out", "out.1");
    CHECK(own_is_lost(&s.own));
    CHECK(!own_is_lost(&s.own));
    identify(&s);
    CHECK(!own_is_lost(&s.own));
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    clear_scene(&s);
}

static void it_is_found_when_it_comes_from_elsewhere(void)
{
    struct scene s, elsewhere;
    char away[500];

    set_scene(&s, "out");
    set_scene(&elsewhere, "out");
    snprintf(away, sizeof(away), "%s/out.1", elsewhere.dir);
    NEED(rename(s.file, away) == 0);
    renamed(&s.own, DIR_WD, IN_MOVED_FROM, 7, "out");
    CHECK(own_is_lost(&s.own));
    identify(&s);
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    NEED(rename(away, s.file) == 0);
    renamed(&s.own, DIR_WD, IN_MOVED_TO, 8, "out");
    CHECK(own_is_lost(&s.own));
    identify(&s);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&elsewhere);
    clear_scene(&s);
}

/* By then it is where it always was, but its place is not known any more. */
static void it_is_found_when_it_went_and_came_back_at_once(void)
{
    struct scene s;

    set_scene(&s, "out");
    renamed(&s.own, DIR_WD, IN_MOVED_FROM, 7, "out");
    renamed(&s.own, DIR_WD, IN_MOVED_TO, 8, "out");
    CHECK(own_is_lost(&s.own));
    identify(&s);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

/* An exchange is two renames, and looks like one there and back again. */
static void it_is_found_after_an_exchange(void)
{
    struct scene s;

    set_scene(&s, "out");
    close(create_in(&s, "out.1"));
    rename_file(&s, "out", "aside");
    rename_file(&s, "out.1", "out");
    rename_file(&s, "aside", "out.1");
    rename_event(&s.own, "out", "out.1");
    rename_event(&s.own, "out.1", "out");
    CHECK(own_is_lost(&s.own));
    identify(&s);
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

static void a_renamed_and_removed_output_stays_known_by_its_last_name(void)
{
    struct scene s;

    set_scene(&s, "out");
    rename_file(&s, "out", "out.1");
    rename_event(&s.own, "out", "out.1");
    remove_in(&s, "out.1");
    if (own_is_lost(&s.own))
        identify(&s);
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

/* ---- reopening ---- */

/* What SIGHUP leads to: the file is opened anew by its name. */
static void reopen(struct scene *s)
{
    own_reopening(&s->own);
    close(s->fd);
    s->fd = create(s->file);
    own_identify(&s->own, s->fd, NULL);
    found(&s->own, s->dir, DIR_WD);
}

static void after_a_rotation_both_files_are_ours_until_the_queue_was_empty(void)
{
    char rotated[500];
    struct scene s;

    set_scene(&s, "out");
    snprintf(rotated, sizeof(rotated), "%s.1", s.file);
    NEED(rename(s.file, rotated) == 0);
    rename_event(&s.own, "out", "out.1");
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    reopen(&s);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    own_drained(&s.own);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "out.1"));
    clear_scene(&s);
}

static void a_rename_still_queued_moves_the_file_from_before(void)
{
    char rotated[500];
    struct scene s;

    set_scene(&s, "out");
    snprintf(rotated, sizeof(rotated), "%s.1", s.file);
    NEED(rename(s.file, rotated) == 0);
    reopen(&s);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    rename_event(&s.own, "out", "out.1");
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    own_drained(&s.own);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, "out.1"));
    clear_scene(&s);
}

static void a_rename_half_read_when_reopening_is_of_the_file_from_before(void)
{
    char rotated[500];
    struct scene s;

    set_scene(&s, "out");
    snprintf(rotated, sizeof(rotated), "%s.1", s.file);
    NEED(rename(s.file, rotated) == 0);
    renamed(&s.own, DIR_WD, IN_MOVED_FROM, 7, "out");
    reopen(&s);
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    renamed(&s.own, DIR_WD, IN_MOVED_TO, 7, "out.1");
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    own_drained(&s.own);
    CHECK(!writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

static void a_half_of_the_file_from_before_does_not_outlive_the_queue(void)
{
    struct scene s;

    set_scene(&s, "out");
    renamed(&s.own, DIR_WD, IN_MOVED_FROM, 7, "out");
    reopen(&s);
    own_drained(&s.own);
    renamed(&s.own, DIR_WD, IN_MOVED_TO, 7, "out.1");
    CHECK(!writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

static void an_empty_queue_does_not_end_a_rename_of_the_present_file(void)
{
    struct scene s;

    set_scene(&s, "out");
    own_drained(&s.own);
    renamed(&s.own, DIR_WD, IN_MOVED_FROM, 7, "out");
    own_drained(&s.own);
    renamed(&s.own, DIR_WD, IN_MOVED_TO, 7, "out.1");
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    clear_scene(&s);
}

static void the_new_file_is_followed_like_the_first(void)
{
    struct scene s;

    set_scene(&s, "out");
    reopen(&s);
    own_drained(&s.own);
    rename_event(&s.own, "out", "out.1");
    CHECK(writes_as(&s.own, DIR_WD, "out.1"));
    CHECK(!writes_as(&s.own, DIR_WD, "out"));
    clear_scene(&s);
}

/* As where /proc is not mounted: the name that it was opened by is all there is. */
static void an_output_that_proc_cannot_tell_is_known_by_the_name_it_was_opened_by(void)
{
    static const char *const names[] = {"out", "./out"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct scene s;

        set_scene(&s, "out");
        check_case("%s", names[i]);
        NEED(unlink(s.file) == 0 && chdir(s.dir) == 0);
        own_reopening(&s.own);
        close(s.fd);
        s.fd = create(s.file);
        NEED(unlink(s.file) == 0);
        own_identify(&s.own, s.fd, names[i]);
        found(&s.own, s.dir, DIR_WD);
        own_drained(&s.own);
        CHECK(writes_as(&s.own, DIR_WD, "out"));
        NEED(chdir("/") == 0);
        clear_scene(&s);
    }
    check_case_over();
}

/* ---- the output as a PATH ---- */

static void an_output_that_is_a_path_is_recognised_without_a_name(void)
{
    struct scene s;

    set_scene(&s, "out");
    found(&s.own, s.file, FILE_WD);
    CHECK(writes_as(&s.own, FILE_WD, ""));
    CHECK(writes_as(&s.own, DIR_WD, "out"));
    CHECK(!writes_as(&s.own, FILE_WD, "out"));
    CHECK(!writes_as(&s.own, DIR_WD, ""));
    CHECK(!writes_as(&s.own, OTHER_WD, ""));
    CHECK(!is_own(&s.own, FILE_WD, IN_ATTRIB, ""));
    clear_scene(&s);
}

static void a_path_that_is_another_file_is_not_the_output(void)
{
    char other[500];
    struct scene s;

    set_scene(&s, "out");
    snprintf(other, sizeof(other), "%s.1", s.file);
    close(create(other));
    found(&s.own, other, FILE_WD);
    CHECK(!writes_as(&s.own, FILE_WD, ""));
    clear_scene(&s);
}

static void the_path_of_the_file_from_before_counts_until_the_queue_was_empty(void)
{
    char rotated[500];
    struct scene s;

    set_scene(&s, "out");
    snprintf(rotated, sizeof(rotated), "%s.1", s.file);
    found(&s.own, s.file, FILE_WD);
    NEED(rename(s.file, rotated) == 0);
    reopen(&s);
    CHECK(writes_as(&s.own, FILE_WD, ""));
    own_drained(&s.own);
    CHECK(!writes_as(&s.own, FILE_WD, ""));
    found(&s.own, s.file, FILE_WD + 1);
    CHECK(writes_as(&s.own, FILE_WD + 1, ""));
    clear_scene(&s);
}

int main(void)
{
    writing_and_opening_the_output_is_our_own();
    what_writing_does_not_cause_is_reported();
    other_names_watches_and_directories_are_reported();
    the_longest_name_is_recognised();
    an_output_outside_of_what_is_watched_has_no_events();
    a_pipe_has_no_place();
    a_device_is_recognised_like_a_file();
    what_was_known_is_forgotten_with_an_output_that_is_none();
    an_output_that_is_removed_is_known_by_the_name_it_had();
    a_removed_name_of_an_output_that_has_another_is_known_too();
    a_name_that_only_looks_removed_is_that_name();
    only_the_directory_of_the_output_is_that();
    the_output_is_followed_when_it_is_renamed();
    between_the_two_halves_of_its_rename_it_is_nowhere();
    it_is_followed_into_another_watched_directory();
    once_it_has_left_a_new_file_of_its_name_is_another();
    renames_of_other_files_mean_nothing();
    a_second_move_with_the_cookie_does_not_take_it_along();
    the_longest_name_that_it_is_renamed_to_fits();
    a_name_longer_than_any_does_not_overflow_the_place();
    only_a_rename_is_a_reason_to_look_for_it();
    it_is_found_when_it_comes_from_elsewhere();
    it_is_found_when_it_went_and_came_back_at_once();
    it_is_found_after_an_exchange();
    a_renamed_and_removed_output_stays_known_by_its_last_name();
    after_a_rotation_both_files_are_ours_until_the_queue_was_empty();
    a_rename_still_queued_moves_the_file_from_before();
    a_rename_half_read_when_reopening_is_of_the_file_from_before();
    a_half_of_the_file_from_before_does_not_outlive_the_queue();
    an_empty_queue_does_not_end_a_rename_of_the_present_file();
    the_new_file_is_followed_like_the_first();
    an_output_that_proc_cannot_tell_is_known_by_the_name_it_was_opened_by();
    an_output_that_is_a_path_is_recognised_without_a_name();
    a_path_that_is_another_file_is_not_the_output();
    the_path_of_the_file_from_before_counts_until_the_queue_was_empty();
    return check_status();
}
