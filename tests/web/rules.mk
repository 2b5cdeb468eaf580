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

check-long: deps-web
LONG_CHECKS += 'tests/web/lessons $(PROGRAM) $(BUILD)/web' 'tests/web/report $(PROGRAM) $(BUILD)/web'

check-web: deps-web all ## pages in a headless Chromium
	@tests/run $(BUILD)/log-web 'tests/web/lessons $(PROGRAM) $(BUILD)/web' 'tests/web/report $(PROGRAM) $(BUILD)/web'
.PHONY: deps-web check-web
