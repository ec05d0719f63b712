# Everything a newcomer needs: `make demo`, `make lab`, `make test`. Each is quick the second time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
DEMO := kfp-demo
# One more than CI's processors: tests wait for processes and clusters. Neighbours stay together,
# so that what a file prepares for its tests is mostly made once.
WORKERS ?= 3
# Pages and tests find the tools of this environment first, whatever else is on the machine.
export PATH := $(CURDIR)/$(BIN):$(PATH)

FRONTEND := $(shell find src schema style -type f -not -path '*/__tests__/*') package.json tsconfig.json
PACKAGING := pyproject.toml package.json
ALLOW_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help demo lab pictures test check-python check-frontend test-python test-frontend test-browser test-cluster format wheel bench clean

help:
	@echo "make demo           set up, then run the example notebook as a pipeline on this machine"
	@echo "make lab            open the example in JupyterLab"
	@echo "make test           everything that CI runs but for the tests on a Kubernetes"
	@echo "make test-python    pytest only        make test-frontend  jest only"
	@echo "make test-browser   the browser tests  make format         mend format and lint"
	@echo "make test-cluster   the tests that need a Kubernetes (KFP_TEST_KUBECONFIG)"
	@echo "make pictures       draw the pictures of the docs anew"
	@echo "make wheel          build and check the wheel"
	@echo "make bench          measure start, compile and step times, and those of the peers"

demo: $(STAMPS)/install
	@$(BIN)/jupyter kfp demo $(DEMO) --open-with 'make lab'

lab: $(STAMPS)/install
	@test -f $(DEMO)/digits.ipynb || $(BIN)/jupyter kfp demo $(DEMO)
	cd $(DEMO) && exec jupyter lab $(ALLOW_ROOT) digits.ipynb

test: check-python check-frontend test-python test-frontend test-browser

check-python: $(STAMPS)/develop
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	python tools/check_auth.py

check-frontend: $(STAMPS)/develop
	jlpm lint:check

test-python: $(STAMPS)/develop
	python -m pytest -n $(WORKERS) --dist worksteal

test-frontend: $(STAMPS)/develop
	jlpm test --silent

test-browser: $(STAMPS)/develop $(STAMPS)/browser
	cd ui-tests && jlpm test

# Those of docs/gallery.md, drawn from the real interface.
pictures: $(STAMPS)/develop $(STAMPS)/browser
	cd ui-tests && jlpm pictures

# A Kubernetes of the user's, by KFP_TEST_KUBECONFIG; else the one beside the checkout, if there is
# (CLUSTER=--optional: it may be missing).
test-cluster: $(STAMPS)/develop
	tools/test_on_cluster.sh $(CLUSTER)

format: $(STAMPS)/develop
	ruff format .
	ruff check --fix .
	jlpm lint

wheel: $(STAMPS)/develop
	rm -rf dist
	jlpm clean:all
	python -m build
	check-wheel-contents dist/*.whl
	rm -f $(STAMPS)/install $(STAMPS)/package

bench: $(STAMPS)/develop $(STAMPS)/bench
	python bench/budgets.py
	python bench/compare_peers.py --out docs/benchmarks.md

clean:
	rm -rf $(STAMPS) $(VENV) $(DEMO) node_modules ui-tests/node_modules lib dist jupyter_kfp_ext/labextension

# --- set-up: a stamp is older than what it was made from only where that changed ---

$(STAMPS)/venv:
	@mkdir -p $(STAMPS)
	@command -v node >/dev/null || { echo "Node.js 20 or newer is needed to build the extension (Debian: apt-get install nodejs)."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed; set PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing (Debian: apt-get install python3-venv)."; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

# The editable install builds the frontend; `develop` links it, so that a later `jlpm build` shows.
$(STAMPS)/install: $(STAMPS)/venv $(PACKAGING) $(FRONTEND)
	@if [ $(STAMPS)/package -nt pyproject.toml ] && [ $(STAMPS)/package -nt $(STAMPS)/venv ]; then \
	  jlpm install && jlpm build; \
	else \
	  echo "Installing the extension and building its frontend (some minutes the first time) ..." && \
	  python -m pip install --quiet -e '.[demo]' 'jupyter-builder>=1.2,<2' && \
	  jupyter-builder develop --overwrite . && \
	  touch $(STAMPS)/package; \
	fi
	@touch $@

# What the tests need beyond that, read from pyproject.toml; the extension is not built again.
$(STAMPS)/develop: $(STAMPS)/install
	@if [ ! $@ -nt $(STAMPS)/package ]; then \
	  echo "Installing what the tests need ..." && \
	  python tools/requirements.py dev test | xargs python -m pip install --quiet; \
	fi
	@touch $@

# Libraries whose values the benchmark passes between our steps; its peers bring their own.
$(STAMPS)/bench: $(STAMPS)/develop
	@python tools/requirements.py bench | xargs python -m pip install --quiet
	@touch $@

$(STAMPS)/browser: ui-tests/package.json
	tools/install_chromium.sh
	cd ui-tests && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 jlpm install
	@touch $@
