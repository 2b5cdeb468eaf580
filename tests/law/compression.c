/* Deep gradient compression and TernGrad: what they leave the same, what they lose, and what they move, worked out
 * here once more by hand. */
#include "algorithms/learning/batches.h"
#include "algorithms/learning/learner.h"
#include "sim/base/random.h"
#include "tests/fixtures/simulate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double B = 123.4e6, A = 37e-6, SPEED = 7.3e9, F = 0.37, C = 0.0123;

static const char *const transports[] = {"allgather", "parameter_server", "ring"};
enum { ALLGATHER, PARAMETER_SERVER, RING, TRANSPORTS };

/* An algorithm with those parameters, on a star; `more` is the rest of the scenario. */
static struct simulated run_on_star(const char *more, const char *format, ...)
{
    char algorithm[512], text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(algorithm, sizeof algorithm, format, arguments);
    va_end(arguments);
    snprintf(text, sizeof text, "platform: %s\nalgorithm: {name: %s}\ntrace: none\n%s",
             star_platform(23, A * 1e6), algorithm, more);
    return simulate(text, NULL);
}

static void succeed(const struct simulated *run)
{
    if (run->code != 0)
        fail_msg("code %d: %s", run->code, run->err.text);
}

/* ---- compression: off is the same as without ---- */

static const char learning[] = "learning: mlp, data: synthetic, momentum: 0.9, learning_rate: 0.05";

/* The checksum of the weights after 37 iterations; *projection of them. */
static double checksum_of(const char *algorithm, int workers, int mini_batch, double *projection)
{
    struct simulated run = run_on_star(
        "iterations: 37\n", "%s, workers: %d, mini_batch: %d, gradient_bytes: 1000003, %s",
        algorithm, workers, mini_batch, learning);
    double checksum;

    succeed(&run);
    checksum = metric_of(&run, "weights_checksum");
    *projection = metric_of(&run, "weights_projection");
    simulated_release(&run);
    return checksum;
}

/* A sum in the order of workers is what one server makes of pushes that arrive in that order. */
static const struct {
    const char *compressed, *plain;
} same[] = {
    {"deep_gradient_compression, compression: off, transport: ring",
     "synchronous_data_parallel, allreduce: ring, bucket_bytes: 1GB"},
    {"deep_gradient_compression, compression: off, transport: parameter_server",
     "parameter_server"},
    {"deep_gradient_compression, compression: off, transport: allgather", "parameter_server"},
    {"terngrad, compression: off", "parameter_server"},
};
enum { SAME = sizeof same / sizeof same[0] };

static void without_compression_weights_are_those_of_the_plain_system_bit_for_bit(void **state)
{
    static const int workers[] = {1, 2, 5, 8};

    (void)state;
    for (int c = 0; c < SAME; c++)
        for (int i = 0; i < 4; i++) {
            double projections[2];

            if (checksum_of(same[c].compressed, workers[i], 8, &projections[0]) !=
                checksum_of(same[c].plain, workers[i], 8, &projections[1]))
                fail_msg("%s on %d workers: %.17g, %s: %.17g", same[c].compressed, workers[i],
                         projections[0], same[c].plain, projections[1]);
        }
}

static void without_compression_weights_are_those_of_one_worker_with_all_samples(void **state)
{
    double one, many;

    (void)state;
    checksum_of("parameter_server", 1, 5 * 8, &one);
    for (int c = 0; c < SAME; c++) {
        checksum_of(same[c].compressed, 5, 8, &many);
        assert_close(many, one, 1e-12);
    }
}

/* With it they are not: or what is above would show nothing. */
static void with_compression_weights_are_others(void **state)
{
    double projection;
    const double plain = checksum_of("parameter_server", 5, 8, &projection);

    (void)state;
    assert_true(checksum_of("terngrad", 5, 8, &projection) != plain);
    for (int t = 0; t < TRANSPORTS; t++) {
        char name[64];

        snprintf(name, sizeof name, "deep_gradient_compression, transport: %s", transports[t]);
        assert_true(checksum_of(name, 5, 8, &projection) != plain);
    }
}

