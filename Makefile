# All commands of this project, the same for developers and in CI: `make help`.

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

# --- installation; each stamp is renewed when its lock file changes -------------------------------------------

$(BIN)/python:
	@python=; for found in python3.13 python3.12 python3.11 python3; do \
		if $$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$found; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "make: Python 3.11 or newer is needed" >&2; exit 1; fi; \
	echo "creating $(VENV) with $$($$python --version)"; \
	$$python -m venv $(VENV) || { \
		echo "make: this Python cannot create a virtual environment (on Debian: apt install python3-venv)" >&2; \
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

# Only the console needs Node.js to be built. Without it the server runs, and its page says that the console is missing.
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

install: $(VENV)/.tools $(if $(NODE),web/node_modules/.tools) ## create .venv and web/node_modules from the lock files

# --- run and test ---------------------------------------------------------------------------------------------

# One test process per core. More than four would need more connections than small database servers have.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist worksteal

run: $(VENV)/.program $(if $(NODE),$(CONSOLE)) ## start the server on port 3000 (or PORT) with a demo channel; needs nothing else
	@exec $(BIN)/oneapi --demo $(ARGS)

web: $(CONSOLE) ## build the web console into the program (Node.js 20.19 or newer)

test: $(VENV)/.tools $(if $(NODE),$(CONSOLE)) ## run all tests; ARGS="-k name -x" goes to pytest
	@$(BIN)/pytest -q $(SIDE_BY_SIDE) $(ARGS)

fast: $(VENV)/.tools ## run the tests that need no other process, connection or database, in less than a minute
	@$(BIN)/pytest -q $(SIDE_BY_SIDE) -m "not database" --hypothesis-profile fast $(ARGS) \
		tests/domain tests/application tests/adapters/{dialects,framing,providers,upstream} \
		tests/contracts tests/entrypoints/admin tests/architecture tests/docs

cover: $(VENV)/.tools ## run all tests and show the code that they do not reach
	@$(BIN)/pytest -q --cov --cov-report=term --cov-report=html $(ARGS)

bench: $(VENV)/.tools ## measure speed and memory, compared with nginx and the LiteLLM proxy
	@$(BIN)/python -m bench $(ARGS)

agents: $(VENV)/.tools ## let real agents do a small task through a running server; ARGS="claude codex" selects some of them
	@$(BIN)/python -m tests.agents $(ARGS)

# --- gates ----------------------------------------------------------------------------------------------------

check: lint types imports deps fresh console test ## check everything that CI checks

lint: $(VENV)/.tools ## check format and style
	@$(BIN)/ruff format --check --quiet . || { echo "make: run make fmt" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .

fmt: $(VENV)/.tools $(if $(NODE),web/node_modules/.tools) ## format the code
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .
	@$(if $(NODE),$(NPM) run --silent fmt,echo "make: no Node.js, so web/ is not formatted")

types: $(VENV)/.tools ## check types, in strict mode
	@$(BIN)/mypy

imports: $(VENV)/.tools ## check that layers import only in the allowed directions
	@$(BIN)/lint-imports --no-cache >$(VENV)/.imports || { cat $(VENV)/.imports; exit 1; }

deps: $(VENV)/.tools ## check that imported packages are declared, and declared ones imported
	@$(BIN)/deptry --no-ansi src 2>$(VENV)/.deptry || { cat $(VENV)/.deptry; exit 1; }

docs: $(VENV)/.tools $(if $(NODE),web/node_modules/.tools) ## regenerate the generated pages
	@$(BIN)/python -m scripts.reference
	@$(if $(NODE),$(NPM) run --silent api,echo "make: no Node.js, so web/src/api/schema.d.ts is not updated")

fresh: $(VENV)/.tools ## check that the generated pages are up to date
	@$(BIN)/python -m scripts.reference --check

console: web/node_modules/.tools ## check format, style, types and tests of the console
	@$(NPM) run --silent check

# --- maintenance ----------------------------------------------------------------------------------------------

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header pyproject.toml

lock: $(VENV)/.tools ## pin the newest allowed versions of all dependencies; ARGS="--upgrade" moves them
	@$(LOCK) --group build $(ARGS) -o requirements.txt
	@$(LOCK) --group dev --constraint requirements.txt $(ARGS) -o requirements-dev.txt

data: $(VENV)/.tools ## update the tables of models and prices from public data
	@sources=$$(mktemp -d) && trap 'rm -rf "$$sources"' EXIT && \
		$(PIP) --target "$$sources" --upgrade genai-prices && \
		$(PIP) --target "$$sources" --upgrade --no-deps litellm && \
		PYTHONPATH="$$sources" $(BIN)/python -m scripts.data

clean: ## remove everything that was generated, but no data
	@rm -rf $(VENV) web/node_modules src/oneapi/console build dist htmlcov .coverage .*_cache .hypothesis
