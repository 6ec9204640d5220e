"""The security suite finds a hole of every class, and none in the system as it is."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from fynlo.testing.live import Stack, running_stack
from perf.suites.probes.browser import look_at_cookies, look_at_headers
from perf.suites.probes.certificates import certificate
from perf.suites.probes.findings import Findings
from perf.suites.probes.terminator import Terminator, server_context
from perf.suites.security import SCENARIOS
from perf.tests.broken import Finding, measure

pytestmark = pytest.mark.xdist_group("laboratory")
HOLES = {
    "no-token": "critical: GET staff/: ",
    "roles": "critical: GET staff/: 200 to a kitchen, who may not",
    "injection": "critical: GET products/: sku=\"' OR '1'='1\" shows more",
    "tokens": "critical: GET menu/: 200 to a token with alg none",
    "assignment": "high: POST categories/: 201, and `is_staff` is not refused",
    "forgery": "critical: POST webhook-endpoints/: 201 to https://127.0.0.1",
    "headers": "medium: GET /api/v1/menu/: no x-content-type-options header",
    "cors": "high: GET /api/v1/menu/: lets https://evil.example read it",
    "cookies": "high: POST /admin/login/: the cookie sessionid is not httponly",
    "limits": "high: POST /api/v1/auth/login/: not stopped",
}


OF_ALL = [
    "GET orders/{id}/: 200 for what belongs to another restaurant",
    "GET menu/import/{id}/: 200",
    "GET payments/day/closes/{id}/: 200",
    "POST sync/conflicts/{id}/resolve/: ",
    "POST sync/operations/{op_id}/dismiss/: ",
    "POST sync/operations/{op_id}/retry/: ",
]


@pytest.fixture(scope="module")
def with_holes() -> Iterator[Stack]:
    with running_stack(settings="perf.tests.holes") as started:
        yield started


@pytest.mark.parametrize("scenario", [scenario.name for scenario in SCENARIOS[:-1]])
def test_the_system_as_it_is_has_no_hole(stack: Stack, scenario: str) -> None:
    found = measure(stack, "security", scenario, is_whole=True)
    assert found.passed, (found.says, found.errors)
    assert not found.errors
    assert found.figures["operations"] > 8


def test_a_plain_address_has_no_tls_to_look_at(stack: Stack) -> None:
    found = measure(stack, "security", "tls-endpoint")
    assert (found.passed, found.says) == (False, "no TLS endpoint given")


@pytest.mark.parametrize("scenario", HOLES)
def test_a_hole_of_every_class_is_found(with_holes: Stack, scenario: str) -> None:
    found = measure(with_holes, "security", scenario)
    assert not found.passed
    assert [kind for kind in found.errors if kind.startswith(HOLES[scenario])], found.errors


def test_every_thing_of_which_the_restaurant_is_forgotten_is_found(with_holes: Stack) -> None:
    found = measure(with_holes, "security", "objects")
    told = [kind.partition(": ")[2] for kind in found.errors]
    missed = [hole for hole in OF_ALL if not any(kind.startswith(hole) for kind in told)]
    assert not missed, found.errors


def test_things_that_cannot_be_tried_are_missed() -> None:
    """Every probe that is left holds, but few are."""
    with running_stack(settings="perf.tests.refusing") as refusing:
        found = measure(refusing, "security", "objects")
    assert "score is 100" not in found.says
    assert "nothing_to_name_here is " in found.says
    assert "unreached_here is " in found.says


def test_what_only_tls_may_carry_is_missed(stack: Stack) -> None:
    """A stack for development, judged as if it were in production."""
    findings = Findings()
    with httpx.Client(base_url=stack.ready["http"], timeout=30) as browser:
        look_at_headers(findings, browser, is_tls=True)
        look_at_cookies(findings, browser, stack.ready["logins"]["owner"], is_tls=True)
    found = findings.outcome().errors
    assert "high: GET /till/: no strict-transport-security header" in found
    assert "high: POST /admin/login/: the cookie sessionid is not secure" in found


@contextmanager
def over_tls(stack: Stack, folder: Path, context: Any = None, **made: Any) -> Iterator[Finding]:
    """What is found of the stack behind a terminator with such a certificate."""
    files = certificate(folder, **made)
    parts = urlsplit(stack.ready["http"])
    target = (parts.hostname or "", parts.port or 0)
    with Terminator(context or server_context(files), target) as terminator:
        seen: Any = SimpleNamespace(
            ready={**stack.ready, "http": f"https://127.0.0.1:{terminator.port}"},
            variables={**stack.variables, "SSL_CERT_FILE": str(files.authority)},
            pid=0,
        )
        yield measure(seen, "security", "tls-endpoint")


def test_a_good_certificate_is_good(stack: Stack, tmp_path: Path) -> None:
    with over_tls(stack, tmp_path) as found:
        assert found.passed, found.errors
        assert found.figures["days_left"] > 80


@pytest.mark.parametrize(
    ("made", "finding"),
    [
        ({"days": -1}, "certificate has expired"),
        ({"days": 3}, "its certificate has 2 days"),
        ({"host": "pos.example.com"}, "IP address mismatch"),
    ],
)
def test_a_bad_certificate_is_found(
    stack: Stack, tmp_path: Path, made: dict[str, Any], finding: str
) -> None:
    with over_tls(stack, tmp_path, **made) as found:
        assert not found.passed
        assert [kind for kind in found.errors if finding in kind], found.errors


def test_old_protocols_and_weak_ciphers_are_found(stack: Stack, tmp_path: Path) -> None:
    context = server_context(certificate(tmp_path))
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with over_tls(stack, tmp_path, context) as found:
        assert [kind for kind in found.errors if "speaks TLSv1" in kind], found.errors
        assert [kind for kind in found.errors if "takes a weak cipher" in kind], found.errors
