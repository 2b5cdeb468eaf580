# Oracles: what others have computed for the same platform file.  Needs smpicc and smpirun, which come
# with libsimgrid-dev.

ORACLE = $(BUILD)/tests/oracle
ORACLE_PLATFORMS = platforms/two_racks.xml platforms/fat_tree.xml platforms/torus.xml $(ORACLE)/star.xml

CHECK_PROGRAMS += $(ORACLE)/ring_against_smpi $(ORACLE)/smpi_allreduce $(ORACLE)/star.xml
CHECKS += $(foreach p,$(ORACLE_PLATFORMS),'$(ORACLE)/ring_against_smpi $(p) $(ORACLE)/smpi_allreduce \
              $(ORACLE)/$(basename $(notdir $(p)))')

$(ORACLE)/ring_against_smpi: $(ORACLE)/ring_against_smpi.o $(LIBRARY)
	$(CC) -o $@ $^ $(LDLIBS_ALL)

# smpicc is a compiler of its own: no sanitizer, and none of our libraries
$(ORACLE)/smpi_allreduce: tests/oracle/smpi_allreduce.c
	@mkdir -p $(@D)
	smpicc -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -o $@ $<

# Sixteen hosts round one switch, with numbers that nothing divides
$(ORACLE)/star.xml: tests/oracle/rules.mk
	@mkdir -p $(@D)
	@printf '%s\n' "<?xml version='1.0'?>" \
	    '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">' '<platform version="4.1">' \
	    '  <cluster id="star" prefix="node-" suffix="" radical="0-15" speed="1Gf" bw="123.4MBps"' \
	    '           lat="17.3us" sharing_policy="SPLITDUPLEX"/>' '</platform>' > $@
