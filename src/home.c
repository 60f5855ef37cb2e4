/* home.c: the working directory of the start. Neighbours: reach.c and names.c leave it, and come back. */
#include "home.h"

#include "again.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct {
    int fd;
    int error;
    bool is_needed;
} home = {.fd = -1};

int home_open(bool is_needed)
{
    home.is_needed = is_needed;
    if (home.fd < 0)
        home.fd = AGAIN(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    return home.fd < 0 && is_needed ? -errno : 0;
}

int home_fd(void)
{
    return home.fd;
}

void home_return(void)
{
    if (home.fd >= 0 && AGAIN(fchdir(home.fd)) == 0)
        return;
    if (home.is_needed && home.error == 0)
        home.error = -errno;
    /* Not to stay in a directory of a tree, whose file system could not be unmounted then. */
    if (AGAIN(chdir("/")) < 0 && home.error == 0)
        home.error = -errno;
}

int home_error(void)
{
    return home.error;
}
