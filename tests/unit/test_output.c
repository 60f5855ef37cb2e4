/* test_output.c: the buffer in front of write(2), when it writes, and writes that are cut short, refused or
 * wait. Neighbours: output.h, and output_scene.h, where the kernel says what a test wants. */
#undef _FORTIFY_SOURCE /* its poll() would stand in the way of the one here */
#include "output.h"

#include "check.h"
#include "output_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- opening ---- */

static void a_file_is_made_appended_to_and_kept_from_children(void)
{
    struct place p;
    struct output *o;
    struct stat st;

    make_place(&p);
    umask(027);
    o = opened(p.file);
    NEED(fstat(output_fd(o), &st) == 0);
    CHECK_EQ(st.st_mode & 0777, 0640);
    CHECK(fcntl(output_fd(o), F_GETFD) & FD_CLOEXEC);
    CHECK(fcntl(output_fd(o), F_GETFL) & O_APPEND);
    add_text(o, "one\n");
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(output_close(o), 0);
    o = opened(p.file);
    add_text(o, "two\n");
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(output_close(o), 0);
    check_file(p.file, "one\ntwo\n");
    remove_place(&p);
}

static void what_cannot_be_opened_is_an_error(void)
{
    struct output *o = (struct output *)&o;

    CHECK_EQ(output_open(&o, "/nonexistent/out", -1, true), -ENOENT);
    CHECK(o == NULL);
    o = (struct output *)&o;
    CHECK_EQ(output_open(&o, "/", -1, true), -EISDIR);
    CHECK(o == NULL);
    CHECK_EQ(output_close(NULL), 0);
}

