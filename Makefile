# Two commands from a bare machine: `make demo` and `make test`. Everything goes into .venv.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BROWSER := perfnb/views/browser
SOURCES := pyproject.toml $(BROWSER)/package-lock.json $(BROWSER)/build.mjs $(shell find $(BROWSER)/src -name '*.ts')

.PHONY: demo lab test tools fuzz check bench format clean

# Installs the package in place, with all that tests and checks need; builds the browser's part.
$(STAMP): $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[check]'
	touch $@

demo: $(STAMP) ## Run the quickstart notebook and write build/quickstart.html
	$(BIN)/python -m perfnb.report example_notebooks/quickstart.ipynb build/quickstart.html
	@echo "Open build/quickstart.html in a browser."

lab: $(STAMP) ## Open JupyterLab on the examples
	$(BIN)/jupyter lab --notebook-dir example_notebooks

test: $(STAMP) tools ## Install what is needed and run all tests
	$(BIN)/python -m pytest $(ARGS)

# Programs that tests run, from the system's packages where they are missing: command:package.
TOOLS := chromium:chromium perf:linux-perf bpftrace:bpftrace go:golang-go
tools:
	@missing=; for tool in $(TOOLS); do \
	  command -v $${tool%%:*} >/dev/null || missing="$$missing $${tool##*:}"; \
	done; \
	[ -z "$$missing" ] || { apt-get update -qq && \
	  apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }
	cd tests/peers && npm ci --no-fund --no-audit --loglevel=error >/dev/null

# Not a part of `test`: it has no end.
FORMATS ?= archive perf.data memray austin pstats speedscope gecko cpuprofile chrometrace bpftrace pprof perf_script folded
fuzz: $(STAMP) ## Fuzz the readers, a minute each; what breaks one is kept in build/fuzz
	$(BIN)/python -m pip install --quiet atheris
	@for format in $(FORMATS); do $(BIN)/python tests/fuzz/fuzz_formats.py "$${format/_/ }" || exit 1; done

check: $(STAMP) ## Lint, types, layers, TypeScript, the docs' snippets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd $(BROWSER) && npm ci --no-fund --no-audit --loglevel=error && npm run --silent check
	$(BIN)/python -m pytest tests/architecture --doctest-modules perfnb/model perfnb/capture/record.py

bench: $(STAMP) ## Measure overhead, latency and exploring against peers
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/offcpu.py
	$(BIN)/python benchmarks/latency.py
	$(BIN)/python benchmarks/explore.py
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python benchmarks/formats.py

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build perfnb/dist perfnb/bokeh.ext.json $(BROWSER)/node_modules $(BROWSER)/build
