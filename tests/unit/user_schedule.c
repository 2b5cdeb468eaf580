/* What schedule_check says of broken orders, and a user's own schedule as CSV. */
#include "tests/unit/close.h"

#include "algorithms/pipeline/shared/user_schedule.h"

#include <unistd.h>

struct broken {
    const char *name;
    int stages, chunks, microbatches, replicas;
    const char *csv;  /* from the second line on */
    const char *said; /* after the path, where it is of the file; NULL: all is well */
};

#define CYCLE "The schedule cannot come to its end; these operations wait for each other:\n"

static struct broken cases[] = {
    {"two stages, one micro-batch", 2, 1, 1, 1, "0,F,0\n1,F,0\n1,B,0\n0,B,0\n", NULL},
    {"rows of stages may be mixed", 2, 1, 2, 1,
     "1,F,0\n0,F,0\n1,B,0\n0,F,1\n0,B,0\n1,F,1\n1,B,1\n0,B,1\n", NULL},
    {"a W splits the backward pass", 1, 1, 2, 1, "0,F,0\n0,F,1\n0,B,0\n0,B,1\n0,W,1\n0,W,0\n",
     NULL},
    {"an operation is missing", 2, 1, 2, 1, "0,F,0\n0,F,1\n0,B,0\n1,F,0\n1,F,1\n1,B,1\n1,B,0\n",
     "stage 0 never does B1."},
    {"W of one micro-batch is missing", 1, 1, 2, 1, "0,F,0\n0,F,1\n0,B,0\n0,B,1\n0,W,1\n",
     "stage 0 never does W0."},
    {"an operation comes twice", 1, 1, 2, 1, "0,F,0\n0,F,1\n0,B,0\n0,F,1\n0,B,1\n",
     "stage 0 does F1 twice."},
    {"B before F", 1, 1, 2, 1, "0,F,0\n0,B,1\n0,F,1\n0,B,0\n",
     "stage 0 does B1 before that on which it rests, F of the same micro-batch."},
    {"W before B", 1, 1, 1, 1, "0,F,0\n0,W,0\n0,B,0\n",
     "stage 0 does W0 before that on which it rests, B of the same micro-batch."},
    {"a stage without operations", 2, 1, 1, 1, "0,F,0\n0,B,0\n",
     "stage 1 never does F0.\nstage 1 never does B0."},
    /* Stage 0 wants the gradient of micro-batch 0 before it sends micro-batch 1, stage 1 the reverse. */
    {"two stages wait for each other", 2, 1, 2, 1,
     "0,F,0\n0,B,0\n0,F,1\n0,B,1\n1,F,0\n1,F,1\n1,B,0\n1,B,1\n",
     CYCLE
     "  stage 0 waits with B0 for B0 of stage 1.\n  stage 1 waits with F1 for F1 of stage 0."},
    {"three stages: the one in the middle is told too", 3, 1, 2, 1,
     "0,F,0\n0,B,0\n0,F,1\n0,B,1\n1,F,0\n1,F,1\n1,B,1\n1,B,0\n2,F,0\n2,B,0\n2,F,1\n2,B,1\n",
     CYCLE
     "  stage 0 waits with B0 for B0 of stage 1.\n  stage 1 waits with F1 for F1 of stage 0.\n"
     "  stage 2 waits with F1 for F1 of stage 1."},
    {"chunks are named", 1, 2, 1, 1, "0,F,0,0\n0,F,0,1\n0,B,0,1\n", "stage 0 never does B0.0."},
    {"a chunk waits for the one before it", 1, 2, 1, 1, "0,F,0,1\n0,F,0,0\n0,B,0,1\n0,B,0,0\n",
     CYCLE "  stage 0 waits with F0.1 for F0.0 of stage 0."},
    {"replicas do the same rows", 1, 1, 4, 2, "0,F,0\n0,F,1\n0,B,0\n0,B,1\n", NULL},
    {"replicas are named", 1, 1, 4, 2, "0,F,0\n0,F,1\n0,B,1\n",
     "stage 0 replica 0 never does B0.\nstage 0 replica 1 never does B1."},
    {"a stage that is not there", 2, 1, 1, 1, "0,F,0\n2,F,0\n",
     ":3: stage '2' must be a whole number from 0 to 1."},
    {"a negative stage", 2, 1, 1, 1, "-1,F,0\n",
     ":2: stage '-1' must be a whole number from 0 to 1."},
    {"a micro-batch that is not there", 2, 1, 3, 1, "0,F,3\n",
     ":2: microbatch '3' must be a whole number from 0 to 2."},
    {"half a micro-batch", 2, 1, 3, 1, "0,F,1.5\n",
     ":2: microbatch '1.5' must be a whole number from 0 to 2."},
    {"no micro-batch", 2, 1, 3, 1, "0,F,\n",
     ":2: microbatch '' must be a whole number from 0 to 2."},
    {"a number beyond all numbers", 2, 1, 3, 1, "0,F,99999999999999999999\n",
     ":2: microbatch '99999999999999999999' must be a whole number from 0 to 2."},
    {"a number beyond an int", 2, 1, 3, 1, "0,F,4294967296\n",
     ":2: microbatch '4294967296' must be a whole number from 0 to 2."},
    {"a chunk that is not there", 1, 2, 1, 1, "0,F,0,2\n",
     ":2: chunk '2' must be a whole number from 0 to 1."},
    {"an operation that is none", 2, 1, 3, 1, "0,G,1\n",
     ":2: operation 'G' is none of F, B and W."},
    {"too few fields", 2, 1, 3, 1, "0,F,0\n0,B\n", ":3: 2 fields where the first line has 3."},
    {"too many fields", 2, 1, 3, 1, "0,F,0,0,0\n", ":2: 5 fields where the first line has 3."},
};