/* Messages are read where they were written, so nobody may write anew before the slowest has read; and sums are in the
 * order of workers. */
static void weights_are_the_same_on_all_workers_whoever_is_slow(void **state)
{
    static const char *const systems[] = {
        "deep_gradient_compression, sparsity: 0.9, transport: allgather",
        "deep_gradient_compression, sparsity: 0.9, transport: ring",
        "deep_gradient_compression, sparsity: 0.9, transport: parameter_server",
        "deep_gradient_compression, sparsity: 0.9, compression: off, transport: allgather",
        "terngrad",
        "terngrad, scaler_sharing: off"};
    static const char *const paces[] = {
        "", "faults: [{host: h-1, at: 0, factor: 0.1}, {host: h-3, at: 1ms, factor: 0.4}]\n",
        "faults: [{link: 'star_link_2_UP', at: 0, factor: 0.1}]\n"};

    (void)state;
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
        double checksum = 0;

        for (int p = 0; p < 3; p++) {
            char more[160];
            struct simulated run;

            snprintf(more, sizeof more, "iterations: 40\n%s", paces[p]);
            run = run_on_star(more,
                              "%s, workers: 5, gradient_bytes: 10kB, compute_seconds: 0.1ms, %s",
                              systems[i], learning);
            succeed(&run);
            assert_true(metric_of(&run, "models_apart") == 0);
            checksum = p == 0 ? metric_of(&run, "weights_checksum") : checksum;
            assert_true(metric_of(&run, "weights_checksum") == checksum);
            simulated_release(&run);
        }
    }
}

/* ---- residuals ---- */

/* Messages are rounded to 32 bits, and what is rounded off is kept: the all-gather loses nothing but the last digits
 * of doubles.  Where sums are encoded anew, they are rounded to 32 bits, as any sum of floats. */
static void what_was_sent_and_kept_is_what_the_gradients_were(void **state)
{
    static const double rounding[] = {1e-12, 1e-6, 1e-6};
    static const char *const settings[] = {
        "sparsity: 0.99, sample_share: 1",
        "sparsity: 0.999, sample_share: 0.1, clip_norm: 2, warm_up_epochs: 3, "
        "iterations_per_epoch: 20",
        "sparsity: 0.95, nesterov: on, momentum_masking: off"};

    (void)state;
    for (int t = 0; t < TRANSPORTS; t++)
        for (int s = 0; s < 3; s++) {
            struct simulated run = run_on_star(
                "iterations: 100\n",
                "deep_gradient_compression, workers: 7, gradient_bytes: 1MB, transport: %s, %s, %s",
                transports[t], settings[s], learning);

            succeed(&run);
            assert_true(metric_of(&run, "residual_error") <= rounding[t]);
            simulated_release(&run);
        }
}

/* ---- Algorithm 1 of TernGrad, by hand ---- */

enum { WORKERS = 3, SAMPLES = 8, LAYERS = 4 };

/* What three workers know at their first iteration. */
struct by_hand {
    const struct learner *learner;
    double *gradients[WORKERS], *weights, *average;
    float scalers[WORKERS][LAYERS];
    double bounds[WORKERS][LAYERS];
};

static struct by_hand first_gradients(struct sim_arena *arena)
{
    static const int hidden[] = {32};
    struct sim_error err = {0};
    const struct learning_data *data = data_set_open(arena, DATA_SYNTHETIC, 1, &err);
    struct by_hand hand = {.learner = learner_open(arena, data->set, hidden, 1)};
    struct batches *batches = batches_open(arena, data->train, 1, 0);
    const size_t count = hand.learner->parameter_count;

    hand.weights = sim_new(arena, double, count);
    hand.average = sim_new(arena, double, count);
    learner_initialise(hand.learner, hand.weights, 1);
    for (int w = 0; w < WORKERS; w++) {
        int samples[SAMPLES];

        hand.gradients[w] = sim_new(arena, double, count);
        batches_take(batches, w * SAMPLES, SAMPLES, samples);
        learner_gradient(hand.learner, hand.weights, samples, SAMPLES, hand.gradients[w]);
    }
    return hand;
}

