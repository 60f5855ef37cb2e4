/* app.h: the whole program as one structure, and its exit status: what main.c, setup.c, process.c, loop.c,
 * live.c, tables.c and warn.c share. The seven are one room, the only one that includes all others, prints
 * messages and knows statuses. */
#ifndef INOTAP_APP_H
#define INOTAP_APP_H

#include "backend.h"
#include "choice.h"
#include "format.h"
#include "merge.h"
#include "mounts.h"
#include "options.h"
#include "output.h"
#include "paths.h"
#include "remote.h"
#include "roots.h"
#include "service.h"
#include "stats.h"
#include "table.h"
#include "tap.h"
#include "target.h"
#include "timestamp.h"
#include "top.h"

#include <time.h>

enum status {
    STATUS_GOING_ON = -1, /* nothing has ended it yet */
    STATUS_DONE = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
    STATUS_TIMEOUT = 3,
    STATUS_NOTHING_LEFT = 4,
    STATUS_SIGNAL = 256, /* plus the number of the signal to die of */
};

/* The live view, and what was to be said while it was on the screen. */
struct live {
    struct top *top; /* NULL: none */
    bool color;
    bool is_open;     /* the terminal was taken once */
    bool is_away;     /* it is not for us now, and nothing is drawn */
    char said[32768]; /* whole lines, the newest ones */
    size_t said_len;
    size_t unsaid; /* how many there was no room for */
    char paths[256];
    size_t paths_len;
};

/* A file system that was met below a PATH, or at one that came later. */
struct met {
    char *path;
    struct file_system fs;
};

struct warnings {
    struct met *met;
    size_t met_count;
    bool is_started; /* what is met is told at once */
};

struct inotap {
    struct options options;
    struct path_list paths;
    struct backend *backend;
    struct target_set *set;
    struct roots roots;
    struct watch_set *watches; /* these three: see tap.h */
    struct tree *tree;
    struct names *names;
    struct mounts *mounts;          /* NULL where /proc does not tell, or nobody is to know */
    struct timestamp *default_time; /* owned, where options.time is not given */
    struct format *format;
    struct choice choice;
    struct merge *merge; /* with --settle; else NULL */
    struct output *output;
    struct stats *stats; /* with --stats; else NULL */
    struct table table;
    struct live live; /* with --top */
    struct warnings warnings;
    struct tap tap;
    struct pid_file pid_file;
    int report_fd; /* to the parent of a daemon; -1: none */
    int signals_fd;
    int epoll_fd;
    int timeout_fd, idle_fd, interval_fd; /* timerfds; -1: none */
    bool mounts_held; /* something was unmounted, and is to be looked at later; since then: */
    struct timespec mounts_held_since;
    bool in_grace; /* a PATH is absent, and was last looked at then: */
    struct timespec grace_began;
    bool is_to_retry; /* tap_retry() is due TAP_RETRY_NS after this: */
    struct timespec retried;
    struct timespec watching_since;         /* of CLOCK_MONOTONIC */
    struct timespec last_event;             /* the same, for --idle */
    struct timespec walk_began, walk_shown; /* of the walk at the start */
    size_t blind_count, blind_named;        /* directories that could not be watched or read */
    size_t complaints;                      /* of ignore rules that cannot be used */
    unsigned explained;                     /* the limits that were: bits by enum quota_kind */
    bool failed; /* a directory could not be watched: to be ended once all is printed */
};

/* With -v, where /proc does not tell. */
#define APP_NO_MOUNTS                                                                                        \
    "/proc/self/mountinfo cannot be used: what is mounted or unmounted while this runs is not noticed"

/* Print a line as an error, or as a warning. */
void app_say_error(const char *line);
void app_say_warning(const char *line);

/* Print what failed and why (a -errno). Returns STATUS_FAILED. */
int app_fail(const char *what, int err);

/* Explain the limit that a path of the watched ones has run into, if it is one and was not explained yet. */
void app_explain_once(struct inotap *app, int err, bool is_error);

/* The same for a failure of tap.h's functions. A reader that went away is no message but SIGPIPE's status. */
int app_fail_batch(const struct inotap *app, int err);

/* tap.h: blind, complain and progress; the context is a struct inotap. */
int app_blind(void *context, const char *path, size_t path_len, int err);
void app_complain(void *context, const char *path, int err);
int app_progress(void *context, size_t directories);

/* Say how many directories could not be watched since the last time, if any. */
void app_count_blind(struct inotap *app);

/* process.c: steps of setup(). */
int process_fill_streams(struct inotap *app);
int process_unblock_signals(struct inotap *app);
int process_check_ready_fd(struct inotap *app);
int process_go_to_background(struct inotap *app);
int process_close_inherited(struct inotap *app);
int process_take_signals(struct inotap *app);
int process_write_pid_file(struct inotap *app);

/* Everything up to the last watch. Returns STATUS_GOING_ON, or the status to end with. */
int setup(struct inotap *app);

/* warn.c: what cannot be seen, said once all is watched: file systems that do not tell everything, links that
 * are not followed. Returns STATUS_GOING_ON. */
int warn_at_start(struct inotap *app);

/* tap.h: met; the context is a struct inotap. At the start it is kept for warn_at_start(). */
void warn_of_met(void *context, const char *path, const struct file_system *fs);
void warn_free(struct warnings *w);

/* tables.c: print what was counted so far, and flush it; print an empty line, as inotifywatch does behind a
 * table that was asked for by SIGUSR1. Each returns STATUS_GOING_ON, or the status to end with. */
int app_print_table(struct inotap *app);
int app_print_empty_line(struct inotap *app);

/* live.c: the view of --top; each returns STATUS_GOING_ON, or the status to end with. */
int live_check(const struct inotap *app);
int live_make(struct inotap *app, uint64_t seed);
int live_start(struct inotap *app);
int live_on_keys(struct inotap *app);
int live_on_tick(struct inotap *app);
int live_on_signals(struct inotap *app);

/* Put the terminal back, and say what was to be said meanwhile; may be called again. */
void live_end(struct inotap *app);

/* loop.c: are keys listened to, or nothing but the end of the terminal? */
void app_hear_keys(const struct inotap *app, bool wanted);

#define LIVE_TICK_NS INT64_C(500000000)

/* Since a time of CLOCK_MONOTONIC. */
int64_t app_since_ns(const struct timespec *then);

/* Say that it is ready, then read and print until something ends it. Returns the status. */
int loop(struct inotap *app);

#endif
