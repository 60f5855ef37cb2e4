/* compat_given.h: what the command lines of inotifywait and inotifywatch have in common. Private to
 * compat_wait.c and compat_watch.c. All of these say themselves what is wrong. */
#ifndef INOTAP_COMPAT_GIVEN_H
#define INOTAP_COMPAT_GIVEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options;

/* What was given, before it is known what goes together. */
struct given {
    bool monitor, daemon, no_newline, csv, filesystem;
    int quiet;
    const char *format, *timefmt, *outfile, *fromfile;
    struct regex {
        const char *text;
        bool is_repeated;
    } exclude, excludei, include, includei;
    long timeout_s;
    uint32_t bits; /* of -e, flags among them; 0: everything */
};

/* Long options without a letter. A program's own begin at the end of these. */
enum given_long {
    GIVEN_EXCLUDE = 256,
    GIVEN_EXCLUDEI,
    GIVEN_INCLUDE,
    GIVEN_INCLUDEI,
    GIVEN_FROMFILE,
    GIVEN_LONG_END,
};

/* Take an option of both programs. false: it is none, or its value is none. */
bool given_take_option(struct options *o, struct given *given, int letter, const char *value);

/* Take the name of a file, which an option may be given once only; false: it was. */
bool given_take_file(const char **place, const char *file, const char *option);

/* The bits of the name of an event, of so many bytes; 0: there is none. */
uint32_t given_bits_of(const char *word, size_t len);

/* What cannot be together: a complaint, or NULL. */
const char *given_check(const struct given *given);

/* Does a program that would watch file systems with -S have to refuse that? */
bool given_refuses_filesystem(const struct options *o, const struct given *given);

/* Into *o. Each returns 0 or -errno. */
int given_compile_regex(struct options *o, const struct given *given);
void given_set_events(struct options *o, const struct given *given);
int given_collect_files(struct options *o, const struct given *given, int count, char **files);

/* Of -t; -1: for ever. */
int64_t given_nanoseconds(long seconds);

#endif
