/* sharded_data_parallel -- N workers train one model, and each keeps one N-th of what the others keep whole.
 *
 * A worker owns a shard of every unit (some layers in a row).  Gradients are reduce-scattered as the backward
 * pass reaches each unit, everyone updates its own shards, and whoever needs the others' gathers them:
 *
 *   stage                  sharded                       gathered                     bytes an iteration
 *   0, none                nothing (data parallelism)    the sum of the gradients     2(N-1)G
 *   1, optimizer           states of the optimizer       updated parameters           2(N-1)G
 *   2, gradients           gradients too                 updated parameters           2(N-1)G
 *   3, parameters          parameters too                parameters, in each pass     3(N-1)G
 *
 * Papers: Rajbhandari et al., ZeRO: memory optimizations toward training trillion parameter models, SC 2020
 * (section 5 for the stages and their memory, 7 for their bytes); Zhao et al., PyTorch FSDP: experiences on
 * scaling fully sharded data parallel, VLDB 2023 (section 3.2.1 for units, 3.3 for the order of communication).
 *
 * Memory: P parameters and their gradients take b bytes each, the optimizer K more: (2b + K)P at stage 0,
 * 2bP + KP/N, bP + (b + K)P/N, (2b + K)P/N at stage 3, where the units gathered at one time come on top, and
 * in stages 2 and 3 the gradients that are not reduced yet.  A host whose `memory` is less ends the run.
 *
 * On one switch an iteration is a walk on two clocks, that of the processor and that of the network, where
 * collectives follow one another: gather g_u = (N-1)(a + ceil(G_u/N)/B), reduction r_u = g_u + (N-1) f
 * ceil(G_u/N)/S.  Without overlap it is F + W + sum of them.
 *
 * N counts the workers; there is no server.  G = bP.  Without a workload units are `units` equal parts, and the
 * forward pass a third of compute_seconds.  Not modelled: memory of activations and its fragments, padding of shards, cost
 * of the update, gradients of several mini-batches added up, a last unit that stays gathered between the passes.
 * A slow worker holds all up, unit by unit.  A dead one ends the run (exit code 1). */
#include "algorithms/collectives/collectives.h"
#include "algorithms/data_parallel/shared/memory.h"
#include "algorithms/data_parallel/shared/shards.h"
#include "algorithms/data_parallel/shared/training.h"
#include "algorithms/data_parallel/shared/units.h"

#include <assert.h>
#include <math.h>

struct sharded {
    struct training training;
    int stage, overlap, prefetch, units;
    int64_t unit_bytes;
    int bytes_per_number, state_bytes_per_parameter;
};

enum { NOTHING, OPTIMIZER, GRADIENTS, PARAMETERS, STAGES };
enum { NO, YES };

/* By ZeRO's numbers, or by what is sharded. */
static const char *const stages[] = {"0",         "1",         "2",          "3", "none",
                                     "optimizer", "gradients", "parameters", NULL};
static const char *const yes_or_no[] = {[NO] = "no", [YES] = "yes", NULL};

static const struct sim_parameter parameters[] = {
    TRAINING_PARAMETERS,
    {SIM_CHOICE(struct sharded, stage),
     SIM_DEFAULT("3", SIM_OURS ": what FSDP does unless told otherwise"), .choices = stages,
     .help = "what is sharded: nothing, states of the optimizer, gradients too, parameters too"},
    {SIM_CHOICE(struct sharded, overlap), SIM_DEFAULT("yes", "Zhao et al. 2023 (FSDP)"),
     .choices = yes_or_no, .help = "gather and reduce while the passes go on"},
    {SIM_COUNT(struct sharded, prefetch),
     SIM_DEFAULT("1", "Zhao et al. 2023 (FSDP): one unit ahead"), .least = 0, .most = 1 << 16,
     .help = "units gathered ahead of the one that is computed, at stage 3 with overlap"},
    {SIM_COUNT(struct sharded, units), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1, .most = 1 << 16,
     .help = "equal parts of the model; leave it out with a workload"},
    {SIM_BYTES(struct sharded, unit_bytes), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0, .most = 1e15,
     .help = "a unit has layers of at least so many bytes; 0: each layer is one"},
    {SIM_COUNT(struct sharded, bytes_per_number),
     SIM_DEFAULT("2", "Rajbhandari et al. 2020 (ZeRO), section 3.1: Adam with half precision"),
     .least = 1, .most = 8,
     .help = "b, of a parameter or a gradient, in memory and on the wire; 2: half precision"},
    {SIM_COUNT(struct sharded, state_bytes_per_parameter),
     SIM_DEFAULT("12", "Rajbhandari et al. 2020 (ZeRO), section 3.1: Adam with half precision"),
     .least = 0, .most = 1024,
     .help = "K, of the optimizer; 12: Adam's momentum, variance and a copy, in single precision"},
    {0}};

