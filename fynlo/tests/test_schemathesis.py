"""What schemathesis makes of the schema, sent to the application inside this process.

It sends what the schema allows and what it forbids, at every limit, and holds each answer
against the schema: no 5xx, a declared status and content type, the documented shape; what is
allowed is not malformed, what is forbidden is refused. Every request is undone.

That it can fail: a `raise ValueError` in `Tables.partial_update`, a field that a document has
and its schema has not, and a `max_length` that the schema does not know each turned it red.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NotSet

from fynlo.accounts.models import Restaurant
from fynlo.testing.world import World
from fynlo.tests.access_table import DEVICES_ONLY, TABLE
from fynlo.wsgi import application

# The rules of the house come after the reading of what was sent; 403 is the approver who is none.
RULES = ["403", "409", "412", "422", "426"]
CONFIG: dict[str, Any] = {
    "generation": {
        "max-examples": 10,
        "deterministic": True,
        "no-shrink": True,
        "with-security-parameters": False,
    },
    "phases": {name: {"enabled": False} for name in ("examples", "coverage", "stateful")},
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "401", "404", *RULES]},
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "404", "405", "415", *RULES]
        },
    },
}
schema = schemathesis.openapi.from_wsgi(
    "/api/v1/schema/", application, config=SchemathesisConfig.from_dict(CONFIG)
)


def anonymous(method: str, path: str) -> str:
    return f"{method} {re.sub(r'<[^>]*>|{[^}]*}', '*', path.removeprefix('/api/v1/'))}"


PIECES = {anonymous(*address.split()): re.findall("<(.*?)>", address) for address in TABLE}


@pytest.fixture
def world(restaurant: Restaurant, monkeypatch: pytest.MonkeyPatch) -> World:
    """The end of a request is no end of the test's connection."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    return World(restaurant)


@settings(suppress_health_check=list(HealthCheck))
@pytest.mark.django_db
@schema.parametrize()
def test_the_schema_is_kept(case: Any, world: World) -> None:
    if case.meta.generation.mode.is_positive:
        make_sense(case, world)
    elif case.body == b"":
        return  # schemathesis sends nothing at all for random bytes, and no body is allowed
    headers = {"Authorization": credentials(case, world), "Accept-Encoding": "identity"}
    with undone():
        case.call_and_validate(headers=headers)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is forgotten, though the code believes that it commits."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


def credentials(case: Any, world: World) -> str:
    if f"{case.method} {case.path.removeprefix('/api/v1/')}" not in DEVICES_ONLY:
        return f"Bearer {world.boss.token}"
    assert world.device
    return f"Device {world.restaurant.pk}"


def make_sense(case: Any, world: World) -> None:
    """Things that are there, at their present version, instead of things that could be; whole
    numbers without a point; no cursor, which is only ever what a list has given."""
    pieces = PIECES.get(anonymous(case.method, case.path), [])
    for name, piece in zip(case.path_parameters or {}, pieces, strict=True):
        case.path_parameters[name] = str(getattr(world, piece))
    if case.query:
        case.query.pop("cursor", None)
    if not isinstance(case.body, NotSet):
        case.body = sensible(case.body, world)
    if case.method == "PATCH":
        case.headers["If-Match"] = '"1"'


def sensible(value: Any, world: World) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [sensible(item, world) for item in value]
    if not isinstance(value, dict):
        return value
    known = {
        "product": world.menu.burger.pk,
        "modifier": world.menu.chips.pk,
        "tax_rate": world.menu.vat.pk,
        "category": world.menu.burger.category_id,
        "station": world.menu.grill.pk,
        "table": world.menu.table.pk,
        "floor": world.menu.table.floor_id,
    }
    return {
        name: str(known[name]) if name in known and inner else sensible(inner, world)
        for name, inner in value.items()
        if (name, type(inner)) != ("version", int)
    }
