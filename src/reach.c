/* reach.c: opening directories of the watch set, however deep, by names relative to what is open already.
 * Neighbours: walk.c lists what is opened here. */
#include "reach.h"

#include "again.h"
#include "home.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

void reach_close(struct reach *r)
{
    while (r->open_count > 0)
        close(r->open[--r->open_count].fd);
}

void reach_forget(struct reach *r, uint32_t id)
{
    for (size_t i = 0; i < r->open_count; i++) {
        if (r->open[i].id == id) {
            close(r->open[i].fd);
            r->open_count--;
            memmove(&r->open[i], &r->open[i + 1], (r->open_count - i) * sizeof(r->open[0]));
            return;
        }
    }
}

bool reach_is_race(int err)
{
    return err == -ENOENT || err == -ENOTDIR || err == -ELOOP || err == -ESRCH || err == REACH_ELSEWHERE;
}

int reach_open(const char *path, size_t len, int flags)
{
    char part[PATH_MAX];
    const int home = home_fd();
    int at = home;

    for (;;) {
        size_t take = len;
        int next;

        if (take >= sizeof(part)) {
            take = sizeof(part) - 1;
            while (take > 0 && path[take - 1] != '/')
                take--;
        }
        memcpy(part, path, take);
        part[take] = '\0';
        path += take;
        len -= take;
        while (len > 0 && *path == '/') {
            path++;
            len--;
        }
        next = AGAIN(openat(at, part, len > 0 ? O_PATH | O_DIRECTORY | O_CLOEXEC : flags));
        if (next < 0)
            next = -errno;
        if (at != home)
            close(at);
        if (next < 0 || len == 0)
            return next;
        at = next;
    }
}

int reach_watch(struct reach *r, const char *name)
{
    return backend_add(r->backend, name, r->mask);
}

int reach_prove(struct reach *r, uint32_t id)
{
    const int wd = reach_watch(r, ".");

    if (wd < 0)
        return wd;
    if (wd == watch_wd(r->set, id))
        return 0;
    if (!watch_find(r->set, wd))
        backend_remove(r->backend, wd);
    return REACH_ELSEWHERE;
}

static void keep_open(struct reach *r, uint32_t id, int fd)
{
    if (r->open_count == REACH_OPEN_MAX) {
        close(r->open[0].fd);
        r->open_count--;
        memmove(&r->open[0], &r->open[1], r->open_count * sizeof(r->open[0]));
    }
    r->open[r->open_count].id = id;
    r->open[r->open_count].fd = fd;
    r->open_count++;
}

static int enter_again(struct reach *r, size_t position)
{
    while (r->open_count > position + 1)
        close(r->open[--r->open_count].fd);
    return AGAIN(fchdir(r->open[position].fd)) < 0 ? -errno : r->open[position].fd;
}

/* Open it from its parent, if that is open, else by its whole path. */
static int open_node(struct reach *r, uint32_t id, bool *from_parent)
{
    const int flags = r->flags | O_DIRECTORY | O_CLOEXEC;
    const uint32_t parent = watch_parent(r->set, id);
    const char *path;
    size_t len;
    int fd;

    for (size_t i = r->open_count; parent && i > 0; i--) {
        if (r->open[i - 1].id == parent) {
            while (r->open_count > i)
                close(r->open[--r->open_count].fd);
            fd = AGAIN(openat(r->open[i - 1].fd, watch_name(r->set, id, &len), flags | O_NOFOLLOW));
            *from_parent = true;
            return fd < 0 ? -errno : fd;
        }
    }
    reach_close(r);
    path = watch_path(r->set, id, &len);
    return path ? reach_open(path, len, flags) : -ENOENT;
}

int reach_step(struct reach *r, uint32_t id, struct reach_step *step)
{
    bool from_parent = false;
    int fd, err;

    *step = (struct reach_step){.is_proven = true};
    for (size_t i = r->open_count; i > 0; i--)
        if (r->open[i - 1].id == id)
            return enter_again(r, i - 1);
    fd = open_node(r, id, &from_parent);
    if (fd < 0)
        return fd;
    *step = (struct reach_step){.is_proven = !from_parent, .is_new = true};
    err = AGAIN(fchdir(fd)) < 0 ? -errno : from_parent ? 0 : reach_prove(r, id);
    if (err < 0) {
        close(fd);
        return err;
    }
    keep_open(r, id, fd);
    return fd;
}

int reach_enter(struct reach *r, uint32_t id)
{
    struct reach_step step;
    const int fd = reach_step(r, id, &step);
    const int err = fd < 0 || step.is_proven ? 0 : reach_prove(r, id);

    if (err == 0)
        return fd;
    reach_forget(r, id); /* what is open there is another directory */
    return err;
}
