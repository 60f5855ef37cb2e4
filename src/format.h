/* format.h: a record to bytes: text, JSON Lines, CSV, or a template. Compiled once, then one pass a record.
 * Does no I/O and allocates nothing after format_new(). */
#ifndef INOTAP_FORMAT_H
#define INOTAP_FORMAT_H

#include "record.h"
#include "timestamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum format_kind {
    FORMAT_TEXT,
    FORMAT_JSON,
    FORMAT_CSV,
    FORMAT_TEMPLATE,
    FORMAT_WAIT,     /* a template of inotifywait's */
    FORMAT_WAIT_CSV, /* its CSV */
    FORMAT_NOTHING,
};

enum field {
    FIELD_SEQ,
    FIELD_TIME,
    FIELD_WD,
    FIELD_MASK,
    FIELD_EVENTS,
    FIELD_COOKIE,
    FIELD_PATH,
    FIELD_NAME,
    FIELD_LEN,
    FIELD_FROM, /* of a RENAME */
    FIELD_SYNTHETIC,
    FIELD_EVENT_COUNT, /* of a settled record */
    FIELD_HOST,
    FIELD_ERROR,
    FIELD_COUNT
};

/* The field of that name, or -1. field_name() is the way back. */
int field_find(const char *name);
const char *field_name(enum field field);

/* How records are to look. Everything is borrowed for the length of format_new(), but for time. */
struct format_spec {
    enum format_kind kind;
    const char *template; /* FORMAT_TEMPLATE, FORMAT_WAIT; there without a newline at its end: */
    bool no_newline;
    const enum field *fields; /* the fields to print, or NULL for those the kind prints by default */
    size_t field_count;
    struct timestamp *time; /* owned by the caller, outlives the format; NULL: no time */
    bool time_wanted;       /* the user asked for a time, so text has one too */
    const char *host;       /* UTF-8, or NULL */
    bool with_from;         /* there may be RENAME records: CSV has the column from */
    bool with_count;        /* records are settled: CSV has the column count */
    bool null;              /* NUL ends a record; paths in text and templates are raw */
    bool terminal;          /* aligned columns, and no raw control character whatever else is asked */
    bool color;
    uint32_t events; /* what is watched for: the width of the events column */
};

struct format;

/* Compile. *result is owned by the caller. Returns 0, -ENOMEM, or -EINVAL with a message in why (a template
 * that cannot be understood). */
int format_new(struct format **result, const struct format_spec *spec, char *why, size_t why_size);
void format_free(struct format *f);

/* The time of the records to come, from the clock of spec.time; once for each batch that is read. */
void format_set_time(struct format *f, const struct timespec *when);

/* The line that names the columns of CSV, its end included, of *len bytes; it lives as long as the format.
 * NULL: there is none, in any other form. */
const char *format_header(const struct format *f, size_t *len);

/* An upper bound, in bytes, for what format_record() writes for this record. */
size_t format_bound(const struct format *f, const struct record *r);

/* Write the record at p, its end included, and return the end of what was written. */
char *format_record(const struct format *f, const struct record *r, char *p);

#endif
