"""Addresses inside the network, given to whatever sends something to an address."""

from fynlo.accounts.choices import Role
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.till import Till
from perf.suites.probes.findings import Findings, Severity
from perf.suites.probes.surface import Operation, surface

INSIDE = [
    f"{scheme}://{host}/"
    for scheme in ("https", "http")
    for host in (
        "127.0.0.1", "127.1", "localhost", "LOCALHOST.", "0.0.0.0",  # noqa: S104
        "0", "2130706433", "0x7f000001",
        "0177.0.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
        "[fe80::1]", "[fc00::1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1", "192.168.0.1",
        "169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal", "redis", "postgres.local",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "user@127.0.0.1", "example.com@127.0.0.1",
        "example.com:pass@10.0.0.1", "127.0.0.1:8443", "example.com:22", "example.com:6379",
    )
]  # fmt: skip
OTHER = [
    "http://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "ftp://example.com/",
    "dict://127.0.0.1:6379/", "javascript:alert(1)", "//127.0.0.1/", "https:///", "https://",
    "https://example.com\\@127.0.0.1/", "https://127.0.0.1%23@example.com/", "https://example.com#@10.0.0.1",
]  # fmt: skip


def addresses_inside(lab: Context) -> Outcome:
    """Every operation that takes a `url` refuses every address that is not public."""
    findings, till = Findings(), lab.till(Role.OWNER)
    for operation in lab.once(surface):
        if operation.method == "POST" and "url" in operation.body.get("properties", {}):
            for url in INSIDE + OTHER:
                _try(findings, operation, till, url)
    return findings.outcome()


def _try(findings: Findings, operation: Operation, till: Till, url: str) -> None:
    status = operation.ask(till, body={**operation.sample(), "url": url}).status
    finding = f"{operation}: {status} to {url}"
    findings.probe(400 <= status < 500, Severity.CRITICAL, finding)
