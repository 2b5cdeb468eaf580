/* early_exit.h -- drafts that leave the target behind its first layers: what LayerSkip and Kangaroo share.
 *
 * A drafted token goes through the first E of L layers, and behind them through the head (and an adapter).  Verification
 * starts from the states that the drafts left behind layer E, and runs the other layers only.  One more pass of the first
 * layers, without a head, makes the state of the last draft: for n drafts
 *
 *     n (E/L T_1 + T_adapter + T_head) + E/L T_1 + (L-E)/L T(n+1) + T_head.
 *
 * T_1 and T(n+1) are steps of the target without its head.  In a batch each of these passes is one for all sequences; those
 * that stopped drafting wait for the others.  The pass that makes the last states counts as drafting: apart it is the
 * draft's host that makes it, which sends the states of n+1 positions.
 *
 * Elhoushi et al., LayerSkip, ACL 2024, section 4.3.  Liu et al., Kangaroo, NeurIPS 2024, section 3. */
#ifndef DECODING_EARLY_EXIT_H
#define DECODING_EARLY_EXIT_H

#include "algorithms/decoding/shared/own_layers.h"

/* The first field of both systems' parameters. */
struct early_exit {
    struct decoding common;
    int exit_layer, layers;
    double head_share;
    int64_t state_bytes;
};

#define EARLY_EXIT_PARAMETERS(exit)                                                                \
    OWN_LAYERS_PARAMETERS, DEC_PLACEMENT_PARAMETERS("together"),                                   \
        {SIM_COUNT(struct early_exit, exit_layer),                                                 \
         SIM_DEFAULT(exit,                                                                         \
                     "kangaroo: Liu et al. 2024, 2 for Vicuna-7B; layerskip: a choice of ours"),   \
         .least = 1, .most = 1 << 16,                                                              \
         .help = "E, the first layers: behind them the draft leaves the target"},                  \
        {SIM_COUNT(struct early_exit, layers), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,        \
         .most = 1 << 16, .help = "L, of the target; 0: as the workload says, or 32"},             \
        {SIM_RATIO(struct early_exit, head_share), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,      \
         .most = 1,                                                                                \
         .help = "T_head, as a share of target_step_seconds or its table, which include it"},      \
    {                                                                                              \
        SIM_BYTES(struct early_exit, state_bytes), SIM_DEFAULT("0", SIM_ELSEWHERE),                \
            .least = 0, .most = 1e9,                                                               \
            .help =                                                                                \
                "of the state that one token has behind a layer, sent where the draft is apart; "  \
                "0: as the workload says, or 8192B"                                                \
    }

/* The head of both systems' plan->prepared. */
struct early_run {
    struct dec_run run;
    double exit_share;         /* E / L */
    double adapter_seconds;    /* filled in before, by whoever has one */
    double adapter_parameters; /* with a model */
};

bool early_exit_prepare(struct sim_plan *plan, struct early_run *early,
                        const struct dec_method *method, struct sim_error *err);

/* Of dec_method. */
int early_exit_draft_steps(const struct sim_plan *plan, struct dec_sequence *const *batch,
                           int count, int draft, struct dec_step *steps);
void early_exit_add_to_verify(const struct sim_plan *plan, const struct dec_sequence *sequence,
                              struct dec_step *step);
int64_t early_exit_proposal_bytes(const struct sim_plan *plan, const struct dec_sequence *sequence,
                                  int draft);

/* ---- for laws: of rounds in which one sequence drafted so many tokens ---- */

double early_exit_seconds(const struct sim_plan *plan, double rounds, double drafted);
double early_exit_bytes(const struct sim_plan *plan, double rounds, double drafted);

/* For so many expected tokens and drafts of a round: over the target alone. */
double early_exit_speedup(const struct sim_plan *plan, double tokens, double drafted);

double early_exit_theory_seconds(const struct sim_plan *plan);
double early_exit_theory_bytes(const struct sim_plan *plan);

#endif
