/* tap.h: the path of an event: off the backend, through the watch set, to a record in the output.
 * Joins the rooms that a batch passes; main.c decides when to read and when to end. */
#ifndef INOTAP_TAP_H
#define INOTAP_TAP_H

#include "backend.h"
#include "beneath.h"
#include "change.h"
#include "names.h"
#include "overlap.h"
#include "own.h"
#include "report.h"
#include "roots.h"
#include "target.h"
#include "tree.h"
#include "watch.h"
#include "whole.h"

#include <stdbool.h>
#include <stdint.h>

/* How long a MOVED_FROM waits for its other half, with --rename, and with it all that comes behind it. */
#define TAP_HOLD_NS INT64_C(50000000)

struct tap_hold {
    bool is_on;            /* the first event waits */
    bool is_waived;        /* nothing does */
    int64_t until_ns;      /* of CLOCK_MONOTONIC */
    uint64_t began_at;     /* of backend_bytes_read() */
    uint64_t waited_up_to; /* what was read before need not wait */
};

/* All of it borrowed but the numbers. */
struct tap {
    struct backend *backend;
    struct target_set *set;
    struct roots *roots;
    const struct path_list *paths;
    struct watch_set *watches; /* of a recursive watch, with its tree, or of --follow-name; else NULL */
    struct tree *tree;
    struct change change;
    struct names *names; /* of --follow-name; else NULL */
    struct report report;
    struct tap_hold hold;
    struct own_output own;
    struct overlap overlap; /* overlap_free() it */
    struct beneath beneath; /* beneath_free() it */
    struct whole whole;     /* whole_free() it */
    uint32_t events;        /* what is reported */
    bool all;               /* ... as raw as the kernel says it */
    bool under_first;       /* what several PATHs name is told under the first of them */
    bool is_ready;
    bool with_errors; /* what cannot be watched is an ERROR record */
    uint64_t
        absence_mark;  /* of backend_bytes_read(), up to where the kernel may still speak of what is absent */
    bool overflowed;   /* in this batch */
    bool all_compared; /* with --resync: after a loss everything is compared, so events up to then are skipped
                        */
    bool skipping;     /* ... and are being so */
    unsigned skipped_batches;
    bool resync_due;                     /* RESYNCED is to be printed, once everything is looked through */
    struct path *touched, *last_touched; /* PATHs that presence_return() is to look at */
    struct target *absent, *last_absent; /* those whose last PATH is not there; tap_check_absent() is due
                                            TAP_GRACE_NS later */

    /* What cannot be watched, by its path, and how far a walk has come. Returns 0, or a negative value that
     * ends what is being done. */
    int (*blind)(void *context, const char *path, size_t path_len, int err);
    int (*progress)(void *context, size_t directories);
    void (*complain)(void *context, const char *path, int err); /* a file of ignore rules cannot be used */
    /* A file system that does not tell everything is mounted at this path below a PATH, or holds a PATH that
     * has come. */
    void (*met)(void *context, const char *path, const struct file_system *fs);
    void *context;
};

/* What a tree tells, with a struct tap as its context. */
extern const struct tree_listener tap_listener;

/* Once the tree is there. */
void tap_connect_tree(struct tap *tap);

/* Handle what is queued, or if that is nothing read one batch; print it, and look after what it changed.
 * Returns 1, 0 if there was nothing, or -errno: -EBADMSG the kernel's answer cannot be decoded
 * (queue_offset()), otherwise see output_error(): if that is 0, something else failed. */
int tap_batch(struct tap *tap);

/* Has something been read that is not handled? Then tap_batch() is due. */
bool tap_is_behind(const struct tap *tap);

/* Until when what is queued waits for half of a rename, of CLOCK_MONOTONIC; -1: it does not. Then tap_batch()
 * is due when that time has come, or when the backend has something to read. */
int64_t tap_held_until(const struct tap *tap);

/* Print and flush everything that is queued at this moment, and no more. Returns 0 or -errno as above. */
int tap_drain(struct tap *tap);

/* Something happened on the way to PATHs: backend_fd(roots->guard_backend) or names_fd(names) is readable.
 * Returns 0 or -errno. */
int tap_check_guards(struct tap *tap);

/* Look again at the absent, and let go of those that have been so since the call before. While tap->absent is
 * not NULL, call it every TAP_GRACE_NS. Returns 0 or -errno. */
#define TAP_GRACE_NS INT64_C(10000000)
int tap_check_absent(struct tap *tap);

/* Is there something that no event will tell of: PATHs of --follow-name whose way leads through a directory
 * that cannot be watched, or directories that a limit refused? Then call tap_retry() every TAP_RETRY_NS.
 * Returns 0 or -errno. */
bool tap_is_to_retry(const struct tap *tap);
#define TAP_RETRY_NS INT64_C(1000000000)
int tap_retry(struct tap *tap);

/* Is every PATH gone? */
bool tap_is_bereft(const struct tap *tap);

/* A PATH is watched that was not before: the same, and which others overlap with it. */
void tap_came_back(struct tap *tap, struct path *p);

/* Learn what the output is and which watch it lies in; the watches are told to report what following it
 * needs. */
void tap_find_own_output(struct tap *tap);

/* Reopen the output file, with everything queued so far still written to the old one. Returns 0 or -errno of
 * the drain; *reopen_error is -errno if the file could not be opened anew: the old one stays. */
int tap_reopen(struct tap *tap, int *reopen_error);

/* The link count of what is watched may have changed, and with it what its PATHs name. */
void tap_suspect(struct tap *tap, struct target *w);

/* For overlap.c: print an event with a name as its directory says it. Returns 0 or -errno. */
int tap_emit_named(struct tap *tap, const struct event *ev);

#endif
