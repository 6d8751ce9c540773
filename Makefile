# One front door: the same words on a laptop and in continuous integration.
PYTHON ?= python3
BIN := .venv/bin
# One thread a process: the matrices are small, and answers are the same on every machine.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.PHONY: help setup demo test check lint types walls bench faults openapi client requirements clean

help:
	@echo "make demo    set up, simulate a provider, train, start the service, ask for three customers"
	@echo "make test    set up, run all tests"
	@echo "make check   lint, types, walls, tests, and what of the code they reach"
	@echo "make bench   measure; writes var/bench.json"
	@echo "make faults  break it at full length; writes var/faults.json; BEHOUD_FAULTS=0.1 a tenth of it"
	@echo "make client  write the Python client of the contract to dist/behoud-client"

setup: .venv/.ready

.venv/.ready: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Behoud needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned requirements into .venv (a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@touch .venv/.ready

demo: setup
	@$(BIN)/python examples/demo.py

# A process a core and one more, at most four, each with a store of its own; whoever is done takes tests over from another.
test: setup
	$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --durations=10 $(MEASURED)

# To watch every branch makes the tests slower: it is done where it is judged.
check: MEASURED := --cov --cov-report=
check: lint types walls test
	$(BIN)/python -m coverage report --include='models/*' --fail-under=100
	$(BIN)/python -m coverage report --fail-under=90

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/python -m mypy

walls: setup
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python -m bench

# One after the other: how fast the answers come is judged too.
faults: setup
	BEHOUD_FAULTS=$${BEHOUD_FAULTS:-full} $(BIN)/python -m pytest tests/faults -p no:cacheprovider --durations=0

openapi: setup
	$(BIN)/python -m api openapi > docs/openapi.json

# The typed client of the contract, to install: nothing of it is written by hand.
client: setup
	@rm -rf dist/behoud-client
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/openapi-python-client generate --path docs/openapi.json --config clients/python/generator.yaml --meta setup --fail-on-warning --output-path dist/behoud-client

# Pins every requirement with its hashes. Needs uv; writes no address.
requirements:
	uv pip compile -q pyproject.toml --extra api --extra training --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -o requirements/dev.txt
	uv pip compile -q pyproject.toml --extra api --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -o requirements/api.txt
	uv pip compile -q pyproject.toml --extra training --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -o requirements/training.txt

clean:
	rm -rf .venv var build dist .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
