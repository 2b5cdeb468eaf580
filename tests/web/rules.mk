# web/rules.mk -- pages in a real, headless Chromium.  Where npm is there it came with its own Node.js, which Debian's contradicts.
WEB_PACKAGES = chromium $(if $(shell command -v npm),,nodejs npm)
PLAYWRIGHT = $(BUILD)/web/node_modules/playwright-core

deps-web: deps-check
	$(call install_missing,$(WEB_PACKAGES))
	@$(MAKE) $(PLAYWRIGHT)

# The versions stand in the lock file; whence they come is npm's own affair.
$(PLAYWRIGHT): tests/web/package-lock.json
	@mkdir -p $(BUILD)/web && cp tests/web/package.json tests/web/package-lock.json $(BUILD)/web
	@cd $(BUILD)/web && { npm ci --ignore-scripts --no-audit --no-fund > npm.log 2>&1 || { cat npm.log; exit 1; }; }
	@touch $@

# The program as it is where npm is not: its tables of uPlot are empty.
WITHOUT_UPLOT = $(BUILD)/web/dmlsim_without_uplot
$(WITHOUT_UPLOT): $(BUILD)/generated/web.c $(BUILD)/sim/cli/main.o $(LIBRARY)
	@mkdir -p $(@D)
	@awk '/^const/ {skip = /web_uplot/; if (skip) {sub(/\{.*/, "{0};"); print}} !skip' $< > $@.c
	$(CC) $(CFLAGS_ALL) -o $@ $@.c $(BUILD)/sim/cli/main.o $(LIBRARY) $(LDLIBS_ALL)
ACCESS = 'tests/web/access $(PROGRAM) $(WITHOUT_UPLOT) $(BUILD)/web'
LONG_CHECKS += $(ACCESS)

check-long: deps-web $(WITHOUT_UPLOT)
LONGEST_CHECKS += 'tests/web/lessons $(PROGRAM) $(BUILD)/web'
LONG_CHECKS += 'tests/web/report $(PROGRAM) $(BUILD)/web'

check-web: deps-web all $(WITHOUT_UPLOT) ## pages in a headless Chromium
	@tests/run $(BUILD)/log-web 'tests/web/lessons $(PROGRAM) $(BUILD)/web' 'tests/web/report $(PROGRAM) $(BUILD)/web' $(ACCESS)
.PHONY: deps-web check-web
