/* subject.c: one process from start to end, through pipes and wait statuses. Neighbours: drain.c, latency.c
 * and idle.c measure it; floor.c is what a subject without a program runs. */
#include "subject.h"

#include "directory.h"
#include "ending.h"
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_TIMEOUT_S 120
#define READ_TIMEOUT_S  120
#define END_TIMEOUT_S   120

static volatile pid_t
    child_pid; /* what subject_kill() kills: never one that is reaped: its ID may be reused */

/* ---- a time limit for calls that block ---- */

/* Not by poll(2): after it every write to the pipe would wake us, and so cost the program measured. */
static volatile sig_atomic_t late;

static void on_alarm(int number)
{
    (void)number;
    late = 1;
}

/* So many seconds from now late becomes true and a blocking call fails with EINTR. Again every second, as the
 * first time may be just before the call. 0: never. */
static void limit_time(time_t seconds)
{
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval timer = {.it_value.tv_sec = seconds, .it_interval.tv_sec = seconds > 0};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    late = 0;
}

/* ---- what becomes of it ---- */

/* Wait until the process has stopped or ended, and take its wait status. False if it is late. */
static bool take_status(const struct subject *s, int *status, struct rusage *usage)
{
    siginfo_t info;

    while (waitid(P_PID, (id_t)s->pid, &info, WEXITED | WSTOPPED | WNOWAIT) < 0) {
        if (errno != EINTR)
            die("cannot wait for %s: %s", s->name, strerror(errno));
        if (late)
            return false;
    }
    ending_hold(true);
    if (wait4(s->pid, status, WUNTRACED | WNOHANG, usage) != s->pid)
        die("%s: somebody else is stopping and continuing it", s->name);
    if (!WIFSTOPPED(*status))
        child_pid = 0;
    ending_hold(false);
    return true;
}

static const char *describe_status(int status)
{
    static char text[96];

    if (WIFEXITED(status))
        snprintf(text, sizeof(text), "it exited with status %d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof(text), "it was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, sizeof(text), "it has stopped");
    return text;
}

/* For a process that has closed a pipe too early: most likely it is ending. */
static const char *describe_end(const struct subject *s)
{
    int status;

    limit_time(1);
    return take_status(s, &status, NULL) ? describe_status(status) : "it is still running";
}

/* ---- starting ---- */

/* The last that matches decides, so all are tried. */
#define GLOBS                                                                                                \
    "-g!*.o", "-g!*.tmp", "-g!build/", "-g!node_modules", "-g!src/**/gen", "-g!*~", "-g!.#*", "-g!a/b/*.c",  \
        "-g![Tt]humbs.*", "-g!core.[0-9]*"

static _Noreturn void exec_inotap(const struct subject *s, int ready_fd)
{
    char ready[32];

    snprintf(ready, sizeof(ready), "--ready-fd=%d", ready_fd);
    fcntl(ready_fd, F_SETFD, 0);
    if (s->with_globs)
        execl(s->program, s->program, GLOBS, s->json ? "-je" : "-e", "create,delete", ready, directory_path(),
              NULL);
    else
        execl(s->program, s->program, s->json ? "-je" : "-e", "create,delete", ready, directory_path(), NULL);
    dprintf(STDERR_FILENO, "inotap-bench: cannot run %s: %s\n", s->program, strerror(errno));
    _exit(127);
}

static _Noreturn void exec_start_floor(int ready_fd)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", ready_fd);
    fcntl(ready_fd, F_SETFD, 0);
    execl("/proc/self/exe", "inotap-bench", FLOOR_START_OPTION, number, NULL);
    _exit(127);
}

static _Noreturn void child_main(const struct subject *s, int out_fd, int ready_fd)
{
    const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ending_reset_signals();
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0)
        _exit(126);
    if (s->program)
        exec_inotap(s, ready_fd);
    if (s->only_starts)
        exec_start_floor(ready_fd);
    floor_main(s->record_bytes, ready_fd);
}

