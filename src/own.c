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

/* Keep the name and the identity of the directory of a path, which is cut there. False if they cannot be
 * told. */
static bool keep_place(struct own_output *own, char *path)
{
    char *const slash = strrchr(path, '/');
    const char *const name = slash ? slash + 1 : path;
    struct stat dir;

    if (strlcpy(own->place.name, name, sizeof(own->place.name)) >= sizeof(own->place.name))
        return false;
    own->place.name_len = strlen(own->place.name);
    if (slash)
        slash[slash == path] = '\0';
    if (stat(slash ? path : ".", &dir) < 0)
        return false;
    own->dir_dev = dir.st_dev;
    own->dir_ino = dir.st_ino;
    return true;
}

void own_identify(struct own_output *own, int fd, const char *file)
{
    char path[PATH_MAX];
    struct stat st = {0}, at_path;
    const bool open = fstat(fd, &st) == 0;
    const bool found = open && path_of(fd, path) && lstat(path, &at_path) == 0 &&
                       at_path.st_dev == st.st_dev && at_path.st_ino == st.st_ino;

    own->fd = fd;
    own->lost = own->strayed = false;
    if (!found && own->named && own->file_dev == st.st_dev && own->file_ino == st.st_ino)
        return; /* its name was removed, and events still come under it */
    own->file_dev = st.st_dev;
    own->file_ino = st.st_ino;
    own->file_wd = -1;
    own->place.wd = -1;
    own->named = false;
    own->path[0] = '\0';
    if (found)
        strlcpy(own->path, path, sizeof(own->path));
    else if (!open || !file || strlcpy(path, file, sizeof(path)) >= sizeof(path))
        return;
    own->named = keep_place(own, path);
}

bool own_is_lost(struct own_output *own)
{
    const bool strayed = own->strayed;
    char path[PATH_MAX];

    if (!own->lost)
        return false;
    own->lost = own->strayed = false;
    return path_of(own->fd, path) && (strayed || strcmp(path, own->path) != 0);
}

void own_found(struct own_output *own, dev_t dev, ino_t ino, int wd)
{
    if (own->named && own->dir_dev == dev && own->dir_ino == ino)
        own->place.wd = wd;
    else if (own->file_ino != 0 && own->file_dev == dev && own->file_ino == ino)
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

bool own_is_at(const struct own_output *own, const struct event *ev)
{
    return is_at(&own->place, ev) || is_at(&own->previous, ev);
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
            own->lost = own->strayed =
                true; /* an exchange of names is two renames, of which the second leads astray */
        }
    } else if (own->moved && ev->cookie == own->moved_cookie && ev->name_len <= EVENT_NAME_MAX) {
        own->moved->wd = ev->wd;
        own->moved->name_len = ev->name_len;
        memcpy(own->moved->name, ev->name, ev->name_len);
        own->moved = NULL;
    } else if (own->place.wd < 0 && own->named) {
        own->lost = true;
    }
}

bool own_event(struct own_output *own, const struct event *ev)
{
    if (ev->mask & IN_ISDIR)
        return false;
    if (ev->mask & OWN_NEEDS)
        follow_rename(own, ev);
    if (!(ev->mask & OWN_EVENTS))
        return false;
    if (ev->name_len == 0)
        return ev->wd == own->file_wd || ev->wd == own->previous_file_wd;
    return own_is_at(own, ev);
}
