# Each target sets up what it needs in .venv: a machine with make and Python 3.11 or newer is enough.

SUITABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c '$(SUITABLE)' 2>/dev/null && { echo "$$python"; break; }; done)

FEDIFY := tests/interop/peers/fedify
NPM_CI = npm ci --prefix $(FEDIFY) --ignore-scripts --no-audit --no-fund --loglevel=error

# Tests start our program a thousand times: it is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run demo test interop check fuzz simulate bench crash shape docs sentences lock clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

run: .venv/requirements.installed ## Run a gate on http://127.0.0.1:8420, kept in ./data
	@test -e data/gate.toml || .venv/bin/forgefed-gate init data --base-url http://127.0.0.1:8420
	@.venv/bin/forgefed-gate serve --config data/gate.toml

demo: .venv/requirements.installed ## Watch a newcomer and a project meet, all on this machine
	@.venv/bin/python -m demo

test: .venv/requirements-test.installed ## Run every test (ARGS="tests/unit -k grant" for some)
	.venv/bin/pytest -n 2 --ignore=tests/interop $(ARGS)

interop: .venv/requirements-test.installed $(FEDIFY)/node_modules/.installed .venv/bovine/.installed ## Meet other software, installed for it
	.venv/bin/pytest -n 2 --dist loadgroup tests/interop $(ARGS)

check: .venv/requirements-check.installed ## Check format, lint, types, floors and architecture
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/basedpyright
	.venv/bin/lint-imports
	.venv/bin/pytest -q tests/test_architecture.py

fuzz: .venv/requirements-fuzz.installed ## Feed parsers with hostile input (RUNS=, SECONDS=, SEED=, TARGET=, CASE=)
	@PYTHONPATH=tests .venv/bin/python -m fuzz $(FUZZ)

FUZZ = $(foreach each,RUNS SECONDS SEED TARGET CASE KEEP,$(if $($(each)),--$(shell echo $(each) | tr A-Z a-z) $($(each))))

simulate: .venv/requirements-test.installed ## Let random histories befall many gates (RUNS=, SEED=, GATES=)
	@PYTHONPATH=.:tests .venv/bin/python -m simulation $(foreach each,RUNS SEED GATES,$(if $($(each)),--$(shell echo $(each) | tr A-Z a-z) $($(each))))

bench: .venv/requirements-test.installed ## Measure, each printing a ratio (PEER=1 also beside Fedify, which needs npm)
	@for script in bench/[a-z]*.py "bench/inbox.py --postgres" $(if $(PEER),"bench/inbox.py --peer"); do \
		echo "== $$script"; .venv/bin/python $$script || exit 1; done

crash: .venv/requirements-test.installed ## Kill gates at every point and at any moment, at length
	GATE_CRASHES=20 GATE_KILLS=500 .venv/bin/pytest -n 2 -rP tests/crash $(ARGS)

shape: .venv/bin/python ## Count our own code
	@.venv/bin/python tools/shape.py

docs: .venv/requirements-test.installed ## Hold the documentation to the code
	@if test -e tests/test_docs.py; then .venv/bin/pytest -q tests/test_docs.py; \
	else echo "There is no tests/test_docs.py yet."; fi

sentences: .venv/requirements-test.installed ## Write docs/sentences.md, which lists every sentence that a person can meet
	@.venv/bin/python tests/sentences.py

clean: ## Remove everything made here, except ./data
	rm -rf $(FEDIFY)/node_modules .venv build dist *.egg-info .hypothesis .import_linter_cache .ruff_cache fuzz/found
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(FEDIFY)/node_modules/.installed: $(FEDIFY)/package-lock.json
	@command -v npm >/dev/null || { \
		echo "This needs npm, of any age: the Node that the peer runs on comes by it."; exit 1; } >&2
	$(NPM_CI) || $(NPM_CI)
	@touch $@

.venv/bovine/.installed: tests/interop/peers/bovine/requirements.txt | .venv/bin/python
	.venv/bin/python -m venv --clear .venv/bovine
	.venv/bovine/bin/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@

.venv/bin/python:
	@"$(PYTHON)" -c '$(SUITABLE)' 2>/dev/null || { \
		echo "This needs Python 3.11 or newer, with venv and ensurepip. Debian and Ubuntu have them in"; \
		echo "  apt-get install python3-venv"; \
		echo "Another Python is chosen with  make PYTHON=/path/to/python3"; exit 1; } >&2
	"$(PYTHON)" -m venv --clear .venv

.venv/%.installed: %.txt pyproject.toml | .venv/bin/python
	.venv/bin/python -m pip install --quiet --require-hashes --requirement $<
	.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Lock files are resolved for the oldest Python we support, and all three at once: the smaller two
# are cuts of the largest, so one .venv serves every target.

define NEEDS
import sys, tomllib
project = tomllib.load(open("pyproject.toml", "rb"))
print(*project["build-system"]["requires"], sep="\n")
for group in sys.argv[1:]:
    print(*project["dependency-groups"][group], sep="\n")
endef
export NEEDS

LOCK_PYTHON ?= python3.11
RESOLVE = CUSTOM_COMPILE_COMMAND="make lock" .venv/lock/bin/pip-compile --quiet --generate-hashes \
	--allow-unsafe --strip-extras --no-emit-options --no-emit-index-url --no-emit-trusted-host \
	$(UPGRADE) pyproject.toml -

lock: .venv/lock/bin/pip-compile ## Resolve the lock files (UPGRADE=--upgrade for newer releases)
	$(LOCK_PYTHON) -c "$$NEEDS" test check | $(RESOLVE) -o requirements-check.txt
	$(LOCK_PYTHON) -c "$$NEEDS" test | $(RESOLVE) -c requirements-check.txt -o requirements-test.txt
	$(LOCK_PYTHON) -c "$$NEEDS" | $(RESOLVE) -c requirements-check.txt -o requirements.txt
	$(LOCK_PYTHON) -c "$$NEEDS" test fuzz | $(RESOLVE) -c requirements-check.txt -o requirements-fuzz.txt

.venv/lock/bin/pip-compile: | .venv/bin/python
	$(LOCK_PYTHON) -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet pip-tools==7.6.2
