# Oracles: what others have computed for the same platform file.  Needs smpicc and smpirun, which come
# with libsimgrid-dev.

ORACLE = $(BUILD)/tests/oracle
ORACLE_PLATFORMS = platforms/two_racks.xml platforms/fat_tree.xml platforms/torus.xml $(ORACLE)/star.xml

CHECK_PROGRAMS += $(ORACLE)/ring_against_smpi $(ORACLE)/smpi_allreduce $(ORACLE)/star.xml
CHECKS += $(foreach p,$(ORACLE_PLATFORMS),'$(ORACLE)/ring_against_smpi $(p) $(ORACLE)/smpi_allreduce \
              $(ORACLE)/$(basename $(notdir $(p)))')

# All collectives: a platform with shared links and a number of ranks that is no power of two in make check,
# the whole matrix in make check-long
CHECK_PROGRAMS += $(ORACLE)/collectives_against_smpi $(ORACLE)/smpi_collectives
AGAINST_SMPI = $(ORACLE)/collectives_against_smpi $(1) $(ORACLE)/smpi_collectives \
    $(ORACLE)/all-$(basename $(notdir $(1))) $(2)
CHECKS += '$(call AGAINST_SMPI,platforms/two_racks.xml,7)' '$(call AGAINST_SMPI,$(ORACLE)/star.xml,4)'
LONG_CHECKS += $(foreach p,$(ORACLE_PLATFORMS),'$(call AGAINST_SMPI,$(p),2 3 4 7 8 16)')

$(ORACLE)/collectives_against_smpi $(ORACLE)/ring_against_smpi: %: %.o $(ORACLE)/against_smpi.o $(LIBRARY)
	$(CC) $(TEST_LINKER) -o $@ $^ $(LDLIBS_ALL)

# smpicc is a compiler of its own: no sanitizer, and none of our libraries
$(ORACLE)/smpi_allreduce $(ORACLE)/smpi_collectives: $(ORACLE)/%: tests/oracle/%.c
	@mkdir -p $(@D)
	smpicc -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -o $@ $<

# Sixteen hosts round one switch, with numbers that nothing divides
$(ORACLE)/star.xml: tests/oracle/rules.mk
	@mkdir -p $(@D)
	@printf '%s\n' "<?xml version='1.0'?>" \
	    '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">' '<platform version="4.1">' \
	    '  <cluster id="star" prefix="node-" suffix="" radical="0-15" speed="1Gf" bw="123.4MBps"' \
	    '           lat="17.3us" sharing_policy="SPLITDUPLEX"/>' '</platform>' > $@
