/* bare_ring.c -- the ring all-reduce as a bare loop on SimGrid's C interface: what dmlsim is measured by.
 *
 *     bare_ring PLATFORM.xml N CHUNK_BYTES
 *
 * No matching, no accounts, no phases, no faults, no payload, no laws.  Prints the simulated seconds. */
#include <simgrid/actor.h>
#include <simgrid/comm.h>
#include <simgrid/engine.h>
#include <simgrid/host.h>
#include <simgrid/mailbox.h>
#include <stdio.h>
#include <stdlib.h>
#include <xbt/config.h>
#include <xbt/log.h>

struct worker {
    sg_mailbox_t to, from;
    int steps;
    long chunk_bytes;
};

static void act(int argc, char **argv)
{
    const struct worker *me = sg_actor_self_get_data();
    char payload;
    void *arrived;

    (void)argc;
    (void)argv;
    for (int s = 0; s < me->steps; s++) {
        const sg_comm_t send = sg_mailbox_put_async(me->to, &payload, me->chunk_bytes);
        const sg_comm_t receive = sg_mailbox_get_async(me->from, &arrived);

        sg_comm_wait(receive);
        sg_comm_wait(send);
    }
}

static sg_mailbox_t mailbox(int of)
{
    char name[32];

    snprintf(name, sizeof name, "%d", of);
    return sg_mailbox_by_name(name);
}

int main(int argc, char **argv)
{
    const int n = argc == 4 ? atoi(argv[2]) : 0;
    struct worker *workers = calloc((size_t)n + 1, sizeof *workers);
    int none = 1;

    if (n < 2 || workers == NULL)
        return 2;
    xbt_log_control_set("root.thres:error");
    simgrid_init(&none, argv);
    sg_cfg_set_string("network/model", "CM02");
    sg_cfg_set_boolean("network/crosstraffic", "no");
    sg_cfg_set_double("network/TCP-gamma", 0);
    sg_cfg_set_double("surf/precision", 1e-12);
    simgrid_load_platform(argv[1]);
    for (int i = 0; i < n; i++) {
        char name[32];
        sg_actor_t actor;

        snprintf(name, sizeof name, "node-%d", i);
        workers[i] = (struct worker){mailbox((i + 1) % n), mailbox(i), 2 * (n - 1), atol(argv[3])};
        actor = sg_actor_init(name, sg_host_by_name(name));
        sg_actor_set_data(actor, &workers[i]);
        sg_actor_start_(actor, act, 0, NULL);
    }
    simgrid_run();
    printf("%.17g\n", simgrid_get_clock());
    free(workers);
    return 0;
}
