/* complaints.c -- everything that is wrong in a scenario is said in one whole sentence with its place. */
#include "tests/unit/complaints.h"

static struct complaint keys[] = {
    {"an unknown key near a known one", THEN("sead: 1\n"),
     "t.yaml:3:1: there is no key 'sead'; did you mean 'seed'?"},
    {"an unknown key near to nothing", THEN("zzz: 1\n"),
     "t.yaml:3:1: there is no key 'zzz'; it knows 'platform' and others."},
    {"a key that is a list", THEN("[a, b]: 1\n"),
     "t.yaml:3:2: there is no key ''; it knows 'platform' and others."},
    {"keys are case sensitive", THEN("Seed: 1\n"),
     "t.yaml:3:1: there is no key 'Seed'; did you mean 'seed'?"},
    {"no platform", TEXT(RING), "t.yaml: the key 'platform' is missing."},
    {"no algorithm", TEXT(PLATFORM), "t.yaml: the key 'algorithm' is missing."},
    {"an empty mapping misses two keys", TEXT("{}\n"),
     "t.yaml: the key 'platform' is missing.\nt.yaml: the key 'algorithm' is missing."},
    {"a workload that the algorithm does not take", THEN("workload: {model: x}\n"),
     "t.yaml:3:1: ring_allreduce takes no 'workload'; leave it out."},
    {"requests that the algorithm does not take", THEN("requests: {}\n"),
     "t.yaml:3:1: ring_allreduce takes no 'requests'; leave it out."},
    {"a workload without an algorithm", TEXT(PLATFORM "workload: 3\n"),
     "t.yaml: the key 'algorithm' is missing.\nt.yaml:2:1: this algorithm takes no 'workload'; "
     "leave it "
     "out."},
};

static struct complaint platforms[] = {
    {"a platform that is not there", TEXT("platform: no.xml\n" RING),
     "t.yaml:1:11: platform: there is no file 'no.xml', neither here, nor beside the scenario, nor "
     "among "
     "dmlsim's own."},
    {"an absolute platform that is not there", TEXT("platform: /no/no.xml\n" RING),
     "t.yaml:1:11: platform: there is no file '/no/no.xml', neither here, nor beside the scenario, "
     "nor among "
     "dmlsim's own."},
    {"a platform without a name", TEXT("platform:\n" RING),
     "t.yaml:1:1: platform must name a SimGrid XML file."},
    {"a platform with an empty name", TEXT("platform: \"\"\n" RING),
     "t.yaml:1:1: platform must name a SimGrid XML file."},
    {"a list of platforms", TEXT("platform: [a, b]\n" RING),
     "t.yaml:1:12: platform must name a SimGrid XML file."},
    {"an empty list of platforms", TEXT("platform: []\n" RING),
     "t.yaml:1:1: platform must name a SimGrid XML file."},
};

#define NO_NETWORK "network must be textbook, tcp or {model: ..., options: {...}}."
#define NO_MODEL   "network.model must be one of SimGrid's LV08, CM02, SMPI and IB."
#define NO_OPTION  "network.options: a line here is 'network/...: value', as SimGrid spells its own."

