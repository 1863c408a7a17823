# Every target works on a fresh checkout with Python 3.11 or newer and make: bootstrap.py sets up what is missing.
PYTHON ?= python3
ARGS ?=
RUN = $(PYTHON) bootstrap.py

.PHONY: up demo test test-deep bench lint format translations lock clean

# Serve this copy at http://127.0.0.1:$${PORT:-8000}
up:
	$(RUN) manage.py up $(ARGS)

# The same with the sample launch and its story replayed live
demo:
	$(RUN) manage.py up --demo $(ARGS)

# Everything needed and the whole suite; ARGS picks a part, as in make test ARGS="-k board"
test:
	$(RUN) --browser -m pytest -n 2 --dist loadfile $(ARGS)

# Deep fuzzing, long fault runs, a million rows
test-deep:
	$(RUN) --browser -m pytest -m deep $(ARGS)

# Each benchmark prints its figures beside a reference from the same run
bench:
	$(RUN) -m benchmarks $(ARGS)

lint:
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(RUN) -m djlint templates --lint --quiet
	$(RUN) manage.py makemigrations --check --dry-run

format:
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .
	$(RUN) -m djlint templates --reformat --quiet

# Collect the texts anew into locale/; needs xgettext, which the package gettext brings
translations:
	@command -v xgettext >/dev/null || { echo "Collecting texts needs xgettext: install the package gettext, then try again."; exit 1; }
	$(RUN) manage.py makemessages -l sv --no-location --no-obsolete --ignore "node_modules/*" --ignore ".venv*" --ignore "var/*" --ignore "tests/*" --ignore "benchmarks/*"

# Pin again what requirements.in asks for
lock:
	$(RUN) -m piptools compile --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --strip-extras --output-file=requirements.txt requirements.in

# Remove what can be made again; the data in var/ stays
clean:
	rm -rf .venv .venv-* node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
