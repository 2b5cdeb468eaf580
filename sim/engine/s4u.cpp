#include "sim/engine/s4u.h"

#include <simgrid/Exception.hpp>
#include <simgrid/engine.h>
#include <simgrid/kernel/ProfileBuilder.hpp>
#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>
#include <simgrid/simix.hpp>

#include <xbt/config.h>
#include <xbt/parse_units.hpp>

#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace s4u = simgrid::s4u;

static bool complain(char *complaint, size_t size, const std::exception &e)
{
    std::snprintf(complaint, size, "%s", e.what());
    return false;
}

bool s4u_start(const char *const *ours, const char *const *options, char *complaint, size_t size)
{
    try {
        int argc = 1;
        char name[] = "dmlsim";
        char *argv[] = {name, nullptr};

        simgrid_init(&argc, argv);
        for (const char *const *list : {ours, options})
            for (; *list != nullptr; list++)
                s4u::Engine::set_config(std::string(*list));
        return true;
    } catch (const std::exception &e) {
        return complain(complaint, size, e);
    }
}

/* SimGrid keeps the ends of computations in a heap, and takes out those that are as near to its clock as its precision.
 * The clock that it moves to an end may miss it by a last digit, which is more than our 1e-12 s from 8192 s on.  Then
 * an end that lies a digit behind is never looked at again, and nothing behind it in the heap either: the run is stuck.
 * So where the last digits outgrow the precision, it follows them, and what was just missed is taken out. */
static void keep_last_digits_apart()
{
    static const char name[] = "surf/precision";
    const double first = sg_cfg_get_double(name);
    const auto precision = std::make_shared<double>(first);

    s4u::Engine::on_time_advance_cb([precision](double) {
        const double now = s4u::Engine::get_clock();
        const double digits = 2 * (std::nextafter(now, HUGE_VAL) - now);

        if (digits <= *precision)
            return;
        *precision = digits;
        sg_cfg_set_double(name, digits);
        for (auto *model : s4u::Engine::get_instance()->get_all_models())
            model->update_actions_state(now, 0);
    });
    s4u::Engine::on_simulation_end_cb([precision, first] { /* another run may follow */
                                                           if (*precision != first)
                                                               sg_cfg_set_double(name, first);
                                                           *precision = first;
    });
}

bool s4u_load(const char *path, char *complaint, size_t size)
{
    try {
        s4u::Engine::get_instance()->load_platform(path);
        s4u::Engine::get_instance()->seal_platform();
        keep_last_digits_apart();
        return true;
    } catch (const std::exception &e) {
        return complain(complaint, size, e);
    }
}

/* SimGrid ends a run, whoever still waits, when there is something in a set: what could not begin, as it is meant for. */
static void run_until_ended()
{
    std::set<s4u::Activity *> reasons_to_end;

    s4u::Activity::set_vetoed_activities(&reasons_to_end);
    s4u::Engine::get_instance()->run_until(std::numeric_limits<double>::max());
    s4u::Activity::set_vetoed_activities(nullptr);
}

bool s4u_run(bool can_be_ended, char *complaint, size_t size)
{
    try {
        if (can_be_ended)
            run_until_ended();
        else
            s4u::Engine::get_instance()->run();
        return true;
    } catch (const std::exception &e) {
        s4u::Activity::set_vetoed_activities(nullptr);
        return complain(complaint, size, e);
    }
}

static void end_behind(double date)
{
    using simgrid::kernel::timer::Timer;

    Timer::set(std::nextafter(date, HUGE_VAL), [] {
        if (Timer::next() < 0)
            s4u::Activity::get_vetoed_activities()->insert(nullptr);
        else
            end_behind(Timer::next());
    });
}

/* Actors that were killed just now have their turn before. */
void s4u_end_run(void)
{
    end_behind(s4u::Engine::get_clock());
}

/* SimGrid's clock goes on from run to run, so that the last digits of a second run would be other than those of a first.
 * Nothing public sets it; where the library has this symbol of its kernel, 3.32 among others, this does. */
extern double simgrid_clock __asm__("_ZN7simgrid6kernel10EngineImpl4now_E") __attribute__((weak));

bool s4u_can_restart(void)
{
    return &simgrid_clock != nullptr;
}

void s4u_restart(void)
{
    simgrid_clock = 0;
}

static bool read_quantity(double (*parse)(const std::string &, int, const std::string &,
                                          const std::string &),
                          const char *text, double *value)
{
    try {
        *value = parse("", 0, text, "");
        return true;
    } catch (const std::exception &) {
        return false;
    }
}

bool s4u_read_bandwidth(const char *text, double *bytes_per_second)
{
    return read_quantity(xbt_parse_get_bandwidth, text, bytes_per_second);
}

bool s4u_read_latency(const char *text, double *seconds)
{
    return read_quantity(xbt_parse_get_time, text, seconds);
}

