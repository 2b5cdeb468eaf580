# tests.mk -- how the tests are built and run; each folder that needs rules of its own has a rules.mk.
#
#   unit/  law/  published/   cmocka programs: one file, one program, linked with all of dmlsim but main
#   golden/                   tesh files: one per scenario, output pinned
#   oracle/ fuzz/ bench/      see their rules.mk

CMOCKA_TESTS := $(sort $(wildcard tests/unit/*.c tests/law/*.c tests/published/*.c))
CMOCKA_PROGRAMS = $(CMOCKA_TESTS:%.c=$(BUILD)/%)
GOLDEN := $(sort $(wildcard tests/golden/*.tesh))
CHECKS =    # commands that speak TAP; rules.mk files add theirs
LONG_CHECKS =
LONGEST_CHECKS = # those of them that take minutes: they begin first, so that nobody waits for one alone

.PRECIOUS: $(BUILD)/tests/%.o

# Test helpers: headers beside the tests, fixtures in tests/fixtures/.
FIXTURES := $(sort $(wildcard tests/fixtures/*.c))
FIXTURE_OBJECTS = $(FIXTURES:%.c=$(BUILD)/%.o)

$(CMOCKA_PROGRAMS): $(BUILD)/%: $(BUILD)/%.o $(FIXTURE_OBJECTS) $(LIBRARY)
	$(CC) $(TEST_LINKER) -o $@ $^ -lcmocka $(LDLIBS_ALL)

-include $(sort $(wildcard tests/*/rules.mk))

check: deps-check ## all tests but the long ones (under 3 minutes)
	@$(MAKE) -j$(JOBS) check-programs > check-build.log 2>&1 || { cat check-build.log; rm -f check-build.log; exit 1; }
	@rm -f check-build.log
	@$(MAKE) check-built

check-programs: all $(CMOCKA_PROGRAMS) $(CHECK_PROGRAMS)

# What takes longest begins first, so that no core is left idle at the end: the scripts run hundreds of programs.
CMOCKA_LONGEST = $(filter $(addprefix $(BUILD)/tests/law/,collectives sharded_data_parallel federated_async compression parameter_server lossless),$(CMOCKA_PROGRAMS))
# studies, whose points are many
GOLDEN_LONGEST = $(filter $(patsubst %,tests/golden/%.tesh,which_allreduce federated_participation when_drafting_pays device_edge_or_cloud),$(GOLDEN))
check-built:
	@tests/run $(BUILD)/log $(CHECKS) $(CMOCKA_LONGEST) $(foreach t,$(GOLDEN_LONGEST),'tests/golden/run $(PROGRAM) $(t)') \
	    $(filter-out $(CMOCKA_LONGEST),$(CMOCKA_PROGRAMS)) \
	    $(foreach t,$(filter-out $(GOLDEN_LONGEST),$(GOLDEN)),'tests/golden/run $(PROGRAM) $(t)')

check-long: check-programs ## the long tests: the whole matrix against SMPI and the like
	@if [ -n "$(strip $(LONG_CHECKS))" ]; then TEST_TIMEOUT=1500 tests/run $(BUILD)/log-long $(LONGEST_CHECKS) $(LONG_CHECKS); fi

.PHONY: check check-programs check-built check-long
