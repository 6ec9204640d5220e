"""Whether somebody who guesses is stopped."""

from typing import Any

import httpx

from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.suites.probes.browser import client
from perf.suites.probes.findings import Findings, Severity

MOST = 100
GUESSES: list[tuple[str, str, Any]] = [
    ("POST", "/api/v1/auth/login/", {"email": "nobody@x.example", "password": "guess"}),
    ("POST", "/api/v1/auth/password/reset/", {"email": "nobody@x.example"}),
    ("POST", "/api/v1/devices/pair/", {"code": "A", "name": "T", "app_version": "1.0.0"}),
    ("POST", "/admin/login/", None),
    ("POST", "/screens/sign-in/", None),
    ("GET", "/r/guess-{number}/", None),
    ("GET", "/q/guess-{number}/", None),
    # It takes half a second to make: not in a quick run.
    ("GET", "/api/v1/schema/", None),
]


def guessing(lab: Context) -> Outcome:
    """Each of `GUESSES`, from an address of its own, is answered 429 before `MOST` tries in a
    minute, and told when to come back."""
    findings, guesses = Findings(), GUESSES[:-1] if lab.quick else GUESSES
    for done, (method, path, body) in enumerate(guesses):
        lab.report(done, len(guesses))
        with client(lab, 10 + done) as guesser:
            answer, tries = _until_stopped(guesser, method, path, body)
        stopped = answer.status_code == 429
        finding = f"{method} {path}: not stopped after {tries} tries"
        findings.probe(stopped, Severity.HIGH, finding)
        if stopped:
            waits = answer.headers.get("retry-after", "").isdecimal()
            findings.probe(waits, Severity.LOW, f"{method} {path}: 429 without Retry-After")
            findings.count("most_tries", tries)
    with client(lab, 30) as caller:
        told = caller.get("/api/v1/menu/").headers
    findings.probe("ratelimit" in told, Severity.LOW, "GET /api/v1/menu/: tells no limit")
    return findings.outcome()


def _until_stopped(
    guesser: httpx.Client, method: str, path: str, body: Any
) -> tuple[httpx.Response, int]:
    form = _form(guesser, path) if method == "POST" and body is None else None
    for number in range(MOST):
        answer = guesser.request(method, path.format(number=number), json=body, data=form)
        if answer.status_code == 429:
            break
    return answer, number + 1


def _form(guesser: httpx.Client, path: str) -> dict[str, str]:
    token = guesser.get(path).cookies.get("csrftoken") or ""
    guesser.headers["Referer"] = f"{guesser.base_url}"
    names = {"username": "nobody@x.example", "email": "nobody@x.example", "password": "guess"}
    return {**names, "csrfmiddlewaretoken": token}
