# Everything runs in a virtual environment of its own; nothing but Python 3.11+ and make is needed.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# The bytecode is kept, whatever the environment says: each service that a test starts would compile it anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(PYTEST_ARGS)

.DEFAULT_GOAL := help
.PHONY: help run enable-examples test lint format types contracts examples rules copy-examples wheel bench soak \
        test-openstack test-docker test-security test-rolling test-kubernetes test-alerts audit test-watch-poll \
        test-console test-editor test-exhaustive mutants fuzz fuzz-api lock ci clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# What is installed is pinned, with hashes, in requirements/. Each stamp is newer than what it was made from.
$(VENV)/.run: pyproject.toml requirements/runtime.txt requirements/build.txt | $(BIN)/python
	$(PIP) --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml requirements/dev.txt | $(BIN)/python
	$(PIP) --require-hashes -r requirements/dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run

lock: ## Pin all dependencies anew (UPGRADE=1: the newest of everything)
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	PATH="$(CURDIR)/build/lock/bin:$$PATH" sh requirements/lock.sh $(if $(UPGRADE),--upgrade)

run: $(VENV)/.run enable-examples ## Serve the examples with a sandbox cloud on port 42378 (PORT, SANDBOX_PORT)
	$(BIN)/cluster-builder serve --sandbox

# Only the first time: what somebody disabled later stays disabled.
enable-examples:
	@if [ ! -d instance/cluster-types-enabled ]; then \
	    mkdir -p instance/cluster-types-enabled instance/cluster-types-available; \
	    for i in cluster-types-examples/* ; do ln -s ../../$${i} instance/cluster-types-enabled/ ; done; \
	fi

# Most of the time they wait for services: four processes left half of two processors idle, and eight a seventh. Files
# are begun in the order of tests/conftest.py, not those with most tests first.
test: $(VENV)/.dev ## Run the tests, in JOBS processes (8)
	$(PYTEST) --numprocesses=$(or $(JOBS),8) --dist=loadfile --no-loadscope-reorder

test-exhaustive: $(VENV)/.dev ## Test all cases of the rules that make test holds with some of them, and real starts
	ALL_CASES=1 $(PYTEST) --numprocesses=$(or $(JOBS),4) --dist=worksteal -m 'exhaustive or generated'
	REAL_STARTS=1 $(PYTEST) --numprocesses=$(or $(JOBS),4) --dist=loadfile tests/cli

lint: $(VENV)/.dev ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev ## Check types
	$(BIN)/mypy

contracts: $(VENV)/.dev ## Check that imports point one way
	$(BIN)/lint-imports

examples: $(VENV)/.dev ## Check the shipped examples as strictly as can be
	$(BIN)/cluster-builder check --strict cluster-types-examples
	$(BIN)/check-jsonschema --schemafile schemas/cluster-type.schema.json \
	    cluster-types-examples/*.yaml cluster-types-examples/*/cluster-type.yaml

rules: $(VENV)/.dev ## Write docs/rules.md anew from the rules
	$(BIN)/python -m tests.checking.rules_document