/* 2.5 standard deviations about the mean; the largest magnitude, not above that, rounded up to a float. */
static void measure(struct by_hand *hand, int w, int l)
{
    const struct layer *layer = &hand->learner->layers[l];
    const double *g = hand->gradients[w] + layer->offset;
    double mean = 0, variance = 0, most = 0;

    for (size_t i = 0; i < layer->count; i++)
        mean += g[i] / (double)layer->count;
    for (size_t i = 0; i < layer->count; i++)
        variance += (g[i] - mean) * (g[i] - mean) / (double)layer->count;
    hand->bounds[w][l] = 2.5 * sqrt(variance);
    for (size_t i = 0; i < layer->count; i++)
        most = fmax(most, fmin(fabs(g[i]), hand->bounds[w][l]));
    hand->scalers[w][l] = (float)most < most ? nextafterf((float)most, INFINITY) : (float)most;
}

static void share(struct by_hand *hand)
{
    for (int l = 0; l < LAYERS; l++)
        for (int w = 1; w <= WORKERS; w++)
            for (int v = 0; v < WORKERS; v++)
                hand->scalers[v][l] = fmaxf(hand->scalers[v][l], hand->scalers[w % WORKERS][l]);
}

/* One uniform number for each number of a ternary layer, from the worker's own stream. */
static void ternarize(struct by_hand *hand, int w)
{
    struct sim_random *random = sim_random_open(1, (uint64_t)w);

    for (int l = 0; l < LAYERS; l++)
        for (size_t k = 0; k < hand->learner->layers[l].count; k++) {
            const size_t i = hand->learner->layers[l].offset + k;
            const double g = hand->gradients[w][i], s = hand->scalers[w][l];

            if (l == 2) /* the class weights */
                hand->average[i] += (double)(float)g / WORKERS;
            else if (sim_random_uniform(random) * s < fmin(fabs(g), hand->bounds[w][l]))
                hand->average[i] += copysign(s, g) / WORKERS;
        }
    sim_random_close(random);
}

/* As training_tell has it. */
static double projection_of(const struct by_hand *hand, double rate)
{
    double sum = 0;

    for (size_t i = 0; i < hand->learner->parameter_count; i++)
        sum += (hand->weights[i] - rate * hand->average[i]) *
               (1 + 0.25 * (double)(i * 2654435761u % 1024) / 1024);
    return sum;
}

static void a_step_of_terngrad_is_that_of_algorithm_1(void **state)
{
    (void)state;
    for (int shared = 0; shared <= 1; shared++) {
        struct sim_arena *arena = sim_arena_open();
        struct by_hand hand = first_gradients(arena);
        struct simulated run =
            run_on_star("",
                        "terngrad, workers: 3, learning: mlp, learning_rate: 0.5, "
                        "gradient_bytes: 1MB, scaler_sharing: %s",
                        shared ? "on" : "off");

        for (int w = 0; w < WORKERS; w++)
            for (int l = 0; l < LAYERS; l++)
                measure(&hand, w, l);
        if (shared)
            share(&hand);
        for (int w = 0; w < WORKERS; w++)
            ternarize(&hand, w);
        succeed(&run);
        /* averages that are floats on the wire are rounded to 32 bits */
        assert_close(metric_of(&run, "weights_projection"), projection_of(&hand, 0.5), 1e-7);
        simulated_release(&run);
        sim_arena_close(arena);
    }
}

/* ---- learning on and off, at factor 1 ---- */

/* The learner on 60 features and 10 classes, 32 neurons between, as a network of one's own: 2282 numbers. */
static void write_learner(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs("name,kind,parameters,macs,activation_bytes\n"
          "dense1,fc,1952,1920,128\ndense2,fc,330,320,40\n",
          file);
    assert_int_equal(fclose(file), 0);
}

