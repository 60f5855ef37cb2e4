/* tree.h: walks directories: the first set-up, new directories, and looking again after a loss. Keeps the
 * watch set true to what it finds, and tells what was new in it through a listener.
 *
 * A listing is of now, and what is handled is of the past, as far as the queue lags. So after each listing
 * the queue is read to its end, and the events pending there tell what a directory held at the point of the
 * queue that is being handled: a name whose first pending event makes it was not there yet; one whose first
 * pending event takes it away still was. What is pending is never acted upon twice, nor told twice.
 *
 * The working directory moves while these functions run, and is back where it was when they return. */
#ifndef INOTAP_TREE_H
#define INOTAP_TREE_H

#include "backend.h"
#include "choice.h"
#include "mounts.h"
#include "remote.h"
#include "watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Who is told what a walk finds. Each returns 0 to go on, or a negative value that ends the walk and is
 * returned by it. `name` is in the directory `dir`, and not terminated. */
struct tree_listener {
    /* Nobody has told this: the mask is CREATE, DELETE, MODIFY or ATTRIB, with ISDIR for a directory. */
    int (*found)(void *context, uint32_t dir, const char *name, size_t name_len, uint32_t mask);

    /* A directory cannot be watched or read: err is -errno; -ENOSPC is max_user_watches. */
    int (*blind)(void *context, uint32_t dir, const char *name, size_t name_len, int err);

    /* A .gitignore or another file of rules cannot be used: err is -errno. A relative path is one in `dir`.
     */
    void (*complain)(void *context, uint32_t dir, const char *path, int err);

    /* A file system that does not tell everything is mounted over a directory: one of the kernel's is left
     * out, any other watched. May be told again. */
    void (*met)(void *context, uint32_t dir, const char *name, size_t name_len, const struct file_system *fs);

    /* Now and then, with the number of directories that are watched. */
    int (*progress)(void *context, size_t directories);
};

struct tree;

struct tree_settings {
    struct backend *backend; /* borrowed, like the set and the listener */
    struct watch_set *set;
    const struct target_set *targets; /* the PATHs */
    uint32_t events;                  /* what watches are to report, beyond what the tree itself needs */
    uint32_t flags;                   /* for inotify_add_watch(2), such as IN_EXCL_UNLINK */
    size_t max_depth;                 /* levels below a PATH that are reported; 0: no limit */
    bool one_file_system;             /* do not cross mount points */
    const struct mounts *mounts;      /* the table of them; NULL: there is none */
    bool with_index;                  /* the set holds files too, with stamps */
    struct choice *choice;            /* what is not to be entered; NULL: everything is */
    const struct tree_listener *listener;
    void *context; /* of the listener */
};

/* Returns 0, or -errno: the working directory cannot be opened. *result is the caller's. */
int tree_new(struct tree **result, const struct tree_settings *settings);
void tree_free(struct tree *t);

/* What watches of directories in the tree report besides what was asked for. */
uint32_t tree_needs(const struct tree *t);

/* What they report only after tree_add_noise(). */
uint32_t tree_noise(const struct tree *t);

/* Take in the directory that a PATH names and that is watched by wd, and everything below it. quietly: it is
 * the starting point, and nothing in it is new. Returns 0 or -errno. */
int tree_add_root(struct tree *t, int wd, bool quietly);

/* A PATH does not name it any more. What no other PATH contains is let go; with its own watch only if
 * and_itself. */
int tree_drop_root(struct tree *t, int wd, bool and_itself);

/* A directory has got this name in `dir`, and that was told. Watch it, and tell what is in it. */
int tree_look(struct tree *t, uint32_t dir, const char *name, size_t name_len);

/* Look later, when the queue has got further, and tell the name as well. */
int tree_look_later(struct tree *t, uint32_t dir, const char *name, size_t name_len);

/* Something may have been mounted over this name, or unmounted: if something else is there than was, tell
 * that.
 */
int tree_look_again(struct tree *t, uint32_t dir, const char *name, size_t name_len);

/* As far as was told, nothing is at this name in `dir` any more. Something may be there that came without a
 * word: tell that. */
int tree_look_behind(struct tree *t, uint32_t dir, const char *name, size_t name_len);

/* Something is coming to a name in `dir`, and then something leaves it (pending: a directory?). Were both
 * there at once, so that it was an exchange of names? Returns 1, 0 or -ENOMEM. */
int tree_is_exchange(struct tree *t, uint32_t dir, const char *name, size_t name_len, bool is_dir);

/* Tell everything in a directory that is in the set as new, at the next occasion: it came from where nobody
 * was told of it. */
