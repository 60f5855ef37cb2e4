/* remote.c: a table of statfs(2)'s numbers of network, cluster and user-space file systems.
 * Neighbours: setup.c warns of them. */
#include "remote.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/vfs.h>

/* linux/magic.h has not all of them. */
static const struct remote {
    uint32_t type;
    const char *name;
} remotes[] = {
    {0x00006969, "NFS"},   {0x0000517B, "SMB"},    {0xFF534D42, "CIFS"},   {0xFE534D42, "SMB"},
    {0x65735546, "FUSE"},  {0x01021997, "9P"},     {0x00C36400, "Ceph"},   {0x5346414F, "AFS"},
    {0x73757245, "Coda"},  {0x786F4256, "vboxsf"}, {0x0BD00BD0, "Lustre"}, {0x01161970, "GFS2"},
    {0x7461636F, "OCFS2"},
};

const char *remote_file_system(const char *path)
{
    struct statfs fs;
    int got;

    do
        got = statfs(path, &fs);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return NULL;
    /* f_type is signed in places, and wider than the number. */
    for (size_t i = 0; i < sizeof(remotes) / sizeof(remotes[0]); i++)
        if (remotes[i].type == (uint32_t)fs.f_type)
            return remotes[i].name;
    return NULL;
}