static double bytes_with(bool learns, const char *algorithm)
{
    char more[128] = "iterations: 50\n";
    struct simulated run;
    double bytes;

    write_learner("build/star/learner.csv");
    snprintf(more, sizeof more, "iterations: 50\n%s",
             learns ? "" : "workload: {model: build/star/learner.csv, batch: 1}\n");
    run = run_on_star(more, "%s, workers: 5, %s%s", algorithm,
                      learns ? "gradient_bytes: 9128, " : "", learns ? learning : "learning: off");
    succeed(&run);
    if (learns)
        assert_true(metric_of(&run, "wire_factor") == 1);
    bytes = number_at(run.summary, "bytes");
    simulated_release(&run);
    return bytes;
}

/* At 99 % the four layers send 19 + 1 + 3 + 1 numbers, 144 bytes; exact thresholds always find as many. */
static void bytes_really_encoded_are_those_of_the_closed_form(void **state)
{
    static const char gathered[] =
        "deep_gradient_compression, sparsity: 0.99, sample_share: 1, transport: allgather";

    (void)state;
    assert_true(bytes_with(true, gathered) == 50 * 5 * 4 * 144.0);
    assert_true(bytes_with(false, gathered) == bytes_with(true, gathered));
    /* 480 + 8 + 3 bytes of codes, 1280 of floats; levels of 4 bits: 960 + 16 + 5, 1280; 3 scalers, both ways */
    assert_true(bytes_with(true, "terngrad") == 50 * 4 * (1771 + 2261 + 2 * 12.0));
    assert_true(bytes_with(false, "terngrad") == bytes_with(true, "terngrad"));
}

/* What 144 and 1771 bytes are beside 9128 dense ones, of 1,000,003; scalers are what they are. */
static void bytes_on_the_wire_are_those_encoded_times_the_factor(void **state)
{
    struct simulated gathered =
        run_on_star("",
                    "deep_gradient_compression, sparsity: 0.99, sample_share: 1, workers: 5, "
                    "gradient_bytes: 1000003, %s",
                    learning);
    struct simulated ternary =
        run_on_star("", "terngrad, workers: 5, gradient_bytes: 1000003, %s", learning);

    (void)state;
    succeed(&gathered);
    succeed(&ternary);
    assert_true(number_at(gathered.summary, "bytes") == 5 * 4 * ceil(144 * 1000003.0 / 9128));
    assert_true(number_at(ternary.summary, "bytes") ==
                4 * (ceil(1771 * 1000003.0 / 9128) + ceil(2261 * 1000003.0 / 9128) + 2 * 12));
    simulated_release(&gathered);
    simulated_release(&ternary);
}

/* Places that workers have in common make sums smaller than in the worst case; they never hold less than one
 * worker's. */
static void sums_are_smaller_than_in_the_worst_case(void **state)
{
    (void)state;
    for (int t = PARAMETER_SERVER; t <= RING; t++) {
        char algorithm[128];
        double real, worst, least;

        snprintf(algorithm, sizeof algorithm,
                 "deep_gradient_compression, sparsity: 0.99, sample_share: 1, transport: %s",
                 transports[t]);
        real = bytes_with(true, algorithm);
        worst = bytes_with(false, algorithm);
        least = 50 * (t == RING ? 2 * 4 * 144.0 : 4 * 2 * 144.0);
        print_message("# %s: %.0f bytes, between %.0f and %.0f in the worst case\n", transports[t],
                      real, least, worst);
        assert_true(least < real && real < worst);
    }
}

/* ---- closed forms, learning off: n numbers at 99.9 % ---- */

enum { N = 7, NUMBERS = 7 * 142857, KEPT = 1000, ITERATIONS = 3 };

static struct simulated dgc(int transport, const char *more)
{
    return run_on_star(
        "iterations: 3\n",
        "deep_gradient_compression, workers: 7, gradient_bytes: %d, sample_share: 1, "
        "compute_seconds: %g, flop_per_byte: %g, transport: %s%s",
        4 * NUMBERS, C, F, transports[transport], more);
}

static void expect(struct simulated run, double bytes, double messages, double seconds)
{
    succeed(&run);
    assert_true(number_at(run.summary, "bytes") == ITERATIONS * bytes);
    assert_true(number_at(run.summary, "messages") == ITERATIONS * messages);
    assert_close(seconds_of(&run), ITERATIONS * (C + seconds), 1e-9);
    simulated_release(&run);
}

