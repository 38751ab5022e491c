# The commands of a newcomer. Needs make and Python 3.11 or newer; everything else is installed into .venv.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo install pi test soak bench bench-console lint lock messages clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install
# Two workers a core: the tests mostly wait, for sockets, processes and databases.
PYTEST := $(BIN)/python -m pytest -n $(shell expr 2 \* $$(nproc)) --dist worksteal
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --quiet
# Options of the demo, for example: make demo ARGS="--fresh --speed 120"
ARGS ?=

help:  ## Say what can be typed
	@echo "Bollard: charge-point controller and central system for EV charging"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

demo: $(VENV)/.installed  ## Watch cars charge and bills appear; ARGS="--fresh" starts anew
	@$(BIN)/bollard demo $(ARGS)

install: $(VENV)/.installed  ## Only install Bollard into .venv

pi: $(VENV)/.installed-pi  ## The same, with what the parts of a Raspberry Pi need

test: lint  ## Run every check and every test (10 minutes at most)
	@tests/tools.sh
	@$(PYTEST) -m "not soak" $(ARGS)

soak: $(VENV)/.installed-dev  ## Run the long tests with full counts (a night at most), each told as it ends
	@tests/tools.sh
	@$(PYTEST) -m soak --verbose --durations 0 --durations-min 10 $(ARGS)

bench: $(VENV)/.installed  ## Measure the agent beside the bare libraries (10 minutes); ARGS="--json"
	@$(BIN)/python -m bench.agent $(ARGS)

bench-console: $(VENV)/.installed-dev  ## Measure the console over a million sessions (5 minutes, 4 GB in TMPDIR)
	@$(BIN)/python -m bench.console $(ARGS)

lint: $(VENV)/.installed-dev  ## Check style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

lock: $(VENV)/.installed-dev  ## Choose the newest dependencies again and write the lock files
	$(COMPILE) --upgrade --extra demo --extra build --output-file requirements.lock
	$(COMPILE) --upgrade --extra dev --extra build --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --upgrade --extra edge --extra pi --constraint requirements-dev.lock --output-file requirements-pi.lock

messages: $(VENV)/.installed  ## Collect the texts of pages, documents and letters into their message catalogues
	@$(BIN)/python -m babel.messages.frontend -q extract -F cloud/languages/messages/babel.cfg -k N_ -k say -k Sign:1 -k HTTPException:2 \
		--no-location --omit-header --sort-output -o build/texts.pot cloud bollard
	@$(BIN)/pybabel -q update --no-fuzzy-matching --omit-header --no-wrap --ignore-obsolete -l de \
		-i build/texts.pot -o cloud/languages/messages/de.po

clean:  ## Remove what was built (the demo's data stays)
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@scripts/venv.sh $(PYTHON) $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml $(BIN)/python
	@echo "Installing the locked dependencies (only now and when they change)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q bollard cloud edge hardware
	@touch $@

$(VENV)/.installed-pi: requirements-pi.lock $(VENV)/.installed
	@scripts/compiled.sh "make pi" $(BIN)/python lgpio spidev
	@$(PIP) --require-hashes -r requirements-pi.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@scripts/compiled.sh "make test" $(BIN)/python lgpio
	@echo "Installing the locked tools of developers (only now and when they change)"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
