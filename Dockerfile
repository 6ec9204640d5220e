# One image for every role: web, ws, worker, beat and migrate differ in their command alone.

FROM python:3.12-slim AS packages

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements/prod.txt /tmp/requirements.txt
RUN /venv/bin/pip install --require-hashes --only-binary :all: -r /tmp/requirements.txt

FROM python:3.12-slim

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=fynlo.settings.production

RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent fynlo
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .

# Settings need these to load; collectstatic reads none of them and nothing of them is kept.
RUN SECRET_KEY=build SIGNING_KEYS=build=build FIELD_KEYS=build \
    ALLOWED_HOSTS=build.invalid ALLOWED_ORIGINS=https://build.invalid \
    PUBLIC_URL=https://build.invalid WEBSOCKET_URL=wss://build.invalid/ws/v1/events/ \
    EMAIL_URL=dummymail:// DEFAULT_FROM_EMAIL=no-reply@build.invalid \
    DATABASE_URL=postgresql://build.invalid/build REDIS_URL=redis://build.invalid/0 \
    python manage.py collectstatic --no-input \
    && python -m compileall -q -j 0 . \
    && chmod -R a+rX .

USER fynlo
EXPOSE 8000

# Any allowed host will do: the process answers without asking PostgreSQL or Redis.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; host = os.environ['ALLOWED_HOSTS'].split(',')[0].lstrip('.*') or 'localhost'; r.urlopen(r.Request('http://127.0.0.1:8000/health/live/', headers={'Host': host}), timeout=4)"]

CMD ["granian", "fynlo.wsgi:application", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "2", "--http", "1", "--no-ws", "--log-level", "warning", \
     "--respawn-failed-workers", "--workers-kill-timeout", "30"]
