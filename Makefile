# What people do with Kakehashi; CI runs these same targets. Needs git and Python 3.11 or newer, nothing else.
PYTHON3 ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# two processes, each takes whole files; those with slow tests come first (tests/conftest.py)
SPREAD ?= --numprocesses 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help install run test test-fast check format up audit bench docs clean

help: ## list every target
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do printf '  make %-10s %s\n' "$$name" "$$what"; done

install: $(INSTALLED) ## make .venv and install what requirements.lock names (again only when it changes)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Kakehashi needs Python 3.11 or newer; '$(PYTHON3)' is $$($(PYTHON3) --version 2>&1 || echo missing)." >&2; \
		echo "Install it, or name another: make install PYTHON3=python3.12" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON3) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --no-compile --requirement requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --editable .
	$(BIN)/python -m compileall -qq -j 0 .venv/lib || true # on every core; a package's templates may be no Python
	@touch $@

run: install ## run the whole chain here and show what came out
	$(BIN)/kakehashi run

test: install ## all tests (minutes, no network), a file at a time in each of two processes
	$(BIN)/python -m pytest $(SPREAD)

test-fast: install ## the tests without the long ones (whole chain, real servers)
	$(BIN)/python -m pytest $(SPREAD) -m "not slow"

check: install ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install ## write the format that `check` asks for
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

up: install ## Prefect with a worker, and MLflow, until Ctrl-C; on PostgreSQL with UP=--postgresql
	@$(BIN)/kakehashi up $(UP)

audit: install ## recompute the committed result in an empty place and certify it
	$(BIN)/kakehashi audit

bench: install ## print the measurements that docs/experiments.md records
	$(BIN)/python -m benchmarks

docs: install ## make docs/parameters.md again from the typed settings
	$(BIN)/python -m flows.parameters docs/parameters.md

clean: ## remove caches and build leftovers; data, results and .venv stay
	rm -rf .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