int s4u_route(sg_host_t from, sg_host_t to, sg_link_t *links, int most, double *latency_seconds)
{
    try {
        std::vector<s4u::Link *> found;

        from->route_to(to, found, latency_seconds);
        if (found.size() > static_cast<size_t>(most) || (found.empty() && *latency_seconds <= 0))
            return -1; /* over no link at all: SimGrid aborts when it is used */
        std::copy(found.begin(), found.end(), links);
        return static_cast<int>(found.size());
    } catch (const std::exception &) {
        return -1;
    }
}

enum s4u_outcome s4u_wait(sg_comm_t comm, bool hosts_may_die)
{
    const std::vector<s4u::ActivityPtr> one{
        comm}; /* a watcher may wait for it while its owner lets go */

    try {
        if (hosts_may_die)
            comm->wait();
        else
            s4u::Activity::wait_any(one);
        return S4U_DONE;
    } catch (const simgrid::TimeoutException &) {
        return S4U_TIMED_OUT;
    } catch (const simgrid::CancelException &) {
        return S4U_CANCELLED;
    } catch (const simgrid::NetworkFailureException &) {
        return S4U_FAILED;
    }
}

/* Which of them made wait_any throw: SimGrid marks it, but does not say. */
static int find_over(const std::vector<s4u::CommPtr> &comms)
{
    for (size_t i = 0; i < comms.size(); i++)
        if (comms[i]->get_state() == s4u::Activity::State::FAILED ||
            comms[i]->get_state() == s4u::Activity::State::CANCELED)
            return static_cast<int>(i);
    return -1;
}

enum s4u_outcome s4u_wait_any(const sg_comm_t *comms, int count, double seconds, int *index)
{
    std::vector<s4u::CommPtr> set(comms, comms + count);

    *index = find_over(set);
    if (*index >= 0)
        return set[*index]->get_state() == s4u::Activity::State::FAILED ? S4U_FAILED
                                                                        : S4U_CANCELLED;
    try {
        *index = static_cast<int>(s4u::Comm::wait_any_for(set, seconds));
        return *index < 0 ? S4U_TIMED_OUT : S4U_DONE;
    } catch (const simgrid::TimeoutException &) {
        return S4U_TIMED_OUT;
    } catch (const simgrid::CancelException &) {
        *index = find_over(set);
        return S4U_CANCELLED;
    } catch (const simgrid::NetworkFailureException &) {
        *index = find_over(set);
        return S4U_FAILED;
    }
}

double s4u_cancel(sg_comm_t comm)
{
    const double left = comm->get_remaining();

    comm->cancel();
    return left;
}

sg_comm_t s4u_send_later(sg_mailbox_t mailbox, void *payload, long bytes)
{
    const s4u::CommPtr comm = mailbox->put_init(payload, static_cast<uint64_t>(bytes));

    comm->add_ref();
    return comm.get();
}

sg_comm_t s4u_receive_later(sg_mailbox_t mailbox, void **sink)
{
    const s4u::CommPtr comm = mailbox->get_init()->set_dst_data(sink, sizeof *sink);

    comm->add_ref();
    return comm.get();
}

void s4u_start_both(sg_comm_t send, sg_comm_t receive)
{
    simgrid::kernel::actor::simcall_answered([send, receive] {
        send->start();
        receive->start();
    });
}

void s4u_release(sg_comm_t comm)
{
    comm->unref();
}

void s4u_suspend(void)
{
    s4u::this_actor::suspend();
}

struct s4u_timer *s4u_at(double date, void (*act)(void *context), void *context)
{
    return reinterpret_cast<struct s4u_timer *>(
        simgrid::kernel::timer::Timer::set(date, [act, context] { act(context); }));
}

void s4u_forget(struct s4u_timer *timer)
{
    reinterpret_cast<simgrid::kernel::timer::Timer *>(timer)->remove();
}

void s4u_when_host_turns(void (*act)(sg_host_t host, void *context), void *context)
{
    s4u::Host::on_state_change_cb(
        [act, context](const s4u::Host &host) { act(const_cast<s4u::Host *>(&host), context); });
}

void s4u_link_turn(sg_link_t link, bool on)
{
    if (on)
        link->turn_on();
    else
        link->turn_off();
}

bool s4u_link_is_wifi(sg_link_t link)
{
    return link->get_sharing_policy() == s4u::Link::SharingPolicy::WIFI;
}

bool s4u_link_is_fatpipe(sg_link_t link)
{
    return link->get_sharing_policy() == s4u::Link::SharingPolicy::FATPIPE;
}

void s4u_link_use_first_rate(sg_link_t link, const sg_host_t *hosts, int count)
{
    for (int i = 0; i < count; i++)
        link->set_host_wifi_rate(hosts[i], 0);
}

void s4u_host_set_speed_profile(sg_host_t host, const char *lines, double period)
{
    const std::string name = std::string("fault on ") + host->get_cname();

    host->set_speed_profile(simgrid::kernel::profile::ProfileBuilder::from_string(
        name, lines, period > 0 ? period : -1));
}