/* What the peers find out together; whoever ends last tells. */
struct report {
    int arrived, finished;
    double *parameters; /* the learner's at stage 3: all shards, for tests of the model */
    double exposed_seconds, computed_seconds, memory_bytes, peak_bytes, gathered_bytes;
};

struct layout {
    struct job job;
    struct units units;
    struct report *report;
};

static const struct layout *layout_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static int stage_of(const struct sim_plan *plan)
{
    return ((const struct sharded *)plan->parameters)->stage % STAGES;
}

/* How many own a part of what the optimizer has: at stage 0 everyone has all of it. */
static int owners(const struct sim_plan *plan)
{
    return stage_of(plan) == NOTHING ? 1
                                     : ((const struct sharded *)plan->parameters)->training.workers;
}

/* ---- a worker ---- */

struct trainer {
    struct sim_peer *me;
    const struct sharded *own;
    const struct layout *layout;
    struct shards *shards;   /* of the learner; NULL without */
    double jitter, *flop[2]; /* by pass and unit */
    struct sim_stream *stream;
    struct sim_lane *gathers, *reductions;
    int added;                   /* to the stream */
    int *gathering, *reducing;   /* by place in a pass: the lane to wait for */
    int gathered;                /* units of this pass, and: */
    int reduced, let_go;         /* reductions that were started, and those known to be over */
    struct memory memory, units; /* all of it, and what units are gathered */
    double states_bytes;
    double exposed_seconds, computed_seconds;
};

/* The k-th unit of that pass. */
static int unit_at(const struct trainer *t, enum sim_pass pass, int k)
{
    return pass == SIM_FORWARD ? k : t->layout->units.count - 1 - k;
}

static int64_t unit_bytes(const struct trainer *t, int u)
{
    return t->layout->units.all[u].bytes;
}

/* ---- memory ---- */

static void hold(struct trainer *t, double bytes)
{
    memory_hold(t->me, &t->memory, bytes, "parameters, gradients and states of the optimizer",
                "shard more (stage), take more workers or smaller units");
}

/* What stays for the whole run. */
static void hold_states(struct trainer *t)
{
    const int stage = stage_of(t->me->plan);
    const int parts = owners(t->me->plan), place = t->me->index % parts;
    double whole = 0, mine = 0;

    for (int u = 0; u < t->layout->units.count; u++) {
        const int64_t bytes = unit_bytes(t, u);

        whole += (double)bytes;
        mine +=
            (double)(sim_part_begin(bytes, place + 1, parts) - sim_part_begin(bytes, place, parts));
    }
    t->states_bytes = (stage < PARAMETERS ? whole : mine) + (stage < GRADIENTS ? whole : mine) +
                      mine / t->own->bytes_per_number * t->own->state_bytes_per_parameter;
    hold(t, t->states_bytes);
}

/* Gradients of units whose reduction has ended are needed no more. */
static void let_reduced_go(struct trainer *t)
{
    const int ended = sim_stream_ended(t->stream);

    for (; t->let_go < t->reduced && t->reducing[t->let_go] <= ended; t->let_go++)
        if (stage_of(t->me->plan) >= GRADIENTS)
            memory_let_go(&t->memory, (double)unit_bytes(t, unit_at(t, SIM_BACKWARD, t->let_go)));
}

/* ---- communication ---- */

static void fail(struct sim_peer *me)
{
    sim_give_up(me, "another worker is dead or out of reach, and its shards with it");
}

static int start(struct trainer *t, const struct sim_lane *lane)
{
    sim_stream_add(t->stream, lane);
    return ++t->added;
}

static void wait_for(struct trainer *t, int lanes)
{
    const double begin = sim_now(t->me);

    if (sim_stream_wait(t->stream, lanes) != SIM_OK)
        fail(t->me);
    t->exposed_seconds += sim_now(t->me) - begin;
}

/* Its own shard of unit u, to where the others' will be gathered. */
static void lay_out(struct trainer *t, int u)
{
    if (t->shards != NULL)
        shards_lay_out(t->shards, u, t->shards->replica->parameters);
}