static void await_ready(const struct subject *s, int ready_fd)
{
    static const char expected[] = "READY=1\n";
    char text[sizeof(expected)];
    size_t have = 0;

    limit_time(READY_TIMEOUT_S);
    while (have < sizeof(expected) - 1) {
        const ssize_t length = read(ready_fd, text + have, sizeof(expected) - 1 - have);

        if (length < 0 && errno != EINTR)
            die("%s: cannot read its ready descriptor: %s", s->name, strerror(errno));
        if (late)
            die("%s: not ready after %d s", s->name, READY_TIMEOUT_S);
        if (length == 0)
            die("%s: its ready descriptor was closed before READY=1: %s", s->name, describe_end(s));
        if (length > 0)
            have += (size_t)length;
    }
    limit_time(0);
    if (memcmp(text, expected, have) != 0)
        die("%s: wrote something else than READY=1 to its ready descriptor", s->name);
}

void subject_start(struct subject *s)
{
    int out_fds[2], ready_fds[2];

    if (pipe2(out_fds, O_CLOEXEC) < 0 || pipe2(ready_fds, O_CLOEXEC) < 0)
        die("cannot make a pipe: %s", strerror(errno));
    ending_hold(true);
    s->pid = fork();
    if (s->pid == 0)
        child_main(s, out_fds[1], ready_fds[1]);
    if (s->pid < 0)
        die("cannot fork: %s", strerror(errno));
    child_pid = s->pid;
    ending_hold(false);
    close(out_fds[1]);
    close(ready_fds[1]);
    s->out_fd = out_fds[0];
    s->lines = s->bytes = 0;
    await_ready(s, ready_fds[0]);
    close(ready_fds[0]);
}

/* ---- running ---- */

void subject_stop(const struct subject *s)
{
    int status;

    limit_time(END_TIMEOUT_S);
    kill(s->pid, SIGSTOP);
    if (!take_status(s, &status, NULL))
        die("%s: had not stopped %d s after SIGSTOP", s->name, END_TIMEOUT_S);
    limit_time(0);
    if (!WIFSTOPPED(status))
        die("%s: ended while it was being measured: %s", s->name, describe_status(status));
}

void subject_continue(const struct subject *s)
{
    kill(s->pid, SIGCONT);
}

static uint64_t count_lines(const char *text, size_t length)
{
    const char *const end = text + length;
    uint64_t count = 0;

    while ((text = memchr(text, '\n', (size_t)(end - text)))) {
        text++;
        count++;
    }
    return count;
}

/* As read(2), and counts. */
static ssize_t read_output(struct subject *s)
{
    static char buffer[64 * 1024]; /* what a pipe holds */
    const ssize_t length = read(s->out_fd, buffer, sizeof(buffer));

    if (length > 0) {
        s->bytes += (uint64_t)length;
        s->lines += count_lines(buffer, (size_t)length);
    }
    return length;
}

void subject_read(struct subject *s)
{
    const ssize_t length = read_output(s);

    if (length == 0)
        die("%s: its output ended after %" PRIu64 " lines: %s", s->name, s->lines, describe_end(s));
    if (length < 0 && errno != EINTR && errno != EAGAIN)
        die("%s: cannot read its output: %s", s->name, strerror(errno));
}

void subject_await(struct subject *s, uint64_t lines)
{
    limit_time(READ_TIMEOUT_S);
    while (s->lines < lines) {
        subject_read(s);
        if (late && s->lines < lines)
            die("%s: given up after %" PRIu64 " of %" PRIu64 " lines and %d s", s->name, s->lines, lines,
                READ_TIMEOUT_S);
    }
    limit_time(0);
}

/* ---- ending ---- */

void subject_end(struct subject *s, uint64_t lines, struct rusage *usage)
{
    bool ended = false;
    int status;

    limit_time(END_TIMEOUT_S);
    kill(s->pid, SIGTERM);
    /* To the end of its output first: a process that has more to write than the pipe holds cannot end. */
    while (!ended && !late)
        ended = read_output(s) == 0;
    if (!ended || !take_status(s, &status, usage))
        die("%s: had not ended %d s after SIGTERM", s->name, END_TIMEOUT_S);
    limit_time(0);
    close(s->out_fd);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM)
        die("%s: should have died by SIGTERM, but %s", s->name, describe_status(status));
    if (s->lines != lines)
        die("%s: wrote %" PRIu64 " lines for %" PRIu64 " events", s->name, s->lines, lines);
}

void subject_kill(void)
{
    if (child_pid <= 0)
        return;
    kill(child_pid, SIGKILL);
    waitpid(child_pid, NULL, 0);
    child_pid = 0;
}
