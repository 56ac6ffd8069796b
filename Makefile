# Everything that is done with this project, on a person's machine and in CI alike: `make help`.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
SHELL := /bin/bash
ARGS ?=

.PHONY: help install run web test fast check fmt lint types imports deps docs fresh console lock data bench agents cover clean

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- what has to be there; each stamp is made again when its lock file changes ---------------------------------

$(BIN)/python:
	@python=; for found in python3.13 python3.12 python3.11 python3; do \
		if $$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$found; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "make: Python 3.11 or newer is needed" >&2; exit 1; fi; \
	echo "making $(VENV) with $$($$python --version)"; \
	$$python -m venv $(VENV) || { \
		echo "make: this Python cannot make a virtual environment (on Debian: apt install python3-venv)" >&2; \
		rm -rf $(VENV); exit 1; }

$(VENV)/.program: requirements.txt pyproject.toml | $(BIN)/python
	@echo "installing requirements.txt"
	@$(PIP) --no-deps --require-hashes -r requirements.txt
	@$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.tools: requirements-dev.txt $(VENV)/.program
	@echo "installing requirements-dev.txt"
	@$(PIP) --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

# The console needs Node.js to be built, and nothing else does: without it the server runs, and says so on its page.
NODE := $(shell node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
	2>/dev/null && echo yes)
NPM := npm --prefix web --no-fund --no-audit --no-update-notifier --loglevel=error
CONSOLE := src/oneapi/console/index.html

web/node_modules/.tools: web/package-lock.json
	@[ -n "$(NODE)" ] || { echo "make: the console needs Node.js 20.19 or newer" >&2; exit 1; }
	@echo "installing web/package-lock.json"
	@$(NPM) ci
	@touch $@

$(CONSOLE): web/node_modules/.tools $(shell find web/src web/public web/index.html web/vite.config.ts -type f)
	@echo "building the console"
	@$(NPM) run --silent build -- --logLevel error
	@touch $@

install: $(VENV)/.tools $(if $(NODE),web/node_modules/.tools) ## make .venv and web/node_modules, from the lock files

# --- run and test ---------------------------------------------------------------------------------------------

# A process of tests for each core; more than four would take more connections than small database servers have.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist worksteal

run: $(VENV)/.program $(if $(NODE),$(CONSOLE)) ## start the server on port 3000 (or PORT) with a demo channel: nothing else is needed
	@exec $(BIN)/oneapi --demo $(ARGS)

web: $(CONSOLE) ## build the web console into the program (Node.js 20.19 or newer)

test: $(VENV)/.tools $(if $(NODE),$(CONSOLE)) ## run all tests; ARGS="-k name -x" goes to pytest
	@$(BIN)/pytest -q $(SIDE_BY_SIDE) $(ARGS)

fast: $(VENV)/.tools ## run the tests that need no other process, connection or database, in less than a minute
	@$(BIN)/pytest -q $(SIDE_BY_SIDE) -m "not database" --hypothesis-profile fast $(ARGS) \
		tests/domain tests/application tests/adapters/{dialects,framing,providers,upstream} \
		tests/contracts tests/entrypoints/admin tests/architecture tests/docs

cover: $(VENV)/.tools ## run all tests and show what they do not reach
	@$(BIN)/pytest -q --cov --cov-report=term --cov-report=html $(ARGS)

bench: $(VENV)/.tools ## measure speed and size beside nginx and the LiteLLM proxy
	@$(BIN)/python -m bench $(ARGS)

agents: $(VENV)/.tools ## let real agents do a small task through a running server; ARGS="claude codex" names some of them
	@$(BIN)/python -m tests.agents $(ARGS)

# --- gates ----------------------------------------------------------------------------------------------------

check: lint types imports deps fresh console test ## everything that CI checks

lint: $(VENV)/.tools ## format and style
	@$(BIN)/ruff format --check --quiet . || { echo "make: run make fmt" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .

fmt: $(VENV)/.tools $(if $(NODE),web/node_modules/.tools) ## put the code into shape
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .
	@$(if $(NODE),$(NPM) run --silent fmt,echo "make: no Node.js, so web/ stays as it is")

types: $(VENV)/.tools ## types, strictly
	@$(BIN)/mypy

imports: $(VENV)/.tools ## the directions in which layers may import
	@$(BIN)/lint-imports --no-cache >$(VENV)/.imports || { cat $(VENV)/.imports; exit 1; }

deps: $(VENV)/.tools ## that what is imported is declared, and what is declared is imported
	@$(BIN)/deptry --no-ansi src 2>$(VENV)/.deptry || { cat $(VENV)/.deptry; exit 1; }

docs: $(VENV)/.tools $(if $(NODE),web/node_modules/.tools) ## write the generated pages again
	@$(BIN)/python -m scripts.reference
	@$(if $(NODE),$(NPM) run --silent api,echo "make: no Node.js, so web/src/api/schema.d.ts stays as it is")

fresh: $(VENV)/.tools ## that the generated pages are as the code says
	@$(BIN)/python -m scripts.reference --check

console: web/node_modules/.tools ## format, style, types and tests of the console
	@$(NPM) run --silent check

# --- now and then ---------------------------------------------------------------------------------------------

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header pyproject.toml

lock: $(VENV)/.tools ## pin the newest allowed versions of all dependencies; ARGS="--upgrade" moves them
	@$(LOCK) --group build $(ARGS) -o requirements.txt
	@$(LOCK) --group dev --constraint requirements.txt $(ARGS) -o requirements-dev.txt

data: $(VENV)/.tools ## write the tables of models and prices anew, from public data
	@sources=$$(mktemp -d) && trap 'rm -rf "$$sources"' EXIT && \
		$(PIP) --target "$$sources" --upgrade genai-prices && \
		$(PIP) --target "$$sources" --upgrade --no-deps litellm && \
		PYTHONPATH="$$sources" $(BIN)/python -m scripts.data

clean: ## remove what was made, but no data
	@rm -rf $(VENV) web/node_modules src/oneapi/console build dist htmlcov .coverage .*_cache .hypothesis
