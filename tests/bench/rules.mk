# Benchmarks: dmlsim beside SMPI and beside a bare loop on SimGrid, all in one run.  ROUNDS=n, QUICK=1, LIMIT=seconds.

ROUNDS ?= $(if $(QUICK),1,3)
LIMIT ?= 60 # seconds of the processor that another tool has for 4,096 workers and more, before it is ended
BENCH = $(BUILD)/bench
BENCH_PROGRAMS = $(BENCH)/bench $(BENCH)/bare_ring $(BENCH)/bare_ring_alike $(BENCH)/smpi_ring

BENCH_OBJECTS = $(patsubst %,$(BUILD)/tests/bench/%.o,bench figure goals job machine measure point rows table)

# tests/unit/bench_*.c see the same code.
$(addprefix $(BUILD)/tests/unit/bench_,bounds limits): \
    $(patsubst %,$(BUILD)/tests/bench/%.o,figure goals job measure point table)

# What bench.json says of how all was built
$(BUILD)/tests/bench/machine.o: CFLAGS += -DBENCH_COMPILER='"$(shell $(CC) --version | head -n 1)"' \
    -DBENCH_FLAGS='"$(strip $(OPTIMISE) $(EXTRA_FLAGS))"' \
    -DBENCH_LINKED_WITH='"$(strip $(MALLOC) $(if $(BLAS_LIBS),$(BLAS_LIBS),-lgslcblas))"'

bench: all $(BENCH_PROGRAMS) ## messages a second and memory, beside SMPI and a bare loop: table, JSON, picture (20 minutes; QUICK=1: 2 to 3; LIMIT=seconds for each other tool with 4,096 workers and more)
	@command -v gnuplot > /dev/null || { echo "make bench draws with gnuplot, which is not installed: make deps." >&2; exit 2; }
	@code=0; $(BENCH)/bench $(PROGRAM) $(BENCH) $(ROUNDS) $(LIMIT) $(if $(QUICK),quick) || code=$$?; [ $$code -le 1 ] || exit $$code; \
	gnuplot -e "folder='$(BENCH)'" tests/bench/bench.gp || { echo "make bench: gnuplot could not draw $(BENCH)/bench.png." >&2; exit 2; }; \
	echo "picture: $(BENCH)/bench.png"; exit $$code

bench-quick: ## the same, the others up to 256 workers only
	@$(MAKE) bench QUICK=1

# --as-needed: what the bench itself holds is what every command that it starts begins with
$(BENCH)/bench: $(BENCH_OBJECTS) $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) -Wl,--as-needed -o $@ $^ $(LDLIBS_ALL)

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

# Where the time of one command goes: PROFILE='run SCENARIO --set ...'.  A build of its own keeps frame pointers, so that perf
# knows who called what, and lies where it was linked to, so that addresses are lines.
PROFILE ?= run scenarios/ring_allreduce.yaml --set platform=platforms/torus.xml --set algorithm.workers=32 \
    --set simulation=full --set iterations=200 --out $(PROFILE_BUILD)/profiled
PROFILER ?= # perf or valgrind; else perf, where it works
PROFILE_BUILD = build/profile

profile: ## where a command's time goes: by folder, library and function, with perf or else valgrind (PROFILE='run SCENARIO ...')
	@mkdir -p $(PROFILE_BUILD)
	@$(MAKE) BUILD=$(PROFILE_BUILD) EXTRA_FLAGS=-fno-omit-frame-pointer LDFLAGS=-no-pie -j$(JOBS) $(PROFILE_BUILD)/dmlsim \
	    > $(PROFILE_BUILD)/build.log 2>&1 || { cat $(PROFILE_BUILD)/build.log; exit 1; }
	@PROFILER=$(PROFILER) tests/bench/profile $(PROFILE_BUILD)/dmlsim $(PROFILE_BUILD) $(PROFILE)

deps-profile: deps
	$(call install_missing,$(PROFILE_PACKAGES))

.PHONY: bench bench-quick profile deps-profile
