#include "sim/platform/federated.h"

#include "sim/base/random.h"

#include <inttypes.h>
#include <math.h>

static const double pi = 3.14159265358979323846;
static const double day = SIM_FEDERATED_DAY_SECONDS;

/* Far from the streams of peers and of learning, and from each other. */
static const uint64_t first_stream = UINT64_C(0x706c6174666f0000);
static const uint64_t first_stream_of_best_hours = UINT64_C(0x706c617473700000);

struct sim_federated sim_federated_default(void)
{
    return (struct sim_federated){.clients = 100,
                                  .seed = 1,
                                  .flop_per_second = 20e9,
                                  .speed_spread = 0.6,
                                  .down_bytes_per_second = 55e6 / 8,
                                  .up_bytes_per_second = 18.9e6 / 8,
                                  .link_spread = 0.6,
                                  .latency_seconds = 0.02,
                                  .server_flop_per_second = 10e12,
                                  .server_bytes_per_second = 10e9 / 8,
                                  .available_seconds = 8 * 3600};
}

/* ---- the day ----
 *
 * The middle c of a client's hours has the density (1 + m cos(2 pi c / T)) / T.  A window of length L holds time t
 * when c is within L / 2 of it, so the share of clients that are up is
 * (L / T) (1 + m s cos(2 pi t / T)), s = sin(pi L / T) / (pi L / T), and swing = (1 + m s) / (1 - m s). */
static double smoothing(const struct sim_federated *how) /* s */
{
    const double x = pi * how->available_seconds / day;

    return sin(x) / x;
}

static double concentration(const struct sim_federated *how) /* m */
{
    return (how->swing - 1) / (how->swing + 1) / smoothing(how);
}

static double draw_middle(struct sim_random *random, double m)
{
    for (;;) {
        const double c = day * sim_random_uniform(random);

        if (sim_random_uniform(random) * (1 + m) < 1 + m * cos(2 * pi * c / day))
            return c;
    }
}

/* Up from `begin` for so many seconds, every day; a host is up before its first event. */
static void write_day(FILE *file, int client, double begin, double length)
{
    const double end = begin + length;

    fprintf(file, "  <trace id=\"client-%d-day\" periodicity=\"%.0f\">\n", client, day);
    if (end < day)
        fprintf(file, "    0 0\n    %.3f 1\n    %.3f 0\n", begin, end);
    else
        fprintf(file, "    %.3f 0\n    %.3f 1\n", end - day, begin);
    fprintf(file,
            "  </trace>\n  <trace_connect kind=\"HOST_AVAIL\" trace=\"client-%d-day\" "
            "element=\"client-%d\"/>\n",
            client, client);
}

/* ---- the speed over the day ---- */

enum { HOURS = 24, HOUR_SECONDS = SIM_FEDERATED_DAY_SECONDS / HOURS };

/* So many hours after the best one begins. */
static double speed_share(double swing, int hours)
{
    const double worst = 1 / swing;

    return (1 + worst) / 2 + (1 - worst) / 2 * cos(2 * pi * hours / HOURS);
}

/* A stream of its own, so that an option for it does not shift the client's other draws. */
static double draw_best_hour(const struct sim_federated *how, int k)
{
    struct sim_random *random =
        sim_random_open(how->seed, first_stream_of_best_hours + (uint64_t)k);
    const double begin = day * sim_random_uniform(random);

    sim_random_close(random);
    return begin;
}

/* The best hour begins at `begin`; at 0 h the hour that began before it goes on. */
static void write_speeds(FILE *file, const struct sim_federated *how, int client, double begin)
{
    const int whole_hours = (int)(begin / HOUR_SECONDS);

    fprintf(file, "  <trace id=\"client-%d-speed\" periodicity=\"%.0f\">\n", client, day);
    fprintf(file, "    0 %.9g\n", speed_share(how->speed_swing, -1 - whole_hours));
    for (int i = 0; i < HOURS; i++)
        fprintf(file, "    %.3f %.9g\n", begin + (double)(i - whole_hours) * HOUR_SECONDS,
                speed_share(how->speed_swing, i - whole_hours));
    fprintf(file,
            "  </trace>\n  <trace_connect kind=\"SPEED\" trace=\"client-%d-speed\" "
            "element=\"client-%d\"/>\n",
            client, client);
}

