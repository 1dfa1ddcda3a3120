# `make help` lists the targets. Each one makes .venv itself, or mends it, before it starts.

DOCS ?= corpus/documents
INDEX ?= index
PORT ?=
# The example questions belong to the documents of the project.
EXAMPLES ?= $(if $(filter corpus/documents,$(DOCS)),corpus/questions/cica.jsonl)
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help chat index test lint docs bench

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "Variables: DOCS=$(DOCS) INDEX=$(INDEX) PORT=$(PORT) PYTEST_ARGS=$(PYTEST_ARGS) PYTHON=(chosen by itself)"

chat: .venv/ready ## ask the documents questions in a browser (DOCS, INDEX, PORT)
	.venv/bin/cica-qa chat "$(DOCS)" --index "$(INDEX)" \
	  $(if $(EXAMPLES),--examples "$(EXAMPLES)") $(if $(PORT),--port $(PORT))

index: .venv/ready ## build or refresh the index (DOCS, INDEX)
	.venv/bin/cica-qa index "$(DOCS)" --index "$(INDEX)"

test: .venv/ready-dev ## run all tests (PYTEST_ARGS, for example "-n auto" or "-k citations")
	@$(FIND_CHROMIUM) || printf '%s\n' \
	  'No Chromium was found, so the browser tests will fail. Install it and an Arabic font:' \
	  '  Debian, Ubuntu:  apt install chromium fonts-noto-core' \
	  '  elsewhere:       install Chromium or Chrome and set CICA_CHROMIUM to its executable' >&2
	.venv/bin/python -m pytest $(PYTEST_ARGS)

lint: .venv/ready-dev ## check style, formatting, types, spelling and grammar
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/codespell
	.venv/bin/python .ci/prose.py

docs: .venv/ready-dev ## write the generated pages and build the documents into site/
	.venv/bin/python .ci/reference.py
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

bench: .venv/ready-dev ## run every benchmark
	@set -e; for file in benchmarks/[a-z]*.py; do \
	  test -e "$$file" || { echo "no benchmarks yet"; break; }; \
	  echo "== $$file"; .venv/bin/python -m "benchmarks.$$(basename "$$file" .py)"; \
	done

FIND_CHROMIUM = { test -n "$$CICA_CHROMIUM" || command -v chromium || command -v chromium-browser \
  || command -v google-chrome; } >/dev/null

# ---- .venv ---------------------------------------------------------------------------------
# .venv/ready stands for the runtime, .venv/ready-dev for the tools of `dev` on top of it. They
# are stale when a dependency file is newer, the interpreter is gone, or the folder was moved.

SUITS := -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  $$p $(SUITS) && echo $$p && break; done)

VENV_LIVES := .venv/bin/python -c '' 2>/dev/null && test "$$(cat .venv/home)" = "$(CURDIR)"

ifneq ($(shell { $(VENV_LIVES); } 2>/dev/null && echo yes),yes)
.PHONY: .venv/ready .venv/ready-dev
endif

.venv/ready: pyproject.toml constraints.txt
	$(call install,.)
	@touch $@

.venv/ready-dev: pyproject.toml constraints.txt
	$(call install,.[dev])
	@touch .venv/ready $@

define install
	@{ $(VENV_LIVES); } 2>/dev/null || { rm -rf .venv && $(NEW_VENV) && echo "$(CURDIR)" > .venv/home; }
	$(INSTALL) -c constraints.txt -e '$(1)'
endef

ifneq ($(shell command -v uv 2>/dev/null),)
# uv does not read pip's settings: hand on where wheels lie (spaces there, commas here).
ifdef PIP_FIND_LINKS
space := $(subst ,, )
comma := ,
UV_FIND_LINKS ?= $(subst $(space),$(comma),$(strip $(PIP_FIND_LINKS)))
export UV_FIND_LINKS
endif
NEW_VENV = uv venv --quiet --seed --python "$(or $(PYTHON),3.12)" .venv
INSTALL = uv pip install --python .venv/bin/python
else
NEW_VENV = $(CHECK_PYTHON) && "$(PYTHON)" -m venv .venv
INSTALL = .venv/bin/python -m pip install --disable-pip-version-check
endif

CHECK_PYTHON = { test -n "$(PYTHON)" && "$(PYTHON)" $(SUITS); } || { \
  echo "Python 3.11, 3.12 or 3.13 is needed; found: $(or $(PYTHON),none)." \
  "Install one, or uv, or name one: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