static struct complaint networks[] = {
    {"an unknown network", THEN("network: udp\n"), "t.yaml:3:10: " NO_NETWORK},
    {"no network's name", THEN("network:\n"), "t.yaml:3:1: " NO_NETWORK},
    {"a list of networks", THEN("network: [tcp]\n"), "t.yaml:3:11: " NO_NETWORK},
    {"an empty list of networks", THEN("network: []\n"), "t.yaml:3:1: " NO_NETWORK},
    {"an empty network", THEN("network: {}\n"), "t.yaml:3:1: " NO_MODEL},
    {"a network without its model", THEN("network: {options: {network/TCP-gamma: 7}}\n"),
     "t.yaml:3:11: " NO_MODEL},
    {"a network whose model is empty", THEN("network: {model: }\n"), "t.yaml:3:11: " NO_MODEL},
    {"a model that would print SimGrid's help", THEN("network: {model: help}\n"),
     "t.yaml:3:11: " NO_MODEL},
    {"a model that SimGrid has but that fails on rings", THEN("network: {model: ns-3}\n"),
     "t.yaml:3:11: " NO_MODEL},
    {"a model of the name of one of our networks", THEN("network: {model: tcp}\n"),
     "t.yaml:3:11: " NO_MODEL},
    {"an unknown key of a network", THEN("network: {model: CM02, option: 3}\n"),
     "t.yaml:3:24: there is no key 'network.option'; did you mean 'options'?"},
    {"options that are no mapping", THEN("network: {model: CM02, options: 3}\n"),
     "t.yaml:3:33: network.options must be a mapping."},
    {"options that are missing", THEN("network: {model: CM02, options: }\n"),
     "t.yaml:3:24: network.options must be a mapping."},
    {"an option that is none of the network's",
     THEN("network: {model: CM02, options: {tracing: 7}}\n"), "t.yaml:3:43: " NO_OPTION},
    {"an option that is a list",
     THEN("network: {model: CM02, options: {network/TCP-gamma: [7]}}\n"),
     "t.yaml:3:54: " NO_OPTION},
    {"an option that would print SimGrid's help",
     THEN("network: {model: CM02, options: {network/optim: help}}\n"), "t.yaml:3:49: " NO_OPTION},
};

#define NO_HOSTS "must be a host's name, a pattern, a list of them, or a count."

static struct complaint hosts[] = {
    {"hosts that are no mapping", THEN("hosts: 3\n"), "t.yaml:3:8: hosts must be a mapping."},
    {"hosts that are missing", THEN("hosts:\n"), "t.yaml:3:1: hosts must be a mapping."},
    {"hosts that are a list", THEN("hosts: [a]\n"), "t.yaml:3:9: hosts must be a mapping."},
    {"an unknown way to share hosts", THEN("hosts: {share: maybe}\n"),
     "t.yaml:3:16: hosts.share must be none or round_robin."},
    {"a list of ways to share hosts", THEN("hosts: {share: [none]}\n"),
     "t.yaml:3:17: hosts.share must be none or round_robin."},
    {"no way to share hosts", THEN("hosts: {share: }\n"),
     "t.yaml:3:9: hosts.share must be none or round_robin."},
    {"a count of no hosts", THEN("hosts: {worker: 0}\n"),
     "t.yaml:3:17: hosts.worker: a count of hosts is at least 1."},
    {"a role without hosts", THEN("hosts: {worker: }\n"), "t.yaml:3:9: hosts.worker " NO_HOSTS},
    {"a role's hosts are a mapping", THEN("hosts: {worker: {a: b}}\n"),
     "t.yaml:3:18: hosts.worker " NO_HOSTS},
    {"a role's list of hosts is empty", THEN("hosts: {worker: []}\n"),
     "t.yaml:3:9: hosts.worker names no host."},
    {"a list in a list of hosts", THEN("hosts: {worker: [a, [b]]}\n"),
     "t.yaml:3:22: hosts.worker: a host's name is missing here."},
    {"a host without a name", THEN("hosts: {worker: [a, \"\"]}\n"),
     "t.yaml:3:22: hosts.worker: a host's name is missing here."},
};

#define NO_NAME "algorithm must have a name, as in {name: ring_allreduce, workers: 8}."

