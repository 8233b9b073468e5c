# Two commands need nothing but Python 3.11 or later, make and a package index: `make quickstart` and `make test`.
# Each makes its own virtual environment and uses it again until pyproject.toml or constraints.txt is newer.
#
#   make test PYTHON=/path/to/python3         the interpreter to use
#   make test PYTEST_ARGS='-k rotation -x'    passed on to pytest

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?=
PYTEST_ARGS ?=
PYTEST_WORKERS ?= auto
COVERAGE_MINIMUM ?= 97
DIST ?= dist

VENV := .venv
BIN := $(VENV)/bin
GATED := */vzctl/domain/*,*/vzctl/usecases/*,*/vzctl/store/*,*/vzctl/vault/*

pytest = $(BIN)/pytest -n '$(PYTEST_WORKERS)' --dist worksteal
make_venv = @PYTHON='$(PYTHON)' sh tools/make_venv.sh

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

.PHONY: quickstart
quickstart: quickstart-venv ## see vzctl work: a tour in a throw-away folder, without an account or a key
	@PATH="$$PWD/.venv-quickstart/bin:$$PATH" sh examples/quickstart.sh

.PHONY: test
test: venv ## run the tests, but for the slow ones
	$(pytest) -m 'not slow' $(PYTEST_ARGS)

.PHONY: test-slow
test-slow: venv ## run the slow tests, and the property tests with all their examples
	VZCTL_TEST_EFFORT="$${VZCTL_TEST_EFFORT:-1}" $(pytest) -m 'slow or hypothesis' $(PYTEST_ARGS)

.PHONY: test-all
test-all: test test-slow ## run all tests

.PHONY: coverage
coverage: venv ## run the tests and hold branch coverage of the inner layers against its minimum
	@rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory test PYTEST_ARGS='--cov --cov-report= $(PYTEST_ARGS)'
	@$(MAKE) --no-print-directory coverage-report

.PHONY: coverage-report
coverage-report: venv
	@echo 'branch coverage, all of vzctl:'
	@$(BIN)/coverage report
	@echo 'branch coverage, domain + usecases + store + vault, at least $(COVERAGE_MINIMUM) %:'
	@$(BIN)/coverage report --include='$(GATED)' --precision=1 --fail-under='$(COVERAGE_MINIMUM)'

.PHONY: format
format: venv ## format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lint
lint: venv ## check format and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

.PHONY: types
types: venv ## check types
	$(BIN)/mypy --strict src tests tools benchmarks

.PHONY: walls
walls: venv ## check which layer may import which
	$(BIN)/lint-imports

.PHONY: generate
generate: venv ## write the files that are made from the code
	$(BIN)/python tools/generate.py

.PHONY: generate-check
generate-check: venv ## check that these files are fresh
	$(BIN)/python tools/generate.py --check

.PHONY: wheel
wheel: venv ## build the source distribution, and from it the wheel
	$(BIN)/python -m build --outdir '$(DIST)' .

.PHONY: bench
bench: venv ## run the benchmarks
	$(BIN)/python benchmarks/run.py

.PHONY: metrics
metrics: venv ## count the files that a command enters, and the lines of Python
	$(BIN)/python benchmarks/files_entered.py

.PHONY: ci
ci: ## run everything that CI runs
	bash .ci/run

.PHONY: clean
clean: ## remove everything that make made
	rm -rf .venv .venv-quickstart dist .coverage .coverage.* .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: venv
venv: ## make the virtual environment for developers, .venv
	$(make_venv) '$(VENV)' dev,age,serve

.PHONY: quickstart-venv
quickstart-venv:
	$(make_venv) .venv-quickstart age,serve