int tree_tell_later(struct tree *t, uint32_t dir);

/* A PATH that is a directory lies below a directory that has left its place, as far as was told, and is not
 * in what is watched of other PATHs any more; yet the PATH leads to it. Then that directory has come back, or
 * the PATH leads there in another way. Nothing in it is told until all is handled that can be read by now:
 * what came back is told then, and all that is in it. Returns 0 or -errno. */
int tree_await_root(struct tree *t, int wd);

/* Look into a PATH that could not be searched, at the next occasion. Its own watch has told what came in it.
 */
int tree_look_into(struct tree *t, uint32_t root);

/* Events are lost: look at everything anew, and tell how it differs from what was told. Returns 0, or
 * -EAGAIN: events were lost again meanwhile, and nothing was told or changed, or another -errno. */
int tree_look_through(struct tree *t);

/* Let a directory go, with everything below it that is not a PATH. */
int tree_drop(struct tree *t, uint32_t top);

/* Let the watch of a directory go that was just added, but keep in mind that the directory is there. */
int tree_unwatch(struct tree *t, uint32_t node);

/* Put a directory somewhere else in the set. If the place is taken, what is there is displaced: it may turn
 * up elsewhere, by tree_displaced(), and is dropped at the next tree_rest(). Once the move was told,
 * tree_fit() is due. */
int tree_move(struct tree *t, uint32_t node, uint32_t dir, const char *name, size_t name_len);

/* Whatever way a directory has come to its place: at another depth, by another name or below another PATH
 * other directories may be left out. Let go of those, which may be the directory itself, and take in and tell
 * those that no longer are. */
int tree_fit(struct tree *t, uint32_t node);

/* The .gitignore in a directory has changed, or a `.git`, which was told: its rules count from here on. Let
 * go of directories that they leave out, and tell everything that they free: all that is there at the point
 * of the queue that is handled, so that nothing is told twice. */
int tree_review(struct tree *t, uint32_t dir);

/* Take a node from its place for the time being. */
int tree_displace(struct tree *t, uint32_t node);

/* Displace everything in a directory: nobody was told that it is there. */
int tree_scatter(struct tree *t, uint32_t node);

/* The node that was displaced from this place last, or WATCH_NONE. */
uint32_t tree_displaced(const struct tree *t, uint32_t dir, const char *name, size_t name_len);

/* A walk has found a directory at a second place, while its renaming is still pending: is there such a place
 * for this one? Takes it. *name is the caller's to free. Returns whether there is. */
bool tree_claimed(struct tree *t, uint32_t node, uint32_t *dir, char **name, size_t *name_len);

/* Look up what could not be reached before, or was found where it could not be yet. */
int tree_settle(struct tree *t);

/* Was a directory refused by a limit? Then tree_retry() tries them again, up to the first that is refused
 * still, and tells what is in those that it watches. Between batches. Returns 0 or -errno. */
bool tree_is_limited(const struct tree *t);
int tree_retry(struct tree *t);

/* Is something to be looked up later, but not more than at_most? */
bool tree_owes(const struct tree *t, size_t at_most);

/* Are there directories whose contents could not be looked up yet? */
bool tree_owes_contents(const struct tree *t);

/* Close the directories that are kept open from one look to the next: before waiting, however the look ended,
 * for a file system with an open directory cannot be unmounted. */
void tree_close(struct tree *t);

/* Between batches: close what was kept open, look up what could not be reached. drained: the queue is empty,
 * so that what is still displaced is gone. */
int tree_rest(struct tree *t, bool drained);

/* Make a directory of the set the working directory; home_return() goes back. Returns 0 or -errno: it is not
 * where the set has it. */
int tree_enter(struct tree *t, uint32_t dir);

/* The index: an entry that is not a directory has come, gone, or changed. Without an index they do nothing.
 */
int tree_entry_came(struct tree *t, uint32_t dir, const char *name, size_t name_len);
void tree_entry_went(struct tree *t, uint32_t dir, const char *name, size_t name_len);
int tree_entry_changed(struct tree *t, uint32_t dir, const char *name, size_t name_len);

/* The index: two files seem to have changed names, of which this is one. If it is not there, the file was
 * overwritten and moved back, which looks the same: its end is told. */
int tree_entry_exchanged(struct tree *t, uint32_t dir, const char *name, size_t name_len);

/* The descriptor by which the directory `path` is watched; -1 if it is not. */
int tree_wd_at(struct tree *t, const char *path);

/* Watches have been added for opening, reading and closing directories only once the walk is through, for the
 * walk does that itself. */
int tree_add_noise(struct tree *t);

#endif