/* ---- one client ---- */

struct client {
    double flop_per_second, down_bytes_per_second, up_bytes_per_second;
    double begin_seconds; /* of its hours */
};

/* All is drawn whether it is wanted or not, the day last: options do not shift what others draw. */
static struct client draw_client(const struct sim_federated *how, int k)
{
    struct sim_random *random = sim_random_open(how->seed, first_stream + (uint64_t)k);
    const double speed = sim_spread_draw(random, how->speed_distribution, how->speed_spread);
    const double link = sim_spread_draw(random, how->link_distribution, how->link_spread);
    struct client client = {.flop_per_second = how->flop_per_second * speed,
                            .down_bytes_per_second = how->down_bytes_per_second * link,
                            .up_bytes_per_second = how->up_bytes_per_second * link};

    if (how->swing > 0)
        client.begin_seconds =
            fmod(draw_middle(random, concentration(how)) - how->available_seconds / 2 + day, day);
    sim_random_close(random);
    return client;
}

/* Digits behind the point tell nothing, unless there are few before it. */
static double whole(double value)
{
    return value >= 1e6 ? round(value) : value;
}

static void write_client(FILE *file, const struct sim_federated *how, int k)
{
    const struct client client = draw_client(how, k);

    fprintf(file, "    <host id=\"client-%d\" speed=\"%.15gf\"", k, whole(client.flop_per_second));
    if (how->busy_watts > 0)
        fprintf(file, "><prop id=\"wattage_per_state\" value=\"%.9g:%.9g:%.9g\"/></host>\n",
                how->idle_watts, how->busy_watts, how->busy_watts);
    else
        fputs("/>\n", file);
    fprintf(file,
            "    <link id=\"client-%d-up\" bandwidth=\"%.15gBps\" latency=\"%.9gs\"/>\n"
            "    <link id=\"client-%d-down\" bandwidth=\"%.15gBps\" latency=\"%.9gs\"/>\n"
            "    <host_link id=\"client-%d\" up=\"client-%d-up\" down=\"client-%d-down\"/>\n",
            k, whole(client.up_bytes_per_second), how->latency_seconds, k,
            whole(client.down_bytes_per_second), how->latency_seconds, k, k, k);
}

/* ---- the file ---- */

static void write_comment(FILE *file, const struct sim_federated *how)
{
    fprintf(file,
            "<!-- A server and %d client%s for federated learning, drawn with seed %" PRIu64 "\n\n"
            "     client-k, client-k-up, then server-link_DOWN to the server; back over\n"
            "     server-link_UP and client-k-down.  The server's link is shared by all.\n\n"
            "  Written by dmlsim platform generate federated; median, distribution and spread\n"
            "  (lognormal: sigma of the logarithm; uniform: half width / median; zipf: exponent):\n"
            "     speed    %.9g flop/s, %s, %.9g\n"
            "     down     %.9g B/s, %s, %.9g\n"
            "     up       %.9g B/s, by the same factor as down\n"
            "     latency  %.9g s each link, one way\n",
            how->clients, how->clients == 1 ? "" : "s", how->seed, how->flop_per_second,
            sim_spread_names[how->speed_distribution], how->speed_spread,
            how->down_bytes_per_second, sim_spread_names[how->link_distribution], how->link_spread,
            how->up_bytes_per_second, how->latency_seconds);
    if (how->swing > 0)
        fprintf(file, "     day      up for %.9g s of %.0f; %.9g times as many at 0 h as at 12 h\n",
                how->available_seconds, day, how->swing);
    if (how->speed_swing > 0)
        fprintf(file,
                "     hours    %.9g times as fast in a client's best hour of the day (the speed\n"
                "              above) as twelve hours away\n",
                how->speed_swing);
    if (how->busy_watts > 0)
        fprintf(file, "     power    %.9g W idle, %.9g W busy; nothing is said of the server\n",
                how->idle_watts, how->busy_watts);
    fputs("\n  55.0 Mbps down and 18.9 Mbps up are the medians unless told otherwise (Konecny et\n"
          "  al. 2016); all other numbers that nobody gave are round.\n-->\n",
          file);
}

