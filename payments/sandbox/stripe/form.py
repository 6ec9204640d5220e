"""Stripe's form encoding: `metadata[a]=b`, `expand[0]=c`; and what an operation takes of it."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from payments.sandbox.stripe.refusals import Json, invalid, missing_parameter, unknown_parameter

_PARTS = re.compile(r"\[([^\]]*)\]")
Leaf = Callable[[str, str], Any]
Shape = Leaf | Mapping[str, Any] | list[Any]


def text(name: str, value: str) -> str:
    if len(value) > 5000:
        raise invalid(f"Invalid string: {value[:10]}…; must be at most 5000 characters", param=name)
    return value


def whole(name: str, value: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", value):
        raise invalid(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def flag(name: str, value: str) -> bool:
    if value not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {value}", param=name)
    return value == "true"


def one_of(*allowed: str) -> Leaf:
    def chosen(name: str, value: str) -> str:
        if value not in allowed:
            raise invalid(f"Invalid {name}: must be one of {', '.join(allowed)}", param=name)
        return value

    return chosen


def nested(encoded: bytes | str) -> Json:
    """The tree that brackets spell; lists are still dictionaries by their index."""
    found: Json = {}
    for name, value in parse_qsl(
        encoded.decode() if isinstance(encoded, bytes) else encoded, keep_blank_values=True
    ):
        head = name.split("[", 1)[0]
        path = [head, *_PARTS.findall(name[len(head) :])]
        inner = found
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise invalid(f"Invalid object: {head}", param=head)
        last = path[-1] or str(len(inner))
        inner[last] = value
    return found


def checked(given: Any, shape: Shape, *, name: str = "", required: tuple[str, ...] = ()) -> Any:
    """`given` as Python values. Raises Refused for anything that the shape does not name."""
    if callable(shape):
        if not isinstance(given, str):
            raise invalid(f"Invalid string: {name}", param=name)
        return shape(name, given)
    if not isinstance(given, dict):
        raise invalid(f"Invalid object: {name}", param=name)
    if isinstance(shape, list):
        return [checked(value, shape[0], name=f"{name}[{place}]") for place, value in given.items()]
    for wanted in required:
        if wanted not in given:
            raise missing_parameter(wanted)
    return {key: _field(key, value, shape, name) for key, value in given.items()}


def _field(key: str, value: Any, shape: Mapping[str, Any], outer: str) -> Any:
    full = f"{outer}[{key}]" if outer else key
    inner = shape.get(key, shape.get("*"))
    if inner is None:
        raise unknown_parameter(full)
    return checked(value, inner, name=full)
