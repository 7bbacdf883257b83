# `make demo` and `make test` each work alone on a fresh machine: the first target that needs it
# creates .venv with whatever Python >= 3.11 there is and installs into it.

VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
CANDIDATES := $(strip $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python)

.PHONY: help demo test docs-test lint format bench docs clean

help:
	@echo "make demo       fit both estimators on real data, print tables, write quickstart.png"
	@echo "make test       run the whole test suite (WORKERS=2 processes; ARGS=... for pytest)"
	@echo "make docs-test  run only the examples of the docstrings, the user guide and the README"
	@echo "make lint       ruff, codespell and the import contracts of the layers"
	@echo "make format     let ruff fix and format"
	@echo "make bench      time the estimators beside their scikit-learn peers"
	@echo "make docs       build the documentation into docs/_build/html, warnings as errors"
	@echo "make clean      remove .venv and everything built"

demo: $(VENV)/.installed-demo
	$(BIN)/python examples/quickstart.py

test: $(VENV)/.installed-test
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

docs-test: $(VENV)/.installed-test
	$(BIN)/python -m pytest skvi docs README.md $(ARGS)

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/lint-imports

format: $(VENV)/.installed-lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-demo
	$(BIN)/python -m benchmarks.run $(ARGS)

docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

clean:
	rm -rf $(VENV) build dist docs/_build docs/auto_examples docs/api/generated docs/sg_execution_times.rst skvi.egg-info

# A stamp per extra: nothing is installed twice until the metadata change.
$(VENV)/.installed-%: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$*]"
	@touch $@

$(VENV)/.created:
	@for candidate in $(CANDIDATES); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "creating $(VENV) with $$("$$candidate" --version)"; \
	    "$$candidate" -m venv $(VENV) && touch $@ && exit 0; \
	    echo "$$candidate cannot create virtual environments: install its venv package" >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo "skvi needs Python 3.11 or newer; none of these is: $(CANDIDATES)" >&2; \
	echo "install one, or name it: make PYTHON=/path/to/python ..." >&2; \
	exit 1
