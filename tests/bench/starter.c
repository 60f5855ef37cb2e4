/* starter.c: a process until it is ready, and its clocks. Neighbour: setup.c says what is run. */
#include "starter.h"

#include "ending.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS 120000
#define NS_PER_MS  1e6
#define MS_PER_S   1e3

static volatile pid_t child_pid; /* never one that is reaped: its ID may be reused */

static double read_ms(clockid_t clock)
{
    struct timespec now;

    if (clock_gettime(clock, &now) < 0)
        die("cannot read a clock: %s", strerror(errno));
    return (double)now.tv_sec * MS_PER_S + (double)now.tv_nsec / NS_PER_MS;
}

/* The child's side; in the parent it returns. */
static bool fork_child(void)
{
    pid_t pid;

    fflush(stdout);
    ending_hold(true);
    pid = fork();
    if (pid < 0)
        die("cannot fork: %s", strerror(errno));
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        ending_reset_signals();
        return true;
    }
    child_pid = pid;
    ending_hold(false);
    return false;
}

static _Noreturn void run_child(char *const argv[], int fd, int pipe_fd)
{
    const int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0)
        _exit(126);
    if (fd == pipe_fd)
        fcntl(fd, F_SETFD, 0);
    else if (dup2(pipe_fd, fd) < 0)
        _exit(126);
    execvp(argv[0], argv);
    dprintf(STDERR_FILENO, "inotap-bench: cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static void await(int pipe_fd, const char *who, const char *ready)
{
    char text[512] = "";
    size_t have = 0;

    while (!strstr(text, ready)) {
        struct pollfd waiting = {.fd = pipe_fd, .events = POLLIN};
        ssize_t length = 0;

        if (poll(&waiting, 1, TIMEOUT_MS) > 0)
            length = read(pipe_fd, text + have, sizeof(text) - 1 - have);
        if (length <= 0)
            die("%s did not say '%s', but '%s'", who, ready, text);
        have += (size_t)length;
        text[have] = '\0';
    }
}

static double child_ms(const char *who)
{
    clockid_t clock;
    const int error = clock_getcpuclockid(child_pid, &clock);

    if (error != 0)
        die("cannot find the clock of %s: %s", who, strerror(error));
    return read_ms(clock);
}

static unsigned long child_resident_kib(const char *who)
{
    char path[64], line[256];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)child_pid);
    file = fopen(path, "re");
    if (!file)
        die("cannot read %s: %s", path, strerror(errno));
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "VmRSS:", strlen("VmRSS:")) == 0) {
            fclose(file);
            return strtoul(line + strlen("VmRSS:"), NULL, 10);
        }
    }
    die("%s ended as soon as it was ready", who);
}

struct start starter_run(char *const argv[], int fd, const char *ready)
{
    const double begin_ms = read_ms(CLOCK_MONOTONIC);
    struct start start;
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        die("cannot make a pipe: %s", strerror(errno));
    if (fork_child())
        run_child(argv, fd, fds[1]);
    close(fds[1]);
    await(fds[0], argv[0], ready);
    start.wall_ms = read_ms(CLOCK_MONOTONIC) - begin_ms;
    start.processor_ms = child_ms(argv[0]);
    start.resident_kib = child_resident_kib(argv[0]);
    close(fds[0]);
    starter_kill();
    return start;
}

struct start starter_call(struct start (*measure)(void))
{
    struct start start;
    ssize_t length;
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        die("cannot make a pipe: %s", strerror(errno));
    if (fork_child()) {
        start = measure();
        _exit(write(fds[1], &start, sizeof(start)) == sizeof(start) ? 0 : 1);
    }
    close(fds[1]);
    length = read(fds[0], &start, sizeof(start));
    if (length != sizeof(start))
        die("the bare loop failed");
    close(fds[0]);
    starter_kill();
    return start;
}

void starter_kill(void)
{
    if (child_pid <= 0)
        return;
    kill(child_pid, SIGKILL);
    waitpid(child_pid, NULL, 0);
    child_pid = 0;
}
