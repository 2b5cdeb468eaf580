# rules.mk -- law: scripts beside the cmocka programs
CHECKS += 'tests/law/determinism $(PROGRAM)' 'tests/law/questions $(PROGRAM)'
# the same laws where SimGrid's network model times what is alone on its links, too
CHECKS += 'SIMULATION=full $(BUILD)/tests/law/verbs' 'SIMULATION=full $(BUILD)/tests/law/data_parallel_laws'
# many seeds of real learning
LONG_LAWS := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/law/long/*.c)))
LONGEST_LAW = $(BUILD)/tests/law/long/fedprox_facts
LONGEST_CHECKS += $(LONGEST_LAW)
LONG_CHECKS += $(filter-out $(LONGEST_LAW),$(LONG_LAWS)) 'tests/law/long/fedmarl_commands $(PROGRAM)'
$(LONG_LAWS): $(BUILD)/%: $(BUILD)/%.o $(FIXTURE_OBJECTS) $(LIBRARY)
	$(CC) $(TEST_LINKER) -o $@ $^ -lcmocka $(LDLIBS_ALL)

ifndef SANITIZE
CHECK_PROGRAMS += $(LONG_LAWS)
# It runs the shipped scenarios as their golden files do: the same instructions on the same data, in which sanitizers cannot
# find anything that they do not find there.
CHECKS += 'tests/law/covered $(PROGRAM)'
CHECKS += 'BUILD=$(BUILD) tests/law/falsified BYTES' 'BUILD=$(BUILD) tests/law/falsified SECONDS'
endif

# for tests/law/falsified: how to compile one file, and how to link
print-cflags:
	$(info $(CFLAGS_ALL))@:
print-libs:
	$(info $(LDLIBS_ALL))@:
.PHONY: print-cflags print-libs
