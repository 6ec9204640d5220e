"""Everything that can be asked of the API, as its OpenAPI schema says, and who may ask it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import yaml

from fynlo.accounts.choices import Permission, Role
from perf.laboratory.context import Context
from perf.laboratory.till import Answer, Till

NEEDS = re.compile(r"Needs: (.+?)\.?$")
PERMISSIONS = {permission.label: permission.value for permission in Permission}
# A field that no request has: it is refused after the caller has been judged, so nothing is done.
UNKNOWN = {"colour_of_the_sky": "blue"}
PARAMETER = re.compile(r"{\w+}")
# What a proxy says of who asks: among the addresses that are kept for tests (RFC 2544).
FIRST_ADDRESS = ip_address("198.18.0.1")
_numbers = count()


@dataclass(frozen=True)
class Operation:
    """`declared` is its part of the schema. `needs` is a permission, or one of the words with which
    the schema says who else may call."""

    method: str
    path: str
    declared: dict[str, Any]
    schemas: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path.removeprefix('/api/v1/')}"

    @property
    def needs(self) -> str:
        found = NEEDS.search(self.declared["description"])
        words = found[1] if found else ""
        return PERMISSIONS.get(words, words)

    @property
    def is_public(self) -> bool:
        return bool(self.declared["security"] == [{}])

    @property
    def takes_members(self) -> bool:
        return {"bearer": []} in self.declared["security"]

    @property
    def has_ids(self) -> bool:
        return "{" in self.path

    @property
    def queries(self) -> list[str]:
        parameters = self.declared.get("parameters", [])
        return [one["name"] for one in parameters if one["in"] == "query"]

    @cached_property
    def body(self) -> dict[str, Any]:
        """The schema of what is sent; empty when nothing is."""
        content = self.declared.get("requestBody", {}).get("content", {})
        return self.resolved(content.get("application/json", {}).get("schema", {}))

    @cached_property
    def answer(self) -> dict[str, Any]:
        """The schema of what comes back when all is well."""
        for status, response in self.declared["responses"].items():
            if status.startswith("2"):
                content = response.get("content", {})
                return self.resolved(content.get("application/json", {}).get("schema", {}))
        return {}

    def resolved(self, shape: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in shape:
            shape = self.schemas[shape["$ref"].rpartition("/")[2]]
        return shape

    def sample(self, shape: dict[str, Any] | None = None) -> dict[str, Any]:
        """A body with everything that is required, as far as a schema can tell what that is."""
        shape = self.body if shape is None else shape
        properties, required = shape.get("properties", {}), shape.get("required", [])
        made = {name: self._value(properties[name]) for name in required if name in properties}
        if "version" in properties:
            made["version"] = 1
        return made if shape is not self.body else {**made, **self._beyond_the_schema()}

    def _beyond_the_schema(self) -> dict[str, Any]:
        return BODIES.get(self.path.removeprefix("/api/v1/"), {})

    def _value(self, given: dict[str, Any]) -> Any:
        shape = self.resolved(given)
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in shape:
                return self._value(shape[choice][0])
        if "enum" in shape:
            return shape["enum"][0]
        kind = shape.get("type")
        if kind == "array":
            return [self._value(shape["items"]) for _ in range(shape.get("minItems", 0) or 1)]
        if kind == "object":
            return self.sample(shape)
        if kind in ("integer", "number"):
            return max(shape.get("minimum", 1), 1)
        return True if kind == "boolean" else _text(shape)

    def at(self, *ids: str) -> str:
        """The path with these ids in it; with new ones, which nothing has, where there are none."""
        rest = iter(ids)
        return PARAMETER.sub(lambda _: next(rest, str(uuid4())), self.path)

    def ask(self, till: Till, path: str = "", body: Any = None) -> Answer:
        """From an address that asks nothing else, as a limit would answer in the place of what is
        probed. Once more when the connection was closed: a server may do that when it has refused
        what it has not read to the end."""
        headers = {"idempotency_key": uuid4().hex} if self.method == "POST" else {}
        headers["X-Real-IP"] = str(FIRST_ADDRESS + next(_numbers))
        sends = None if self.method in ("GET", "DELETE") and not self.body else body
        address = path or self.at()
        try:
            return till.ask(self.method, address, sends, headers)
        except ConnectionError:
            return till.ask(self.method, address, sends, headers)


# What a body needs besides, which its schema cannot say.
BODIES: dict[str, dict[str, Any]] = {
    "orders/{id}/split/": {"equal": 2},
    "orders/{id}/transfer/": {"table": str(uuid4())},
    "payments/drawers/{id}/movements/": {"amount": 1, "reason": "Probe"},
    "payments/orders/{order}/splits/": {"equal": 2},
    "payments/stripe/intents/{id}/confirm/": {"payment_method": "pm_probe"},
    "staff/{id}/permissions/": {"granted": [], "withheld": []},
}
TEXTS = (
    "Probe", "probe", "1", "10.00", "PROBE", "AAAA", "2026-01-05", "09:00", "4719", "GBP",
    "#aabbcc", "https://hooks.example.com/probe", "1.0.0",
)  # fmt: skip
FORMS: dict[str, Callable[[], str]] = {
    "uuid": lambda: str(uuid4()),
    "date": lambda: "2026-01-05",
    "date-time": lambda: "2026-01-05T10:00:00Z",
    "time": lambda: "10:00",
    "email": lambda: "probe@example.com",
    "uri": lambda: "https://hooks.example.com/probe",
}


def _text(shape: dict[str, Any]) -> str:
    if shape.get("format") in FORMS:
        made: str = FORMS[shape["format"]]()
        return made
    pattern = re.compile(shape.get("pattern", ""))
    for text in TEXTS:
        if pattern.search(text) and len(text) <= shape.get("maxLength", 99):
            return text * (1 + int(shape.get("minLength", 0)) // len(text))
    return "Probe"


def surface(lab: Context) -> list[Operation]:
    """Ask for it by `lab.once(surface)`."""
    schema = yaml.load(lab.till().get("schema/").body, yaml.CSafeLoader)
    schemas = schema["components"]["schemas"]
    return [
        Operation(method.upper(), path, declared, schemas)
        for path, methods in schema["paths"].items()
        for method, declared in methods.items()
        if method in ("get", "post", "patch", "put", "delete")
    ]


def permissions(lab: Context) -> dict[str, set[str]]:
    """What each role may do, as the server publishes it."""
    rows = lab.till(Role.OWNER).get("staff/roles/").json()["results"]
    return {row["role"]: set(row["permissions"]) for row in rows}


def stranger(lab: Context) -> UUID:
    """The restaurant of the demo's second owner."""
    from fynlo.accounts.models import Membership  # noqa: PLC0415 Django is set up by now

    email = lab.target.ready["logins"]["rival_owner"]["email"]
    found: UUID = Membership.objects.get(user__email=email).restaurant_id
    return found


def code_of(answer: Answer) -> str:
    """The stable code of a problem; empty when it is none."""
    if "problem+json" not in answer.headers.get("content-type", ""):
        return ""
    return str(answer.json().get("code", ""))
