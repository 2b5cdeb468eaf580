/* synthetic.c -- FedProx's Synthetic(alpha, beta): Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith, "Federated
 * Optimization in Heterogeneous Networks", MLSys 2020, section 5.1.
 *
 * For each device k:  n_k = floor(exp(4 + 2 z)) + 50 samples;  u_k ~ N(0, alpha), B_k ~ N(0, beta), standard
 * deviations;  v_k[j] ~ N(B_k, 1);  W_k[j][c] and b_k[c] ~ N(u_k, 1);
 * x[j] ~ N(v_k[j], variance (j+1)^-1.2);  y = argmax(x W_k + b_k).
 * iid: v_k = 0, and one W and b ~ N(0, 1) for all.  Nine tenths of a device's samples are to train on.
 * Drawn as the authors' code draws: all n_k, all u_k, all B_k, all v_k, then W, b and x device by device.
 *
 * alpha changes no label.  W_k = u_k 1 + G and b_k = u_k 1 + g, with G and g standard normal, so the score of
 * class c is u_k (sum_j x[j] + 1) + x G_c + g_c: its first term is the same for all classes, and the argmax
 * does not see it.  What makes devices' models differ is G and g, drawn anew for each whatever alpha is. */
#include "algorithms/learning/data_set.h"
#include "algorithms/learning/shuffle.h"
#include "algorithms/learning/streams.h"

#include <math.h>

/* One device, or all of them: what its labels follow. */
struct rule {
    double *weights; /* features x classes */
    double *offsets; /* classes */
};

struct device {
    int count;    /* n_k */
    double u, b;  /* u_k, B_k */
    double *mean; /* v_k, features */
};

static double draw_size(struct sim_random *random)
{
    return floor(exp(4 + 2 * sim_random_normal(random))) + 50;
}

static struct device *draw_devices(struct sim_arena *arena, const struct synthetic *how,
                                   struct sim_random *random)
{
    struct device *devices = sim_new(arena, struct device, (size_t)how->devices);

    for (int k = 0; k < how->devices; k++)
        devices[k].count = (int)draw_size(random);
    for (int k = 0; k < how->devices; k++)
        devices[k].u = how->alpha * sim_random_normal(random);
    for (int k = 0; k < how->devices; k++)
        devices[k].b = how->beta * sim_random_normal(random);
    for (int k = 0; k < how->devices; k++) {
        devices[k].mean = sim_new(arena, double, (size_t)how->features);
        for (int j = 0; j < how->features && !how->iid; j++)
            devices[k].mean[j] = devices[k].b + sim_random_normal(random);
    }
    return devices;
}

static void draw_rule(const struct synthetic *how, double mean, struct rule *rule,
                      struct sim_random *random)
{
    for (int i = 0; i < how->features * how->classes; i++)
        rule->weights[i] = mean + sim_random_normal(random);
    for (int c = 0; c < how->classes; c++)
        rule->offsets[c] = mean + sim_random_normal(random);
}

static int label(const struct synthetic *how, const struct rule *rule, const double *x)
{
    double highest = -INFINITY;
    int best = 0;

    for (int c = 0; c < how->classes; c++) {
        double score = rule->offsets[c];

        for (int j = 0; j < how->features; j++)
            score += x[j] * rule->weights[j * how->classes + c];
        if (score > highest) {
            highest = score;
            best = c;
        }
    }
    return best;
}

static void draw_samples(const struct synthetic *how, const struct device *device,
                         const struct rule *rule, double *features, int *labels,
                         struct sim_random *random)
{
    for (int i = 0; i < device->count; i++) {
        double *x = features + (size_t)i * (size_t)how->features;

        for (int j = 0; j < how->features; j++)
            x[j] = device->mean[j] + pow(j + 1, -0.6) * sim_random_normal(random);
        labels[i] = label(how, rule, x);
    }
}

static struct data_set *draw(struct sim_arena *arena, const struct synthetic *how,
                             const struct device *devices, int count, struct sim_random *random)
{
    struct data_set *set = sim_new(arena, struct data_set, 1);
    const size_t d = (size_t)how->features;
    double *features = sim_new(arena, double, (size_t)count *d);
    int *labels = sim_new(arena, int, (size_t)count);
    struct rule rule = {sim_new(arena, double, d *(size_t)how->classes),
                        sim_new(arena, double, (size_t)how->classes)};
    int at = 0;

    if (how->iid)
        draw_rule(how, 0, &rule, random);
    for (int k = 0; k < how->devices; at += devices[k++].count) {
        if (!how->iid)
            draw_rule(how, devices[k].u, &rule, random);
        draw_samples(how, &devices[k], &rule, features + (size_t)at * d, labels + at, random);
    }
    *set = (struct data_set){
        .name = how->iid ? "synthetic, iid"
                         : sim_text(arena, "synthetic(%g, %g)", how->alpha, how->beta),
        .count = count,
        .feature_count = how->features,
        .class_count = how->classes,
        .features = features,
        .labels = labels};
    return set;
}

/* Each device's samples are shuffled; the first floor(0.9 n_k) are to train on. */
static void deal(struct sim_arena *arena, struct learning_data *data, const struct synthetic *how,
                 const struct device *devices, struct sim_random *random)
{
    const size_t count = (size_t)data->set->count, parts = (size_t)how->devices;
    int *train = sim_new(arena, int, count), *test = sim_new(arena, int, count);
    struct sample_list *train_of = sim_new(arena, struct sample_list, parts);
    struct sample_list *test_of = sim_new(arena, struct sample_list, parts);
    int *order = sim_new(arena, int, count);

    data->train.numbers = train;
    data->test.numbers = test;
    for (int k = 0, first = 0; k < how->devices; first += devices[k++].count) {
        const int n = devices[k].count, learnt = n * 9 / 10;

        for (int i = 0; i < n; i++)
            order[i] = first + i;
        shuffle(order, n, random);
        train_of[k] = (struct sample_list){train + data->train.count, learnt};
        test_of[k] = (struct sample_list){test + data->test.count, n - learnt};
        for (int i = 0; i < learnt; i++)
            train[data->train.count++] = order[i];
        for (int i = learnt; i < n; i++)
            test[data->test.count++] = order[i];
    }
    data->train_of = (struct partition){how->devices, train_of};
    data->test_of = (struct partition){how->devices, test_of};
}

double data_set_synthetic_count(const struct synthetic *how, uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, learning_stream(LEARNING_DATA));
    double count = 0;

    for (int k = 0; k < how->devices; k++)
        count += draw_size(random);
    sim_random_close(random);
    return count;
}

const struct learning_data *data_set_synthetic(struct sim_arena *arena, const struct synthetic *how,
                                               uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, learning_stream(LEARNING_DATA));
    struct learning_data *data = sim_new(arena, struct learning_data, 1);
    const struct device *devices = draw_devices(arena, how, random);
    int count = 0;

    for (int k = 0; k < how->devices; k++)
        count += devices[k].count;
    data->set = draw(arena, how, devices, count, random);
    deal(arena, data, how, devices, random);
    sim_random_close(random);
    return data;
}
