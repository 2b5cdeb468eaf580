/* platform.c -- dmlsim platform: shows what a platform holds, writes platforms drawn from distributions. */
#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/base/units.h"
#include "sim/cli/command.h"
#include "sim/platform/federated.h"
#include "sim/study/simulate.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The first is of `show`, the others of `generate`. */
static const struct sim_option options[] = {
    {"json", 0, NULL, "show: print it as JSON"},
    {"clients", 0, "N", "generate: how many clients; 100"},
    {"seed", 0, "N", "seed of all that is drawn; 1"},
    {"speed", 0, "FLOP/S", "median speed of a client; 20Gf"},
    {"speed-distribution", 0, "KIND", "of speeds: lognormal, uniform or zipf; lognormal"},
    {"speed-spread", 0, "SPREAD",
     "of speeds; lognormal: sigma of the logarithm, uniform: half width / median (less than 1), "
     "zipf: exponent; 0.6"},
    {"down", 0, "RATE", "median rate from the server to a client; 55Mbps"},
    {"up", 0, "RATE", "median rate from a client to the server; 18.9Mbps"},
    {"link-distribution", 0, "KIND", "of both rates: lognormal, uniform or zipf; lognormal"},
    {"link-spread", 0, "SPREAD", "of both rates, as that of speeds; 0.6"},
    {"latency", 0, "SECONDS", "of each link of a client, one way; 20ms"},
    {"server-speed", 0, "FLOP/S", "speed of the server; 10Tf"},
    {"server-link", 0, "RATE", "rate of the server's one link, each way; 10Gbps"},
    {"diurnal", 0, "SWING",
     "clients are up some hours of a day each, and SWING times as many at 0 h as at 12 h, as in 4"},
    {"hours", 0, "HOURS", "with --diurnal: how long a client is up each day; 8"},
    {"speed-swing", 0, "SWING",
     "a client is SWING times as fast in the best hour of its day as in the worst, as in 3"},
    {"energy", 0, "IDLE:BUSY", "watts that a client draws, as in 0.5:3, for joules in all outputs"},
    {"out", 'o', "FILE.xml", "write the platform there, instead of printing it"},
    {0}};

/* ---- generate ---- */

static const struct {
    const char *option;
    enum sim_unit unit;
    size_t offset;
} quantities[] = {
    {"speed", SIM_UNIT_FLOP_PER_SECOND, offsetof(struct sim_federated, flop_per_second)},
    {"speed-spread", SIM_UNIT_NONE, offsetof(struct sim_federated, speed_spread)},
    {"down", SIM_UNIT_BYTES_PER_SECOND, offsetof(struct sim_federated, down_bytes_per_second)},
    {"up", SIM_UNIT_BYTES_PER_SECOND, offsetof(struct sim_federated, up_bytes_per_second)},
    {"link-spread", SIM_UNIT_NONE, offsetof(struct sim_federated, link_spread)},
    {"latency", SIM_UNIT_SECONDS, offsetof(struct sim_federated, latency_seconds)},
    {"server-speed", SIM_UNIT_FLOP_PER_SECOND,
     offsetof(struct sim_federated, server_flop_per_second)},
    {"server-link", SIM_UNIT_BYTES_PER_SECOND,
     offsetof(struct sim_federated, server_bytes_per_second)},
    {"diurnal", SIM_UNIT_NONE, offsetof(struct sim_federated, swing)},
    {"speed-swing", SIM_UNIT_NONE, offsetof(struct sim_federated, speed_swing)},
};
enum { QUANTITIES = sizeof quantities / sizeof quantities[0] };

static int read_quantities(const struct sim_call *call, struct sim_federated *how)
{
    for (int i = 0; i < QUANTITIES; i++) {
        const char *text = sim_option_value(call, quantities[i].option);
        double *value = (double *)(void *)((char *)how + quantities[i].offset);

        if (text != NULL && !sim_parse_quantity(text, quantities[i].unit, value))
            return sim_misused(
                call, "--%s is '%s', which is no %s; write it as in %s.", quantities[i].option,
                text,
                quantities[i].unit == SIM_UNIT_NONE ? "number" : sim_unit_name(quantities[i].unit),
                sim_unit_example(quantities[i].unit));
    }
    if (sim_option_given(call, "diurnal") && how->swing == 0)
        return sim_misused(call, "--diurnal is 0; it must be at least 1.");
    if (sim_option_given(call, "speed-swing") && how->speed_swing == 0)
        return sim_misused(call, "--speed-swing is 0; it must be more than 1.");
    return 0;
}

/* The kind of a distribution, which changes something only where there is a spread. */
static int read_distribution(const struct sim_call *call, const char *option, double spread,
                             enum sim_spread *distribution)
{
    const char *text = sim_option_value(call, option);