/* Gather the k-th unit of the pass, and start with those after it (FSDP, section 3.3.2). */
static void gather(struct trainer *t, enum sim_pass pass, int k)
{
    const int ahead = t->own->overlap == YES ? t->own->prefetch : 0;

    for (; t->gathered <= k + ahead && t->gathered < t->layout->units.count; t->gathered++) {
        const int u = unit_at(t, pass, t->gathered);

        let_reduced_go(t);
        hold(t, (double)unit_bytes(t, u));
        t->units.held_bytes += (double)unit_bytes(t, u);
        t->units.peak_bytes = fmax(t->units.peak_bytes, t->units.held_bytes);
        lay_out(t, u);
        t->gathering[t->gathered] = start(t, &t->gathers[u]);
    }
    wait_for(t, t->gathering[k]);
}

static void let_unit_go(struct trainer *t, int u)
{
    memory_let_go(&t->memory, (double)unit_bytes(t, u));
    memory_let_go(&t->units, (double)unit_bytes(t, u));
}

static void reduce(struct trainer *t, int u)
{
    t->reducing[t->reduced++] = start(t, &t->reductions[u]);
    if (t->own->overlap == NO)
        wait_for(t, t->added);
}

/* ---- an iteration ---- */

static void compute(struct trainer *t, enum sim_pass pass, int u)
{
    const double begin = sim_now(t->me);

    sim_phase(t->me, pass == SIM_FORWARD ? "forward" : "backward");
    if (sim_stream_compute(t->stream, t->flop[pass][u] * t->jitter) != SIM_OK)
        fail(t->me);
    t->computed_seconds += sim_now(t->me) - begin;
}

static void go_through(struct trainer *t, enum sim_pass pass)
{
    const int stage = stage_of(t->me->plan);

    t->gathered = t->reduced = t->let_go = 0;
    for (int k = 0; k < t->layout->units.count; k++) {
        const int u = unit_at(t, pass, k);

        if (stage == PARAMETERS)
            gather(t, pass, k);
        let_reduced_go(t);
        if (pass == SIM_BACKWARD && stage >= GRADIENTS)
            hold(t, (double)unit_bytes(t, u));
        compute(t, pass, u);
        if (stage == PARAMETERS)
            let_unit_go(t, u);
        if (pass == SIM_BACKWARD)
            reduce(t, u);
    }
}

/* Where everyone has all parameters they are gathered at once; else the shards stay where they are, and are shown to
 * whoever tests the model. */
static void update(struct trainer *t, int iteration)
{
    const int stage = stage_of(t->me->plan), count = t->layout->units.count;

    shards_step(t->shards, t->own->training.workers, iteration);
    for (int u = 0; u < count; u++)
        if (stage == PARAMETERS)
            shards_lay_out(t->shards, u, t->layout->report->parameters);
        else
            lay_out(t, u);
    for (int u = 0; (stage == OPTIMIZER || stage == GRADIENTS) && u < count; u++)
        start(t, &t->gathers[u]);
    wait_for(t, t->added);
}

/* The learner needs all parameters at once: it learns between the passes, and then forgets what it was sent. */
static void iterate(struct trainer *t, int iteration)
{
    const bool gathers = stage_of(t->me->plan) == PARAMETERS;

    t->jitter = sim_jitter(t->me, t->own->training.compute_jitter);
    go_through(t, SIM_FORWARD);
    shards_learn(t->me, t->shards, iteration);
    go_through(t, SIM_BACKWARD);
    wait_for(t, t->added);
    let_reduced_go(t);
    assert(!gathers || shards_are_back(t->shards));
    shards_forget(t->shards);
    update(t, iteration);
}

/* ---- telling ---- */

/* Whoever ends an iteration last tests the model: nobody can have ended the next one before. */
static void test_model(struct trainer *t, int done)
{
    const struct layout *layout = t->layout;

    if (t->shards == NULL || ++layout->report->arrived < t->own->training.workers)
        return;
    layout->report->arrived = 0;
    training_tell(t->me, &layout->job,
                  stage_of(t->me->plan) == PARAMETERS ? layout->report->parameters
                                                      : t->shards->replica->parameters,
                  done, done == t->me->plan->iterations);
}

