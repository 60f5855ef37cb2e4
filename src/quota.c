/* quota.c: explaining ENOSPC and EMFILE from what /proc tells.
 * Neighbour: main.c, which prints the lines. */
#include "quota.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct limit {
    const char *what;    /* in the plural */
    const char *of_user; /* the sysctl that the whole system has, by its name and file */
    const char *of_user_file;
    const char *of_namespace; /* the one that each user namespace has besides */
    const char *of_namespace_file;
};

static const struct limit limits[] = {
    [QUOTA_WATCHES] = {"watches", "fs.inotify.max_user_watches", "/proc/sys/fs/inotify/max_user_watches",
                       "user.max_inotify_watches", "/proc/sys/user/max_inotify_watches"},
    [QUOTA_INSTANCES] = {"instances", "fs.inotify.max_user_instances",
                         "/proc/sys/fs/inotify/max_user_instances", "user.max_inotify_instances",
                         "/proc/sys/user/max_inotify_instances"},
};

#define TOP_USERS ((size_t)5)

struct user {
    long pid;
    long watches;
    long instances;
};

struct usage {
    struct user total;
    struct user top[TOP_USERS]; /* most first; pid 0: none */
};

static long read_long(const char *file)
{
    FILE *const in = fopen(file, "re");
    char text[32], *end = text;
    long value = -1;

    if (!in)
        return -1;
    if (fgets(text, sizeof(text), in))
        value = strtol(text, &end, 10);
    fclose(in);
    return end > text ? value : -1;
}

/* How many watches an inotify descriptor has: one line each in its fdinfo (proc(5)). */
static long count_watches(int fdinfo_dir, const char *fd_name)
{
    const int fd = openat(fdinfo_dir, fd_name, O_RDONLY | O_CLOEXEC);
    FILE *const in = fd < 0 ? NULL : fdopen(fd, "re");
    char *line = NULL;
    size_t size = 0;
    long count = 0;

    if (!in) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    while (getline(&line, &size, in) > 0)
        if (strncmp(line, "inotify wd:", strlen("inotify wd:")) == 0)
            count++;
    free(line);
    fclose(in);
    return count;
}

/* The inotify descriptors of one process. */
static struct user count_process(long pid)
{
    struct user user = {.pid = pid};
    char name[64], target[64];
    const struct dirent *entry;
    int info;
    DIR *fds;

    snprintf(name, sizeof(name), "/proc/%ld/fd", pid);
    fds = opendir(name);
    snprintf(name, sizeof(name), "/proc/%ld/fdinfo", pid);
    info = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fds && info >= 0 && (entry = readdir(fds))) {
        const ssize_t len = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);

        if (len < 0)
            continue;
        target[len] = '\0';
        if (strcmp(target, "anon_inode:inotify") != 0)
            continue;
        user.instances++;
        user.watches += count_watches(info, entry->d_name);
    }
    if (info >= 0)
        close(info);
    if (fds)
        closedir(fds);
    return user;
}

static long amount(const struct user *user, enum quota_kind kind)
{
    return kind == QUOTA_WATCHES ? user->watches : user->instances;
}

static void add_to_usage(struct usage *usage, struct user user, enum quota_kind kind)
{
    usage->total.watches += user.watches;
    usage->total.instances += user.instances;
    for (size_t i = 0; i < TOP_USERS; i++) {
        if (amount(&user, kind) > amount(&usage->top[i], kind)) {
            const struct user smaller = usage->top[i];

            usage->top[i] = user;
            user = smaller;
        }
    }
}

/* The limits count by user, so only the processes of ours matter. */
static void find_usage(struct usage *usage, enum quota_kind kind)
{
    DIR *const proc = opendir("/proc");
    const struct dirent *entry;
    struct stat st;

    *usage = (struct usage){0};
    while (proc && (entry = readdir(proc))) {
        const long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 0 && fstatat(dirfd(proc), entry->d_name, &st, 0) == 0 && st.st_uid == geteuid())
            add_to_usage(usage, count_process(pid), kind);
    }
    if (proc)
        closedir(proc);
}

