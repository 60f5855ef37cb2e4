/* usual.c: the program for usual records: without the steps that write nothing for them, and with what
 * depends on nothing but the mask in runs, whose bytes are remembered. Neighbours: program.c compiles what
 * this one is made from, format.c walks both. */
#include "program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool writes_nothing(const struct op *op)
{
    switch (op->code) {
    case OP_FROM:
    case OP_FROM_ARROW:
    case OP_FROM_LAST:
    case OP_SYNTHETIC:
    case OP_EVENT_COUNT:
    case OP_ERROR:
    case OP_ERROR_LAST:
        return op->width == 0;
    default:
        return false;
    }
}

static bool is_of_mask(const struct op *op)
{
    return op->code == OP_MASK || op->code == OP_MASK_HEX || op->code == OP_EVENTS ||
           op->code == OP_EVENTS_COLOR || op->code == OP_WAIT_EVENTS;
}

/* How many steps of a run begin here, literals at both of its ends included; 0: no run does. */
static size_t run_length(const struct op *op, const struct op *end)
{
    bool is_run = false;
    size_t count = 0;

    for (; op + count < end && (op[count].code == OP_LITERAL || is_of_mask(&op[count])); count++)
        is_run = is_run || is_of_mask(&op[count]);
    return is_run ? count : 0;
}

static int append_copy(struct program *program, const struct op *op)
{
    struct op copy = *op;

    if (op->code == OP_LITERAL && op->width == 0)
        return program_append_literal(program, op->text, op->text_len);
    if (op->text) {
        copy.text = malloc(op->text_len + BLOCK);
        if (!copy.text)
            return -ENOMEM;
        memcpy(copy.text, op->text, op->text_len);
    }
    return program_append(program, copy);
}

static int append_run(struct program *program, size_t length)
{
    struct op run = {.code = OP_OF_MASK, .run = length};

    run.memos = calloc(MEMO_COUNT, sizeof(*run.memos));
    return run.memos ? program_append(program, run) : -ENOMEM;
}

/* What is left, its literals joined. */
static int leave_out(struct program *shorter, const struct program *all)
{
    int err = 0;

    for (size_t i = 0; i < all->count && err == 0; i++)
        if (!writes_nothing(&all->ops[i]))
            err = append_copy(shorter, &all->ops[i]);
    return err;
}

static int mark_runs(struct program *usual, const struct program *shorter)
{
    const struct op *const end = shorter->ops + shorter->count;
    size_t inside = 0;
    int err = 0;

    for (const struct op *op = shorter->ops; op < end && err == 0; op++) {
        const size_t run = inside > 0 ? 0 : run_length(op, end);

        if (run > 0) {
            err = append_run(usual, run);
            inside = run;
        }
        if (err == 0)
            err = append_copy(usual, op);
        inside -= inside > 0;
    }
    return err;
}

int usual_compile(struct format *f)
{
    struct program shorter = {0};
    int err = leave_out(&shorter, &f->all);

    if (err == 0)
        err = mark_runs(&f->usual, &shorter);
    program_free(&shorter);
    return err;
}