/* Means over the workers of seconds in an iteration, largest of bytes. */
static void finish(struct trainer *t)
{
    struct report *report = t->layout->report;
    const int workers = t->own->training.workers, iterations = t->me->plan->iterations;
    const double seconds = sim_now(t->me) / iterations;

    report->exposed_seconds += t->exposed_seconds / iterations / workers;
    report->computed_seconds += t->computed_seconds / iterations / workers;
    report->memory_bytes = fmax(report->memory_bytes, t->states_bytes);
    report->peak_bytes = fmax(report->peak_bytes, t->memory.peak_bytes);
    report->gathered_bytes = fmax(report->gathered_bytes, t->units.peak_bytes);
    if (++report->finished < workers)
        return;
    sim_note(t->me, "memory_bytes", report->memory_bytes);
    sim_note(t->me, "gathered_bytes", report->gathered_bytes);
    sim_note(t->me, "peak_memory_bytes", report->peak_bytes);
    if (!(seconds > 0))
        return;
    sim_note(t->me, "iteration_seconds", seconds);
    sim_note(t->me, "exposed_communication_seconds", report->exposed_seconds);
    sim_note(t->me, "scaling_efficiency", report->computed_seconds / seconds);
    if (t->me->plan->model != NULL)
        sim_note(t->me, "samples_per_second", workers * t->me->plan->batch / seconds);
}

/* ---- opening ---- */

/* At stage 0 a reduction is both halves of the ring all-reduce, which adds in the same order as the others. */
static void lay_lanes(struct trainer *t, int u)
{
    const struct sim_group *workers = sim_role(t->me->plan, "worker");
    struct sim_stage *rings = sim_new(t->me->plan->arena, struct sim_stage, 3);
    struct sim_buffer sums = {0}, gathered = {0};

    if (t->shards != NULL) {
        sums = shards_buffer(t->shards, u, t->shards->replica->gradient);
        gathered = shards_buffer(t->shards, u, t->shards->replica->parameters);
    }
    sums.bytes = gathered.bytes = unit_bytes(t, u);
    sums.flop_per_byte = t->own->training.flop_per_byte;
    rings[0] = (struct sim_stage){workers, ring_reduce_scatter_steps, sums};
    rings[1] = (struct sim_stage){workers, ring_allgather_steps, sums};
    rings[2] = (struct sim_stage){workers, ring_allgather_steps, gathered};
    t->reductions[u] = (struct sim_lane){rings, stage_of(t->me->plan) == NOTHING ? 2 : 1};
    t->gathers[u] = (struct sim_lane){&rings[2], 1};
}

static struct trainer *open_trainer(struct sim_peer *me)
{
    struct sim_arena *arena = me->plan->arena;
    struct trainer *t = sim_new(arena, struct trainer, 1);
    const size_t count = (size_t)layout_of(me->plan)->units.count;

    t->me = me;
    t->own = me->parameters;
    t->layout = layout_of(me->plan);
    t->stream = sim_stream_open(me, 1);
    t->gathers = sim_new(arena, struct sim_lane, count);
    t->reductions = sim_new(arena, struct sim_lane, count);
    t->gathering = sim_new(arena, int, count);
    t->reducing = sim_new(arena, int, count);
    t->shards = shards_open(me, &t->layout->job, (int)count, me->index % owners(me->plan),
                            owners(me->plan));
    if (stage_of(me->plan) == PARAMETERS)
        shards_forget(t->shards);
    for (int pass = SIM_FORWARD; pass <= SIM_BACKWARD; pass++) {
        t->flop[pass] = sim_new(arena, double, count);
        for (int u = 0; u < (int)count; u++)
            t->flop[pass][u] = unit_flop(me, &t->layout->units, u, (enum sim_pass)pass,
                                         t->own->training.compute_seconds);
    }
    for (int u = 0; u < (int)count; u++)
        lay_lanes(t, u);
    return t;
}

static void worker(struct sim_peer *me)
{
    struct trainer *t = open_trainer(me);
    double computed_before = 0, exposed_before = 0;

    hold_states(t);
    for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) {
        training_count_again(&t->computed_seconds, &computed_before, turn.skipped);
        training_count_again(&t->exposed_seconds, &exposed_before, turn.skipped);
        iterate(t, turn.number);
        test_model(t, turn.number + 1);
    }
    finish(t);
}

static const struct sim_role roles[] = {
    {"worker", worker, "keeps its shards, gathers those of others when it computes a unit"}, {0}};