static struct complaint algorithms[] = {
    {"an algorithm with a slip", TEXT(PLATFORM "algorithm: ring_allredcue\n"),
     "t.yaml:2:12: there is no algorithm 'ring_allredcue'; did you mean 'ring_allreduce'?"},
    {"an algorithm near to nothing", TEXT(PLATFORM "algorithm: {name: zzz}\n"),
     "t.yaml:2:19: there is no algorithm 'zzz'; 'dmlsim list algorithms' names them."},
    {"an algorithm without a name", TEXT(PLATFORM "algorithm: {workers: 3}\n"),
     "t.yaml:2:13: " NO_NAME},
    {"an empty algorithm", TEXT(PLATFORM "algorithm: {}\n"), "t.yaml:2:1: " NO_NAME},
    {"an algorithm that is missing", TEXT(PLATFORM "algorithm:\n"), "t.yaml:2:1: " NO_NAME},
    {"a list of algorithms", TEXT(PLATFORM "algorithm: [ring_allreduce]\n"),
     "t.yaml:2:13: " NO_NAME},
    {"an unknown parameter near a known one", ENTRY("ring_allreduce", "worker: 3"),
     "t.yaml:4:3: there is no key 'algorithm.worker'; did you mean 'workers'?"},
    {"an unknown parameter near to nothing", ENTRY("ring_allreduce", "zzzzz: 3"),
     "t.yaml:4:3: there is no key 'algorithm.zzzzz'; it knows 'name' and others."},
    {"a parameter of another algorithm", ENTRY("ring_allreduce", "placement: dedicated"),
     "t.yaml:4:3: there is no key 'algorithm.placement'; it knows 'name' and others."},
    {"a parameter that is a list", ENTRY("ring_allreduce", "workers: [3]"),
     "t.yaml:4:13: algorithm.workers must be one value."},
    {"a parameter that is an empty mapping", ENTRY("ring_allreduce", "workers: {}"),
     "t.yaml:4:3: algorithm.workers must be one value."},
    {"a parameter without a value", ENTRY("ring_allreduce", "workers:"),
     "t.yaml:4:3: algorithm.workers must be one value."},
    {"a count in words", ENTRY("ring_allreduce", "workers: seven"),
     "t.yaml:4:12: algorithm.workers: 'seven' is no number; write it as in 8."},
    {"a count below its bounds", ENTRY("ring_allreduce", "workers: 0"),
     "t.yaml:4:12: algorithm.workers: 0 is out of bounds: at least 1 and at most 1048576."},
    {"a count above its bounds", ENTRY("ring_allreduce", "workers: 1048577"),
     "t.yaml:4:12: algorithm.workers: 1048577 is out of bounds: at least 1 and at most 1048576."},
    {"a negative count", ENTRY("ring_allreduce", "workers: -7"),
     "t.yaml:4:12: algorithm.workers: -7 is out of bounds: at least 1 and at most 1048576."},
    {"half a worker", ENTRY("ring_allreduce", "workers: 7.5"),
     "t.yaml:4:12: algorithm.workers: 7.5 is no whole number."},
    {"a hexadecimal count", ENTRY("ring_allreduce", "workers: 0x10"),
     "t.yaml:4:12: algorithm.workers: '0x10' is no number; write it as in 8."},
    {"YAML's NaN", ENTRY("ring_allreduce", "workers: .nan"),
     "t.yaml:4:12: algorithm.workers: '.nan' is no number; write it as in 8."},
    {"a ratio of NaN", ENTRY("ring_allreduce", "compute_jitter: nan"),
     "t.yaml:4:19: algorithm.compute_jitter: 'nan' is no number; write it as in 0.5."},
    {"a ratio of infinity", ENTRY("ring_allreduce", "compute_jitter: inf"),
     "t.yaml:4:19: algorithm.compute_jitter: 'inf' is no number; write it as in 0.5."},
    {"more than a double holds", ENTRY("ring_allreduce", "flop_per_byte: 1e999"),
     "t.yaml:4:18: algorithm.flop_per_byte: '1e999' is no number; write it as in 0.5."},
    {"negative bytes", ENTRY("ring_allreduce", "gradient_bytes: -5MB"),
     "t.yaml:4:19: algorithm.gradient_bytes: -5MB is out of bounds: at least 0 and at most 1e+15 "
     "bytes."},
    {"a fraction of a byte", ENTRY("ring_allreduce", "gradient_bytes: 1.5B"),
     "t.yaml:4:19: algorithm.gradient_bytes: 1.5B is no whole number of bytes."},
    {"bits that make no whole byte", ENTRY("ring_allreduce", "gradient_bytes: 12b"),
     "t.yaml:4:19: algorithm.gradient_bytes: 12b is no whole number of bytes."},
    {"bytes of an unknown unit", ENTRY("ring_allreduce", "gradient_bytes: 100XB"),
     "t.yaml:4:19: algorithm.gradient_bytes: '100XB' is no bytes; write it as in 100MB."},
    {"too many bytes, though whole ones", ENTRY("ring_allreduce", "gradient_bytes: 1e16"),
     "t.yaml:4:19: algorithm.gradient_bytes: 1e16 is out of bounds: at least 0 and at most 1e+15 "
     "bytes."},
    {"more bytes than a double holds", ENTRY("ring_allreduce", "gradient_bytes: 1e999"),
     "t.yaml:4:19: algorithm.gradient_bytes: '1e999' is no bytes; write it as in 100MB."},
    {"seconds of an unknown unit", ENTRY("ring_allreduce", "compute_seconds: 5 parsecs"),
     "t.yaml:4:20: algorithm.compute_seconds: '5 parsecs' is no seconds; write it as in 50us."},
    {"negative seconds", ENTRY("ring_allreduce", "compute_seconds: -1s"),
     "t.yaml:4:20: algorithm.compute_seconds: -1s is out of bounds: at least 0 and at most "
     "1000000000 "
     "seconds."},
    {"an unknown choice", ENTRY("parameter_server", "placement: nowhere"),
     "t.yaml:4:14: algorithm.placement: 'nowhere' is none of its choices: colocated, dedicated."},
};