static void __attribute__((format(printf, 2, 3))) sayf(void (*say)(const char *line), const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    say(line);
}

static void say_user(const struct user *user, enum quota_kind kind, const char *what,
                     void (*say)(const char *line))
{
    char file[64], command[64] = "?";
    FILE *in;

    snprintf(file, sizeof(file), "/proc/%ld/comm", user->pid);
    in = fopen(file, "re");
    if (in) {
        if (fgets(command, sizeof(command), in))
            command[strcspn(command, "\n")] = '\0';
        fclose(in);
    }
    sayf(say, "  %ld %s by process %ld (%s)%s", amount(user, kind), what, user->pid, command,
         user->pid == (long)getpid() ? ", this one" : "");
}

static long larger(long limit)
{
    return limit < 4096 ? 8192 : limit > 250000000 ? 500000000 : 2 * limit;
}

enum quota_kind quota_of(int err)
{
    switch (err) {
    case -ENOSPC:
        return QUOTA_WATCHES;
    case -EUSERS:
        return QUOTA_INSTANCES;
    case -EMFILE:
        return QUOTA_DESCRIPTORS;
    case -ENFILE:
        return QUOTA_FILES;
    default:
        return QUOTA_NONE;
    }
}

static void explain_descriptors(void (*say)(const char *line))
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        say("the limit is RLIMIT_NOFILE, the open files of a process; raise it with ulimit -n");
        return;
    }
    sayf(say, "this process may have %llu open files (RLIMIT_NOFILE), and needs more",
         (unsigned long long)limit.rlim_cur);
    sayf(say, "raise it with: ulimit -n %llu", (unsigned long long)limit.rlim_cur + 1024);
}

static void explain_files(void (*say)(const char *line))
{
    const long limit = read_long("/proc/sys/fs/file-max");

    if (limit < 0) {
        say("the limit is fs.file-max, the open files of the whole system, and no more can be opened to read "
            "it; "
            "raise it with: sudo sysctl fs.file-max=NUMBER");
        return;
    }
    sayf(say, "the limit fs.file-max, the open files of the whole system, is %ld", limit);
    sayf(say, "raise it with: sudo sysctl fs.file-max=%ld", larger(limit));
}

void quota_explain(enum quota_kind kind, void (*say)(const char *line))
{
    if (kind == QUOTA_DESCRIPTORS)
        explain_descriptors(say);
    else if (kind == QUOTA_FILES)
        explain_files(say);
    if (kind >= QUOTA_DESCRIPTORS)
        return;

    const struct limit *const l = &limits[kind];
    const long of_user = read_long(l->of_user_file), of_namespace = read_long(l->of_namespace_file);
    const bool by_namespace = of_namespace >= 0 && (of_user < 0 || of_namespace < of_user);
    const char *const name = by_namespace ? l->of_namespace : l->of_user;
    const long value = by_namespace ? of_namespace : of_user;
    struct usage usage;

    if (value < 0) {
        sayf(say, "the limit is %s, whose value cannot be read: is /proc mounted?", l->of_user);
        return;
    }
    find_usage(&usage, kind);
    sayf(say, "the limit %s is %ld; user %ld has %ld inotify %s in use here:", name, value, (long)geteuid(),
         amount(&usage.total, kind), l->what);
    for (size_t i = 0; i < TOP_USERS && usage.top[i].pid > 0; i++)
        say_user(&usage.top[i], kind, l->what, say);
    if (amount(&usage.total, kind) < value)
        sayf(say,
             "that is less than the limit: other containers of this user, or an outer user namespace with a "
             "smaller %s, take the rest",
             l->of_namespace);
    sayf(say, "raise it with: sudo sysctl %s=%ld   (to keep it, put that line into a file in /etc/sysctl.d)",
         name, larger(value));
}
