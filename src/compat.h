/* compat.h: inotap under the names of other programs. Each takes its own command line, which is translated
 * into struct options; the engine underneath is the same. What is left that the engine must know is struct
 * compat. */
#ifndef INOTAP_COMPAT_H
#define INOTAP_COMPAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options;
struct ere;

/* How the other program behaves where inotap does not. Freed by compat_free(). */
struct compat {
    const char *program; /* its name; NULL: inotap itself, and nothing below counts */
    bool single;         /* ends at the first event, also at one that was not asked for */
    bool silent;         /* no records at all */
    bool csv;
    bool no_newline;
    bool syslog;
    bool recursive;
    bool counts; /* inotifywatch: a table at the end, and what of it is said below */
    bool zeros;  /* also what is 0 */
    bool verbose;
    int sort_key; /* see stats_query */
    bool sort_ascending;
    uint32_t columns; /* bits of the events that the table may show */
    long timeout_s;   /* a negative one is an error, which is said once everything is watched */
    uint32_t unasked; /* bits that the kernel says unasked and that are not to be printed */
    struct ere *ere;  /* which paths are told; NULL: all */
    char **excluded;  /* directories that are not entered, without slashes at the end */
    size_t excluded_count;
    char **texts; /* owned: lines of a file, to which paths and excluded point */
    size_t text_count;
};

/* The version of inotify-tools whose behaviour the names have: scripts read it from the first line of --help.
 */
#define COMPAT_VERSION "4.23.9"

/* Is the program called by one of the names, by argv[0] or as the first argument? Then its command line is
 * parsed into *o, which needs options_free() in any case. Returns the result, an enum options_result; -1: it
 * is inotap. */
int compat_parse(struct options *o, int argc, char **argv);

void compat_free(struct compat *c);

/* ---- what is said on standard error, in the words that scripts know ---- */

void compat_say_setting_up(const struct compat *c);
void compat_say_established(const struct compat *c, size_t watches);

/* inotifywatch -rv: a FILE is watched, or is about to be. */
void compat_say_watching(const char *path);
void compat_say_watched(const char *path);

/* A PATH cannot be watched (err is -errno), or a directory that was found later (is_new). */
void compat_say_unwatched(const char *path, size_t path_len, int err, bool is_new);
void compat_say_no_inotify(int err);
void compat_say_no_output(const char *file);
void compat_say_no_events(void);
void compat_say_lost(void);
void compat_say_negative_timeout(void);

/* The parsers, for the table of names. Each returns an enum options_result. */
int compat_wait_parse(struct options *o, int argc, char **argv);
int compat_watch_parse(struct options *o, int argc, char **argv);

#endif