# Copies and no links: Ansible's copy leaves out links to folders, and its find links to files.
copy-examples: ## Copy the examples to where the Concertim playbook takes them from
	rm -rf examples/cluster-types examples/templates
	mkdir -p examples/cluster-types examples/templates
	cp -R cluster-types-examples/*/ examples/cluster-types/
	cp -R builder/checking/skeletons/*/ examples/templates/
	for i in cluster-types-examples/*.yaml ; do \
	    install -D -m 0644 $${i} examples/cluster-types/$$(basename $${i} .yaml)/cluster-type.yaml ; \
	done
	for i in builder/checking/skeletons/*.yaml ; do \
	    install -D -m 0644 $${i} examples/templates/$$(basename $${i} .yaml)/cluster-type.yaml ; \
	done

wheel: $(VENV)/.dev ## Build the wheel and try it in an environment of its own
	rm -rf build/wheel && mkdir -p build/wheel
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir build/wheel .
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	build/wheel/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps build/wheel/*.whl
	cd build/wheel && venv/bin/cluster-builder check ../../cluster-types-examples && \
	    venv/bin/cluster-builder schema cluster-type > /dev/null

bench: $(VENV)/.dev ## Measure for nine minutes; prints ratios against a baseline of the same run (BENCH_SIZES: numbers of types)
	$(PYTEST) -m benchmark -s tests/benchmarks

soak: $(VENV)/.dev ## Change files and read listings for ten minutes (SOAK_SECONDS), twice, then build 600 times (SOAK_BUILDS)
	$(PYTEST) -m soak -s tests/soak

test-openstack: $(VENV)/.dev ## Test against a real cloud, named by OS_AUTH_URL and the rest
	$(PYTEST) -m openstack

test-docker: $(VENV)/.dev ## Build the image and drive it
	$(PYTEST) -m docker tests/docker

test-security: $(VENV)/.dev ## Attack the service, in JOBS processes (2)
	$(PYTEST) -m '' --numprocesses=$(or $(JOBS),2) --dist=loadfile tests/security

test-rolling: $(VENV)/.dev ## Restart replicas behind a real nginx (NGINX_PROGRAM) under load
	$(PYTEST) -m rolling -s tests/rolling

mutants: $(VENV)/.dev ## Put in known defects and see the tests notice each (MUTANTS: words of their names)
	$(BIN)/python -m tests.mutants.run

# What only this needs, of PyPI and of npm, is laid beside, and not installed for everybody.
build/console/.ready: requirements/console.txt requirements/package-lock.json | $(BIN)/python
	rm -rf build/console && mkdir -p build/console
	$(PIP) --require-hashes --target build/console/python -r requirements/console.txt
	cp requirements/package.json requirements/package-lock.json build/console
	npm ci --silent --no-fund --no-audit --prefix build/console
	@touch $@

test-console: $(VENV)/.dev build/console/.ready ## Drive the pages in a real Chromium (CHROMIUM); keeps screenshots in build
	PYTHONPATH=build/console/python AXE=build/console/node_modules/axe-core/axe.min.js $(PYTEST) -m console tests/browser

test-alerts: $(VENV)/.dev ## Test the alerts by promtool (PROMTOOL)
	$(PYTEST) tests/prometheus

# The schemas of Kubernetes are too large for everybody's environment: they get one of their own.
test-kubernetes: $(VENV)/.dev ## Hold the manifests against the schemas of Kubernetes
	$(PYTHON) -m venv build/kubernetes
	build/kubernetes/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	    -r requirements/kubernetes.txt
	KUBERNETES_VALIDATE=build/kubernetes/bin/kubernetes-validate $(PYTEST) -m kubernetes tests/kubernetes

# Where the data cannot be reached it says so, and passes.
audit: ## Look the pinned dependencies up among known vulnerabilities
	$(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt
	$(PYTHON) requirements/audit.py build/audit/bin/pip-audit requirements/*.txt

# They mostly wait: for the next rescan, and for half a second in which a file must not change to be taken for complete.
test-watch-poll: $(VENV)/.dev ## Run the watching scenarios by rescan alone
	$(PYTEST) --numprocesses=$(or $(JOBS),4) --dist=loadfile -m '' tests/watching --watch-mode=poll

test-editor: $(VENV)/.dev ## Drive a real YAML language server with the schema
	npm install --silent --no-fund --no-audit --prefix build/editor yaml-language-server
	YAML_LANGUAGE_SERVER=build/editor/node_modules/.bin/yaml-language-server $(PYTEST) -m editor

fuzz: $(VENV)/.dev ## Feed the service thousands of generated requests and definitions (FUZZ_EXAMPLES: how many)
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-20000} $(PYTEST) -m fuzz

fuzz-api: $(VENV)/.dev ## Hold 5,000 generated requests against /openapi.json; says how many (FUZZ_CASES: more)
	$(PYTEST) -m fuzz -rP --numprocesses=$(or $(JOBS),2) --dist=load tests/api/test_fuzz.py

ci: ## Run everything that CI runs
	bash .ci/run

clean: ## Remove what make has made, but for instance/, which may hold cluster types of yours
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find builder tests requirements -name __pycache__ -prune -exec rm -rf {} +
