/* output.h: the one way out for records: a buffer of 64 KiB in front of write(2).
 * Whole records go in; they leave when the buffer is full or when output_flush() is called, once a batch. */
#ifndef INOTAP_OUTPUT_H
#define INOTAP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#define OUTPUT_BUFFER_SIZE ((size_t)64 * 1024)

struct output;

/* Open it: standard output where file is NULL, else that file, appending, made if need be. `file` is
 * borrowed. record_end: the byte that each record ends with, or -1; where a file ends without it, because
 * whoever wrote there was cut short, it is written before the first record. is_patient: a FIFO that nobody
 * reads is waited for; else it is opened at once, and keeps what is written until somebody reads. Returns 0
 * or -errno; *result is the caller's. */
int output_open(struct output **result, const char *file, int record_end, bool is_patient);

/* Wait for the reader of a FIFO that was not waited for, if what was written to it would be lost without one.
 */
void output_await_reader(struct output *o);

/* Free it, without writing what is still in the buffer. Returns 0, or -errno of close(2): some file systems
 * say only there that a write failed. */
int output_close(struct output *o);

/* A line that goes before the first record: now, unless the output is a file that is not empty, and whenever
 * the file is opened anew and is empty. Borrowed. Returns 0 or -errno. */
int output_begin_with(struct output *o, const char *header, size_t len);

/* Room for `size` bytes in the buffer, which is emptied by writing, or grown for a record larger than itself.
 * NULL on failure: output_error() says which. The caller writes there and commits the end of a record. */
char *output_reserve(struct output *o, size_t size);
void output_commit(struct output *o, const char *end);

/* Write out everything committed, through interruptions, partial writes and a full non-blocking pipe. Each
 * write(2) to a pipe or a socket takes whole records, at most PIPE_BUF bytes of them: several writers do not
 * cut each other's records, and who reads gets whole ones. A longer record is written by itself.
 * Returns 0 or -errno; the first failure stays: nothing is written after it, and where it left half a record
 * at the end of a regular file, that half is cut off. */
int output_flush(struct output *o);

/* The failure so far: 0 or -errno. */
int output_error(const struct output *o);

/* Flush to the file, then open it anew by its name. On failure the old one stays in use. Returns 0 or -errno.
 */
int output_reopen(struct output *o);

int output_fd(const struct output *o);

/* The name of the file, or NULL for standard output. */
const char *output_file(const struct output *o);

#endif