    if (text == NULL)
        return 0;
    for (int i = 0; i < SIM_SPREADS; i++) {
        if (strcmp(text, sim_spread_names[i]) != 0)
            continue;
        if (spread == 0)
            return sim_misused(call, "--%s means nothing with a spread of 0.", option);
        *distribution = (enum sim_spread)i;
        return 0;
    }
    return sim_misused(call, "there is no --%s '%s'%s", option, text,
                       sim_did_you_mean(call->arena, text, sim_spread_names, SIM_SPREADS,
                                        "; say lognormal, uniform or zipf."));
}

/* A whole number, not negative; false when the text is none. */
static bool read_whole(const char *text, uint64_t most, uint64_t *value)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 && *value <= most;
}

static int read_counts(const struct sim_call *call, struct sim_federated *how)
{
    const char *clients = sim_option_value(call, "clients"), *seed = sim_option_value(call, "seed");
    uint64_t count = (uint64_t)how->clients;

    if (clients != NULL && !read_whole(clients, INT_MAX, &count))
        return sim_misused(call, "--clients is '%s', which is no whole number of clients.",
                           clients);
    if (seed != NULL && !read_whole(seed, UINT64_MAX, &how->seed))
        return sim_misused(call, "--seed is '%s', which is no whole number.", seed);
    how->clients = (int)count;
    return 0;
}

static int read_hours_and_watts(const struct sim_call *call, struct sim_federated *how)
{
    const char *hours = sim_option_value(call, "hours"), *watts = sim_option_value(call, "energy");
    const size_t idle = watts == NULL ? 0 : strcspn(watts, ":");
    double value;

    if (hours != NULL && !sim_option_given(call, "diurnal"))
        return sim_misused(call, "--hours means nothing without --diurnal.");
    if (hours != NULL) {
        if (!sim_parse_quantity(hours, SIM_UNIT_NONE, &value))
            return sim_misused(call, "--hours is '%s', which is no number; write it as in 8.",
                               hours);
        how->available_seconds = 3600 * value;
    }
    if (watts == NULL)
        return 0;
    if (watts[idle] != ':' ||
        !sim_parse_quantity(sim_text_copy(call->arena, watts, idle), SIM_UNIT_NONE,
                            &how->idle_watts) ||
        !sim_parse_quantity(watts + idle + 1, SIM_UNIT_NONE, &how->busy_watts) ||
        how->idle_watts < 0 || how->busy_watts < how->idle_watts || how->busy_watts == 0)
        return sim_misused(call,
                           "--energy is '%s'; two numbers of watts were expected, idle and busy, "
                           "as in 0.5:3.",
                           watts);
    return 0;
}

static int generate(const struct sim_call *call)
{
    const char *path = sim_option_value(call, "out");
    struct sim_federated how = sim_federated_default();
    struct sim_error err = {0};
    FILE *file = stdout;

    if (strcmp(call->arguments[1], "federated") != 0)
        return sim_misused(call, "there is no kind of platform '%s' to generate; say federated.",
                           call->arguments[1]);
    if (read_counts(call, &how) != 0 || read_quantities(call, &how) != 0 ||
        read_distribution(call, "speed-distribution", how.speed_spread, &how.speed_distribution) !=
            0 ||
        read_distribution(call, "link-distribution", how.link_spread, &how.link_distribution) !=
            0 ||
        read_hours_and_watts(call, &how) != 0)
        return 2;
    if (path != NULL && (file = sim_file_begin(call->arena, path, &err)) == NULL)
        return sim_complain(&err, 2);
    sim_federated_write(&how, file, &err);
    if (path != NULL && sim_file_end(call->arena, file, path, &err))
        printf("platform: %s, a server and %d client%s\n", path, how.clients,
               how.clients == 1 ? "" : "s");
    return err.count > 0 ? sim_complain(&err, 2) : 0;
}

/* ---- show ---- */

static const char *quantity(const struct sim_call *call, const json_t *value, enum sim_unit unit)
{
    char text[SIM_QUANTITY_SIZE];

    if (!json_is_number(value))
        return "-";
    return sim_text(call->arena, "%s", sim_format_quantity(text, json_number_value(value), unit));
}

static int longest_name(const json_t *list)
{
    int longest = 4;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const int length =
            (int)json_string_length(json_object_get(json_array_get(list, i), "name"));

        longest = length > longest ? length : longest;
    }
    return longest;
}

