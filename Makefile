# Two commands do everything on a machine with Python 3.11, git and make: `make run` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.ready
PART ?= all

.PHONY: setup run test check ui soak bench docs clean

setup: $(STAMP)  ## the pinned environment in .venv

$(STAMP): pyproject.toml uv.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.11,<1"
	UV_PROJECT_ENVIRONMENT=.venv UV_COMPILE_BYTECODE=1 $(BIN)/uv sync --frozen --quiet --inexact
	touch $@

run: setup  ## the nightly job on the demonstration agency, through Airflow
	$(BIN)/python -m cmfc_demo

ui: setup  ## a local Airflow with the DAGs
	$(BIN)/python -m cmfc_demo --ui

check: setup  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check  ## everything that must hold
	$(BIN)/pytest -m "not soak" -n 2 --dist loadscope --no-loadscope-reorder

soak: setup  ## the long versions, in parts that go on where they stopped: make soak PART=oracle (docs/testing.md)
	$(BIN)/pytest -m soak --part $(PART)

bench: setup  ## speed, side by side in one run
	$(BIN)/python -m benchmarks.reconcile
	$(BIN)/python -m benchmarks.ledger
	$(BIN)/python -m benchmarks.review

docs: setup  ## the documentation as a site, in .local/site; its reference pages are written anew first
	$(BIN)/cmfc reference --write
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

clean:
	rm -rf .venv .local
