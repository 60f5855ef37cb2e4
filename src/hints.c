/* hints.c: the words that people know from inotifywait, fswatch, watchexec, entr, fatrace, find and rsync.
 * Neighbours: command_line.c and events.c ask when a word is unknown. */
#include "hints.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

struct hint {
    const char *word, *here;
};

static const struct hint options[] = {
    {"m", "inotap goes on until it is stopped; -n 1 ends it after one record"},
    {"monitor", "inotap goes on until it is stopped; -n 1 ends it after one record"},
    {"1", "-n 1 ends it after one record"},
    {"one-event", "-n 1 ends it after one record"},
    {"s", "messages go to standard error"},
    {"syslog", "messages go to standard error"},
    {"E", "-g '!GLOB' leaves paths out"},
    {"exclude", "-g '!GLOB' leaves paths out"},
    {"excludei", "--iglob='!GLOB' leaves paths out in any case"},
    {"ignore", "-g '!GLOB' leaves paths out"},
    {"exclude-from", "--ignore-file=FILE leaves out what FILE lists, as a .gitignore does"},
    {"ignore-from", "--ignore-file=FILE leaves out what FILE lists, as a .gitignore does"},
    {"include", "-g GLOB keeps only paths that match"},
    {"includei", "--iglob=GLOB keeps only paths that match in any case"},
    {"filter", "-g GLOB keeps only paths that match"},
    {"name", "-g GLOB keeps only paths that match"},
    {"exts", "-g '*.EXT' keeps only paths that match"},
    {"ext", "-g '*.EXT' keeps only paths that match"},
    {"debounce", "--settle=DURATION merges what happens until it is quiet"},
    {"latency", "--settle=DURATION merges what happens until it is quiet"},
    {"batch", "--settle=DURATION merges what happens until it is quiet"},
    {"timefmt", "--time=FORMAT says how times look"},
    {"timestamp", "--time=FORMAT says how times look"},
    {"fromfile", "--paths-from=FILE reads PATHs"},
    {"files-from", "--paths-from=FILE reads PATHs"},
    {"w", "PATHs are named without an option"},
    {"watch", "PATHs are named without an option"},
    {"W", "PATHs are named without an option"},
    {"depth", "--max-depth=N bounds the depth"},
    {"maxdepth", "--max-depth=N bounds the depth"},
    {"follow", "-F follows PATHs by name, like tail -F"},
    {"xdev", "--one-file-system keeps to the file system of each PATH"},
    {"x-dev", "--one-file-system keeps to the file system of each PATH"},
    {"log", "-o FILE appends records to FILE"},
    {"outfile", "-o FILE appends records to FILE"},
    {"print0", "-0 ends each record with NUL"},
    {"no-newline", "--format='...' ends each record with a newline; -0 with NUL"},
};

static const struct hint events[] = {
    {"remove", "delete"},
    {"removed", "delete"},
    {"unlink", "delete"},
    {"rm", "delete"},
    {"read", "access"},
    {"accessed", "access"},
    {"rename", "move"},
    {"renamed", "move"},
    {"moved", "move"},
    {"movedfrom", "moved_from"},
    {"movedto", "moved_to"},
    {"chmod", "attrib"},
    {"chown", "attrib"},
    {"metadata", "attrib"},
    {"attribute", "attrib"},
    {"attributes", "attrib"},
    {"atribute", "attrib"},
    {"touch", "attrib"},
    {"write", "writes"},
    {"written", "writes"},
    {"save", "writes"},
    {"saved", "writes"},
    {"modified", "modify"},
    {"modification", "modify"},
    {"update", "modify"},
    {"updated", "modify"},
    {"edit", "modify"},
    {"add", "create"},
    {"added", "create"},
    {"new", "create"},
    {"mkdir", "create"},
    {"creation", "create"},
    {"closed", "close"},
    {"closewrite", "close_write"},
    {"opened", "open"},
    {"exec", "open"},
    {"any", "all"},
    {"everything", "all"},
    {"*", "all"},
};

static const char *find(const struct hint *hints, size_t count, const char *word,
                        int (*compare)(const char *, const char *))
{
    for (size_t i = 0; i < count; i++)
        if (compare(hints[i].word, word) == 0)
            return hints[i].here;
    return NULL;
}

const char *hint_for_option(const char *name)
{
    return find(options, sizeof(options) / sizeof(options[0]), name, strcmp);
}

const char *hint_for_event(const char *word)
{
    return find(events, sizeof(events) / sizeof(events[0]), word, strcasecmp);
}
