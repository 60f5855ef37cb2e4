/* again.h: system calls that a signal may interrupt. Not only waiting calls can be: on FUSE and on some
 * network file systems a signal interrupts any look at a file, whatever SA_RESTART says (signal(7)). */
#ifndef INOTAP_AGAIN_H
#define INOTAP_AGAIN_H

#include <errno.h>

/* The value of a call, repeated as long as it is -1 with EINTR. Not for close(2), which has closed by then.
 */
#define AGAIN(call)                                                                                          \
    (__extension__({                                                                                         \
        __typeof__(call) result_;                                                                            \
        do                                                                                                   \
            result_ = (call);                                                                                \
        while (result_ == -1 && errno == EINTR);                                                             \
        result_;                                                                                             \
    }))

#endif