static void an_allgather_moves_n_times_n_minus_1_messages_of_6_bytes_a_number(void **state)
{
    const double m = 6 * KEPT, g = 4 * NUMBERS;

    (void)state;
    expect(dgc(ALLGATHER, ""), N * (N - 1) * m, N * (N - 1), (N - 1) * (A + m / B + F * m / SPEED));
    expect(dgc(ALLGATHER, ", compression: off"), N * (N - 1) * g, N * (N - 1),
           (N - 1) * (A + g / B + F * g / SPEED));
}

static void a_server_answers_with_the_places_of_all_workers(void **state)
{
    const double m = 6 * KEPT, u = N * m, g = 4 * NUMBERS;
    const double by_chance = ceil(6.0 * NUMBERS * (1 - pow(1 - (double)KEPT / NUMBERS, N)));

    (void)state;
    expect(dgc(PARAMETER_SERVER, ""), (N - 1) * (m + u), 2 * (N - 1),
           2 * A + (N - 1) * ((m + u) / B + F * m / SPEED));
    expect(dgc(PARAMETER_SERVER, ", merging: by_chance"), (N - 1) * (m + by_chance), 2 * (N - 1),
           2 * A + (N - 1) * ((m + by_chance) / B + F * m / SPEED));
    expect(dgc(PARAMETER_SERVER, ", placement: dedicated"), N * (m + u), 2 * N,
           2 * A + N * (m + u) / B + (N - 1) * F * m / SPEED);
    expect(dgc(PARAMETER_SERVER, ", compression: off"), (N - 1) * 2 * g, 2 * (N - 1),
           2 * A + (N - 1) * (2 * g / B + F * g / SPEED));
}

static void in_a_ring_the_density_grows_by_one_worker_a_hop(void **state)
{
    const double g = 4 * NUMBERS, whole = ceil(6.0 * KEPT);
    double bytes = 0, seconds = 0;

    (void)state;
    for (int w = 1; w < N; w++) {
        const double part = ceil(6.0 * KEPT / N * w);

        bytes += N * (part + whole);
        seconds += 2 * A + (part + whole) / B + F * part / SPEED;
    }
    expect(dgc(RING, ""), bytes, 2 * N * (N - 1), seconds);
    expect(dgc(RING, ", compression: off"), 2 * (N - 1) * g, 2 * N * (N - 1),
           (N - 1) * (2 * A + (2 * g / B + F * g / SPEED) / N));
}

/* 75 % and 93.75 % for an iteration each: 249,999.75 and 62,499.9 numbers, rounded. */
static void a_warm_up_sends_more_at_first(void **state)
{
    struct simulated run = dgc(ALLGATHER, ", warm_up_epochs: 2, iterations_per_epoch: 1");

    (void)state;
    succeed(&run);
    assert_true(number_at(run.summary, "bytes") == N * (N - 1) * 6.0 * (250000 + 62500 + KEPT));
    assert_true(metric_of(&run, "sparsity") == 0.999);
    simulated_release(&run);
}

/* A sum of seven that keep 25 % each has every place: dense is smaller then. */
static void a_sum_that_is_full_travels_dense(void **state)
{
    (void)state;
    for (int t = PARAMETER_SERVER; t <= RING; t++) {
        struct simulated run = dgc(t, ", sparsity: 0.75");
        double bytes = (N - 1) * (1.5 + 4) * NUMBERS;

        succeed(&run);
        for (int w = 1; t == RING && w < N; w++)
            bytes = (w == 1 ? 0 : bytes) + fmin(1.5 * w, 4) * NUMBERS + 4.0 * NUMBERS;
        /* parts are rounded up: by less than a byte, N of them 2(N-1) times */
        assert_true(fabs(number_at(run.summary, "bytes") - ITERATIONS * bytes) <=
                    ITERATIONS * 2 * N * (N - 1));
        simulated_release(&run);
    }
}

static struct simulated terngrad(const char *more)
{
    return run_on_star("iterations: 3\n",
                       "terngrad, workers: 7, gradient_bytes: %d, compute_seconds: %g, "
                       "flop_per_byte: %g%s",
                       4 * 1000003, C, F, more);
}