static void print_hosts(const struct sim_call *call, const json_t *hosts)
{
    const int width = longest_name(hosts);

    printf("%-*s  %15s  %5s  %12s  watts\n", width, "host", "speed", "cores", "memory");
    for (size_t i = 0; i < json_array_size(hosts); i++) {
        const json_t *host = json_array_get(hosts, i), *watts = json_object_get(host, "watts");

        printf("%-*s  %15s  %5d  %12s  %s\n", width,
               json_string_value(json_object_get(host, "name")),
               quantity(call, json_object_get(host, "flop_per_second"), SIM_UNIT_FLOP_PER_SECOND),
               (int)json_integer_value(json_object_get(host, "cores")),
               quantity(call, json_object_get(host, "memory_bytes"), SIM_UNIT_BYTES),
               json_is_string(watts) ? json_string_value(watts) : "-");
    }
}

static void print_links(const struct sim_call *call, const json_t *links)
{
    const int width = longest_name(links);

    printf("\n%-*s  %15s  %12s  sharing\n", width, "link", "rate", "latency");
    for (size_t i = 0; i < json_array_size(links); i++) {
        const json_t *link = json_array_get(links, i);

        printf("%-*s  %15s  %12s  %s\n", width, json_string_value(json_object_get(link, "name")),
               quantity(call, json_object_get(link, "bytes_per_second"), SIM_UNIT_BYTES_PER_SECOND),
               quantity(call, json_object_get(link, "latency_seconds"), SIM_UNIT_SECONDS),
               json_string_value(json_object_get(link, "sharing")));
    }
}

static void print_head(const char *path, const json_t *told, const struct sim_platform_facts *facts)
{
    const size_t hosts = json_array_size(json_object_get(told, "hosts"));
    const size_t links = json_array_size(json_object_get(told, "links"));

    printf("%s: %zu host%s, %zu link%s%s%s\n%s\n\n", path, hosts, hosts == 1 ? "" : "s", links,
           links == 1 ? "" : "s", facts->has_state_profiles ? ", some of them down at times" : "",
           facts->has_speed_profiles ? ", some of them slower at times" : "", facts->summary);
}

static int show(const struct sim_call *call)
{
    const char *path = call->arguments[1];
    const char *found = sim_find_file(call->arena, call->catalogue, ".", path);
    struct sim_platform_facts facts;
    struct sim_error err = {0};
    json_t *told;
    const int code = sim_tell_platform_file(found ? found : path, &facts, &told, call->arena, &err);

    if (told == NULL)
        return sim_complain(&err, code);
    if (sim_option_given(call, "json")) {
        json_dumpf(told, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        print_head(found, told, &facts);
        print_hosts(call, json_object_get(told, "hosts"));
        print_links(call, json_object_get(told, "links"));
    }
    json_decref(told);
    return 0;
}

/* ---- the verbs ---- */

static const struct {
    const char *name, *argument;
    int (*run)(const struct sim_call *call);
} verbs[] = {{"show", "FILE.xml", show}, {"generate", "a kind, as in federated,", generate}};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static int unknown_verb(const struct sim_call *call)
{
    const char *names[VERBS];

    for (int i = 0; i < VERBS; i++)
        names[i] = verbs[i].name;
    return sim_misused(
        call, "there is no 'platform %s'%s", call->arguments[0],
        sim_did_you_mean(call->arena, call->arguments[0], names, VERBS, "; say show or generate."));
}

static int run(const struct sim_call *call)
{
    for (int i = 0; i < VERBS; i++) {
        if (strcmp(call->arguments[0], verbs[i].name) != 0)
            continue;
        if (call->argument_count < 2)
            return sim_misused(call, "platform %s: %s is missing.", verbs[i].name,
                               verbs[i].argument);
        for (int o = 0; options[o].name != NULL; o++)
            if ((o == 0) != (verbs[i].run == show) && sim_option_given(call, options[o].name))
                return sim_misused(call, "%s takes no --%s here.", verbs[i].name, options[o].name);
        return verbs[i].run(call);
    }
    return unknown_verb(call);
}

SIM_COMMAND(platform) = {
    .name = "platform",
    .arguments = "show FILE.xml | generate federated [--out FILE.xml]",
    .summary = "show what a platform holds, or write one that is drawn from distributions",
    .description =
        "show: the hosts and links as SimGrid sees them. generate federated: a server, and clients "
        "whose speeds and links are lognormal, uniform or Zipf's, each with a link "
        "up and a faster one down; the server's link is shared by all. Clients may be up for some "
        "hours of a day, and faster at one time of the day than at another. A client depends on "
        "the "
        "seed and its number alone, so more clients change none. Rates that are not given have the "
        "medians that Konecny et al. (2016) quote for the USA; other numbers that are not given "
        "are round.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 2,
    .run = run,
};
