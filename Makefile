# Every target makes .venv first where it is missing or older than requirements.txt and pyproject.toml.

PORT ?= 8501
PYTHON_IN_VENV := .venv/bin/python
PYTEST := $(PYTHON_IN_VENV) -m pytest
# A group stays on one core, and with it what its tests share, e.g. one running dashboard: see tests/conftest.py,
# which also puts the groups in their order.
PYTEST_FLAGS := -n auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder
ARGS ?=

export PORT HEADLESS PYTHON

.PHONY: help setup run test e2e lint fuzz bench results lists lock clean
.DEFAULT_GOAL := help

help:
	@echo 'make run      the dashboard on http://localhost:$(PORT); PORT=8502 for another port, HEADLESS=1 opens no browser'
	@echo 'make test     every test; ARGS="-k explore -x" goes to pytest'
	@echo 'make e2e      only the tests that drive a real browser'
	@echo 'make lint     ruff and mypy'
	@echo 'make fuzz     damaged recordings and tables through whole builds, five minutes; ARGS="--minutes 1" for less'
	@echo 'make bench    every benchmark, each prints a table'
	@echo 'make results  docs/RESULTS.md from the current snapshot of the store; SESATLAS_STORE names another store'
	@echo 'make lists    the table of what can grow in README.md, from the registries'
	@echo 'make lock     requirements.lock: every package of requirements.txt with its hash, for this kind of machine'
	@echo 'make setup    only .venv'
	@echo 'make clean    removes .venv, caches and screenshots; data/ stays'

setup:
	@sh scripts/setup.sh

run:
	@sh scripts/run.sh

test: setup
	@$(PYTEST) $(PYTEST_FLAGS) $(ARGS)

e2e: setup
	@$(PYTEST) tests/e2e $(ARGS)

lint: setup
	@$(PYTHON_IN_VENV) -m ruff check .
	@$(PYTHON_IN_VENV) -m ruff format --check .
	@$(PYTHON_IN_VENV) -m mypy

fuzz: setup
	@$(PYTHON_IN_VENV) scripts/fuzz.py $(ARGS)

# What benchmarks compare with lies beside .venv, so that tests and the dashboard are as they are without it.
build/benchmarks/.ready: benchmarks/requirements.txt | setup
	@rm -rf $(@D)
	@$(PYTHON_IN_VENV) -m pip install --quiet --disable-pip-version-check --no-input --no-deps --target $(@D) -r $< \
		&& touch $@ || echo 'The packages to compare with could not be installed; benchmarks that need them say so.' >&2

# Files with a leading underscore are shared by the benchmarks and print nothing themselves.
bench: setup build/benchmarks/.ready
	@for file in benchmarks/[!_]*.py; do \
		test -f "$$file" || { echo 'No benchmark in benchmarks/ yet.'; break; }; \
		echo "== $$file"; $(PYTHON_IN_VENV) "$$file" || exit 1; \
	done

results: setup
	@$(PYTHON_IN_VENV) scripts/results.py $(ARGS)

lists: setup
	@$(PYTHON_IN_VENV) scripts/lists.py

lock: setup
	@$(PYTHON_IN_VENV) scripts/lock.py

clean:
	@rm -rf .venv build ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/e2e/screenshots
	@find . -path ./data -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
