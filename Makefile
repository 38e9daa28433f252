# What people and CI share. pip alone, no root, everything in .venv.
#
#   make demo    set up .venv and go live on the camera; without one, the built-in performance plays once
#   make test    all tests that this machine can run; what it cannot run is skipped with a reason
#   make check   ruff, pyright, import-linter
#   make clean   remove .venv and build leftovers

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Where to find a CPU build of torch on this machine only: no download of several GB for a test run.
TORCH  ?= torch==2.13.0

.PHONY: demo test check format install clean

demo: $(VENV)/.base
	$(BIN)/facelive live --view

test: $(VENV)/.dev
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: $(VENV)/.base

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "facelive needs Python 3.10 to 3.13: make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

# Package files are listed too: the editable install notes at installation which folders are packages.
$(VENV)/.base: pyproject.toml CMakeLists.txt $(wildcard */facelive/*/__init__.py */facelive/*/*/__init__.py) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@if $(BIN)/python -c 'import torch' 2>/dev/null || \
	    $(BIN)/python -m pip install --quiet --no-index --no-deps '$(TORCH)' 2>/dev/null; then \
	  $(BIN)/python -m pip install --quiet --editable '.[train,dev]'; \
	else \
	  echo "torch is not on this machine: tests of training are skipped (pip install 'facelive[train]' adds it)"; \
	fi
	@touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
