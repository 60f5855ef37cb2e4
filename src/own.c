/* own.c: recognising our own writing. Neighbours: output.c writes, tap.c asks for every event. */
#include "own.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path of an open file, from /proc; false where it has none any more. */
static bool path_of(int fd, char path[PATH_MAX])
{
    char link[64];
    ssize_t len;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, PATH_MAX - 1);
    if (len <= 0 || path[0] != '/')
        return false;
    path[len] = '\0';
    return true;
}

void own_identify(struct own_output *own, int fd)
{
    struct stat file, named, dir;
    char path[PATH_MAX];
    char *slash;

    own->active = false;
    own->lost = false;
    own->file_wd = -1;
    own->place.wd = -1;
    if (fstat(fd, &file) < 0 || !S_ISREG(file.st_mode))
        return;
    own->active = true;
    own->file_dev = file.st_dev;
    own->file_ino = file.st_ino;
    own->dir_ino = 0;
    if (!path_of(fd, path) || lstat(path, &named) < 0 || named.st_ino != file.st_ino)
        return;
    slash = strrchr(path, '/');
    if (strlcpy(own->place.name, slash + 1, sizeof(own->place.name)) >= sizeof(own->place.name))
        return;
    own->place.name_len = strlen(own->place.name);
    slash[slash == path] = '\0';
    if (stat(path, &dir) < 0)
        return;
    own->dir_dev = dir.st_dev;
    own->dir_ino = dir.st_ino;
}

void own_found(struct own_output *own, dev_t dev, ino_t ino, int wd)
{
    if (!own->active)
        return;
    if (own->dir_dev == dev && own->dir_ino == ino)
        own->place.wd = wd;
    else if (own->file_dev == dev && own->file_ino == ino)
        own->file_wd = wd;
}

void own_reopening(struct own_output *own)
{
    own->previous = own->place;
    own->previous_file_wd = own->file_wd;
    own->moved = own->moved ? &own->previous : NULL;
}

void own_drained(struct own_output *own)
{
    own->previous.wd = -1;
    own->previous_file_wd = -1;
    if (own->moved == &own->previous)
        own->moved = NULL;
}

static bool is_at(const struct own_place *place, const struct event *ev)
{
    return place->wd == ev->wd && place->name_len == ev->name_len &&
           memcmp(place->name, ev->name, ev->name_len) == 0;
}

static void follow_rename(struct own_output *own, const struct event *ev)
{
    if (ev->mask & IN_MOVED_FROM) {
        struct own_place *const place = is_at(&own->previous, ev) ? &own->previous
                                        : is_at(&own->place, ev)  ? &own->place
                                                                  : NULL;

        if (place) {
            place->wd = -1;
            own->moved = place;
            own->moved_cookie = ev->cookie;
        }
    } else if (own->moved && ev->cookie == own->moved_cookie && ev->name_len <= NAME_MAX) {
        own->moved->wd = ev->wd;
        own->moved->name_len = ev->name_len;
        memcpy(own->moved->name, ev->name, ev->name_len);
        own->moved = NULL;
    } else if (own->place.wd < 0) {
        own->lost = true;
    }
}

bool own_event(struct own_output *own, const struct event *ev)
{
    if (!own->active || (ev->mask & IN_ISDIR))
        return false;
    if (ev->mask & OWN_NEEDS)
        follow_rename(own, ev);
    if (!(ev->mask & OWN_EVENTS))
        return false;
    if (ev->name_len == 0)
        return ev->wd == own->file_wd || ev->wd == own->previous_file_wd;
    return is_at(&own->place, ev) || is_at(&own->previous, ev);
}
