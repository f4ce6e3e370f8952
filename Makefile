# Two commands are all that anyone needs: `make serve` and `make test`. What they install goes into .venv, once.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
HOST ?= 127.0.0.1
PORT ?= 8000
SECONDS ?= 60
STRACE := $(shell command -v strace)
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.DEFAULT_GOAL := help
.PHONY: help serve test train weights measure lock container-test chromium strace audit fuzz manifests

help:  ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

serve: $(VENV)/.serving  ## Draw at http://127.0.0.1:8000 (HOST= and PORT= change that)
	HOST=$(HOST) PORT=$(PORT) exec $(BIN)/python -m app

# What only computes is done by two processes at a time; what draws, waits and measures has the machine to itself.
test: $(VENV)/.testing chromium strace  ## Lint, check types, run all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest tests --ignore tests/model --ignore tests/test_train.py
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder tests/test_train.py tests/model

train: $(VENV)/.training  ## Train digitnet on MNIST (ARGS="--help" says what else there is)
	$(BIN)/python train.py $(ARGS)

weights: $(VENV)/.testing  ## Train both networks anew, ship them and measure them: hours on two cores
	$(BIN)/python train.py --net blog --seeds 5
	$(BIN)/python train.py --seeds 3
	cp runs/blog/blog.onnx runs/blog/blog.safetensors runs/digitnet/digitnet.onnx runs/digitnet/digitnet.safetensors model/weights/
	cd model/weights && sha256sum *.onnx *.safetensors > SHA256SUMS
	$(BIN)/python -m tests.benchmarks.card

measure: $(VENV)/.testing  ## Measure the shipped networks anew and write model/README.md from it: minutes
	$(BIN)/python -m tests.benchmarks.card

container-test: $(VENV)/.serving  ## Build the container, measure it, stop it
	$(BIN)/python tests/benchmarks/container.py

# Strict: where the database of what is unsafe does not know a package, or cannot be asked, nothing has been found out.
audit: $(VENV)/.checks  ## Ask whether a dependency is known to be unsafe
	$(VENV)/checks/bin/pip-audit --strict --progress-spinner off --no-deps --disable-pip -r constraints.txt

fuzz: $(VENV)/.fuzzing  ## Send what nobody would think of, SECONDS= (60) of each kind
	nice $(VENV)/fuzz/bin/python -m tests.benchmarks.fuzz all --seconds $(SECONDS)

manifests: $(VENV)/.checks  ## Check deploy/kubernetes.yaml against the published schemas
	$(VENV)/checks/bin/kubernetes-validate --strict deploy/kubernetes.yaml

lock: $(VENV)/.testing  ## Take the newest versions that pyproject.toml allows into constraints.txt
	$(PIP) install --quiet --upgrade --upgrade-strategy eager '.[test]'
	{ echo '# Exact versions of everything, for serving, training and tests. Made by `make lock`.'; \
	  echo '# What PyTorch brings along for one kind of GPU is left out: it pins that itself.'; \
	  $(PIP) freeze --exclude digits | grep -vE '^(nvidia-|cuda-|triton)'; } > constraints.new
	mv constraints.new constraints.txt
	touch $(VENV)/.serving $(VENV)/.training $(VENV)/.testing

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# Serving needs no torch; training and tests do, and then serving has nothing left to install.
$(VENV)/.serving: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt .
	touch $@

$(VENV)/.training: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt '.[train]'
	touch $(VENV)/.serving $@

$(VENV)/.testing: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt '.[test]'
	touch $(VENV)/.serving $(VENV)/.training $@

# Tools that look at the project from outside, apart from what it is made of.
$(VENV)/.checks: | $(BIN)/python
	$(PYTHON) -m venv $(VENV)/checks
	$(VENV)/checks/bin/python -m pip --disable-pip-version-check install --quiet pip-audit==2.10.1 kubernetes-validate==1.37.0
	touch $@

$(VENV)/.fuzzing: pyproject.toml constraints.txt | $(BIN)/python
	$(PYTHON) -m venv $(VENV)/fuzz
	$(VENV)/fuzz/bin/python -m pip --disable-pip-version-check install --quiet -c constraints.txt \
	  . httpx pytest atheris==3.0.0 schemathesis==4.32.5
	touch $@

# The tests in tests/browser draw in a real Chromium.
chromium:
ifeq ($(CHROMIUM),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
	  echo 'tests/browser needs Chromium: install the package chromium, or chromium-browser.' >&2; exit 1; \
	fi
endif

# tests/app/test_outward.py sees with it that no connection leaves the service; without it that one is skipped.
strace:
ifeq ($(STRACE),)
	@if [ "$$(uname)" = Linux ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends strace >/dev/null; \
	fi
endif
