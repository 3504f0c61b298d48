# Every target makes what it needs; the first run creates .venv with pinned versions.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help setup run demo test test-slow test-browser check bench bench-sensing bench-link \
	bench-mesh bench-bloat bench-agent lab lab-mesh dashboard docs lock clean

help:            ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY)  ## create .venv with pinned versions

$(READY): pyproject.toml requirements-dev.lock tools/make_venv.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/make_venv.sh
	@touch $@

run: $(READY)    ## the agent and its page, live: make run [CAPTURE=path]
	$(BIN)/airsonde run $(if $(CAPTURE),--capture $(CAPTURE))

demo: $(READY)   ## analyse a capture in the terminal: make demo [CAPTURE=path]
	$(BIN)/airsonde demo $(CAPTURE)

test: $(READY)   ## the fast tests (under 3 minutes on 2 cores)
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-slow: $(READY) ## full data sets, soaks, large inputs
	$(BIN)/python -m pytest -m slow

check: $(READY)  ## ruff, mypy --strict, import contracts, docs build
	$(BIN)/ruff format --check src tests bench lab
	$(BIN)/ruff check src tests bench lab
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/mkdocs build --strict --quiet

bench: $(READY)  ## the figures of README, with peers in the same run
	$(BIN)/python -m bench

bench-sensing: $(READY) ## what is claimed of people, against recordings with truth
	$(BIN)/python -m bench.sensing

bench-link: $(READY) ## the link policies against their neighbours, on the same traces
	$(BIN)/python -m bench.link

bench-mesh: $(READY) ## the mesh: a message, a node, a coordinator under load
	$(BIN)/python -m bench mesh mesh-scale

bench-bloat: $(READY) ## latency under load on a kernel's queues (root, Debian; over two hours)
	$(BIN)/python -m bench.bloat steps lte wifi

bench-agent: $(READY) ## the agent: start, ten radios, many clients
	$(BIN)/python -m bench agent

lab: export LAB_ACCEL ?= icount
lab: export LAB_CPUS ?= 1
lab: $(READY)    ## tests that need the virtual Wi-Fi laboratory (root, Debian)
	$(BIN)/python -m lab.hwsim.image
	$(BIN)/python -m pytest -m lab tests/lab

lab-mesh: $(READY) ## nodes and coordinators as processes, with loss, deaths and floods
	$(BIN)/python -m pytest -m slow tests/apps/mesh tests/drivers/test_discovery.py

test-browser: $(READY) ## every view in the system's Chromium (needs node and chromium)
	cd web/dashboard && npm ci --no-audit --no-fund
	$(BIN)/python -m pip install --quiet playwright
	$(BIN)/python -m pytest -m browser tests/faces/dashboard

dashboard:       ## build web/dashboard into the package
	cd web/dashboard && npm ci --no-audit --no-fund && npm run build

docs: $(READY)   ## build the documentation into site/
	$(BIN)/mkdocs build --strict

lock: $(READY)   ## pin the newest versions that pyproject.toml allows
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --group dev \
		--no-annotate --custom-compile-command "make lock" -o requirements-dev.lock pyproject.toml

clean:           ## remove everything that was made
	rm -rf $(VENV) build dist site demo .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .benchmarks bench/data .lab web/dashboard/node_modules
