/* fate.c: what the events of one path come to: was it there, is it there, and what is told of that.
 * Neighbour: merge.c. */
#include "fate.h"

void fate_count(struct entry *e, uint32_t more)
{
    e->count = e->count > UINT32_MAX - more ? UINT32_MAX : e->count + more;
}

/* Only what stands below a directory is told with its name, and by that an event says if it is one. */
static bool knows_kind(const struct record *r)
{
    return r->name_len > 0 || (r->mask & (IN_ISDIR | FATE_NAMING));
}

bool fate_is_other_kind(const struct entry *e, const struct record *r)
{
    return fate_has(e, FATE_KIND_KNOWN) && knows_kind(r) && ((e->mask ^ r->mask) & IN_ISDIR);
}

bool fate_is_move_of_contents(const struct entry *e, const struct news *n)
{
    if (!n->is_dir || !fate_has(e, FATE_NAMED))
        return false;
    if (n->r->mask & IN_MOVED_TO)
        return true;
    return n->r->mask & IN_CREATE ? e->mask & IN_MOVED_FROM
                                  : (n->r->mask & IN_MOVED_FROM) && fate_has(e, FATE_MOVED_IN);
}

void fate_set_texts(struct entry *e, int wd, size_t name_len, size_t watched_len, uint32_t len)
{
    e->wd = wd;
    e->name_len = (uint16_t)(name_len <= UINT16_MAX ? name_len : 0);
    e->len = (uint16_t)len;
    e->watched_len =
        (uint32_t)(watched_len <= e->path_len + (size_t)1 ? watched_len : e->path_len - name_len);
}

void fate_unite(struct entry *e, const struct record *r)
{
    fate_set_texts(e, r->wd, r->name_len, r->watched_len, r->len);
    if (r->cookie != 0)
        e->cookie = r->cookie;
    e->mask |= r->mask;
    fate_count(e, 1);
    fate_set(e, FATE_KIND_KNOWN, fate_has(e, FATE_KIND_KNOWN) || knows_kind(r));
    fate_set(e, FATE_SYNTHETIC, fate_has(e, FATE_SYNTHETIC) && r->synthetic);
}

void fate_comes(struct entry *e, const struct news *n)
{
    const bool moved = n->r->mask & IN_MOVED_TO;

    if (!fate_has(e, FATE_NAMED))
        fate_set(e, FATE_WAS_THERE | FATE_REPLACED, moved && n->before == MERGE_WAS_THERE);
    else if (fate_has(e, FATE_IS_THERE))
        fate_set(e, FATE_REPLACED, true);
    fate_set(e, FATE_NAMED | FATE_IS_THERE, true);
    fate_set(e, FATE_KEPT, n->is_dir);
    fate_set(e, FATE_MOVED_IN, n->is_dir && moved);
}

void fate_goes(struct entry *e)
{
    fate_set(e, FATE_NAMED | FATE_REPLACED | FATE_KEPT, true);
    fate_set(e, FATE_IS_THERE | FATE_MOVED_IN, false);
}

uint32_t fate_mask(const struct entry *e)
{
    const bool was = fate_has(e, FATE_WAS_THERE), is = fate_has(e, FATE_IS_THERE);

    if (e->other)
        return (e->mask & ~FATE_NAMING) | IN_MOVED_TO;
    if (!fate_has(e, FATE_NAMED))
        return e->mask;
    if (!is)
        return e->mask & ~FATE_CAME;
    if (fate_has(e, FATE_MOVED_IN))
        return (e->mask & ~FATE_NAMING) | IN_MOVED_TO; /* a MODIFY would not say which contents it has now */
    return was ? (e->mask & ~FATE_NAMING) | IN_MODIFY : e->mask;
}
