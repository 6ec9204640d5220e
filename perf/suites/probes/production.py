"""The pages as production serves them: its settings, behind TLS, beside the measured stack."""

import secrets
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from fynlo.local.ports import LOOPBACK, answers, free_port, wait_until
from fynlo.local.run import web_command
from fynlo.settings.env import BASE_DIR
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.suites.probes.browser import look_at_cookies, look_at_headers
from perf.suites.probes.certificates import certificate
from perf.suites.probes.findings import Findings, Severity
from perf.suites.probes.terminator import Terminator, server_context

START_S = 30.0
SETTINGS = "perf.suites.probes.production_settings"


def as_production(lab: Context) -> Outcome:
    """HSTS and every header, the cookies after signing in, and that plain HTTP is sent to TLS."""
    findings = Findings()
    with served(lab) as browser:
        look_at_headers(findings, browser, is_tls=True)
        look_at_cookies(findings, browser, lab.target.ready["logins"]["owner"], is_tls=True)
        plain = browser.get("/till/", headers={"X-Forwarded-Proto": "http"})
        sent = plain.status_code in (301, 308) and plain.headers["location"].startswith("https:")
        findings.probe(sent, Severity.HIGH, f"GET /till/: {plain.status_code} by plain HTTP")
    return findings.outcome()


@contextmanager
def served(lab: Context) -> Iterator[httpx.Client]:
    """A browser that trusts the terminator, as nginx stands before the web in production."""
    port = free_port()
    with TemporaryDirectory() as folder:
        made = certificate(Path(folder))
        with Terminator(server_context(made), (LOOPBACK, port)) as terminator:
            url = f"https://{LOOPBACK}:{terminator.port}"
            with web(port, {**environ, **lab.target.variables, **given(url)}):
                trusting = ssl.create_default_context(cafile=str(made.authority))
                told = {"X-Forwarded-Proto": "https", "Referer": f"{url}/"}
                with httpx.Client(
                    base_url=url, verify=trusting, headers=told, timeout=30
                ) as browser:
                    yield browser


def given(url: str) -> dict[str, str]:
    """What production does not start without."""
    return {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "DEBUG": "false",
        "DEMO_MODE": "true",
        "SIGNING_KEYS": f"laboratory={secrets.token_urlsafe(50)}",
        "FIELD_KEYS": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": LOOPBACK,
        "ALLOWED_ORIGINS": url,
        "PUBLIC_URL": url,
        "WEBSOCKET_URL": f"{url.replace('https', 'wss', 1)}/ws/v1/events/",
        "EMAIL_URL": "dummymail://",
        "DEFAULT_FROM_EMAIL": "laboratory@example.com",
    }


@contextmanager
def web(port: int, environment: dict[str, str]) -> Iterator[None]:
    """Raises RuntimeError when it does not begin to answer."""
    process = subprocess.Popen(  # noqa: S603 no outside input
        web_command("fynlo.wsgi:application", port),
        cwd=BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if not wait_until(lambda: answers(port), seconds=START_S):
            raise RuntimeError("the web did not start with production's settings")
        yield
    finally:
        process.terminate()
        process.wait(START_S)
