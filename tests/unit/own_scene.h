/* own_scene.h: a directory with an output in it, for real, and watches and events that are made up.
 * For test_own.c. */
#ifndef OWN_SCENE_H
#define OWN_SCENE_H

#include "own.h"

#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_WD   5
#define OTHER_WD 6
#define FILE_WD  9

/* ---- a directory with an output in it ---- */

struct scene {
    char dir[64];
    char file[400];
    int fd;
    struct own_output own;
};

static int create(const char *file)
{
    const int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    NEED(fd >= 0);
    return fd;
}

/* Do as the program does: learn what the output is, then tell of every PATH. */
static void found(struct own_output *own, const char *path, int wd)
{
    struct stat st;

    NEED(stat(path, &st) == 0);
    own_found(own, st.st_dev, st.st_ino, wd);
}

/* Learn where the output is, at first and again. */
static void identify(struct scene *s)
{
    own_identify(&s->own, s->fd, s->file);
    found(&s->own, s->dir, DIR_WD);
}

static void set_scene(struct scene *s, const char *name)
{
    *s = (struct scene){.dir = "/tmp/inotap-own-XXXXXX"};
    NEED(mkdtemp(s->dir) != NULL);
    snprintf(s->file, sizeof(s->file), "%s/%s", s->dir, name);
    s->fd = create(s->file);
    own_drained(&s->own);
    identify(s);
}

static void remove_in(const struct scene *s, const char *name)
{
    char file[400];

    snprintf(file, sizeof(file), "%s/%s", s->dir, name);
    unlink(file);
}

static int create_in(const struct scene *s, const char *name)
{
    char file[400];

    snprintf(file, sizeof(file), "%s/%s", s->dir, name);
    return create(file);
}

static void clear_scene(struct scene *s)
{
    close(s->fd);
    unlink(s->file);
    remove_in(s, "out.1");
    NEED(rmdir(s->dir) == 0);
}

/* ---- events ---- */

static bool is_own(struct own_output *own, int wd, uint32_t mask, const char *name)
{
    /* Not terminated, as in a buffer from the kernel. */
    static char bytes[NAME_MAX + 1];
    const size_t len = strlen(name);
    struct event ev = {.wd = wd, .mask = mask, .name = bytes, .name_len = len};

    memset(bytes, 'x', sizeof(bytes));
    memcpy(bytes, name, len);
    return own_event(own, &ev);
}

static bool renamed(struct own_output *own, int wd, uint32_t mask, uint32_t cookie, const char *name)
{
    struct event ev = {.wd = wd, .mask = mask, .cookie = cookie, .name = name, .name_len = strlen(name)};

    return own_event(own, &ev);
}

static void rename_event(struct own_output *own, const char *from, const char *to)
{
    static uint32_t cookie = 100;

    cookie++;
    CHECK(!renamed(own, DIR_WD, IN_MOVED_FROM, cookie, from));
    CHECK(!renamed(own, DIR_WD, IN_MOVED_TO, cookie, to));
}

/* What we write is recognised under this name and watch, in each of its events. */
static bool writes_as(struct own_output *own, int wd, const char *name)
{
    const bool modify = is_own(own, wd, IN_MODIFY, name);

    CHECK_EQ(is_own(own, wd, IN_OPEN, name), modify);
    CHECK_EQ(is_own(own, wd, IN_CLOSE_WRITE, name), modify);
    return modify;
}

#endif
