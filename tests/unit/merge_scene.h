/* merge_scene.h: scripts of events for merge.c, and what comes out of it as one line of text.
 * Neighbours: test_merge.c, test_merge_model.c.
 *
 * A script is words: LETTERS:path, a directory with a slash at its end; R:old>new is a RENAME, and an
 * exclamation mark before the colon says that the target was there. +N lets N units of time pass. Output has
 * the same words with =count after them, the words +N of the script, and a full stop before the last flush.
 */
#ifndef MERGE_SCENE_H
#define MERGE_SCENE_H

#include "events.h"
#include "merge.h"

#include "check.h"

enum { SETTLE = 10, MAX_DELAY = 100, TIME_OFFSET = 5000 };

static const struct {
    char letter;
    uint32_t bit;
} scene_letters[] = {
    {'C', IN_CREATE},  {'D', IN_DELETE},     {'F', IN_MOVED_FROM},  {'T', IN_MOVED_TO},
    {'M', IN_MODIFY},  {'A', IN_ATTRIB},     {'W', IN_CLOSE_WRITE}, {'S', IN_DELETE_SELF},
    {'I', IN_IGNORED}, {'Q', IN_Q_OVERFLOW}, {'U', IN_UNMOUNT},
};

struct scene {
    struct merge *merge;
    int64_t now;
    int emit_result;
    char out[4096];
    size_t out_len;
};

static inline void scene_put(struct scene *s, const char *text, size_t len)
{
    NEED(s->out_len + len + 1 < sizeof(s->out));
    memcpy(s->out + s->out_len, text, len);
    s->out_len += len;
    s->out[s->out_len] = '\0';
}

static inline int scene_emit(void *context, const struct record *r, const struct timespec *when)
{
    struct scene *const s = context;
    char tail[32];

    CHECK(when->tv_sec == TIME_OFFSET && when->tv_nsec <= s->now);
    if (s->emit_result < 0)
        return s->emit_result;
    if (s->out_len > 0)
        scene_put(s, " ", 1);
    if (r->label)
        scene_put(s, r->label, 1);
    for (size_t i = 0; i < COUNT_OF(scene_letters); i++)
        if ((r->mask & scene_letters[i].bit) && !(r->label && scene_letters[i].letter == 'T'))
            scene_put(s, &scene_letters[i].letter, 1);
    scene_put(s, ":", 1);
    if (r->from) {
        scene_put(s, r->from, r->from_len);
        scene_put(s, ">", 1);
    }
    scene_put(s, r->path, r->path_len);
    scene_put(s, r->name, r->name_len);
    if (r->mask & IN_ISDIR)
        scene_put(s, "/", 1);
    snprintf(tail, sizeof(tail), "=%llu", (unsigned long long)r->count);
    scene_put(s, tail, strlen(tail));
    return s->emit_result;
}

static inline struct scene *scene_start(struct scene *s, size_t memory_max)
{
    const struct merge_settings settings = {SETTLE, MAX_DELAY, memory_max, scene_emit, s};

    *s = (struct scene){.now = 1};
    NEED(merge_new(&s->merge, &settings) == 0);
    return s;
}

static inline void scene_end(struct scene *s)
{
    merge_free(s->merge);
}

/* Let the time pass as a timer would: told is what is due when it is due. */
static inline int scene_pass(struct scene *s, int64_t until)
{
    int64_t due;
    int err = 0;

    while (err == 0 && (due = merge_next_due(s->merge)) >= 0 && due <= until) {
        s->now = due > s->now ? due : s->now;
        err = merge_flush_due(s->merge, s->now);
        CHECK(err < 0 || merge_next_due(s->merge) < 0 || merge_next_due(s->merge) > s->now);
    }
    s->now = until;
    return err;
}

static inline int scene_add(struct scene *s, const struct record *r, enum merge_presence before)
{
    const struct timespec when = {.tv_sec = TIME_OFFSET, .tv_nsec = (long)s->now};

    return merge_add(s->merge, r, before, s->now, &when);
}

/* A record with its path in runs: the directory with its slash, and the name. */
static inline struct record scene_record(const char *path, size_t len, uint32_t mask)
{
    size_t dir_len = len;

    while (dir_len > 0 && path[dir_len - 1] != '/')
        dir_len--;
    return (struct record){
        .wd = 1,
        .mask = mask,
        .path = path,
        .path_len = dir_len,
        .name = path + dir_len,
        .name_len = len - dir_len,
        .watched = path,
        .watched_len = dir_len,
    };
}

/* One word of a script. */
static inline int scene_play_word(struct scene *s, const char *word, size_t len)
{
    const char *const colon = memchr(word, ':', len);
    enum merge_presence before = MERGE_WAS_ABSENT;
    const char *path, *gap;
    struct record r;
    uint32_t mask = 0;

    if (word[0] == '+') {
        scene_put(s, " ", s->out_len > 0);
        scene_put(s, word, len);
        return scene_pass(s, s->now + atoi(word + 1));
    }
    NEED(colon != NULL);
    for (const char *p = word; p < colon; p++) {
        before = *p == '!' ? MERGE_WAS_THERE : before;
        for (size_t i = 0; i < COUNT_OF(scene_letters); i++)
            mask |= *p == scene_letters[i].letter ? scene_letters[i].bit : 0;
    }
    path = colon + 1;
    len -= (size_t)(path - word);
    gap = memchr(path, '>', len);
    if (len > 0 && path[len - 1] == '/') {
        mask |= IN_ISDIR;
        len--;
    }
    if (gap) {
        r = scene_record(gap + 1, len - (size_t)(gap + 1 - path), mask | IN_MOVED_TO);
        r.label = "RENAME";
        r.from = path;
        r.from_len = (size_t)(gap - path);
    } else {
        r = scene_record(path, len, mask);
        r.label = word[0] == 'L' ? "LABEL" : NULL;
    }
    r.cookie = mask & IN_MOVE || gap ? 7 : 0;
    return scene_add(s, &r, before);
}

static inline int scene_play(struct scene *s, const char *script)
{
    int err = 0;

    while (err == 0 && *script) {
        const size_t len = strcspn(script, " ");

        err = scene_play_word(s, script, len);
        script += len + strspn(script + len, " ");
    }
    return err;
}

#endif
