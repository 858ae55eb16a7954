# What people and CI run. `make help` lists it. ARGS="..." is passed on to the command behind a target.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
ARGS ?=
# One pytest process per processor for the whole suite (four at most), one alone for a chosen part of it.
PYTEST_WORKERS ?= $(if $(ARGS),0,logical)

# pyright's wrapper otherwise asks the network for a newer release at each run.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

# Shell text that leaves in $$python the first interpreter that is new enough and can make environments.
define FIND_PYTHON
python=; \
for candidate in $${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do \
	if "$$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		python="$$candidate"; break; \
	fi; \
done; \
if [ -z "$$python" ]; then \
	echo "Orchestrion needs Python 3.11 or newer with its venv module." >&2; \
	echo "Found: $$(python3 --version 2>&1 || true). Install one (Debian: python3 and python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2; \
	exit 1; \
fi
endef

.PHONY: help
help: ## list the targets
	@echo 'Orchestrion. To see it run: make serve, and in another terminal make demo.'
	@echo
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16
	@echo
	@echo 'ARGS is passed on to the command behind the target; PYTHON names the interpreter to make .venv with.'

.PHONY: serve
serve: runtime ## start it all: PostgreSQL, server, worker, sample (ARGS="--port 8001")
	@exec $(BIN)/orchestrion serve $(ARGS)

.PHONY: demo
demo: runtime ## play the sample's story against a running server (ARGS="URL")
	@exec $(BIN)/orchestrion demo $(ARGS)

.PHONY: test
test: develop ## run the tests, or some of them (ARGS="tests/domain -k name")
	@exec $(BIN)/pytest --numprocesses "$(PYTEST_WORKERS)" --maxprocesses 4 --dist loadgroup $(ARGS)

CLIENTS := tests/clients

.PHONY: clients
clients: develop $(CLIENTS)/node_modules/.installed $(CLIENTS)/.venv/.installed ## try schema and server with the tools of client authors (needs npm)
	@exec $(BIN)/pytest $(CLIENTS) $(ARGS)

$(CLIENTS)/node_modules/.installed: $(CLIENTS)/package-lock.json
	@command -v npm >/dev/null || { echo "The clients' tools need Node.js 20 or newer with npm on the PATH." >&2; exit 1; }
	cd $(CLIENTS) && npm ci
	@cp $< $@

$(CLIENTS)/.venv/.installed: $(CLIENTS)/requirements.lock | develop
	$(BIN)/python -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --requirement $<
	@cp $< $@

.PHONY: check
check: check-format check-lint check-types check-imports check-schema ## check format, lint, types, floors and the printed schema

.PHONY: check-format
check-format: develop
	$(BIN)/ruff format --check .

.PHONY: check-lint
check-lint: develop
	$(BIN)/ruff check .

.PHONY: check-types
check-types: develop
	@command -v node >/dev/null || { echo "The type check needs Node.js on the PATH: pyright runs on it." >&2; exit 1; }
	$(BIN)/pyright

.PHONY: check-imports
check-imports: develop
	$(BIN)/lint-imports

.PHONY: check-schema
check-schema: develop
	@$(BIN)/orchestrion schema | diff --unified schema.graphql - \
		|| { echo "schema.graphql is not what the code prints: run 'make schema' and review the difference." >&2; exit 1; }

.PHONY: format
format: develop ## let ruff format and mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: schema
schema: develop ## print the sample's GraphQL schema into schema.graphql
	@$(BIN)/orchestrion schema > schema.graphql.draft
	@mv schema.graphql.draft schema.graphql

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links

.PHONY: parity
parity: develop ## write docs/parity.md from the marks of the tests
	@$(BIN)/python -m tests.parity

.PHONY: lock
lock: develop ## compile the lock files from requirements/*.in (ARGS="--upgrade")
	$(LOCK) $(ARGS) --output-file requirements/runtime.lock requirements/runtime.in
	$(LOCK) $(ARGS) --constraints requirements/runtime.lock --output-file requirements/develop.lock requirements/develop.in
	$(LOCK) $(ARGS) --output-file $(CLIENTS)/requirements.lock $(CLIENTS)/requirements.in

.PHONY: clean
clean: ## remove what the targets made; the data in .orchestrion stays
	rm -rf -- $(CLIENTS)/node_modules $(CLIENTS)/.venv .venv build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.orchestrion/*' -prune -exec rm -rf -- {} +

.PHONY: runtime
runtime:
	@$(FIND_PYTHON); exec "$$python" requirements/install.py runtime

.PHONY: develop
develop:
	@$(FIND_PYTHON); exec "$$python" requirements/install.py develop
