PYTHON ?= python3
BIN := .venv/bin
PY := $(BIN)/python
INSTALLED := .venv/installed

.PHONY: run test checks format lock clean

run: $(INSTALLED)
	@$(PY) -m fynlo.local run

test: $(INSTALLED) checks
	$(PY) -m fynlo.local exec --throw-away -- $(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

checks: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(PY) -m fynlo.local exec --throw-away -- $(PY) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

# Stand-ins for what a real production server is given.
PRODUCTION := DJANGO_SETTINGS_MODULE=fynlo.settings.production \
	SECRET_KEY=only-for-the-deployment-check-0123456789-abcdefghijklmnop \
	SIGNING_KEYS=check=only-for-the-deployment-check-0123456789 \
	FIELD_KEYS=only-for-the-deployment-check-abcdefghijklmnop \
	ALLOWED_HOSTS=pos.example.com ALLOWED_ORIGINS=https://pos.example.com \
	DATABASE_URL=postgresql://fynlo@127.0.0.1/fynlo REDIS_URL=redis://127.0.0.1:6379/0 \
	PUBLIC_URL=https://pos.example.com WEBSOCKET_URL=wss://pos.example.com/ws/v1/events/ \
	EMAIL_URL=smtp://mail.example.com DEFAULT_FROM_EMAIL=no-reply@pos.example.com

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

COMPILE := $(PY) -m uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --quiet --custom-compile-command "make lock"

lock: $(INSTALLED)
	@$(PY) -m uv --version >/dev/null 2>&1 || $(PY) -m pip install --quiet uv
	$(COMPILE) requirements/base.in -o requirements/base.txt
	$(COMPILE) requirements/prod.in -c requirements/base.txt -o requirements/prod.txt
	$(COMPILE) requirements/dev.in -c requirements/prod.txt -o requirements/dev.txt

clean:
	@if test -d "$${FYNLO_STATE:-.local}"; then $(PY) -m fynlo.local clean; fi
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "fynlo: Python 3.11 or newer is needed ($(PYTHON) is not): try make PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo "installing requirements/dev.txt into .venv"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
