"""Everything that a client may send by mistake or in malice, to every address that writes.

Each is refused with a problem of the right status and a published code, and no row of any
table is another afterwards.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Restaurant
from fynlo.db import new_id
from fynlo.errors import DomainError
from fynlo.testing.cast import hire
from fynlo.testing.untouched import content
from fynlo.testing.world import World
from fynlo.tests.access_table import DEVICES_ONLY, TABLE, Row

pytestmark = pytest.mark.django_db
SIGN_IN: dict[str, dict[str, Any]] = {
    "POST auth/login/": {"email": "owner@kettle.example", "password": "x"},
    "POST auth/refresh/": {"refresh": "x"},
    "POST auth/password/reset/": {"email": "owner@kettle.example"},
    "POST auth/password/reset/confirm/": {"token": "x", "new_password": "Kettle-on-the-hob-9"},
    "POST devices/pair/": {"code": "X", "name": "Till", "app_version": "1.0.0"},
    "POST auth/pin/": {"employee_code": "1", "pin": "1234"},
    "POST devices/heartbeat/": {
        "app_version": "1.0.0", "queue_depth": 0, "device_time": "2026-11-23T09:00:00Z",
    },
}  # fmt: skip
WRITES = [address for address in TABLE if not address.startswith("GET")] + [*SIGN_IN]
WITH_A_BODY = [address for address in WRITES if not address.startswith("DELETE")]
LISTS = [
    address.split()[1]
    for address in TABLE
    if address.startswith("GET")
    and "<" not in address
    and "/me/" not in address
    # A pull is no list: its pages are larger.
    and address != "GET sync/pull/"
    and Role.OWNER in TABLE[address].roles
]
EMOJI = "👩‍👩‍👧‍👦 🍕 ñ 𝔘 \u202eenim"
MANY_DIGITS = b"9" * 10**6
EVIDENCE = {"employees_clockattempt", "employees_labourpolicy"}
NOT_JSON = [
    b"{", b"{]", b'{"a":1,}', b"'a'", b"NaN", b"{}{}", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"\0",
    b'{"a":"\xed\xa0\x80"}', b'{"a":"\xc3"}', b'{"a":"\\ud800"}', b'{"a":"\x01"}',
    b'{"a":1e400}', b'{"a":' + MANY_DIGITS + b"}", b'{"a":' + b"[" * 20 + b"]" * 20 + b"}",
    b"[" * 100_000,
]  # fmt: skip
NOT_AN_OBJECT = [b"[]", b"null", b"true", b"7", b'"text"', b'[{"id":1}]']
UNKNOWN = [b'{"colour_of_the_sky":1}', b'{"":1}', b'{"\\u0000":1}', b'{"__proto__":{}}']
NO_KEY = ["k" * 256, "", "\t", "clé", "a\x7fb", "🔑"]
NO_VERSION = ["x", '"', "-1", "1.5", '"1", "2"', "9" * 4000, "W/", "é"]
STRANGE = [
    "limit=0", "limit=201", "limit=-1", "limit=x", "limit=1e400", "limit=%00", "limit=1.5",
    f"limit={'9' * 5000}", "limit=", "cursor=", "cursor=%00", "cursor=!!", "cursor=W10",
    f"cursor={'A' * 501}", "cursor=🍕", "x=1",
]  # fmt: skip
WRONG: dict[str, list[Any]] = {
    "string": [7, 1.5, True, [], {}, ["a"], "a\0b", "x" * 3000],
    "integer": ["1", 1.5, True, [], {}, 10**15, -(10**15)],
    "boolean": ["true", 1, 0, [], {}],
    "array": ["a", 1, True, {}, [[]], [None], [{"colour_of_the_sky": 1}]],
    "object": ["a", 1, True, [], {"colour_of_the_sky": 1}],
}
NO_UUID = ["", "1", "not-a-uuid", "{01a20619-8d51-7503-8f84-9845eb80903f}", "a\0b", 0, -1, 2**63]


def published(kind: type[DomainError] = DomainError) -> Iterator[str]:
    for inner in kind.__subclasses__():
        yield inner.code
        yield from published(inner)


class Caller:
    """Sends to one address, and keeps what was not refused as it should be."""

    def __init__(self, address: str, world: World) -> None:
        self.method, path = address.split()
        row = TABLE.get(address) or Row(frozenset(), 0, lambda _: SIGN_IN[address])
        self.good = row.body(world)
        self.path = "/api/v1/" + re.sub(
            r"<(\w+)>", lambda found: str(getattr(world, found[1])), path
        )
        who = world.boss
        if row.roles == {Role.PLATFORM_OWNER}:
            who = hire(world.restaurant, Role.PLATFORM_OWNER)
        device = address in DEVICES_ONLY and world.device
        self.name = f"Device {world.restaurant.pk}" if device else f"Bearer {who.token}"
        self.wrong: list[tuple[Any, int, bytes]] = []
        self.before = self._content()

    def send(
        self, body: Any, *, kind: str = "application/json", path: str = "", **headers: str
    ) -> HttpResponse:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": self.name, "Idempotency-Key": str(new_id()), **given}
        client = Client(raise_request_exception=False)
        answer: HttpResponse = client.generic(  # type: ignore[assignment]
            self.method, path or self.path, raw, kind, headers=sent
        )
        return answer

    def refused(self, body: Any, *statuses: int, code: str = "", **options: Any) -> None:
        """Notes it when the answer is anything but a problem with one of these statuses."""
        answer = self.send(body, **options)
        problem = answer.get("Content-Type") == "application/problem+json"
        said = orjson.loads(answer.content) if problem else {}
        known = said.get("code") in CODES and code in ("", said["code"])
        if answer.status_code not in statuses or not known:
            self.wrong.append((options or str(body)[:200], answer.status_code, answer.content))

    def _content(self) -> dict[str, str]:
        """The clock notes every try of a punch, and makes its rules when it is first asked."""
        tables = content()
        if "timeclock/" in self.path:
            tables = {name: rows for name, rows in tables.items() if name not in EVIDENCE}
        return tables

    def finish(self) -> None:
        assert not self.wrong
        assert self._content() == self.before


@pytest.fixture
def world(restaurant: Restaurant) -> World:
    return World(restaurant)


@pytest.mark.parametrize("address", WITH_A_BODY)
def test_what_is_not_one_json_object_is_refused(address: str, world: World) -> None:
    caller = Caller(address, world)
    for body in NOT_JSON:
        caller.refused(body, 400, code="malformed")
    for body in [*NOT_AN_OBJECT, *UNKNOWN]:
        caller.refused(body, 400, code="input_invalid")
    caller.refused(b'{"a":"' + b"x" * 10 * 2**20 + b'"}', 413, code="body_too_large")
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/xml", ""):
        caller.refused(caller.good, 415, code="media_type_unsupported", kind=kind)
    caller.finish()


# Whole files are judged cell by cell, by the tests of the menu import.
ONE_VALUE_A_FIELD = [address for address in WITH_A_BODY if address != "POST menu/import/"]


@pytest.mark.parametrize("address", ONE_VALUE_A_FIELD)
def test_every_field_is_refused_in_every_wrong_type(address: str, world: World) -> None:
    caller = Caller(address, world)
    for body in spoiled(caller.good, body_schema(address)):
        caller.refused(body, 400, code="input_invalid")
    caller.finish()


@pytest.mark.parametrize("address", WRITES)
def test_headers_queries_and_paths_out_of_order_are_refused(address: str, world: World) -> None:
    caller = Caller(address, world)
    for key in NO_KEY:
        caller.refused(caller.good, 400, code="idempotency_key_invalid", Idempotency_Key=key)
    if "If-Match" in operation(address).parameters:
        for version in NO_VERSION:
            caller.refused(caller.good, 400, code="version_required", If_Match=version)
    for query in ("a=1", "%00=1", "limit=1", "a[]=%F0%9F%8D%95", "%FF=%FE"):
        path = f"{caller.path}?{query}"
        caller.refused(caller.good, 400, code="input_invalid", path=path)
    for name in re.findall(UUID, caller.path):
        for other in ("not-a-uuid", "%00", "🍕", name[:-1], name + "0", "%2e%2e", "1"):
            caller.refused(caller.good, 404, path=caller.path.replace(name, other))
    caller.finish()


@pytest.mark.parametrize("address", [a for a in WITH_A_BODY if a in TABLE])
def test_ids_of_a_rival_are_unknown_here_and_taken(
    address: str, world: World, rival_restaurant: Restaurant
) -> None:
    theirs = World(rival_restaurant)
    strangers = {str(theirs.order), str(theirs.product), str(theirs.table)}
    strangers |= set(re.findall(UUID, orjson.dumps(TABLE[address].body(theirs)).decode()))
    properties = body_schema(address)["properties"]
    taken = made_by(theirs, address) if "id" in properties else ""
    caller = Caller(address, world)
    # What is refused to everybody as things stand may be refused for that.
    refusals = [TABLE[address].status] if TABLE[address].status >= 400 else []
    for name, shape in properties.items():
        if name == "id":
            caller.refused({**caller.good, "id": taken}, 409, code="id_conflict")
        elif resolved(shape).get("format") == "uuid":
            for stranger in strangers:
                caller.refused({**caller.good, name: stranger}, 404, 422, *refusals)
    caller.finish()


def made_by(world: World, address: str) -> str:
    """The id of what this request creates."""
    caller = Caller(address, world)
    return str(orjson.loads(caller.send(caller.good).content)["id"])


@pytest.mark.parametrize("path", LISTS)
def test_lists_refuse_limits_and_cursors_that_nobody_gave_out(path: str, world: World) -> None:
    caller = Caller("GET orders/", world)
    for query in STRANGE:
        caller.refused(b"", 400, path=f"/api/v1/{path}?{query}")
    caller.finish()


def test_two_hundred_and_one_lines_are_too_many(world: World) -> None:
    for address in ("POST orders/", "POST orders/calculate/", "POST orders/<order>/lines/"):
        caller = Caller(address, world)
        lines = [world.menu.line(quantity="1")] * 201
        caller.refused({**caller.good, "lines": lines}, 400, code="input_invalid")
        caller.finish()


def test_of_a_key_that_is_there_twice_the_last_counts(world: World) -> None:
    raw = b'{"name":7,"name":"Once","rate_bps":1,"rate_bps":500}'
    said = orjson.loads(world.boss.post("tax-rates/", raw).content)
    assert (said["name"], said["rate_bps"]) == ("Once", 500)


@pytest.mark.parametrize("address", [a for a in WITH_A_BODY if a in TABLE])
def test_emoji_and_every_script_come_back_as_they_were_sent(address: str, world: World) -> None:
    fields = body_schema(address)["properties"].items()
    texts = {name: fitting(shape) for name, shape in fields if is_free_text(name, shape)}
    caller = Caller(address, world)
    answer = caller.send(caller.good | texts)
    row = TABLE[address]
    assert answer.status_code == (row.boss or row.status), answer.content
    for text in texts.values() if answer.content else ():
        assert text in answer.content.decode()


def fitting(shape: dict[str, Any]) -> str:
    return EMOJI[: shape["maxLength"]].strip()


# The schema, by which the bodies above are spoiled

UUID = "[0-9a-f]{8}-[0-9a-f-]{27}"
SCHEMA = SchemaGenerator().get_schema(request=None, public=True)
CODES = set(published())


class operation:  # noqa: N801
    """What the schema says of an address."""

    def __init__(self, address: str) -> None:
        method, path = address.split()
        wanted = re.sub("<[^>]*>", "{}", f"/api/v1/{path}")
        known = {re.sub("{[^}]*}", "{}", name): shape for name, shape in SCHEMA["paths"].items()}
        self.said: dict[str, Any] = known[wanted][method.lower()]
        self.parameters = {row["name"] for row in self.said.get("parameters", [])}


def body_schema(address: str) -> dict[str, Any]:
    body = operation(address).said.get("requestBody")
    if body is None:
        return {"type": "object", "properties": {}}
    return resolved(body["content"]["application/json"]["schema"])


def resolved(shape: dict[str, Any]) -> dict[str, Any]:
    """Without references, and without the null that is allowed beside it."""
    if "$ref" in shape:
        shape = SCHEMA["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    for either in ("anyOf", "oneOf"):
        if either in shape:
            shape = {**resolved(shape[either][0]), "null": True}
    return {"properties": {}, **shape}


def is_free_text(name: str, shape: dict[str, Any]) -> bool:
    """`field` names what there is."""
    is_text = "u0000" in shape.get("pattern", "")
    return is_text and name != "field" and "password" not in name


def spoiled(good: Any, shape: dict[str, Any]) -> Iterator[Any]:
    """Bodies that are good but for one value, at every place of the schema."""
    for name, raw in shape.get("properties", {}).items():
        inner = resolved(raw)
        for value in [*wrong_values(inner), *deeper(inner)]:
            yield {**good, name: value}
        if name in shape.get("required", []):
            yield {key: value for key, value in good.items() if key != name}


def deeper(shape: dict[str, Any]) -> Iterator[Any]:
    if shape["type"] == "array":
        inner = resolved(shape["items"])
        yield from ([value] for value in [*wrong_values(inner), *deeper(inner)])
        yield [wrong_values(inner)[0]] * 1000
    elif shape["type"] == "object":
        yield from spoiled({}, shape)


def wrong_values(shape: dict[str, Any]) -> list[Any]:
    nothing = [] if shape.get("null") else [None]
    if shape.get("format") == "uuid":
        return [*WRONG["string"], *NO_UUID, *nothing]
    if "format" in shape or shape.get("enum"):
        return [*WRONG["string" if shape["type"] == "string" else "integer"], EMOJI, *nothing]
    if shape.get("additionalProperties") is True:
        return [*WRONG["object"][:-1], *nothing]
    return [*WRONG[shape["type"]], *nothing]
