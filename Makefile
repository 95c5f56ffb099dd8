# Everything a contributor types. A fresh machine needs Python 3.11 or later and make.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench schema docs clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: .venv/.dev  ## make .venv with everything that tests and checks need

demo: .venv/.run  ## a node on free ports, the tour of the main job
	$(BIN)/aife-sim demo

test: .venv/.dev  ## run the tests
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

check: .venv/.dev  ## format, lint, types, import contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: .venv/.dev  ## put code into the house format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: .venv/.dev  ## measure
	$(BIN)/python -m bench

schema: .venv/.run  ## write the JSON Schemas of settings, check --json and flow why --json anew
	$(BIN)/python -m simulator.settings > schemas/config.schema.json.new
	mv schemas/config.schema.json.new schemas/config.schema.json
	$(BIN)/python -m simulator.validation.jsonline > schemas/check.schema.json.new
	mv schemas/check.schema.json.new schemas/check.schema.json
	$(BIN)/python -m simulator.cli.why_schema > schemas/why.schema.json.new
	mv schemas/why.schema.json.new schemas/why.schema.json

docs: .venv/.run  ## write the pages of docs/ that come from the data anew
	$(BIN)/python -m simulator.interfaces_page > docs/interfaces.md.new
	mv docs/interfaces.md.new docs/interfaces.md
	$(BIN)/python -m simulator.fidelity_page > docs/fidelity.md.new
	mv docs/fidelity.md.new docs/fidelity.md
	$(BIN)/python -m simulator.pesit_page > docs/pesit-coverage.md.new
	mv docs/pesit-coverage.md.new docs/pesit-coverage.md
	$(BIN)/python -m simulator.circuits_page > docs/circuits.md.new
	mv docs/circuits.md.new docs/circuits.md

clean:  ## remove .venv and what tools leave behind
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Each stamp is older than pyproject.toml when dependencies may have changed. `--group` needs a
# newer pip than Python brings along.
.venv/.run: pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	  { echo "Python 3.11 or later is needed; found $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
	  { echo "cannot make .venv; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/.dev: .venv/.run
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@