static struct complaint numbers[] = {
    {"no iteration at all", THEN("iterations: 0\n"),
     "t.yaml:3:13: iterations: 0 is out of bounds: at least 1 and at most 1000000000."},
    {"too many iterations", THEN("iterations: 1000000001\n"),
     "t.yaml:3:13: iterations: 1000000001 is out of bounds: at least 1 and at most 1000000000."},
    {"half an iteration", THEN("iterations: 1.5\n"),
     "t.yaml:3:13: iterations: 1.5 is no whole number."},
    {"iterations that are missing", THEN("iterations:\n"),
     "t.yaml:3:1: iterations must be one value."},
    {"iterations that are a list", THEN("iterations: [3]\n"),
     "t.yaml:3:14: iterations must be one value."},
    {"a negative seed", THEN("seed: -3\n"),
     "t.yaml:3:7: seed must be a whole number from 0 to 999999999999999."},
    {"a seed with a point", THEN("seed: 1.5\n"),
     "t.yaml:3:7: seed must be a whole number from 0 to 999999999999999."},
    {"a seed too large for every reader of JSON", THEN("seed: 1000000000000000\n"),
     "t.yaml:3:7: seed must be a whole number from 0 to 999999999999999."},
    {"a hexadecimal seed", THEN("seed: 0x3\n"),
     "t.yaml:3:7: seed must be a whole number from 0 to 999999999999999."},
    {"a seed that is missing", THEN("seed:\n"),
     "t.yaml:3:1: seed must be a whole number from 0 to 999999999999999."},
    {"a seed that is a mapping", THEN("seed: {a: 1}\n"),
     "t.yaml:3:8: seed must be a whole number from 0 to 999999999999999."},
    {"an unknown trace", THEN("trace: Full\n"),
     "t.yaml:3:8: trace must be none, summary, full or paje."},
    {"a trace that is missing", THEN("trace:\n"),
     "t.yaml:3:1: trace must be none, summary, full or paje."},
    {"a list of traces", THEN("trace: [full]\n"),
     "t.yaml:3:9: trace must be none, summary, full or paje."},
    {"an empty list of traces", THEN("trace: []\n"),
     "t.yaml:3:1: trace must be none, summary, full or paje."},
    {"a study that is no mapping", THEN("study: 3\n"), "t.yaml:3:8: study must be a mapping."},
    {"a study that is missing", THEN("study:\n"), "t.yaml:3:1: study must be a mapping."},
};

