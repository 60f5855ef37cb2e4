/* service.h: being started by something that wants to know when it is ready: --ready-fd, sd_notify(3)'s
 * protocol,
 * --daemon and --pid-file. Prints nothing and never exits; main.c does. */
#ifndef INOTAP_SERVICE_H
#define INOTAP_SERVICE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* ---- --ready-fd ---- */

/* Write READY=1 and a newline to fd and close it. Returns 0 or -errno. */
int service_ready_fd(int fd);

/* ---- the service manager of $NOTIFY_SOCKET ---- */

/* Send a message such as "READY=1". Returns 1 if it was sent, 0 if nobody asked (no NOTIFY_SOCKET), or
 * -errno; -EAFNOSUPPORT for an address that is neither a path nor an abstract name. */
int service_notify(const char *message);

/* ---- --daemon ---- */

/* Go on in a child of its own session. Returns 0 in the child, with *report_fd for daemon_report(); 1 in the
 * parent, once the child has reported or ended, with the status to exit with; or -errno. */
int daemon_start(int *report_fd, int *status);

/* Close every descriptor but these, in any order; numbers below 0 mean none. Sorts them. */
void daemon_close_others(int *keep, size_t count);

/* In the child: tell the parent that everything is in place, and let go of the terminal: standard input
 * becomes /dev/null, and so does standard error unless it is a regular file, and standard output with
 * quiet_stdout. Returns 0 or -errno; -EPIPE: the parent is gone. */
int daemon_report(int report_fd, bool quiet_stdout);

/* ---- --pid-file ---- */

struct pid_file {
    const char *name; /* borrowed; NULL: none */
    int fd;
};

/* The file belongs to somebody else, or others may write to it, or it has another name. */
#define PID_FILE_OF_OTHERS (-EREMCHG)

/* Make the file and lock it, so that a second inotap sees that this one runs, and write our process ID.
 * Returns 0, -errno, -EEXIST with what the file says in *other (0 or -1 if that is no process ID), -EINVAL:
 * it is something else than a file with a process ID, or PID_FILE_OF_OTHERS. Then it was not touched. */
int pid_file_write(struct pid_file *f, const char *name, pid_t *other);

/* Is there such a process? */
bool pid_file_is_running(pid_t pid);

/* Remove it, if there is one and it is still ours. */
void pid_file_remove(struct pid_file *f);

#endif
