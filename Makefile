# The commands of the project. Each sets up .venv from the lock files when they changed.
PYTHON ?= python3
VENV := .venv
CLIENTS := .venv-clients
APP := .venv-app
BIN := $(VENV)/bin
TESTS ?= tests
OPTIONS ?=
# More than there are cores, because many tests wait for servers that they started.
PROCESSES ?= $(shell expr `nproc` + 1)
# A process that is done takes over what waits behind another one's long test.
IN_PARALLEL := -n $(PROCESSES) --dist worksteal

.PHONY: help run quick test test-postgres bench lint types audit docs clients client-types app screenshots contract release lock clean

help:            ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

run: $(VENV)/.run            ## Set up and start web, poller and push worker on http://127.0.0.1:8000
	@exec $(BIN)/tagwire up

quick: $(VENV)/.dev          ## The inner loop: all tests but the slow ones and the browser's
	@$(BIN)/python -m pytest $(IN_PARALLEL) -m "not slow and not browser" $(TESTS) $(OPTIONS)

test: $(VENV)/.dev           ## Set up and run the tests (SQLite; the browser tests need Debian's chromium)
	@$(BIN)/python -m pytest $(IN_PARALLEL) $(TESTS) $(OPTIONS)

test-postgres: $(VENV)/.dev  ## Run the same tests on a PostgreSQL started for them
	@$(BIN)/python -m tests.postgres $(BIN)/python -m pytest $(IN_PARALLEL) $(TESTS) $(OPTIONS)

bench: $(VENV)/.dev          ## Measure; what it prints belongs in docs/performance.md
	@$(BIN)/python -m benchmarks

lint: $(VENV)/.dev           ## Style and mistakes
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.dev          ## mypy, strict
	@$(BIN)/mypy

audit: $(VENV)-audit/.ready ## Known holes of the locked packages; says so where nothing can be measured
	@$(BIN)/python -m tools.audit $(VENV)-audit/bin/pip-audit

docs: $(VENV)/.dev $(VENV)-docs/.ready ## The guides as a site in build/site; refuses a link that leads nowhere
	@$(BIN)/python -m tools.documentation build/docs
	@NO_MKDOCS_2_WARNING=1 $(VENV)-docs/bin/mkdocs --quiet build --strict
	@$(BIN)/python -m tools.documentation --built build/site

clients: $(CLIENTS)/.ready    ## Generators of clients for tests/clients; need npm and a JDK

client-types: $(VENV)/.dev $(CLIENTS)/.ready ## Write the types of clients/typescript anew from docs/contract/openapi.json
	@$(BIN)/python -m tools.app_contract $(CLIENTS)/app.json
	@cd $(CLIENTS) && node node_modules/openapi-typescript/bin/cli.js app.json --default-non-nullable=false -o ../clients/typescript/src/schema.ts

app: $(VENV)/.dev $(APP)/.ready ## Compile, lint and build examples/app, and drive it in Chromium; needs npm
	@SAMPLE_APP=1 $(BIN)/python -m pytest $(OPTIONS) tests/app

screenshots: $(VENV)/.dev    ## Take the pictures of the guides anew; needs Debian's chromium
	@$(BIN)/python -m tools.screenshots && $(BIN)/python -m tools.animation

contract: $(VENV)/.dev       ## Write docs/contract/openapi.json, unless that breaks the apps of today
	@$(BIN)/python -m tools.contract

release: $(VENV)/.dev $(VENV)-audit/.ready ## Wheel, source archive and bill of materials (CycloneDX) of the newest commit into dist/
	@rm -rf dist && $(BIN)/python -m tools.release dist
	@PYTHONWARNINGS=ignore $(VENV)-audit/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible -o dist/tagwire.cdx.json
	@cd dist && sha256sum * >SHA256SUMS && cat SHA256SUMS

lock: $(VENV)/.dev           ## Resolve pyproject.toml again into the two lock files
	@$(BIN)/python -m pip --quiet install uv
	@$(BIN)/uv export --quiet --no-header --no-annotate --no-emit-project --extra standin --no-dev -o requirements.txt
	@$(BIN)/uv export --quiet --no-header --no-annotate --no-emit-project --extra standin --all-groups -o requirements-dev.txt
	@$(BIN)/uv pip compile --quiet --no-header --no-annotate --universal --python-version 3.11 --generate-hashes requirements-audit.in -o requirements-audit.txt
	@$(BIN)/uv pip compile --quiet --no-header --no-annotate --universal --python-version 3.11 --generate-hashes requirements-clients.in -o requirements-clients.txt
	@$(BIN)/uv pip compile --quiet --no-header --no-annotate --universal --python-version 3.11 --generate-hashes requirements-docs.in -o requirements-docs.txt
	@rm -f uv.lock

clean:           ## Remove what the commands made, but never var/
	rm -rf $(VENV) $(VENV)-audit $(VENV)-docs $(CLIENTS) $(APP) .venv-newest dist .coverage .mypy_cache .ruff_cache .pytest_cache build *.egg-info

# The stamp holds the time of the last complete set-up; an interrupted one is done again.
# The two stamps share one environment: the tests' packages are a superset of the server's.
$(VENV)/.run: requirements.txt pyproject.toml
	@$(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) from requirements.txt (once, about half a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@echo "Adding the packages of the tests from requirements-dev.txt ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# Tools that look at the packages, apart from what they look at.
$(VENV)-audit/.ready: requirements-audit.txt
	@$(PYTHON) -m venv $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.txt
	@touch $@

$(VENV)-docs/.ready: requirements-docs.txt
	@$(PYTHON) -m venv $(VENV)-docs
	@$(VENV)-docs/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.txt
	@touch $@

# Python's and npm's generators in one folder; OpenAPI Generator is a jar in a Python package.
$(CLIENTS)/.ready: requirements-clients.txt tests/clients/package-lock.json
	@$(PYTHON) -m venv $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-clients.txt
	@cp tests/clients/package.json tests/clients/package-lock.json $(CLIENTS)/
	@cd $(CLIENTS) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

# The app and the client that it is made with, in the places that they have in the repository.
$(APP)/.ready: examples/app/package-lock.json clients/typescript/package-lock.json
	@for each in clients/typescript examples/app; do \
	  mkdir -p $(APP)/$$each && cp $$each/package.json $$each/package-lock.json $(APP)/$$each/ && \
	  (cd $(APP)/$$each && npm ci --silent --ignore-scripts --no-audit --no-fund) || exit 1; done
	@touch $@
