/* hints.h: words of other tools, and what does the same here. Used for error messages. */
#ifndef INOTAP_HINTS_H
#define INOTAP_HINTS_H

/* What does here what the option does elsewhere: a sentence without its end. name: a long option without
 * dashes, or the letter of a short one. NULL if no tool is known for it. */
const char *hint_for_option(const char *name);

/* The events of inotap that another tool means by a word, as -e takes them, or NULL. Case does not matter. */
const char *hint_for_event(const char *word);

#endif
