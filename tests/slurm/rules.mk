# slurm/rules.mk -- a real Slurm of one node, started for the test and stopped after it; needs root, or sudo.

deps-slurm: deps-check
	$(call install_missing,$(SLURM_PACKAGES))

check-slurm: deps-slurm ## a sweep on a real Slurm, started here and stopped afterwards (half a minute)
	@$(MAKE) -j$(JOBS) all > check-slurm-build.log 2>&1 || { cat check-slurm-build.log; rm -f check-slurm-build.log; exit 1; }
	@rm -f check-slurm-build.log
	@tests/run $(BUILD)/log-slurm 'tests/slurm/check $(PROGRAM)'

.PHONY: deps-slurm check-slurm