static bool read_text(const char *text, const struct broken *of, struct sim_arena *arena,
                      struct schedule **schedule, char path[32], struct sim_error *err)
{
    int *replicas = sim_new(arena, int, (size_t)of->stages);
    bool fine;
    int file;

    snprintf(path, 32, "/tmp/dmlsim-schedule-XXXXXX");
    file = mkstemp(path);
    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
    for (int s = 0; s < of->stages; s++)
        replicas[s] = of->replicas;
    *schedule = schedule_new(arena, of->stages, of->chunks, of->microbatches, replicas, false);
    fine = user_schedule_read(*schedule, path, err);
    unlink(path);
    return fine;
}

static void says(void **state)
{
    const struct broken *of = *state;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct schedule *schedule;
    char path[32];
    bool fine;
    const char *text = sim_text(arena, "stage,operation,microbatch%s\n%s",
                                of->chunks > 1 ? ",chunk" : "", of->csv);

    fine = read_text(text, of, arena, &schedule, path, &err) && schedule_check(schedule, &err);
    assert_int_equal(fine, of->said == NULL);
    if (of->said != NULL)
        assert_string_equal(err.text + (*of->said == ':' ? strlen(path) : 0), of->said);
    sim_arena_close(arena);
}

struct head {
    const char *name, *text, *said;
};

static struct head heads[] = {
    {"nothing at all", "", ": is empty"},
    {"comments alone", "# nothing\n", ": there is no line in it."},
    {"an unknown column", "stage,operation,micro\n",
     ":1: there is no column 'micro' in a schedule; it has stage, operation, microbatch and, if "
     "stages have several, chunk."},
    {"a column is missing", "stage,operation\n0,F\n",
     ":1: the first line must name the columns: stage,operation,microbatch."},
    {"no head", "0,F,0\n0,B,0\n",
     ":1: there is no column '0' in a schedule; it has stage, operation, microbatch and, if "
     "stages have several, chunk."},
};

static void says_of_the_head(void **state)
{
    static const struct broken one = {.stages = 1, .chunks = 1, .microbatches = 1, .replicas = 1};
    const struct head *head = *state;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct schedule *schedule;
    char path[32];

    assert_false(read_text(head->text, &one, arena, &schedule, path, &err));
    assert_int_equal(strncmp(err.text, path, strlen(path)), 0);
    assert_int_equal(strncmp(err.text + strlen(path), head->said, strlen(head->said)), 0);
    sim_arena_close(arena);
}

static void columns_may_stand_in_any_order(void **state)
{
    static const struct broken two = {.stages = 1, .chunks = 1, .microbatches = 2, .replicas = 1};
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct schedule *schedule;
    char path[32];

    (void)state;
    assert_true(read_text("# mine\nmicrobatch,stage,operation\n1,0,F\n0,0,F\n0,0,B\n1,0,B\n", &two,
                          arena, &schedule, path, &err));
    assert_string_equal(schedule_text(schedule), "stage 0: F1 F0 B0 B1\n");
    assert_true(schedule_check(schedule, &err));
    sim_arena_close(arena);
}

static void at_most_eight_are_told(void **state)
{
    static const int one[] = {1};
    struct sim_arena *arena = sim_arena_open();
    struct schedule *schedule = schedule_new(arena, 1, 1, 100, one, true);
    struct sim_error err = {0};

    (void)state;
    assert_false(schedule_check(schedule, &err));
    assert_int_equal(err.count, 8);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_may_stand_in_any_order),
        cmocka_unit_test(at_most_eight_are_told),
    };

    return RUN_CASES(says, cases) + RUN_CASES(says_of_the_head, heads) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
