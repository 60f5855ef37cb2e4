/* remote.c: a table of statfs(2)'s numbers of file systems that do not tell everything.
 * Neighbours: setup.c warns of them, compare.c leaves the kernel's own out of a tree. */
#include "remote.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/vfs.h>

/* linux/magic.h has not all of them. Message queues, hugetlbfs and ramfs belong to the kernel as well, but
 * all that is in them is made by programs, and told. */
static const struct known {
    uint32_t type;
    enum file_system_kind kind;
    const char *name;
} table[] = {
    {0x00006969, FILE_SYSTEM_REMOTE, "NFS"},        {0x0000517B, FILE_SYSTEM_REMOTE, "SMB"},
    {0xFF534D42, FILE_SYSTEM_REMOTE, "CIFS"},       {0xFE534D42, FILE_SYSTEM_REMOTE, "SMB"},
    {0x65735546, FILE_SYSTEM_REMOTE, "FUSE"},       {0x01021997, FILE_SYSTEM_REMOTE, "9P"},
    {0x00C36400, FILE_SYSTEM_REMOTE, "Ceph"},       {0x5346414F, FILE_SYSTEM_REMOTE, "AFS"},
    {0x73757245, FILE_SYSTEM_REMOTE, "Coda"},       {0x786F4256, FILE_SYSTEM_REMOTE, "vboxsf"},
    {0x0BD00BD0, FILE_SYSTEM_REMOTE, "Lustre"},     {0x01161970, FILE_SYSTEM_REMOTE, "GFS2"},
    {0x7461636F, FILE_SYSTEM_REMOTE, "OCFS2"},      {0x00009FA0, FILE_SYSTEM_KERNEL, "proc"},
    {0x62656572, FILE_SYSTEM_KERNEL, "sysfs"},      {0x0027E0EB, FILE_SYSTEM_KERNEL, "cgroup"},
    {0x63677270, FILE_SYSTEM_KERNEL, "cgroup2"},    {0x64626720, FILE_SYSTEM_KERNEL, "debugfs"},
    {0x74726163, FILE_SYSTEM_KERNEL, "tracefs"},    {0x73636673, FILE_SYSTEM_KERNEL, "securityfs"},
    {0x6165676C, FILE_SYSTEM_KERNEL, "pstore"},     {0xCAFE4A11, FILE_SYSTEM_KERNEL, "bpf"},
    {0x62656570, FILE_SYSTEM_KERNEL, "configfs"},   {0x65735543, FILE_SYSTEM_KERNEL, "fusectl"},
    {0x00001CD1, FILE_SYSTEM_KERNEL, "devpts"},     {0x42494E4D, FILE_SYSTEM_KERNEL, "binfmt_misc"},
    {0xDE5E81E4, FILE_SYSTEM_KERNEL, "efivarfs"},   {0xF97CFF8C, FILE_SYSTEM_KERNEL, "selinuxfs"},
    {0x43415D53, FILE_SYSTEM_KERNEL, "smackfs"},    {0x07655821, FILE_SYSTEM_KERNEL, "resctrl"},
    {0x6E736673, FILE_SYSTEM_KERNEL, "nsfs"},       {0x6E667364, FILE_SYSTEM_KERNEL, "nfsd"},
    {0x67596969, FILE_SYSTEM_KERNEL, "rpc_pipefs"}, {0xABBA1974, FILE_SYSTEM_KERNEL, "xenfs"},
    {0x00009FA1, FILE_SYSTEM_KERNEL, "openpromfs"}, {0x6C6F6F70, FILE_SYSTEM_KERNEL, "binder"},
};

void file_system_of(const char *path, struct file_system *result)
{
    struct statfs fs;
    int got;

    *result = (struct file_system){.kind = FILE_SYSTEM_ORDINARY};
    do
        got = statfs(path, &fs);
    while (got < 0 && errno == EINTR);
    /* f_type is signed in places, and wider than the number. */
    for (size_t i = 0; got == 0 && i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].type == (uint32_t)fs.f_type)
            *result = (struct file_system){.kind = table[i].kind, .name = table[i].name};
}
