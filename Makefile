# Two commands do everything on a machine with Python 3.11 or newer: make run, make test.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCKED := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run test test-full bench lint types lock clean help

help:
	@echo "make run        set up, build the edition, serve the dashboard on http://127.0.0.1:8501"
	@echo "make test       set up, then every behaviour once, browser included"
	@echo "make test-full  every combination (up to 80 minutes)"
	@echo "make bench      the benchmarks, each beside a named peer"
	@echo "make lint       style and format; make types: the types"
	@echo "make clean      take the set-up and the store of this checkout away"
	@echo "make lock       renew the lock files (needs uv)"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.ok: requirements.lock pyproject.toml | $(BIN)/python
	$(LOCKED) -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# Compiled modules and facts, also for a place where later runs may keep none.
	$(BIN)/python -m compileall -q app pipelines scrapers
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c "from pipelines import reference; from pipelines.attribution import rules; reference.load(); rules.shipped()"
	@touch $@

$(VENV)/test.ok: requirements-test.lock $(VENV)/run.ok
	$(LOCKED) -r requirements-test.lock
	@touch $@

run: $(VENV)/run.ok
	$(BIN)/cloudhold build
	$(BIN)/cloudhold serve

test: $(VENV)/test.ok
	sh tests/system-packages.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 -m "not full and not live"

test-full: $(VENV)/test.ok
	sh tests/system-packages.sh
	$(BIN)/python -m pytest -n 2 -m "not live"

bench: $(VENV)/test.ok
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation -e .[bench]
	$(BIN)/python -m benchmarks

lint: $(VENV)/test.ok
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/test.ok
	$(BIN)/mypy

# Names, versions and hashes only: no index address may stand in a lock file (a test reads them).
lock:
	uv pip compile pyproject.toml --extra build --universal --generate-hashes --python-version 3.11 \
	   --no-header --no-annotate --quiet -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra test --universal --generate-hashes --python-version 3.11 \
	   --no-header --no-annotate --quiet -c requirements.lock -o requirements-test.lock

clean:
	rm -rf $(VENV) data/store .pytest_cache .mypy_cache .ruff_cache
