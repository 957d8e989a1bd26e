# Two commands do everything on a machine with Python 3.11, git and make: `make run` and `make test`.
# `make` alone lists what there is; a target's words behind ## are its line.
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.ready
SPARK := .venv/.spark
MADE := .venv .local/airflow .local/coverage .local/mutants .local/soak .local/site .local/sbom.json \
  .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
PART ?= all
COUNT ?= 500
SEED ?= 1

.PHONY: help setup hooks run test check ui soak bench coverage mutants house docs screenshots sbom clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Its programs name the folder that it was made in: in another one (moved, copied) it is made anew.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

setup: $(STAMP)  ## the pinned environment in .venv

$(STAMP): pyproject.toml uv.lock tools/uv.txt
	[ "$$(cat $@ 2>/dev/null)" = '$(CURDIR)' ] || rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r tools/uv.txt
	UV_PROJECT_ENVIRONMENT=.venv UV_COMPILE_BYTECODE=1 $(BIN)/uv sync --frozen --quiet --inexact
	echo '$(CURDIR)' > $@

hooks: setup  ## style, types and layers before each commit (.pre-commit-config.yaml)
	$(BIN)/pre-commit install

run: setup  ## the nightly job on the demonstration agency, through Airflow
	$(BIN)/python -m cmfc_demo

ui: setup  ## a local Airflow with the DAGs
	$(BIN)/python -m cmfc_demo --ui

check: setup  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The second engine is 434 MB and of no use without Java, so only the tests fetch it, and only where there is one.
$(SPARK): $(STAMP)
	UV_PROJECT_ENVIRONMENT=.venv $(BIN)/uv sync --frozen --quiet --inexact --extra spark
	touch $@

test: check $(if $(ALL),$(if $(shell command -v java),$(SPARK)))  ## what must hold; with ALL=1 also what takes long
	$(BIN)/pytest -m "$(if $(ALL),not soak,not soak and not long)" -n 2 --dist loadscope --no-loadscope-reorder --durations=40

soak: setup  ## the long versions, in parts that go on where they stopped: make soak PART=oracle (docs/testing.md)
	$(BIN)/pytest -m soak --part $(PART)

bench: setup  ## speed: whole nights at three sizes, the core beside its peers, the ledger, the review page
	$(BIN)/python -m benchmarks.night
	$(BIN)/python -m benchmarks.reconcile
	$(BIN)/python -m benchmarks.ledger
	$(BIN)/python -m benchmarks.review

coverage: setup  ## the tests with branch coverage (docs/testing.md)
	mkdir -p .local/coverage
	$(BIN)/pytest -m "not soak" -n 2 --dist loadscope --no-loadscope-reorder \
	  --cov --cov-report=term:skip-covered --cov-report=html:.local/coverage/html

mutants: setup  ## small faults put in on purpose: which does no test notice? make mutants COUNT=20 SEED=7
	$(BIN)/python -m tools.mutants --count $(COUNT) --seed $(SEED)

house: setup  ## rooms, imports, long files, doubled lines
	$(BIN)/python tools/house.py

docs: setup  ## the documentation as a site, in .local/site; its reference pages are written anew first
	$(BIN)/cmfc reference --write
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

screenshots: setup  ## every page of the review as a picture, in .local/screenshots
	$(BIN)/python -m tools.screenshots

sbom: setup  ## the packages of the lock as CycloneDX, in .local/sbom.json
	mkdir -p .local
	$(BIN)/uv export --frozen --quiet --no-default-groups --extra fab --preview-features sbom-export --format cyclonedx1.5 -o .local/sbom.json

clean:  ## the environment and what can be made again away; store, lists, ledger, audits and mappings stay
	rm -rf $(MADE)