/* A workload's gradient has as many bytes as its numbers take here. */
static int64_t cut(const struct sim_plan *plan, int64_t bytes, struct units *units)
{
    const struct sharded *own = plan->parameters;

    *units = plan->model != NULL ? units_by_layers(plan, own->bytes_per_number, own->unit_bytes)
                                 : units_evenly(plan, bytes, own->units);
    return units->bytes;
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct sharded *own = plan->parameters;
    struct layout *layout = sim_new(plan->arena, struct layout, 1);
    struct job *job = &layout->job;

    plan->prepared = layout;
    sim_cast(plan, "worker", own->training.workers);
    if (plan->model != NULL && own->units > 1)
        return sim_fail(err,
                        "algorithm.units: the workload has layers, and unit_bytes says how many "
                        "make a unit; leave this out, or the workload.");
    if (plan->model == NULL && own->unit_bytes > 0)
        return sim_fail(err, "algorithm.unit_bytes is for the layers of a workload, and there is "
                             "none; give units, or a workload.");
    if (!training_prepare(plan, job, err))
        return false;
    job->gradient_bytes = cut(plan, job->gradient_bytes, &layout->units);
    if (job->number_count > 0)
        job->wire_factor =
            (double)job->gradient_bytes / ((double)job->number_count * own->bytes_per_number);
    layout->report = sim_new(plan->arena, struct report, 1);
    layout->report->parameters = sim_new(plan->arena, double, job->number_count);
    return true;
}

/* ---- laws ---- */

static double workers_of(const struct sim_plan *plan)
{
    return ((const struct sharded *)plan->parameters)->training.workers;
}

/* Halves of a ring, of (N-1)G each. */
static double halves(const struct sim_plan *plan)
{
    return stage_of(plan) == PARAMETERS ? 3 : 2;
}

static double all_bytes(const struct sim_plan *plan)
{
    return halves(plan) * (workers_of(plan) - 1) * (double)layout_of(plan)->job.gradient_bytes *
           plan->iterations;
}

static double all_messages(const struct sim_plan *plan)
{
    const double n = workers_of(plan);

    return halves(plan) * n * (n - 1) * layout_of(plan)->units.count * plan->iterations;
}

/* Of the first worker, whose shards are the largest. */
static double states_bytes(const struct sim_plan *plan)
{
    const struct sharded *own = plan->parameters;
    const struct layout *layout = layout_of(plan);
    const int stage = stage_of(plan);
    const double whole = (double)layout->job.gradient_bytes;
    double shards = 0;

    for (int u = 0; u < layout->units.count; u++)
        shards += (double)sim_largest_chunk(layout->units.all[u].bytes, own->training.workers);
    return (stage == PARAMETERS ? shards : whole) +
           (stage == GRADIENTS || stage == PARAMETERS ? shards : whole) +
           (stage == NOTHING ? whole : shards) / own->bytes_per_number *
               own->state_bytes_per_parameter;
}

static double noted_states_bytes(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "memory_bytes");
}

static int units_ahead(const struct sharded *own)
{
    return own->overlap == YES ? own->prefetch : 0;
}

static double largest_window_bytes(const struct sim_plan *plan)
{
    const struct layout *layout = layout_of(plan);
    const int ahead = units_ahead(plan->parameters);
    double window = 0, largest = 0;

    for (int u = 0; u < layout->units.count; u++) {
        window += (double)layout->units.all[u].bytes;
        if (u > ahead)
            window -= (double)layout->units.all[u - ahead - 1].bytes;
        largest = fmax(largest, window);
    }
    return largest;
}

static double noted_gathered_bytes(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "gathered_bytes");
}

static bool gathers_parameters(const struct sim_plan *plan)
{
    return stage_of(plan) == PARAMETERS;
}

/* ---- the law of seconds ---- */

static bool to_the_right(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");

    if (i >= workers->size || workers->size == 1)
        return false;
    *edge = (struct sim_edge){workers->peers[i], workers->peers[(i + 1) % workers->size]};
    return true;
}

/* With shards of unequal size workers drift apart; additions beside a pass would take their share of the processor. */
static bool on_one_switch(const struct sim_plan *plan)
{
    const struct sharded *own = plan->parameters;
    struct sim_switch found;

    for (int u = 0; u < layout_of(plan)->units.count; u++)
        if (layout_of(plan)->units.all[u].bytes % own->training.workers != 0)
            return false;
    return own->training.compute_jitter == 0 &&
           (own->overlap == NO || own->training.flop_per_byte == 0) &&
           sim_is_one_switch(plan, to_the_right, &found);
}

struct walk {
    const struct sim_plan *plan;
    struct sim_switch on;
    double processor, network; /* what each is busy until */
    double *gathered;          /* by place in the pass: when */
};

static double gather_seconds(const struct walk *walk, int u)
{
    const double n = workers_of(walk->plan);
    const double shard = (double)layout_of(walk->plan)->units.all[u].bytes / n;

    return n == 1 ? 0 : (n - 1) * (walk->on.latency_seconds + shard / walk->on.bytes_per_second);
}

