/* tap.h: the path of an event: off the backend, through the watch set, to a record in the output.
 * Joins the rooms that a batch passes; main.c decides when to read and when to end. */
#ifndef INOTAP_TAP_H
#define INOTAP_TAP_H

#include "backend.h"
#include "format.h"
#include "output.h"
#include "own.h"
#include "roots.h"
#include "target.h"

#include <stdbool.h>
#include <stdint.h>

/* All of it borrowed but the numbers. */
struct tap {
    struct backend *backend;
    struct target_set *set;
    struct roots *roots;
    const struct path_list *paths;
    struct format *format;
    struct output *output;
    struct own_output own;
    clockid_t clock;   /* of the time in records */
    uint32_t events;   /* what is reported */
    uint64_t limit;    /* stop after that many events; 0: never */
    uint64_t seq;      /* of the last record */
    uint64_t reported; /* records of events: READY is not one */
    uint64_t bytes_read;
    uint64_t absence_mark; /* of bytes_read, up to where the kernel may still speak of what is absent */
    bool overflowed;       /* in this batch */
    size_t absent; /* watches whose last PATH is not there; tap_check_absent() is due TAP_GRACE_NS later */
};

/* Read one batch, print it, and look after what it changed. Returns the number of bytes read, 0 if nothing
 * was queued, or -errno: -EBADMSG the kernel's answer cannot be decoded (backend_offset()), otherwise see
 * output_error(): if that is 0, reading failed. */
long tap_batch(struct tap *tap);

/* Print and flush everything that is queued at this moment, and no more. Returns 0 or -errno as above. */
int tap_drain(struct tap *tap);

/* Print a record of our own, such as READY, and flush it. Returns 0 or -errno. */
int tap_announce(struct tap *tap, const char *label);

/* Something happened to the parents of PATHs: backend_fd(roots->guard_backend) is readable. Returns 0 or
 * -errno. */
int tap_check_guards(struct tap *tap);

/* Look again at the absent, and let go of those that have been so since the call before. While tap->absent is
 * not 0, call it every TAP_GRACE_NS. Returns 0 or -errno. */
#define TAP_GRACE_NS INT64_C(10000000)
int tap_check_absent(struct tap *tap);

/* Has the limit been reached? Is every PATH gone? */
bool tap_is_full(const struct tap *tap);
bool tap_is_bereft(const struct tap *tap);

/* Learn what the output is and which watch it lies in; the watches are told to report what following it
 * needs. */
void tap_find_own_output(struct tap *tap);

/* Reopen the output file, with everything queued so far still written to the old one. Returns 0 or -errno of
 * the drain; *reopen_error is -errno if the file could not be opened anew: the old one stays. */
int tap_reopen(struct tap *tap, int *reopen_error);

#endif
