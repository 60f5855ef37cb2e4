/* idle.c: what inotap costs while nothing happens: memory, and waking up. Neighbour: subject.c runs it; the
 * figures are the kernel's, in /proc. */
#include "bench.h"
#include "ending.h"
#include "subject.h"
#include "table.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_OWN_KIB  256.0
#define MAX_SWITCHES 0.0

/* The number after "key:" in a status file of /proc. */
static uint64_t read_status(const char *path, const char *key)
{
    FILE *const file = fopen(path, "re");
    const size_t key_length = strlen(key);
    char line[256];

    if (!file)
        die("cannot read %s: %s", path, strerror(errno));
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, key, key_length) == 0 && line[key_length] == ':') {
            fclose(file);
            return strtoull(line + key_length + 1, NULL, 10);
        }
    }
    die("%s has no %s", path, key);
}

/* Context switches of all its threads. */
static uint64_t count_switches(pid_t pid)
{
    char pattern[64];
    uint64_t count = 0;
    glob_t found;

    snprintf(pattern, sizeof(pattern), "/proc/%d/task/*/status", (int)pid);
    if (glob(pattern, 0, NULL, &found) != 0)
        die("cannot find %s", pattern);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        count += read_status(found.gl_pathv[i], "voluntary_ctxt_switches");
        count += read_status(found.gl_pathv[i], "nonvoluntary_ctxt_switches");
    }
    globfree(&found);
    return count;
}

/* Most of what is resident are pages of the C library that all processes share, as many as the kernel happens
 * to map: the limit is for what is inotap's own. */
void idle_measure(struct subject *inotap)
{
    uint64_t resident_kib, own_kib, before, after;
    char path[64];

    subject_start(inotap);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)inotap->pid);
    sleep(1); /* whatever follows the start is over then */
    resident_kib = read_status(path, "VmRSS");
    own_kib = read_status(path, "RssAnon");
    before = count_switches(inotap->pid);
    sleep(1);
    after = count_switches(inotap->pid);
    subject_end(inotap, 0, NULL);
    table_figure("idle", "resident memory", (double)resident_kib, 0, "KiB");
    table_at_most("idle", "of it, its own", (double)own_kib, 0, "KiB", MAX_OWN_KIB);
    table_at_most("idle", "context switches in 1 s", (double)after - (double)before, 0, "switches",
                  MAX_SWITCHES);
}