static double reduction_seconds(const struct walk *walk, int u)
{
    const struct sharded *own = walk->plan->parameters;
    const double n = workers_of(walk->plan);
    const double shard = (double)layout_of(walk->plan)->units.all[u].bytes / n;
    const double added =
        n == 1 ? 0 : (n - 1) * own->training.flop_per_byte * shard / walk->on.flop_per_second;

    return (stage_of(walk->plan) == NOTHING ? 2 : 1) * gather_seconds(walk, u) + added;
}

static void walk_through(struct walk *walk, enum sim_pass pass)
{
    const struct sharded *own = walk->plan->parameters;
    const int count = layout_of(walk->plan)->units.count;

    for (int k = 0, next = 0; k < count; k++) {
        const int u = pass == SIM_FORWARD ? k : count - 1 - k;

        const double seconds =
            unit_seconds(walk->plan, sim_role(walk->plan, "worker")->peers[0],
                         &layout_of(walk->plan)->units, u, pass, own->training.compute_seconds);

        for (; gathers_parameters(walk->plan) && next < count && next <= k + units_ahead(own);
             next++) {
            walk->network = fmax(walk->network, walk->processor) +
                            gather_seconds(walk, pass == SIM_FORWARD ? next : count - 1 - next);
            walk->gathered[next] = walk->network;
        }
        walk->processor = fmax(walk->processor, walk->gathered[k]) + seconds;
        if (pass == SIM_BACKWARD)
            walk->network = fmax(walk->network, walk->processor) + reduction_seconds(walk, u);
        if (own->overlap == NO)
            walk->processor = fmax(walk->processor, walk->network);
    }
}

static double ideal_seconds(const struct sim_plan *plan)
{
    const int count = layout_of(plan)->units.count, stage = stage_of(plan);
    struct walk walk = {.plan = plan, .gathered = sim_new(plan->arena, double, (size_t)count)};
    double seconds;

    sim_is_one_switch(plan, to_the_right, &walk.on);
    walk_through(&walk, SIM_FORWARD);
    walk_through(&walk, SIM_BACKWARD);
    seconds = fmax(walk.processor, walk.network);
    for (int u = 0; (stage == OPTIMIZER || stage == GRADIENTS) && u < count; u++)
        seconds += gather_seconds(&walk, u);
    return plan->iterations * seconds;
}

static const char own_hosts[] = "every worker has a host of its own, and none dies";

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES, "2(N-1)G, 3(N-1)G at stage 3", all_bytes,
     sim_total_bytes, .tolerance = 0, .holds = sim_has_own_hosts, .assumes = own_hosts},
    {"messages", SIM_UNIT_NONE, "2N(N-1) for each unit, 3N(N-1) at stage 3", all_messages,
     sim_total_messages, .tolerance = 0, .holds = sim_has_own_hosts, .assumes = own_hosts},
    {"bytes of states in memory", SIM_UNIT_BYTES,
     "(2b + K)P, 2bP + KP/N, bP + (b + K)P/N, (2b + K)P/N at stages 0 to 3, in whole shards",
     states_bytes, noted_states_bytes, .tolerance = 1e-12},
    {"bytes gathered at one time", SIM_UNIT_BYTES,
     "the largest of 1 + prefetch units in a row, 1 without overlap", largest_window_bytes,
     noted_gathered_bytes, .tolerance = 0, .holds = gathers_parameters, .assumes = "stage 3"},
    {"seconds", SIM_UNIT_SECONDS,
     "the walk through F_u, W_u, g_u = (N-1)(a + G_u/(N B)), r_u = g_u + (N-1) f G_u/(N S)",
     ideal_seconds, sim_total_seconds, .tolerance = 1e-9, .holds = on_one_switch,
     .assumes = "one full-duplex switch, network: textbook, equal hosts, no jitter, no faults, N "
                "divides each unit, and with overlap flop_per_byte: 0"},
    {0}};

SIM_ALGORITHM(sharded_data_parallel) = {
    .name = "sharded_data_parallel",
    .summary = "N workers train one model and keep a shard of it each (ZeRO, FSDP)",
    .paper = "Rajbhandari et al., ZeRO: memory optimizations toward training trillion parameter "
             "models, SC 2020; Zhao et al., PyTorch FSDP, VLDB 2023",
    .counts = "N workers; there is no server",
    .parameters_size = sizeof(struct sharded),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = training_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
