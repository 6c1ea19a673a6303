# All set-up happens in .venv, from the exact versions in requirements.lock; nothing else is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONFIG ?= configs/lab.toml
RUN ?=
# policy-rc.d: the packages' own services are not started, for the tests start what they need.
define INSTALL_SERVERS
@PATH=$$PATH:/usr/sbin; for program in nsd unbound ldns-signzone dnsperf openssl postfix nginx; do command -v $$program >/dev/null || missing=1; done; \
  test -z "$$missing" && exit; policy=/usr/sbin/policy-rc.d; \
  test -e $$policy || { trap "rm -f $$policy" EXIT; printf '#!/bin/sh\nexit 101\n' >$$policy; chmod +x $$policy; }; \
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nsd unbound ldnsutils dnsperf openssl postfix nginx-light
endef

.DEFAULT_GOAL := help
.PHONY: setup crawl test test-real notebooks bench simulate lint lock help

setup: $(VENV)/ready ## install everything into .venv (every other target does this first)

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mailsurvey needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv --clear --without-pip $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --require-hashes -r requirements.lock
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

crawl: setup ## ask, judge and print the tables (CONFIG=configs/lab.toml unless you name a study)
	$(BIN)/mailsurvey crawl $(CONFIG)

test: setup ## the tests, against the embedded lab
	$(BIN)/python -m pytest -m "not real"

test-real: setup ## install NSD, Unbound, Postfix and nginx (Debian, as root), and test against them
	$(INSTALL_SERVERS)
	$(BIN)/python -m pytest -m real

notebooks: setup ## run the notebooks on the newest run (RUN=data/runs/… for another)
	$(BIN)/mailsurvey notebooks $(RUN)

bench: setup ## how fast it is beside dnsperf and others, on loopback (NSD, Unbound, as root; an hour)
	$(INSTALL_SERVERS)
	$(BIN)/mailsurvey bench

simulate: setup ## what .jp, .nl and .com would take, from what `make bench` measured
	$(BIN)/mailsurvey simulate

lint: setup ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: ## write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header --python-version 3.11 --quiet --output-file requirements.lock

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12