static struct complaint faults[] = {
    {"faults that are no list", THEN("faults: {host: a, factor: 0}\n"),
     "t.yaml:3:10: faults must be a list."},
    {"faults that are missing", THEN("faults:\n"), "t.yaml:3:1: faults must be a list."},
    {"a fault that is no mapping", THEN("faults: [uplink]\n"),
     "t.yaml:3:10: faults: a fault is a mapping, as in {link: uplink, at: 1s, factor: 0.5}."},
    {"a fault of nobody", THEN("faults: [{at: 1s, factor: 0}]\n"),
     "t.yaml:3:11: faults: say which host, link or peer, as in {link: uplink, at: 1s, factor: "
     "0.5}."},
    {"a fault without a factor", THEN("faults: [{host: a, at: 1s}]\n"),
     "t.yaml:3:11: faults: factor is missing: 0 is dead, 0.5 half as fast."},
    {"a fault of two", THEN("faults: [{host: a, link: b, factor: 0}]\n"),
     "t.yaml:3:26: faults: a fault names one host, one link or one peer (or a pattern)."},
    {"a fault of a list", THEN("faults: [{host: [a, b], factor: 0}]\n"),
     "t.yaml:3:18: faults: a fault names one host, one link or one peer (or a pattern)."},
    {"a fault of a host without a name", THEN("faults: [{host: , factor: 0}]\n"),
     "t.yaml:3:11: faults: a fault names one host, one link or one peer (or a pattern)."},
    {"an unknown key of a fault near a known one", THEN("faults: [{hots: a, factor: 0}]\n"),
     "t.yaml:3:11: there is no key 'faults.hots'; did you mean 'host'?"},
    {"an unknown key of a fault near to nothing", THEN("faults: [{zzzzzz: a, factor: 0}]\n"),
     "t.yaml:3:11: there is no key 'faults.zzzzzz'; it knows 'at' and others."},
    {"a fault before the beginning", THEN("faults: [{host: a, factor: 0, at: -1}]\n"),
     "t.yaml:3:35: faults.at: -1 is out of bounds: at least 0 and at most 1000000000000 seconds."},
    {"a fault that lasts no time", THEN("faults: [{host: a, factor: 0, for: 0}]\n"),
     "t.yaml:3:36: faults.for: 0 is out of bounds: at least 1e-12 and at most 1000000000000 "
     "seconds."},
    {"a fault that comes again at once", THEN("faults: [{host: a, factor: 0, for: 1, every: 0}]\n"),
     "t.yaml:3:46: faults.every: 0 is out of bounds: at least 1e-12 and at most 1000000000000 "
     "seconds."},
    {"a fault with a negative factor", THEN("faults: [{host: a, factor: -0.7}]\n"),
     "t.yaml:3:28: faults.factor: -0.7 is out of bounds: at least 0 and at most 1000000."},
    {"a fault whose factor is NaN", THEN("faults: [{host: a, factor: nan}]\n"),
     "t.yaml:3:28: faults.factor: 'nan' is no number; write it as in 0.5."},
    {"a fault that comes again but never ends", THEN("faults: [{host: a, factor: 0, every: 2s}]\n"),
     "t.yaml:3:11: faults: what comes again ('every') must end ('for')."},
    {"a fault that comes again before it ends",
     THEN("faults: [{host: a, factor: 0, every: 2s, for: 2s}]\n"),
     "t.yaml:3:11: faults: 'every' must be longer than 'for'."},
    {"the second fault of two", THEN("faults:\n  - {host: a, factor: 0}\n  - {host: b}\n"),
     "t.yaml:5:6: faults: factor is missing: 0 is dead, 0.5 half as fast."},
};

