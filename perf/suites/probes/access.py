"""Who is let in: nobody without a token, and each role to what it is declared for."""

from fynlo.accounts.choices import Role
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.till import Answer, Till
from perf.suites.probes.findings import Findings, Severity
from perf.suites.probes.surface import UNKNOWN, Operation, code_of, permissions, surface

# What anybody may call: to sign in, to pair, and what a signature opens instead of a token.
OPEN = {
    "POST auth/login/",
    "POST auth/refresh/",
    "POST auth/password/reset/",
    "POST auth/password/reset/confirm/",
    "POST devices/pair/",
    "POST payments/webhooks/open-banking/",
    "POST payments/webhooks/stripe/",
    "POST payments/webhooks/stripe/{id}/",
}
BODILESS = {"POST auth/logout/"}


def without_a_token(lab: Context) -> Outcome:
    """Every operation, with no token and with one that is none: 401, unless it is one of `OPEN`."""
    findings, nobody = Findings(), lab.stranger(address="127.2.0.1")
    forger = lab.stranger(lambda: "not.a.token", address="127.2.0.2")
    for operation in lab.once(surface):
        if operation.is_public:
            known = str(operation) in OPEN
            findings.probe(known, Severity.HIGH, f"{operation}: open to anybody")
            continue
        for till, how in ((nobody, "without a token"), (forger, "with a made-up token")):
            status = operation.ask(till, body=UNKNOWN).status
            finding = f"{operation}: {status} {how}"
            findings.probe(status == 401, Severity.CRITICAL, finding)
    return findings.outcome()


def every_role(lab: Context) -> Outcome:
    """Every operation by every role: 403 without the declared permission, and let in with it.

    What is sent has a field that does not exist, and names things that do not: who is let in does
    nothing.
    """
    findings, allowed = Findings(), lab.once(permissions)
    for done, role in enumerate(Role):
        lab.report(done, len(Role))
        till = lab.till(role)
        for operation in lab.once(surface):
            if not operation.is_public and str(operation) not in BODILESS:
                _try(findings, operation, till, role, allowed[role])
    return findings.outcome()


def _try(
    findings: Findings, operation: Operation, till: Till, role: Role, allowed: set[str]
) -> None:
    answer = operation.ask(till, body=UNKNOWN)
    finding = f"{operation}: {answer.status} to a {role.label.lower()}"
    if not operation.takes_members:
        findings.probe(answer.status == 401, Severity.HIGH, finding)
    elif operation.needs in allowed or " " in operation.needs:
        findings.probe(not _is_refused(answer), Severity.LOW, f"{finding}, who may")
    else:
        findings.probe(answer.status == 403, Severity.CRITICAL, f"{finding}, who may not")


def _is_refused(answer: Answer) -> bool:
    return answer.status == 401 or code_of(answer) == "permission_missing"
