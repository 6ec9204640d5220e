"""What belongs to another restaurant is not there: by path, and as a filter.

Where a body is refused before anybody looks whose thing it is (`unreached`), it must be refused
alike for a thing that does not exist.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import UUIDField

from fynlo.accounts.choices import Role
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.signed_in import Identity
from perf.laboratory.till import Answer, Till
from perf.suites.probes.findings import Findings, Severity
from perf.suites.probes.stocking import stock
from perf.suites.probes.surface import Operation, stranger, surface


@dataclass
class Side:
    """A restaurant, with a till of its owner, and the ids that stand in the paths of its things:
    by what stands before them."""

    restaurant: UUID
    till: Till
    ids: dict[str, list[str]] = field(default_factory=dict)


def strangers(lab: Context) -> Outcome:
    """Every operation that names a thing, by the owner of the other restaurant: 404."""
    findings, here, there = Findings(), UUID(lab.target.ready["restaurant"]), lab.once(stranger)
    sides = [Side(here, _till(lab, here, 1)), Side(there, _till(lab, there, 2))]
    for side in sides:
        stock(side.till)
        _find_ids(side, lab.once(surface))
    for owner, other in (sides, reversed(sides)):
        _attack(findings, lab, owner, other)
    return findings.outcome()


def _till(lab: Context, restaurant: UUID, number: int) -> Till:
    identity = Identity(restaurant, Role.OWNER, f"127.2.1.{number}")
    return lab.stranger(identity.token, address=identity.address)


def _before_id(operation: Operation) -> str:
    return operation.path.partition("{")[0]


def _find_ids(side: Side, operations: list[Operation]) -> None:
    """Of each kind of thing one that its owner can read: from its list, or by trying all rows."""
    rows = _rows(side.restaurant)
    for operation in operations:
        before = _before_id(operation)
        if not operation.has_ids or before in side.ids:
            continue
        name = operation.path.partition("{")[2].partition("}")[0]
        found = _results(side.till.ask("GET", before, None, {}))[:1]
        listed = [str(row.get(name, row["id"])) for row in found]
        if operation.method != "GET":
            side.ids.update({before: listed} if listed else {})
            continue
        for one in listed or rows:
            answer = operation.ask(side.till, operation.at(one))
            if answer.status < 300:
                side.ids[before] = [one, *_inner(answer)]
                break


def _rows(restaurant: UUID) -> list[str]:
    """The last ids of every table that belongs to restaurants."""
    found = []
    for model in apps.get_models():
        names = {column.attname for column in model._meta.concrete_fields}
        if "restaurant_id" in names and isinstance(model._meta.pk, UUIDField):
            rows = model._default_manager.filter(restaurant_id=restaurant)
            found += [str(key) for key in rows.order_by("-pk").values_list("pk", flat=True)[:3]]
    return found


def _results(answer: Answer) -> list[dict[str, Any]]:
    if answer.status != 200 or "json" not in answer.headers.get("content-type", ""):
        return []
    said = answer.json()
    found = said.get("results", []) if isinstance(said, dict) else []
    return [row for row in found if isinstance(row, dict) and "id" in row]


def _inner(answer: Answer) -> list[str]:
    """Ids of what is inside, as of the lines of an order."""
    if "json" not in answer.headers.get("content-type", ""):
        return []
    lines = answer.json().get("lines") or []
    return [str(line["id"]) for line in lines[:1] if isinstance(line, dict) and "id" in line]


def _attack(findings: Findings, lab: Context, owner: Side, other: Side) -> None:
    unreached, unknown, operations = 0, 0, lab.once(surface)
    for done, operation in enumerate(operations):
        lab.report(done, len(operations))
        ids = owner.ids.get(_before_id(operation), [])
        if operation.has_ids and operation.takes_members and not ids:
            unknown += 1
        elif operation.has_ids and operation.takes_members:
            unreached += not _attack_one(findings, operation, other.till, ids)
        elif operation.method == "GET" and operation.takes_members:
            _filter(findings, operation, owner, other)
    where = "here" if str(owner.restaurant) == lab.target.ready["restaurant"] else "there"
    findings.count(f"unreached_{where}", unreached)
    findings.count(f"nothing_to_name_{where}", unknown)


def _attack_one(findings: Findings, operation: Operation, till: Till, ids: list[str]) -> bool:
    """Whether it was looked at whose it is: a body may be refused before."""
    body = operation.sample()
    status = operation.ask(till, operation.at(*ids), body).status
    finding = f"{operation}: {status} for what belongs to another restaurant"
    if status != 404 and status == operation.ask(till, operation.at(), body).status >= 400:
        return False
    serious = Severity.CRITICAL if status < 400 else Severity.MEDIUM
    findings.probe(status == 404, serious, finding)
    return True


def _filter(findings: Findings, operation: Operation, owner: Side, other: Side) -> None:
    """A list of what belongs to somebody else's order, table or member is empty, or refused."""
    theirs = {one[0] for one in owner.ids.values()}
    for name in operation.queries:
        if name in ("limit", "cursor"):
            continue
        for one in sorted(theirs)[:4]:
            answer = operation.ask(other.till, f"{operation.path}?{name}={one}")
            shown = {str(row["id"]) for row in _results(answer)} & theirs
            finding = f"{operation}?{name}: shows what belongs to another restaurant"
            findings.probe(not shown, Severity.CRITICAL, finding)