/* 1,000,003 codes of 2 bits, as many levels of 4 (-7 .. 7), one scaler. */
static void ternary_gradients_are_2_bits_there_and_4_bits_back(void **state)
{
    const double p = 250001, l = 500002, s = 4, g = 4 * 1000003;
    const double adding = (N - 1) * F * g / SPEED;

    (void)state;
    expect(terngrad(""), (N - 1) * (2 * s + p + l), 4 * (N - 1),
           4 * A + (N - 1) * (2 * s + p + l) / B + adding);
    expect(terngrad(", placement: dedicated"), N * (2 * s + p + l), 4 * N,
           4 * A + N * (2 * s + p + l) / B + adding);
    expect(terngrad(", scaler_sharing: off"), (N - 1) * (s + p + g), 2 * (N - 1),
           2 * A + (N - 1) * (s + p + g) / B + adding);
    expect(terngrad(", compression: off"), (N - 1) * 2 * g, 2 * (N - 1),
           2 * A + (N - 1) * 2 * g / B + adding);
}

/* ---- who is slow, and who dies ---- */

static const char *const systems[] = {
    "deep_gradient_compression, transport: allgather", "deep_gradient_compression, transport: ring",
    "deep_gradient_compression, transport: parameter_server, placement: dedicated",
    "terngrad, placement: dedicated"};
enum { SYSTEMS = sizeof systems / sizeof systems[0], WITH_SERVER = 2 };

static double seconds_with(const char *system, const char *more, const char *scenario)
{
    struct simulated run = run_on_star(
        scenario, "%s, workers: 6, gradient_bytes: 1000003, compute_seconds: 0.05%s", system, more);
    double seconds;

    succeed(&run);
    seconds = seconds_of(&run);
    simulated_release(&run);
    return seconds;
}

static void stragglers_hold_all_up(void **state)
{
    (void)state;
    for (int i = 0; i < SYSTEMS; i++) {
        const double plain = seconds_with(systems[i], "", "iterations: 9\n");

        assert_true(seconds_with(systems[i], ", compute_jitter: 0.5", "iterations: 9\n") >
                    plain * 1.2);
        assert_true(seconds_with(systems[i], "",
                                 "iterations: 9\nfaults: [{host: h-3, at: 0, factor: 0.5}]\n") >
                    plain + 9 * 0.04);
    }
}

static void expect_end(const char *system, const char *faults, const char *sentence)
{
    struct simulated run = run_on_star(
        faults, "%s, workers: 6, gradient_bytes: 1000003, compute_seconds: 0.05", system);

    assert_int_equal(run.code, 1);
    if (strstr(run.err.text, sentence) == NULL)
        fail_msg("%s: %s", system, run.err.text);
    simulated_release(&run);
}

/* Hosts are given to workers in order, and h-6 to a dedicated server. */
static void a_death_ends_the_run_with_a_sentence_and_never_hangs(void **state)
{
    static const char *const dead[] = {"0", "0.01", "0.0501", "0.077", "0.1013"};

    (void)state;
    for (int i = 0; i < SYSTEMS; i++)
        for (int at = 0; at < 5; at++) {
            char faults[128];

            snprintf(faults, sizeof faults,
                     "iterations: 3\nfaults: [{peer: worker-3, at: %s, factor: 0}]\n", dead[at]);
            expect_end(systems[i], faults, "is dead or out of reach");
            snprintf(faults, sizeof faults,
                     "iterations: 3\nfaults: [{host: %s, at: %s, factor: 0}]\n",
                     i >= WITH_SERVER ? "h-6" : "h-0", dead[at]);
            expect_end(systems[i], faults,
                       i >= WITH_SERVER ? "the server is dead or out of reach"
                                        : "in the ring is dead or out of reach");
        }
}

/* The first worker's host is the server's, too. */
static void the_host_of_a_colocated_server_takes_it_along(void **state)
{
    static const char fault[] = "iterations: 3\nfaults: [{host: h-0, at: 0.0501, factor: 0}]\n";

    (void)state;
    expect_end("terngrad", fault, "the server is dead or out of reach");
    expect_end("deep_gradient_compression, transport: parameter_server", fault,
               "the server is dead or out of reach");
}

