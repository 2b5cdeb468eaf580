# rules.mk -- published: the numbers of papers and machines beside ours
PUBLISHED := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/published/*.c)))

published: $(PUBLISHED) ## published numbers beside ours, with the error
	@for t in $(PUBLISHED); do CMOCKA_MESSAGE_OUTPUT=TAP $$t | grep -v '^[0-9]*\.\.[0-9]*$$\|^# ok'; done
.PHONY: published
