# Benchmarks: dmlsim beside SMPI and beside a bare loop on SimGrid, all in one run.  ROUNDS=n, QUICK=1.

ROUNDS ?= 3
BENCH = $(BUILD)/bench
BENCH_PROGRAMS = $(BENCH)/bench $(BENCH)/bare_ring $(BENCH)/bare_ring_alike $(BENCH)/smpi_ring

bench: all $(BENCH_PROGRAMS) ## messages a second and memory, beside SMPI and a bare loop (a quarter of an hour; QUICK=1: 2 minutes)
	@$(BENCH)/bench $(PROGRAM) $(BENCH) $(ROUNDS) $(if $(QUICK),quick); code=$$?; \
	if command -v gnuplot > /dev/null; then gnuplot -e "folder='$(BENCH)'" tests/bench/bench.gp; fi; exit $$code

bench-quick: ## the same up to 256 workers
	@$(MAKE) bench QUICK=1

$(BENCH)/bench: $(BUILD)/tests/bench/bench.o $(BUILD)/tests/bench/rows.o $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) -o $@ $^ $(LDLIBS_ALL)

$(BENCH)/bare_ring: $(BUILD)/tests/bench/bare_ring.o
	@mkdir -p $(@D)
	$(CC) -o $@ $^ -lsimgrid $(EXTRA_FLAGS)

# --no-as-needed: nothing in the program asks for it by name
$(BENCH)/bare_ring_alike: $(BUILD)/tests/bench/bare_ring.o
	@mkdir -p $(@D)
	$(CC) -o $@ $^ -lsimgrid -Wl,--no-as-needed $(MALLOC) $(EXTRA_FLAGS)

$(BENCH)/smpi_ring: tests/bench/smpi_ring.c
	@mkdir -p $(@D)
	smpicc -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -o $@ $<

# Where the time of one command goes: PROFILE='run SCENARIO --set ...'.
PROFILE ?= run scenarios/ring_allreduce.yaml --set platform=platforms/torus.xml --set algorithm.workers=32 \
    --set simulation=full --set iterations=200 --out $(BENCH)/profiled
PROFILED = $(BENCH)/profile.data

profile: all ## where the time goes, function by function, with perf or else valgrind (PROFILE='run SCENARIO ...')
	@mkdir -p $(BENCH)
	@if perf stat -e cpu-clock true > /dev/null 2>&1; then \
	    perf record -q -g -e cpu-clock -o $(PROFILED) $(PROGRAM) $(PROFILE) > $(BENCH)/profile.out && \
	    echo "by library:" && perf report -i $(PROFILED) --stdio -g none --no-children -s dso 2> /dev/null | grep -v '^#' | grep . | head -n 12 && \
	    echo "by function, its own time:" && perf report -i $(PROFILED) --stdio -g none --no-children -s dso,symbol 2> /dev/null | grep -v '^#' | grep . | head -n 40 && \
	    echo "all: perf report -i $(PROFILED)"; \
	elif command -v valgrind > /dev/null; then \
	    valgrind --tool=callgrind --trace-children=yes --callgrind-out-file=$(PROFILED).%p $(PROGRAM) $(PROFILE) > $(BENCH)/profile.out && \
	    for part in $(PROFILED).*; do callgrind_annotate $$part | head -n 60; done; \
	else echo "make profile needs perf (linux-perf) or valgrind: neither is installed." >&2; exit 2; fi

.PHONY: bench bench-quick profile
