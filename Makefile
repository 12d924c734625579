# Every target does its own set-up; CONTRIBUTING.md says what each is for.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check faults bench image-quality screenshots contact-sheet lock

BIN := .venv/bin
READY := .venv/ready

help:
	@echo "make setup         the virtual environment in .venv, from the lock, and the system libraries Qt needs"
	@echo "make demo          a whole day on embedded parts: in a window, or headless where there is no display"
	@echo "make test          make check, then every test but the long fault runs"
	@echo "make check         format, lint, types and import rules"
	@echo "make faults        the long fault runs; SEED=1 varies them, MINUTES=25 bounds those of sending"
	@echo "make bench         what is claimed about speed and memory, measured"
	@echo "make image-quality how right pictures, numbers and findings are, measured; MINUTES=10 bounds it"
	@echo "make screenshots   the pictures of the docs, made by the program"
	@echo "make contact-sheet one picture with every fault that the simulated reader can put into a plate"
	@echo "make lock          renew requirements/ from pyproject.toml"

$(READY): requirements/dev.txt pyproject.toml tools/setup.sh tools/qt_libraries.py tools/system_packages.py
	@sh tools/setup.sh
	@touch $@

setup: $(READY)

demo: $(READY)
	@$(BIN)/fieldstation demo $(if $(DISPLAY)$(WAYLAND_DISPLAY),,--headless)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# A missing peer does not stop the run: its tests say so at the end, and fail where CI=true.
test: check
	-@$(BIN)/python -m tools.peers
	$(BIN)/pytest -n 2 --dist loadgroup

# SEED= and MINUTES= reach tests/faults by the environment.
faults: $(READY)
	-@$(BIN)/python -m tools.peers
	$(BIN)/pytest -m faults --timeout 1800

bench: $(READY)
	@$(BIN)/python -m benchmarks

image-quality: $(READY)
	@$(BIN)/python -m benchmarks.image_quality --minutes $(or $(MINUTES),10)

screenshots: $(READY)
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m benchmarks.screenshots

contact-sheet: $(READY)
	@$(BIN)/python -m benchmarks.contact_sheet

# One resolution for every Python and platform that is supported; nothing of this machine goes into it.
# `make lock UPGRADE=` keeps what is pinned and adds only what is new.
UPGRADE := --upgrade
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --no-config --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	--custom-compile-command "make lock"

lock: $(READY)
	$(LOCK) $(UPGRADE) --output-file requirements/run.txt
	$(LOCK) $(UPGRADE) --group dev --constraint requirements/run.txt --output-file requirements/dev.txt
