# fuzz/rules.mk -- libFuzzer targets: fuzz_NAME.c, with a seed corpus in corpus/NAME.
#
# `make check` replays the corpus (replay.c, any compiler); `make fuzz SECONDS=60` looks for new findings.
# A finding is left in build/fuzz/; once mended, move it to the corpus.

FUZZ_NAMES := $(sort $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_REPLAYS = $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/replay_%)
FUZZERS = $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/fuzzer_%)
FUZZ_SECONDS = $(or $(SECONDS),60)

CHECK_PROGRAMS += $(FUZZ_REPLAYS)
# libfyaml leaks a little on what it refuses, hence no search for leaks.
CHECKS += $(foreach n,$(FUZZ_NAMES),'ASAN_OPTIONS=detect_leaks=0 $(BUILD)/tests/fuzz/replay_$n tests/fuzz/corpus/$n/*')

$(FUZZ_REPLAYS): $(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(LIBRARY)
	$(CC) $(TEST_LINKER) -o $@ $^ $(LDLIBS_ALL)

# Only within the build that `make fuzz` starts: what fuzzers run, instrumented, below build/fuzz/objects.  Roles, laws and the
# engine, which the tables of algorithms name and no fuzzer calls, are those of the usual build.
$(FUZZERS): $(BUILD)/tests/fuzz/fuzzer_%: $(BUILD)/tests/fuzz/fuzz_%.o $(LIBRARY) $(NOT_FUZZED)
	$(CXX) -fsanitize=fuzzer -o $@ $^ $(LDLIBS_ALL)

fuzzers: $(FUZZERS)

FUZZ_BUILD = BUILD=build/fuzz/objects CC=clang-14 CXX=clang++-14 MALLOC= OPTIMISE='-O1 -gline-tables-only' \
    FUZZED='sim/base/% sim/platform/% sim/scenario/% sim/workload/% sim/study/%' NOT_FUZZED=$(LIBRARY) \
    EXTRA_FLAGS='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'

# libfyaml leaks a little on what it refuses, hence no search for leaks.
fuzz: deps-lint ## fuzz scenarios, platforms and models for SECONDS=60 in all; findings in build/fuzz/
	@mkdir -p build/fuzz $(FUZZ_NAMES:%=build/fuzz/corpus/%)
	@{ $(MAKE) -j$(JOBS) $(LIBRARY) && $(MAKE) -j$(JOBS) $(FUZZ_BUILD) fuzzers; } > build/fuzz/build.log 2>&1 \
	    || { cat build/fuzz/build.log; exit 1; }
	@printf '%s\n' $(FUZZ_NAMES) | xargs -P $(JOBS) -I NAME \
	    tests/fuzz/run NAME $$(( $(FUZZ_SECONDS) / $(words $(FUZZ_NAMES)) ))

.PHONY: fuzz fuzzers
