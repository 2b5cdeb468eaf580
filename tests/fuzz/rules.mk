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

# Only within the build that `make fuzz` starts: dmlsim without its commands, instrumented, below build/fuzz/objects.
$(FUZZERS): $(BUILD)/tests/fuzz/fuzzer_%: $(BUILD)/tests/fuzz/fuzz_%.o $(LIBRARY)
	$(CXX) -fsanitize=fuzzer -o $@ $^ $(LDLIBS_ALL)

fuzzers: $(FUZZERS)

FUZZ_BUILD = BUILD=build/fuzz/objects CC=clang-14 CXX=clang++-14 MALLOC= WITHOUT_COMMANDS=1 OPTIMISE='-O1 -gline-tables-only' \
    EXTRA_FLAGS='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'

# libfyaml leaks a little on what it refuses, hence no search for leaks.
fuzz: deps-lint ## fuzz scenarios, platforms and models for SECONDS=60 in all; findings in build/fuzz/
	@mkdir -p build/fuzz $(FUZZ_NAMES:%=build/fuzz/corpus/%)
	@$(MAKE) -j$(JOBS) $(FUZZ_BUILD) fuzzers > build/fuzz/build.log 2>&1 || { cat build/fuzz/build.log; exit 1; }
	@failed=0; for name in $(FUZZ_NAMES); do \
	    echo "fuzzing $$name for $$(( $(FUZZ_SECONDS) / $(words $(FUZZ_NAMES)) )) s"; \
	    ASAN_OPTIONS=detect_leaks=0 build/fuzz/objects/tests/fuzz/fuzzer_$$name \
	        -max_total_time=$$(( $(FUZZ_SECONDS) / $(words $(FUZZ_NAMES)) )) -timeout=10 -rss_limit_mb=1500 \
	        -max_len=2048 -detect_leaks=0 -print_final_stats=1 -dict=tests/fuzz/$$name.dict \
	        -artifact_prefix=build/fuzz/$$name- \
	        build/fuzz/corpus/$$name tests/fuzz/corpus/$$name > build/fuzz/$$name.log 2>&1 || failed=1; \
	    grep -E '^(stat::number_of_executed|SUMMARY|==|Test unit written|artifact_prefix)|Assertion' \
	        build/fuzz/$$name.log; \
	done; exit $$failed

.PHONY: fuzz fuzzers
