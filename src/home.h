/* home.h: the working directory of the start. A walk changes the working directory, and relative names mean
 * the one of the start: so whoever changes it comes back by home_return(). One for the process, as the kernel
 * has it. Prints nothing. */
#ifndef INOTAP_HOME_H
#define INOTAP_HOME_H

#include <stdbool.h>

/* Remember it; may be called again. With is_needed there are relative names, and a directory that cannot be
 * opened is an error. Without, every name is absolute, and home_return() goes to / instead: the working
 * directory may be out of reach, as root's is for a command that sudo(8) runs as another user. Returns 0 or
 * -errno. */
int home_open(bool is_needed);

/* Its descriptor, for openat(2); -1 where it could not be opened. */
int home_fd(void);

/* Make it the working directory again. */
void home_return(void);

/* 0, or the -errno of a home_return() that failed although the directory is needed. It stays: from then on
 * relative names have meant something else. */
int home_error(void);

#endif