static bool makes_sense(const struct sim_federated *how, struct sim_error *err)
{
    const double positive[] = {how->flop_per_second, how->down_bytes_per_second,
                               how->up_bytes_per_second, how->server_flop_per_second,
                               how->server_bytes_per_second};
    const double others[] = {how->speed_spread, how->link_spread, how->latency_seconds,
                             how->idle_watts, how->busy_watts};

    if (how->clients < 1 || how->clients > SIM_FEDERATED_MOST_CLIENTS)
        return sim_fail(err, "A federated platform has 1 to %d clients, not %d.",
                        SIM_FEDERATED_MOST_CLIENTS, how->clients);
    for (size_t i = 0; i < sizeof positive / sizeof positive[0]; i++)
        if (!(positive[i] >= 1 && positive[i] < 1e18))
            return sim_fail(
                err,
                "A federated platform's speeds and bandwidths are from 1 to 1e18 flop/s "
                "or B/s; one is %g.",
                positive[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (!(others[i] >= 0 && others[i] < 1e6))
            return sim_fail(
                err,
                "A federated platform's spreads, latencies and watts are from 0 to 1e6; "
                "one is %g.",
                others[i]);
    return true;
}

static bool spread_makes_sense(enum sim_spread distribution, double spread, struct sim_error *err)
{
    if (spread > 3)
        return sim_fail(err, "A spread of more than 3 would draw clients of no speed at all.");
    if (!sim_spread_is_possible(distribution, spread))
        return sim_fail(err,
                        "A uniform spread is half the width as a share of the median, so less than "
                        "1; it is %g.",
                        spread);
    return true;
}

static bool hours_make_sense(const struct sim_federated *how, struct sim_error *err)
{
    if (how->speed_swing == 0 || (how->speed_swing > 1 && how->speed_swing <= 1000))
        return true;
    return sim_fail(err,
                    "A speed swing is how many times as fast a client is at best as at worst, so "
                    "more than 1 and at most 1000; it is %g.",
                    how->speed_swing);
}

static bool day_makes_sense(const struct sim_federated *how, struct sim_error *err)
{
    if (how->swing == 0)
        return true;
    if (!(how->available_seconds > 0 && how->available_seconds < day))
        return sim_fail(err, "Clients are up for more than 0 and less than 24 hours a day, not %g.",
                        how->available_seconds / 3600);
    if (!(how->swing >= 1))
        return sim_fail(
            err,
            "A swing is how many times as many clients are up at best as at worst, so at "
            "least 1; it is %g.",
            how->swing);
    if (concentration(how) > 1)
        return sim_fail(
            err,
            "A swing of %g cannot be had with clients that are up for %g hours: at most "
            "%.3g; fewer hours swing more.",
            how->swing, how->available_seconds / 3600, (1 + smoothing(how)) / (1 - smoothing(how)));
    return true;
}

bool sim_federated_write(const struct sim_federated *how, FILE *file, struct sim_error *err)
{
    if (!makes_sense(how, err) ||
        !spread_makes_sense(how->speed_distribution, how->speed_spread, err) ||
        !spread_makes_sense(how->link_distribution, how->link_spread, err) ||
        !day_makes_sense(how, err) || !hours_make_sense(how, err))
        return false;
    fputs("<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n",
          file);
    write_comment(file, how);
    fprintf(file,
            "<platform version=\"4.1\">\n"
            "  <zone id=\"internet\" routing=\"Cluster\">\n"
            "    <host id=\"server\" speed=\"%.15gf\"/>\n"
            "    <link id=\"server-link\" bandwidth=\"%.15gBps\" latency=\"0s\" "
            "sharing_policy=\"SPLITDUPLEX\"/>\n"
            "    <host_link id=\"server\" up=\"server-link_UP\" down=\"server-link_DOWN\"/>\n",
            how->server_flop_per_second, how->server_bytes_per_second);
    for (int k = 0; k < how->clients; k++)
        write_client(file, how, k);
    fputs("  </zone>\n", file);
    for (int k = 0; k < how->clients && how->swing > 0; k++)
        write_day(file, k, draw_client(how, k).begin_seconds, how->available_seconds);
    for (int k = 0; k < how->clients && how->speed_swing > 0; k++)
        write_speeds(file, how, k, draw_best_hour(how, k));
    fputs("</platform>\n", file);
    return true;
}
