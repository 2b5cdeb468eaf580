/* bench_limits.c -- `make bench` ends what takes too long with all that it has started, also when it is interrupted. */
#include "tests/unit/close.h"

#include "tests/bench/bench.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const double SHORT_SECONDS = 0.3, LONG_SECONDS = 100;

static struct bench open_bench(void)
{
    char folder[] = "/tmp/dmlsim-XXXXXX";
    struct bench bench = {.arena = sim_arena_open(),
                          .limit_seconds = LONG_SECONDS,
                          .limit_wall_seconds = LONG_SECONDS};

    assert_non_null(mkdtemp(folder));
    bench.folder = sim_text(bench.arena, "%s", folder);
    return bench;
}

static void close_bench(struct bench *bench)
{
    sim_remove_tree(bench->folder);
    sim_arena_close(bench->arena);
}

/* A shell that runs this. */
static const char *script(const struct bench *bench, const char *text)
{
    const char *path = sim_text(bench->arena, "%s/script", bench->folder);
    FILE *file = bench_create(path);

    fprintf(file, "cd %s\n%s\n", bench->folder, text);
    fclose(file);
    return sim_text(bench->arena, "sh %s", path);
}

/* It wrote its number there; 0 until then. */
static pid_t number_in(const struct bench *bench, const char *name)
{
    FILE *file = fopen(sim_text(bench->arena, "%s/%s", bench->folder, name), "r");
    int number = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%d", &number) != 1)
        number = 0;
    fclose(file);
    return number;
}

static void is_gone(pid_t pid)
{
    assert_true(pid > 0);
    assert_int_equal(kill(pid, 0), -1);
}

/* smpirun is such a shell, and waits. */
static const char PARENT_OF_A_LOOP[] = "sh -c 'echo $$ > child; while :; do :; done' &\nwait",
                  PARENT_OF_A_DEAF_LOOP[] =
                      "sh -c 'trap \"\" TERM; echo $$ > child; while :; do :; done' &\nwait";

static void what_computes_too_long_is_ended_with_its_children(void **state)
{
    struct bench bench = open_bench();
    struct sample sample;

    (void)state;
    bench.limit_seconds = SHORT_SECONDS;
    sample = bench_run_within_limit(&bench, script(&bench, PARENT_OF_A_DEAF_LOOP));
    assert_int_equal(sample.end, OVER);
    assert_true(sample.cpu_seconds >= SHORT_SECONDS);
    assert_true(sample.wall_seconds >= SHORT_SECONDS);
    assert_true(sample.peak_bytes > 0);
    assert_true(isnan(sample.simulated_seconds));
    is_gone(number_in(&bench, "child"));
    close_bench(&bench);
}

/* What it took of the processor is what is known then, not the limit. */
static void what_waits_too_long_is_ended_by_the_wall(void **state)
{
    struct bench bench = open_bench();
    struct sample sample;

    (void)state;
    bench.limit_wall_seconds = SHORT_SECONDS;
    sample = bench_run_within_limit(&bench, "sleep 1000");
    assert_int_equal(sample.end, OVER);
    assert_true(sample.cpu_seconds < LONG_SECONDS / 2);
    assert_true(sample.wall_seconds >= SHORT_SECONDS);
    close_bench(&bench);
}

static void what_ends_in_time_is_measured(void **state)
{
    struct bench bench = open_bench();
    const struct sample sample = bench_run_within_limit(&bench, script(&bench, "echo 0.125"));

    (void)state;
    assert_int_equal(sample.end, ENDED);
    assert_close(sample.simulated_seconds, 0.125, 1e-12);
    close_bench(&bench);
}

static void a_death_is_told_with_its_first_words(void **state)
{
    struct bench bench = open_bench();
    struct sample sample = bench_run_within_limit(
        &bench, script(&bench, "echo; echo no memory left; echo here; kill -9 $$"));

    (void)state;
    assert_int_equal(sample.end, DIED);
    assert_non_null(strstr(sample.death, "died of signal 9, Killed, after 0 s"));
    assert_non_null(strstr(sample.death, "; it said: no memory left"));
    assert_null(strstr(sample.death, "here"));
    sample = bench_run_within_limit(&bench, script(&bench, "exit 3"));
    assert_int_equal(sample.end, DIED);
    assert_non_null(strstr(sample.death, "ended with exit code 3"));
    sample = bench_run_within_limit(&bench, script(&bench, "exit 134")); /* of a shell */
    assert_non_null(strstr(sample.death, "died of signal 6"));
    close_bench(&bench);
}

static void what_leaves_no_memory_is_ended(void **state)
{
    struct bench bench = open_bench();
    struct sample sample;

    (void)state;
    bench.least_free_share = 2; /* no machine has as much left */
    sample = bench_run_within_limit(&bench, script(&bench, PARENT_OF_A_LOOP));
    assert_int_equal(sample.end, DIED);
    assert_non_null(strstr(sample.death, "the machine had less than"));
    close_bench(&bench);
}

static void nothing_outlives_an_interrupted_bench(void **state)
{
    const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct bench bench = open_bench();
        const double begin = bench_now();
        const char *command = script(&bench, PARENT_OF_A_LOOP);
        const pid_t pid = fork();
        int status = 0;

        if (pid == 0) {
            signal(signals[i], SIG_DFL);
            bench_run(&bench, command);
            _exit(0);
        }
        while (number_in(&bench, "child") == 0 && bench_now() - begin < LONG_SECONDS)
            usleep(10 * 1000);
        assert_int_equal(kill(pid, signals[i]), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), signals[i]);
        is_gone(number_in(&bench, "child"));
        close_bench(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_outlives_an_interrupted_bench),
        cmocka_unit_test(what_computes_too_long_is_ended_with_its_children),
        cmocka_unit_test(what_waits_too_long_is_ended_by_the_wall),
        cmocka_unit_test(what_ends_in_time_is_measured),
        cmocka_unit_test(a_death_is_told_with_its_first_words),
        cmocka_unit_test(what_leaves_no_memory_is_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
