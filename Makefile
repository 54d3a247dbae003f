# Everything here needs Python >= 3.11 with venv, make and the package index; the rest is put into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced
# Certificates are looked for where pip looks: behind a proxy that inspects TLS, uv needs those of the proxy, too.
CERTIFICATES = $(or $(SSL_CERT_FILE),$(PIP_CERT),$(shell $(BIN)/python -m pip config get global.cert 2>/dev/null),$\
	$(REQUESTS_CA_BUNDLE),$(CURL_CA_BUNDLE),$(firstword $(wildcard $\
	/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem)))
# What is compiled is kept also where the environment says not to: each process would compile everything anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE
SYNC = $(if $(CERTIFICATES),SSL_CERT_FILE="$(CERTIFICATES)") $(BIN)/uv sync --frozen --quiet --inexact

.PHONY: help setup setup-dev demo up test test-faults check lint-openapi format bench clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "drive needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "drive needs Python's venv: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	@echo "drive: downloading some 65 MB into $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check "uv>=0.13"

$(STAMP): pyproject.toml uv.lock | $(BIN)/uv
	@$(SYNC) --no-dev
	@touch $@

$(STAMP)-dev: pyproject.toml uv.lock | $(BIN)/uv
	@$(SYNC)
	@touch $@ $(STAMP)

setup: $(STAMP) ## what running needs, into .venv
setup-dev: $(STAMP)-dev ## what working on it needs, too

demo: setup ## two launch days and a province, on nothing but this folder (DEMO_ONCE=1: run once, then end)
	@$(BIN)/drive demo $(if $(filter 1,$(DEMO_ONCE)),--once)

up: setup ## the three services, empty
	@$(BIN)/drive up

test: setup-dev ## every test, on real servers
	@$(if $(ARGS),,$(BIN)/python -m tests.support.needed)
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-faults: setup-dev ## every fault on every service, and more requests made from the documents, for half an hour
	@$(BIN)/pytest tests/faults tests/openapi -m "long or not long" $(ARGS)

check: setup-dev ## format, lint, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lint-openapi: setup-dev ## the OpenAPI documents by Spectral and Redocly; needs node and npm
	@tests/openapi/lint.sh

format: setup-dev ## let ruff write it the way check wants it
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup-dev ## ratios against yardsticks measured in the same run; GROWTH=1: what history costs
	@$(BIN)/python -m bench $(if $(GROWTH),--growth) $(ARGS)

clean: ## remove .venv and the embedded data
	rm -rf $(VENV) .data
