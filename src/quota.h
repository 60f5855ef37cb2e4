/* quota.h: why inotify has no more to give, in words: which limit, its value, who uses how much of it, and
 * the command that raises it. Reads /proc; called only when something has failed. */
#ifndef INOTAP_QUOTA_H
#define INOTAP_QUOTA_H

/* What ran out: inotify_add_watch(2) said ENOSPC; backend_open() said EUSERS; any call said EMFILE, or
 * ENFILE. */
enum quota_kind { QUOTA_WATCHES, QUOTA_INSTANCES, QUOTA_DESCRIPTORS, QUOTA_FILES, QUOTA_NONE };

/* Which of them an error means, if it is one of watching or of opening. */
enum quota_kind quota_of(int err);

/* Explain it in a few lines, each handed to say() without a newline. */
void quota_explain(enum quota_kind kind, void (*say)(const char *line));

#endif
