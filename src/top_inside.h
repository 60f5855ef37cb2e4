/* top_inside.h: what a live view is made of. Private to top.c and top_keys.c. */
#ifndef INOTAP_TOP_INSIDE_H
#define INOTAP_TOP_INSIDE_H

#include "top.h"

struct focus {
    char *path;
    size_t len;
    size_t first[TOP_PANES], selected[TOP_PANES]; /* of the lists before it was drilled into */
    enum top_pane pane;
};

struct top {
    struct stats *dirs, *paths;
    int64_t second;                /* the number of the one that is not over */
    uint64_t seconds[TOP_SECONDS]; /* as in the view */
    int sort;                      /* see stats_query */
    enum top_pane pane;
    bool is_paused, is_typing, wants_help;
    char filter[TOP_TEXT_MAX], filter_before[TOP_TEXT_MAX];
    size_t filter_len, filter_before_len;
    char notice[TOP_TEXT_MAX];
    size_t notice_len;
    struct focus stack[TOP_DEPTH_MAX];
    size_t depth;
    int rows;
    struct top_layout layout;
    struct top_view view;
};

/* Lay out and look up what is to be seen now. Returns 0 or -ENOMEM. */
int top_look_again(struct top *t);

#endif
