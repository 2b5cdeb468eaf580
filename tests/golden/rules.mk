# rules.mk -- golden: what is printed for bad input, and what is left after an interruption
CHECKS += 'tests/golden/bad_input $(PROGRAM)' 'tests/golden/interrupted $(PROGRAM)' \
    'tests/golden/plots $(PROGRAM)' 'tests/golden/studies $(PROGRAM)' 'tests/golden/commands $(PROGRAM)' \
    'tests/golden/statistics $(PROGRAM)' 'tests/golden/figures $(PROGRAM)' 'tests/golden/models $(PROGRAM)' \
    'tests/golden/model_import $(PROGRAM)' 'tests/golden/documents $(PROGRAM)' 'tests/golden/report $(PROGRAM)'

golden: all ## write the golden files anew (read git diff tests/golden before you commit)
	@tests/golden/make $(PROGRAM)
.PHONY: golden
