/* filter.h: the patterns of -g, --iglob, --regex and --iregex, and what they say of a path. Bytes: no
 * character set and no locale counts, and case is that of ASCII letters.
 *
 * A glob is one of glob.h. A regex is one of pcre2pattern(3), searched for in the whole path: `^` is before
 * the path's first byte and `$` behind its last, `.` is any byte, a newline as well; (?m) and (?-s) change
 * that. A directory's path is tried as it is and then with a slash at its end. */
#ifndef INOTAP_FILTER_H
#define INOTAP_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct filter;

enum filter_verdict {
    FILTER_UNDECIDED, /* no pattern matches */
    FILTER_LEFT_OUT,  /* by a pattern that begins with `!` */
    FILTER_KEPT,
};

enum filter_kind { FILTER_GLOB, FILTER_REGEX };

struct filter_pattern {
    enum filter_kind kind;
    bool fold_case;
    const char *text; /* as given: behind a `!`, what is left out; what begins with a `!` itself has `\!` */
};

/* Compile count patterns; their texts are copied. *result is the caller's, for filter_free(). Returns 0;
 * -ENOMEM; -EINVAL with the index of the pattern that is none in *bad, and in why a message: it shows the
 * pattern's beginning, safe for a terminal, and the place as a byte of the text as given, the first being 1.
 */
int filter_new(struct filter **result, const struct filter_pattern *patterns, size_t count, size_t *bad,
               char *why, size_t why_size);
void filter_free(struct filter *f);

/* What they say of a path: relative to the PATH it was found below, not empty, without a slash at its start
 * or end; name_at is the offset of its last component. The last pattern that matches decides. If not
 * filter_needs_path(), only the bytes from name_at on are looked at, and the path may be just those. */
enum filter_verdict filter_match(struct filter *f, const char *path, size_t path_len, size_t name_at,
                                 bool is_dir);
bool filter_needs_path(const struct filter *f);

/* Is there a pattern without `!`? Then what is undecided is not reported, but directories are entered. */
bool filter_keeps_only(const struct filter *f);

/* What a regex may take for one path is bounded, by steps and by memory. Where that is not enough, a regex
 * without
 * `!` keeps the path, and one with `!` does not leave it out. The text as given of a regex to which that
 * happened, owned by the filter, and each only once; NULL if there is none. */
const char *filter_take_overrun(struct filter *f);

#endif
