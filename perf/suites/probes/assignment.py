"""Fields that the server owns, sent by a caller who hopes that they are taken."""

from uuid import uuid4

from fynlo.accounts.choices import Role
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.till import Answer, Till
from perf.suites.probes.findings import Findings, Severity
from perf.suites.probes.surface import Operation, stranger, surface

# A refusal names no more than twenty fields.
NAMED = 12
HOPEFUL = {
    "restaurant": "",
    "restaurant_id": "",
    "is_staff": True,
    "is_superuser": True,
    "permissions": ["approve"],
    "created_at": "2020-01-01T00:00:00Z",
    "created_by": str(uuid4()),
    "paid": 10_000,
    "__proto__": {"role": "owner"},
}


def owned_fields(lab: Context) -> Outcome:
    """Every operation with a body: what the server answers and does not ask for, and `HOPEFUL`, is
    refused by name."""
    findings, other = Findings(), str(lab.once(stranger))
    till = lab.till(Role.PLATFORM_OWNER)
    for operation in lab.once(surface):
        if not operation.takes_members or operation.body.get("type") != "object":
            continue
        known = operation.body.get("properties", {})
        declared = operation.body.get("additionalProperties") is False
        finding = f"{operation}: its schema lets unknown fields pass"
        findings.probe(declared, Severity.LOW, finding)
        owned = operation.answer.get("properties", {}).keys() | HOPEFUL.keys()
        names = sorted(owned - known.keys())
        for few in (names[at : at + NAMED] for at in range(0, len(names), NAMED)):
            sent = {name: HOPEFUL.get(name) or other for name in few}
            _send(findings, operation, till, sent)
    return findings.outcome()


def _send(findings: Findings, operation: Operation, till: Till, sent: dict[str, object]) -> None:
    answer = operation.ask(till, body={**operation.sample(), **sent})
    refused = _refused(answer)
    for name in sent:
        finding = f"{operation}: {answer.status}, and `{name}` is not refused"
        findings.probe(name in refused, Severity.HIGH, finding)


def _refused(answer: Answer) -> set[str]:
    if answer.status != 400:
        return set()
    return {row["field"] for row in answer.json()["errors"] if row["code"] == "unknown_field"}
