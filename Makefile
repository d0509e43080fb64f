# demo: the whole thing in one command · test: a few minutes · check: all a change must pass · gallery · bench · versions · wheel · pythons
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Whole files per process, on at most four processors: the tests of a file share what they start.
TESTS := -n auto --maxprocesses=4 --dist loadfile
OLD := "Python 3.11 or newer is needed; try: make PYTHON=python3.12 $(MAKECMDGOALS)"

.PHONY: demo demo-reset test check gallery bench versions wheel pythons

demo: $(VENV)/.demo
	@exec $(BIN)/python -m host_app

demo-reset: $(VENV)/.demo
	@$(BIN)/python -m host_app reset

# The tests to run while you work: everything but those marked as slow, in a few minutes.
test: $(VENV)/.dev
	$(BIN)/python -m pytest $(TESTS) -m "not slow"

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djlint --lint --quiet cxmc_ext/templates cxmc_ext/standin/website/templates templates
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -c pyproject.toml -r cxmc_ext host_app
	$(BIN)/python -m tests.tools.dependency_audit
	@$(BIN)/python -m tests.tools.docstring_coverage
	$(BIN)/python -m pytest $(TESTS)

# Pictures of every state in screenshots/, a few minutes; SCENES="tab-form ledger" for some of them.
gallery: $(VENV)/.dev
	$(BIN)/python -m tests.gallery $(SCENES)

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks $(ARGS)

# A campaign sent with the lowest versions of all dependencies, and with those installed here: about a minute.
versions: $(VENV)/.dev
	@$(BIN)/python -m tests.tools.try_versions

# Needs no other package than pip.
wheel: $(BIN)/python
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

# The wheel in every Python we support that this machine has, each in an environment of its own.
pythons: $(VENV)/.dev
	@$(BIN)/python -m tests.tools.try_pythons

# Installed anew only when the list of dependencies changed.
$(VENV)/.demo $(VENV)/.dev: $(VENV)/.%: pyproject.toml | $(BIN)/python
	@echo "Installing what the demo needs (about a minute, once) …"
	@$(BIN)/pip install -q -e ".[$*]"
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo $(OLD); exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not make $(VENV): install the package python3-venv."; exit 1; }