/* In a child, whose standard output can be spoilt. Its status tells. */
static int in_child(int (*test)(void))
{
    int status;
    pid_t child;

    fflush(NULL);
    child = fork();
    NEED(child >= 0);
    if (child == 0)
        _exit(test());
    NEED(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

static int open_closed_stdout(void)
{
    struct output *o;

    close(STDOUT_FILENO);
    return -output_open(&o, NULL, -1, true);
}

static int open_read_only_stdout(void)
{
    const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct output *o;

    dup2(fd, STDOUT_FILENO);
    return -output_open(&o, NULL, -1, true);
}

static int write_and_close_stdout(void)
{
    struct output *o;
    int fds[2], fd_was;
    char got[8] = "";

    if (pipe(fds) < 0 || dup2(fds[1], STDOUT_FILENO) < 0 || output_open(&o, NULL, -1, true) < 0)
        return 1;
    fd_was = output_fd(o);
    add_text(o, "out\n");
    if (output_flush(o) < 0 || output_reopen(o) < 0 || output_fd(o) != fd_was)
        return 2;
    if (read(fds[0], got, sizeof(got)) != 4 || memcmp(got, "out\n", 4) != 0)
        return 3;
    if (output_close(o) < 0 || fcntl(STDOUT_FILENO, F_GETFD) >= 0)
        return 4;
    return fd_was == STDOUT_FILENO ? 0 : 5;
}

static void standard_output_must_be_open_for_writing(void)
{
    CHECK_EQ(in_child(open_closed_stdout), EBADF);
    CHECK_EQ(in_child(open_read_only_stdout), EBADF);
    CHECK_EQ(in_child(write_and_close_stdout), 0);
}

/* ---- when it writes ---- */

static void many_small_records_are_one_write(void)
{
    struct place p;
    struct output *o;

    make_place(&p);
    o = opened(p.file);
    for (size_t i = 0; i < 500; i++)
        add_record(o, i, 100);
    CHECK_EQ(kernel.writes, 0);
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(kernel.writes, 1);
    CHECK_EQ(kernel.largest, 50000);
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(kernel.writes, 1);
    output_close(o);
    remove_place(&p);
}

static void a_full_buffer_leaves_in_whole_records(void)
{
    enum { RECORD = 997, RECORDS = 500, FITTING = (int)(64 * 1024 / RECORD) };
    struct place p;
    struct output *o;
    struct stat st;

    make_place(&p);
    o = opened(p.file);
    for (size_t i = 0; i < RECORDS; i++) {
        add_record(o, i, RECORD);
        CHECK_EQ(kernel.writes, i / FITTING);
    }
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(kernel.writes, (RECORDS + FITTING - 1) / FITTING);
    CHECK_EQ(kernel.largest, FITTING * RECORD);
    CHECK(!kernel.torn);
    NEED(stat(p.file, &st) == 0);
    CHECK_EQ(st.st_size, RECORD * RECORDS);
    output_close(o);
    remove_place(&p);
}

static void the_buffer_can_be_filled_to_its_last_byte(void)
{
    struct place p;
    struct output *o;

    make_place(&p);
    o = opened(p.file);
    add_record(o, 0, OUTPUT_BUFFER_SIZE - 10);
    add_record(o, 1, 10);
    CHECK_EQ(kernel.writes, 0);
    add_record(o, 2, 1);
    CHECK_EQ(kernel.writes, 1);
    CHECK_EQ(kernel.largest, OUTPUT_BUFFER_SIZE);
    output_close(o);
    remove_place(&p);
}

static void less_may_be_committed_than_was_reserved(void)
{
    struct place p;
    struct output *o;
    char *room;

    make_place(&p);
    o = opened(p.file);
    room = output_reserve(o, 1000);
    memcpy(room, "abc", 3);
    output_commit(o, room + 3);
    room = output_reserve(o, 1000); /* and nothing of it used */
    CHECK(room != NULL);
    add_text(o, "def\n");
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(output_close(o), 0);
    check_file(p.file, "abcdef\n");
    remove_place(&p);
}

static void a_record_larger_than_the_buffer_goes_through_in_order(void)
{
    enum { LARGE = 300000 };
    struct place p;
    struct output *o;
    char *const got = malloc(LARGE + 100);
    int fd;

    NEED(got != NULL);
    make_place(&p);
    o = opened(p.file);
    add_record(o, 1, 20);
    add_record(o, 2, LARGE);
    CHECK_EQ(kernel.writes, 1); /* the first, to make room */
    CHECK_EQ(kernel.largest, 20);
    add_record(o, 3, 20);
    CHECK_EQ(output_flush(o), 0);
    fd = open(p.file, O_RDONLY | O_CLOEXEC);
    CHECK_EQ(read(fd, got, LARGE + 100), LARGE + 40);
    CHECK(is_record(got, 1, 20) && is_record(got + 20, 2, LARGE) && is_record(got + 20 + LARGE, 3, 20));
    close(fd);
    output_close(o);
    remove_place(&p);
    free(got);
}

static void closing_does_not_write_what_is_left(void)
{
    struct place p;
    struct output *o;

    make_place(&p);
    o = opened(p.file);
    add_text(o, "left\n");
    CHECK_EQ(output_close(o), 0);
    CHECK_EQ(kernel.writes, 0);
    check_file(p.file, "");
    remove_place(&p);
}

static void a_record_that_no_memory_can_hold_is_an_error(void)
{
    /* Beyond PTRDIFF_MAX: a quarter of SIZE_MAX could be had where size_t has 32 bits. Volatile, or gcc warns
     * of it. */
    const volatile size_t too_much = SIZE_MAX / 2 + 1;
    struct place p;
    struct output *o;

    make_place(&p);
    o = opened(p.file);
    CHECK(output_reserve(o, too_much) == NULL);
    CHECK_EQ(output_error(o), -ENOMEM);
    CHECK(output_reserve(o, 1) == NULL);
    output_close(o);
    remove_place(&p);
}

/* ---- writes that do not go through at once ---- */

static void interrupted_and_partial_writes_are_carried_on(void)
{
    static const long answers[ANSWERS_MAX] = {1, -EINTR, 3, -EINTR, -EINTR, -EAGAIN, 2, -EAGAIN};
    struct place p;
    struct output *o;

    make_place(&p);
    o = opened(p.file);
    memcpy(kernel.answers, answers, sizeof(answers));
    add_text(o, "0123456789\n");
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(kernel.writes, 9);
    CHECK_EQ(kernel.polls, 2);
    CHECK_EQ(kernel.smallest, 5);
    CHECK_EQ(output_error(o), 0);
    CHECK_EQ(output_close(o), 0);
    check_file(p.file, "0123456789\n");
    remove_place(&p);
}

/* Read until the end, in uneven pieces, and compare. Returns a status to exit with. */
static int read_records(int fd, size_t skip, size_t records, size_t record_len)
{
    const size_t total = skip + records * record_len;
    char *const got = malloc(total + 1);
    size_t len = 0;
    ssize_t n;

    while (len <= total &&
           (n = read(fd, got + len, len % 7000 + 1 < total + 1 - len ? len % 7000 + 1 : total + 1 - len)) > 0)
        len += (size_t)n;
    if (len != total)
        return 2;
    for (size_t i = 0; i < records; i++)
        if (!is_record(got + skip + i * record_len, i, record_len))
            return 3;
    free(got);
    return 0;
}

static size_t fill_pipe(int fd)
{
    static const char stuffing[4096];
    size_t filled = 0;
    ssize_t n;

    while ((n = real_write(fd, stuffing, sizeof(stuffing))) > 0)
        filled += (size_t)n;
    while ((n = real_write(fd, stuffing, 1)) > 0)
        filled += (size_t)n;
    NEED(errno == EAGAIN);
    return filled;
}

/* The pipe is full before the first record, and its reader begins only once we wait. */
static void a_full_non_blocking_pipe_is_waited_for(void)
{
    enum { RECORD = 1013, RECORDS = 400 };
    int read_fd, go[2], status;
    struct output *const o = open_pipe(&read_fd);
    size_t filled;
    pid_t reader;

    NEED(fcntl(output_fd(o), F_SETFL, O_NONBLOCK) == 0);
    filled = fill_pipe(output_fd(o));
    NEED(pipe2(go, O_CLOEXEC) == 0);
    fflush(NULL);
    reader = fork();
    NEED(reader >= 0);
    if (reader == 0) {
        char byte;

        close(output_fd(o));
        close(go[1]);
        if (read(go[0], &byte, 1) != 1)
            _exit(1);
        _exit(read_records(read_fd, filled, RECORDS, RECORD));
    }
    close(read_fd);
    kernel.go_fd = go[1];
    for (size_t i = 0; i < RECORDS; i++)
        add_record(o, i, RECORD);
    CHECK_EQ(output_flush(o), 0);
    CHECK(kernel.polls > 0);
    CHECK_EQ(output_close(o), 0);
    NEED(waitpid(reader, &status, 0) == reader);
    CHECK_EQ(status, 0);
    close(go[0]);
    close(go[1]);
}

static void a_reader_that_is_gone_is_an_error(void)
{
    int read_fd;
    struct output *const o = open_pipe(&read_fd);

    signal(SIGPIPE, SIG_IGN);
    add_text(o, "read\n");
    CHECK_EQ(output_flush(o), 0);
    close(read_fd);
    add_text(o, "unread\n");
    CHECK_EQ(output_flush(o), -EPIPE);
    CHECK_EQ(output_error(o), -EPIPE);
    output_close(o);
    signal(SIGPIPE, SIG_DFL);
}

/* The pipe is full, and the reader goes away while we wait. */
static void a_reader_that_goes_while_we_wait_is_an_error(void)
{
    int read_fd, go[2], status;
    struct output *const o = open_pipe(&read_fd);
    pid_t reader;

    signal(SIGPIPE, SIG_IGN);
    NEED(fcntl(output_fd(o), F_SETFL, O_NONBLOCK) == 0);
    fill_pipe(output_fd(o));
    NEED(pipe2(go, O_CLOEXEC) == 0);
    fflush(NULL);
    reader = fork();
    NEED(reader >= 0);
    if (reader == 0) {
        char byte;

        _exit(read(go[0], &byte, 1) != 1);
    }
    close(read_fd);
    kernel.go_fd = go[1];
    add_text(o, "unread\n");
    CHECK_EQ(output_flush(o), -EPIPE);
    CHECK_EQ(kernel.polls, 1);
    output_close(o);
    NEED(waitpid(reader, &status, 0) == reader);
    CHECK_EQ(status, 0);
    close(go[0]);
    close(go[1]);
    signal(SIGPIPE, SIG_DFL);
}

static void a_full_disk_is_an_error(void)
{
    struct output *const o = opened("/dev/full");

    add_text(o, "no room\n");
    CHECK_EQ(output_error(o), 0);
    CHECK_EQ(output_flush(o), -ENOSPC);
    CHECK_EQ(output_error(o), -ENOSPC);
    output_close(o);
}

static void a_full_disk_shows_when_the_buffer_is(void)
{
    struct output *const o = opened("/dev/full");

    add_record(o, 0, OUTPUT_BUFFER_SIZE);
    CHECK_EQ(output_error(o), 0);
    CHECK(output_reserve(o, 1) == NULL);
    CHECK_EQ(output_error(o), -ENOSPC);
    output_close(o);
}

static void after_a_failure_nothing_is_written_any_more(void)
{
    static const long answers[ANSWERS_MAX] = {4, -EIO};
    struct place p;
    struct output *o;
    char *room;

    make_place(&p);
    o = opened(p.file);
    memcpy(kernel.answers, answers, sizeof(answers));
    add_text(o, "0123456789\n");
    room = output_reserve(o, 5);
    CHECK_EQ(output_flush(o), -EIO);
    CHECK_EQ(kernel.writes, 2);
    CHECK(output_reserve(o, 10) == NULL);
    CHECK_EQ(output_flush(o), -EIO);
    memcpy(room, "late\n", 5);
    output_commit(o, room + 5);
    CHECK_EQ(output_flush(o), -EIO);
    NEED(rename(p.file, p.moved) == 0);
    CHECK_EQ(output_reopen(o), -EIO);
    CHECK_EQ(output_error(o), -EIO);
    CHECK_EQ(kernel.writes, 2);
    CHECK(access(p.file, F_OK) < 0);
    output_close(o);
    check_file(p.moved, ""); /* not half a record */
    remove_place(&p);
}

/* What is in the file after three records of five bytes, behind a line of another run, of which so many bytes
 * were written before the disk was full. */
static void check_cut(const char *expected, long written, bool is_grown)
{
    struct place p;
    struct output *o;
    int rival;

    make_place(&p);
    rival = open(p.file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    NEED(rival > 0 && real_write(rival, "old\n", 4) == 4);
    o = opened(p.file);
    kernel.answers[0] = written > 0 ? written : -ENOSPC;
    kernel.answers[1] = -ENOSPC;
    kernel.rival_fd = is_grown ? rival : 0;
    for (int i = 0; i < 3; i++)
        add_text(o, i == 0 ? "aaaa\n" : i == 1 ? "b\nbb\n" : "cccc\n");
    CHECK_EQ(output_flush(o), -ENOSPC);
    CHECK_EQ(output_close(o), 0);
    close(rival);
    check_file(p.file, expected);
    remove_place(&p);
}

static void a_record_that_was_written_half_is_cut_off(void)
{
    check_cut("old\n", 0, false);
    check_cut("old\n", 4, false);
    check_cut("old\naaaa\n", 5, false);
    check_cut("old\naaaa\n", 7, false); /* a newline in a record does not end it */
    check_cut("old\naaaa\nb\nbb\n", 14, false);
}

static void what_others_append_meanwhile_is_never_cut_off(void)
{
    check_cut("old\naarival\n", 2, true);
}

/* The ends of so many records are known; before there are more, they are written. */
static void of_many_tiny_records_all_ends_are_known(void)
{
    enum { KNOWN = 4096, COUNT = 10000 };
    struct place p;
    struct output *o;
    struct stat st;

    make_place(&p);
    o = opened(p.file);
    for (int i = 0; i < COUNT; i++)
        add_text(o, "ab\n");
    CHECK_EQ(kernel.writes, COUNT / KNOWN);
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(kernel.writes, COUNT / KNOWN + 1);
    CHECK(!kernel.torn);
    kernel.answers[kernel.writes] = 3001;
    kernel.answers[kernel.writes + 1] = -ENOSPC;
    for (int i = 0; i < KNOWN; i++)
        add_text(o, "ab\n");
    CHECK_EQ(output_flush(o), -ENOSPC);
    output_close(o);
    NEED(stat(p.file, &st) == 0);
    CHECK_EQ(st.st_size, 3 * COUNT + 3000);
    remove_place(&p);
}

static void count_pieces(size_t len, size_t count, size_t pieces, size_t largest)
{
    int read_fd;
    struct output *const o = open_pipe(&read_fd);

    for (size_t i = 0; i < count; i++)
        add_record(o, i, len);
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(kernel.writes, pieces);
    CHECK_EQ(kernel.largest, largest);
    CHECK(!kernel.torn);
    output_close(o);
    close(read_fd);
}

static void to_a_pipe_each_write_is_of_whole_records_that_it_takes_at_once(void)
{
    count_pieces(100, 40, 1, 4000);
    count_pieces(100, 41, 2, 4000);
    count_pieces(1024, 4, 1, 4096);
    count_pieces(1024, 5, 2, 4096);
    count_pieces(4096, 3, 3, 4096);
    count_pieces(5000, 3, 3, 5000); /* longer than a pipe takes at once */
    count_pieces(2049, 4, 4, 2049);
}

/* What a record comes to behind what is in the file. */
static void check_start(const char *before, int record_end, const char *expected)
{
    struct place p;
    struct output *o;
    int fd;

    make_place(&p);
    fd = open(p.file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    NEED(fd > 0 && real_write(fd, before, strlen(before)) == (ssize_t)strlen(before));
    close(fd);
    NEED(output_open(&o, p.file, record_end, true) == 0);
    add_text(o, "new\n");
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(output_close(o), 0);
    check_file(p.file, expected);
    remove_place(&p);
}

static void a_file_that_ends_in_a_record_is_gone_on_with_behind_it(void)
{
    check_start("whole\n", '\n', "whole\nnew\n");
    check_start("hal", '\n', "hal\nnew\n");
    check_start("", '\n', "new\n");
    check_start("hal", -1, "halnew\n");
    check_start("hal\n", 'x', "hal\nxnew\n");
}

/* ---- a FIFO ---- */

static void a_fifo_that_nobody_reads_is_not_waited_for(void)
{
    struct place p;
    struct output *o;
    char text[64];
    int in;

    make_place(&p);
    NEED(mkfifo(p.file, 0600) == 0);
    NEED(output_open(&o, p.file, '\n', false) == 0);
    watch_kernel(-1);
    CHECK(!(fcntl(output_fd(o), F_GETFL) & O_NONBLOCK));
    add_text(o, "one\n");
    CHECK_EQ(output_flush(o), 0);
    in = open(p.file, O_RDONLY | O_CLOEXEC);
    NEED(in > 0);
    CHECK_EQ(read(in, text, sizeof(text)), 4);
    add_text(o, "two\n");
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(read(in, text, sizeof(text)), 4);
    close(in); /* there was a reader, and it has gone */
    signal(SIGPIPE, SIG_IGN);
    add_text(o, "three\n");
    CHECK_EQ(output_flush(o), -EPIPE);
    output_close(o);
    remove_place(&p);
}

static void a_fifo_with_a_reader_is_opened_as_any_file(void)
{
    struct place p;
    struct output *o;
    int in;

    make_place(&p);
    NEED(mkfifo(p.file, 0600) == 0);
    in = open(p.file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    NEED(in > 0 && output_open(&o, p.file, '\n', false) == 0);
    CHECK(!(fcntl(output_fd(o), F_GETFL) & O_NONBLOCK));
    close(in);
    signal(SIGPIPE, SIG_IGN);
    add_text(o, "one\n");
    CHECK_EQ(output_flush(o), -EPIPE);
    output_close(o);
    remove_place(&p);
}

/* ---- reopening ---- */

static void reopening_writes_to_the_old_file_and_goes_on_in_the_new(void)
{
    struct place p;
    struct output *o;
    int fd_was;

    make_place(&p);
    o = opened(p.file);
    add_text(o, "old 1\n");
    CHECK_EQ(output_flush(o), 0);
    NEED(rename(p.file, p.moved) == 0);
    add_text(o, "old 2\n");
    fd_was = output_fd(o);
    CHECK_EQ(output_reopen(o), 0);
    CHECK(output_fd(o) == fd_was || fcntl(fd_was, F_GETFD) < 0);
    CHECK(fcntl(output_fd(o), F_GETFD) & FD_CLOEXEC);
    add_text(o, "new\n");
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(output_close(o), 0);
    check_file(p.moved, "old 1\nold 2\n");
    check_file(p.file, "new\n");
    remove_place(&p);
}

static void reopening_what_was_not_moved_appends(void)
{
    struct place p;
    struct output *o;

    make_place(&p);
    o = opened(p.file);
    add_text(o, "before\n");
    CHECK_EQ(output_reopen(o), 0);
    add_text(o, "after\n");
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(output_close(o), 0);
    check_file(p.file, "before\nafter\n");
    remove_place(&p);
}

static void a_failed_reopening_leaves_the_old_file_in_use(void)
{
    struct place p;
    struct output *o;
    int fd_was;

    make_place(&p);
    o = opened(p.file);
    add_text(o, "1\n");
    fd_was = output_fd(o);
    NEED(rename(p.file, p.moved) == 0 && mkdir(p.file, 0700) == 0);
    CHECK_EQ(output_reopen(o), -EISDIR);
    CHECK_EQ(output_error(o), 0);
    CHECK_EQ(output_fd(o), fd_was);
    add_text(o, "2\n");
    CHECK_EQ(output_flush(o), 0);
    CHECK_EQ(output_close(o), 0);
    check_file(p.moved, "1\n2\n");
    NEED(rmdir(p.file) == 0);
    remove_place(&p);
}

int main(void)
{
    a_file_is_made_appended_to_and_kept_from_children();
    what_cannot_be_opened_is_an_error();
    standard_output_must_be_open_for_writing();
    many_small_records_are_one_write();
    a_full_buffer_leaves_in_whole_records();
    the_buffer_can_be_filled_to_its_last_byte();
    less_may_be_committed_than_was_reserved();
    a_record_larger_than_the_buffer_goes_through_in_order();
    closing_does_not_write_what_is_left();
    a_record_that_no_memory_can_hold_is_an_error();
    interrupted_and_partial_writes_are_carried_on();
    a_full_non_blocking_pipe_is_waited_for();
    a_reader_that_is_gone_is_an_error();
    a_reader_that_goes_while_we_wait_is_an_error();
    a_full_disk_is_an_error();
    a_full_disk_shows_when_the_buffer_is();
    after_a_failure_nothing_is_written_any_more();
    a_record_that_was_written_half_is_cut_off();
    what_others_append_meanwhile_is_never_cut_off();
    of_many_tiny_records_all_ends_are_known();
    to_a_pipe_each_write_is_of_whole_records_that_it_takes_at_once();
    a_file_that_ends_in_a_record_is_gone_on_with_behind_it();
    a_fifo_that_nobody_reads_is_not_waited_for();
    a_fifo_with_a_reader_is_opened_as_any_file();
    reopening_writes_to_the_old_file_and_goes_on_in_the_new();
    reopening_what_was_not_moved_appends();
    a_failed_reopening_leaves_the_old_file_in_use();
    return check_status();
}