static struct complaint several[] = {
    {"every complaint is collected, in the order of the sections",
     TEXT("seed: x\nplatform: no.xml\nnetwork: x\nalgorithm: {name: ring_allreduce, workers: 0, "
          "gradient_byte: 3}\n"
          "hosts: {worker: 0}\niterations: 0\ntrace: y\nfaults: [{host: a}, {factor: 0}]\nstudy: "
          "7\nfoo: 1\n"),
     "t.yaml:10:1: there is no key 'foo'; it knows 'platform' and others.\n"
     "t.yaml:2:11: platform: there is no file 'no.xml', neither here, nor beside the scenario, nor "
     "among "
     "dmlsim's own.\n"
     "t.yaml:3:10: network must be textbook, tcp or {model: ..., options: {...}}.\n"
     "t.yaml:4:44: algorithm.workers: 0 is out of bounds: at least 1 and at most 1048576.\n"
     "t.yaml:4:47: there is no key 'algorithm.gradient_byte'; did you mean 'gradient_bytes'?\n"
     "t.yaml:5:17: hosts.worker: a count of hosts is at least 1.\n"
     "t.yaml:6:13: iterations: 0 is out of bounds: at least 1 and at most 1000000000.\n"
     "t.yaml:1:7: seed must be a whole number from 0 to 999999999999999.\n"
     "t.yaml:7:8: trace must be none, summary, full or paje.\n"
     "t.yaml:8:11: faults: factor is missing: 0 is dead, 0.5 half as fast.\n"
     "t.yaml:8:22: faults: say which host, link or peer, as in {link: uplink, at: 1s, factor: "
     "0.5}.\n"
     "t.yaml:9:8: study must be a mapping."},
    {"a name with a slip does not hide what else is wrong",
     TEXT("platform: no.xml\nalgorithm: ring_allredcue\nseed: x\n"),
     "t.yaml:1:11: platform: there is no file 'no.xml', neither here, nor beside the scenario, nor "
     "among "
     "dmlsim's own.\n"
     "t.yaml:2:12: there is no algorithm 'ring_allredcue'; did you mean 'ring_allreduce'?\n"
     "t.yaml:3:7: seed must be a whole number from 0 to 999999999999999."},
};

/* ---- what has no one right sentence ---- */

static void an_empty_fault_is_told_with_its_place(void **state)
{
    struct reading r;

    (void)state;
    read_text(&r, PLATFORM RING "faults: [{}]\n", NULL);
    assert_false(r.fine);
    assert_begins_with(r.err.text, "t.yaml:3:");
    finish(&r);
}

static void options_cannot_name_another_model_than_the_one_that_is_reported(void **state)
{
    struct reading r;

    (void)state;
    read_text(&r, PLATFORM RING "network: {model: CM02, options: {network/model: LV08}}\n", NULL);
    assert_false(r.fine);
    assert_begins_with(r.err.text, "t.yaml:3:");
    finish(&r);
}

static void complaints_about_a_missing_file_are_those_of_the_file(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error missing = {0}, folder = {0};
    struct sim_scenario scenario;

    (void)state;
    assert_false(sim_scenario_read(&scenario, "no.yaml", NULL, &shipped, arena, &missing));
    assert_string_equal(missing.text, "no.yaml: cannot be read: No such file or directory.");
    assert_false(sim_scenario_read(&scenario, "scenarios", NULL, &shipped, arena, &folder));
    assert_string_equal(folder.text, "scenarios: is a directory; a file was expected.");
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(an_empty_fault_is_told_with_its_place),
        cmocka_unit_test(options_cannot_name_another_model_than_the_one_that_is_reported),
        cmocka_unit_test(complaints_about_a_missing_file_are_those_of_the_file),
    };

    return RUN_CASES(complains, keys) + RUN_CASES(complains, platforms) +
           RUN_CASES(complains, networks) + RUN_CASES(complains, hosts) +
           RUN_CASES(complains, algorithms) + RUN_CASES(complains, numbers) +
           RUN_CASES(complains, faults) + RUN_CASES(complains, several) +
           cmocka_run_group_tests(others, NULL, NULL);
}
