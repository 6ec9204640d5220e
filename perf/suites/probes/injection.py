"""SQL, templates, headers and paths, written where words are expected."""

import time
from urllib.parse import quote

from fynlo.accounts.choices import Role
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.till import Answer, Till
from perf.suites.probes.findings import Findings, Severity
from perf.suites.probes.surface import Operation, surface

SLEEP_S = 3
STRANGE = [
    "' OR '1'='1",
    "' OR 1=1 -- ",
    '") OR ("1"="1',
    f"'; SELECT pg_sleep({SLEEP_S}) -- ",
    f"1 OR pg_sleep({SLEEP_S}) IS NULL",
    "' UNION SELECT version() -- ",
    "\\'",
    "%' OR '%'='",
    "{{ 104729*99991 }}{% debug %}${104729*99991}<%= 104729*99991 %>",
    "{0.__class__.__mro__}%s%n%(x)s",
    "x\r\nX-Planted: 1",
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "/etc/passwd\0.png",
    "$(id)`id`|id;id",
    "<script>alert(1)</script>",
    "\ud7ff\U0010ffff" * 20,
]
HARMLESS = "nothing-is-called-so"
# What no answer says unless something was carried out; the product is too long to be part of an id.
TELLING = (
    str(104729 * 99991).encode(),
    b"root:x:0",
    b"uid=0",
    b"PostgreSQL 1",
    b"SyntaxError",
    b"Traceback (most",
)


def strange_words(lab: Context) -> Outcome:
    """Every query parameter, path and text of every operation, by an owner."""
    findings, till = Findings(), lab.till(Role.OWNER)
    operations = [one for one in lab.once(surface) if one.takes_members]
    for done, operation in enumerate(operations):
        lab.report(done, len(operations))
        for name in operation.queries:
            _query(findings, lab, operation, till, name)
        if operation.has_ids:
            for strange in _some(lab, 3):
                address = operation.at(*[quote(strange, safe="")] * 3)
                _judge(findings, operation, "in its path", *_timed(operation, till, address))
        _body(findings, lab, operation, till)
    return findings.outcome()


def _some(lab: Context, number: int) -> list[str]:
    return lab.random.sample(STRANGE, number) if lab.quick else STRANGE


def _query(findings: Findings, lab: Context, operation: Operation, till: Till, name: str) -> None:
    asked = f"{operation.at()}?{name}="
    most = _rows(operation.ask(till, asked + HARMLESS))
    for strange in [STRANGE[0], *_some(lab, 5)]:
        answer, seconds = _timed(operation, till, asked + quote(strange))
        _judge(findings, operation, f"in {name}", answer, seconds)
        finding = f"{operation}: {name}={strange!r} shows more than {name}={HARMLESS}"
        findings.probe(_rows(answer) <= most, Severity.CRITICAL, finding)


def _body(findings: Findings, lab: Context, operation: Operation, till: Till) -> None:
    for name, given in operation.body.get("properties", {}).items():
        if operation.resolved(given).get("type") != "string":
            continue
        for strange in _some(lab, 2):
            body = {**operation.sample(), name: strange}
            answer, seconds = _timed(operation, till, operation.at(), body)
            _judge(findings, operation, f"in {name}", answer, seconds, echoes=True)


def _timed(
    operation: Operation, till: Till, address: str, body: object = None
) -> tuple[Answer, float]:
    """The shortest of three when the first was slow: a machine may be busy."""
    shortest = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        answer = operation.ask(till, address, body)
        shortest = min(shortest, time.perf_counter() - started)
        if shortest < SLEEP_S:
            break
    return answer, shortest


def _rows(answer: Answer) -> int:
    """How many a list shows; 0 when it was refused."""
    if answer.status != 200 or "json" not in answer.headers.get("content-type", ""):
        return 0
    said = answer.json()
    return len(said.get("results", [])) if isinstance(said, dict) else 0


def _judge(
    findings: Findings,
    operation: Operation,
    where: str,
    answer: Answer,
    seconds: float,
    *,
    echoes: bool = False,
) -> None:
    """`echoes`: what was sent may come back as it was, so that a mark in it says nothing."""
    findings.probe(
        answer.status < 500, Severity.HIGH, f"{operation}: {answer.status} to strange words {where}"
    )
    told = not echoes and any(mark in answer.body for mark in TELLING)
    carried = told or seconds >= SLEEP_S or "x-planted" in answer.headers
    findings.probe(not carried, Severity.CRITICAL, f"{operation}: carries out words {where}")
