# Benchmarks: dmlsim beside SMPI and beside a bare loop on SimGrid, all in one run.  ROUNDS=n, QUICK=1.

ROUNDS ?= 3
BENCH = $(BUILD)/bench
BENCH_PROGRAMS = $(BENCH)/bench $(BENCH)/bare_ring $(BENCH)/bare_ring_alike $(BENCH)/smpi_ring

bench: all $(BENCH_PROGRAMS) ## messages a second and memory, beside SMPI and a bare loop (10 minutes; QUICK=1: 2)
	@$(BENCH)/bench $(PROGRAM) $(BENCH) $(ROUNDS) $(if $(QUICK),quick)

bench-quick: ## the same up to 256 workers
	@$(MAKE) bench QUICK=1

$(BENCH)/bench: $(BUILD)/tests/bench/bench.o $(LIBRARY)
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

.PHONY: bench bench-quick
