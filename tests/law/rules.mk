# rules.mk -- law: scripts beside the cmocka programs
CHECKS += 'tests/law/determinism $(PROGRAM)' 'tests/law/covered $(PROGRAM)'
ifndef SANITIZE
CHECKS += 'BUILD=$(BUILD) tests/law/falsified'
endif

# for tests/law/falsified: how to compile one file, and how to link
print-cflags:
	$(info $(CFLAGS_ALL))@:
print-libs:
	$(info $(LDLIBS_ALL))@:
.PHONY: print-cflags print-libs
