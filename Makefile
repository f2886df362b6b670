# Every target makes what it needs: a fresh machine has python3 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test test-full bench check clean

setup: $(STAMP)

$(STAMP): pyproject.toml bin/dark
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: setup
	@$(BIN)/python sample_canvases/demo.py

test: setup
	@$(BIN)/python -m pytest -n 2 -m 'not full'

test-full: setup
	@$(BIN)/python -m pytest

bench: setup
	@$(BIN)/python -m benchmarks

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