/* ---- sentences ---- */

static void what_does_not_belong_together_is_refused(void **state)
{
    static const struct {
        const char *parameters, *sentence;
    } refused[] = {
        {"warm_up_epochs: 4",
         "algorithm.iterations_per_epoch is 0, but without learning there are no samples to count "
         "an epoch by: say how many iterations of warm-up have one sparsity."},
        {"iterations_per_epoch: 5", "algorithm.iterations_per_epoch is 5, but epochs are counted "
                                    "for the warm-up only, and warm_up_epochs is 0."},
        {"transport: ring, placement: dedicated",
         "algorithm.placement is dedicated, but there is no server to place with transport: ring."},
        {"nesterov: on",
         "algorithm.nesterov is on, but momentum is 0: there is none to look ahead with."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct simulated run =
            run_on_star("", "deep_gradient_compression, workers: 2, gradient_bytes: 1MB, %s",
                        refused[i].parameters);

        assert_int_equal(run.code, 2);
        assert_non_null(strstr(run.err.text, refused[i].sentence));
        simulated_release(&run);
    }
}

static void levels_of_more_than_16_bits_are_refused(void **state)
{
    struct simulated run = run_on_star("hosts: {share: round_robin}\n", "terngrad, workers: 32768");

    (void)state;
    assert_int_equal(run.code, 2);
    assert_non_null(strstr(run.err.text,
                           "algorithm.workers is 32768, but the sum of more than 32767 ternary "
                           "gradients does not fit in levels of 16 bits; scaler_sharing: off has "
                           "none."));
    simulated_release(&run);
}

/* A learning rate that throws the model off is said so, and by whom. */
static void training_that_diverges_ends_with_a_sentence(void **state)
{
    static const char *const diverging[] = {"deep_gradient_compression", "terngrad"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct simulated run =
            run_on_star("iterations: 100\n",
                        "%s, workers: 3, gradient_bytes: 1MB, learning: mlp, learning_rate: 1000, "
                        "momentum: 0.9",
                        diverging[i]);

        assert_int_equal(run.code, 1);
        assert_non_null(strstr(run.err.text, "training has diverged"));
        simulated_release(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_compression_weights_are_those_of_the_plain_system_bit_for_bit),
        cmocka_unit_test(without_compression_weights_are_those_of_one_worker_with_all_samples),
        cmocka_unit_test(with_compression_weights_are_others),
        cmocka_unit_test(weights_are_the_same_on_all_workers_whoever_is_slow),
        cmocka_unit_test(what_was_sent_and_kept_is_what_the_gradients_were),
        cmocka_unit_test(bytes_really_encoded_are_those_of_the_closed_form),
        cmocka_unit_test(a_step_of_terngrad_is_that_of_algorithm_1),
        cmocka_unit_test(bytes_on_the_wire_are_those_encoded_times_the_factor),
        cmocka_unit_test(sums_are_smaller_than_in_the_worst_case),
        cmocka_unit_test(an_allgather_moves_n_times_n_minus_1_messages_of_6_bytes_a_number),
        cmocka_unit_test(a_server_answers_with_the_places_of_all_workers),
        cmocka_unit_test(in_a_ring_the_density_grows_by_one_worker_a_hop),
        cmocka_unit_test(a_warm_up_sends_more_at_first),
        cmocka_unit_test(a_sum_that_is_full_travels_dense),
        cmocka_unit_test(ternary_gradients_are_2_bits_there_and_4_bits_back),
        cmocka_unit_test(stragglers_hold_all_up),
        cmocka_unit_test(a_death_ends_the_run_with_a_sentence_and_never_hangs),
        cmocka_unit_test(the_host_of_a_colocated_server_takes_it_along),
        cmocka_unit_test(what_does_not_belong_together_is_refused),
        cmocka_unit_test(levels_of_more_than_16_bits_are_refused),
        cmocka_unit_test(training_that_diverges_ends_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
