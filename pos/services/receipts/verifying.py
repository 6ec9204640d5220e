"""Checking a chain of receipts: what was changed, and where something is missing.

SHA-256 is no secret: whoever can write the whole database can also write a whole new chain. So
compare the end of the chain with one that was noted elsewhere, such as the `hash` printed on the
latest receipt.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from fynlo.clock import as_utc_text
from pos.selectors.receipts import GENESIS, Link, end_of_chain, links


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at or before the receipt of this number."""

    number: int
    detail: str


@dataclass(slots=True)
class Verdict:
    """How far the check came: `checked` receipts, ending in `hash`."""

    checked: int = 0
    number: int = 0
    hash: str = GENESIS


def verify_chain(restaurant_id: UUID, verdict: Verdict) -> Iterator[Fault]:
    """Every fault of a restaurant's chain in the order of the numbers, in constant memory.

    `verdict` is written as the check goes on. Receipts that are issued meanwhile are checked too.
    """
    yield from verify_links(restaurant_id, links(restaurant_id), verdict)
    number, chain_hash, highest = end_of_chain(restaurant_id)
    if number < max(highest, verdict.number):
        yield Fault(verdict.number, f"the chain ends in {number}, before this receipt")
    elif number > highest:
        yield Fault(number, f"the chain ends in it, but the last one that is there is {highest}")
    elif number == verdict.number and chain_hash != verdict.hash:
        yield Fault(number, "the chain ends in another hash than this receipt's")


def verify_links(restaurant_id: UUID, chain: Iterable[Link], verdict: Verdict) -> Iterator[Fault]:
    """The faults of these receipts, which come in the order of their numbers."""
    restaurant = str(restaurant_id)
    for link in chain:
        if link.number != verdict.number + 1:
            yield Fault(link.number, _gap(verdict.number, link.number))
        if link.previous_hash != verdict.hash:
            yield Fault(link.number, "it does not follow from the receipt before it")
        yield from (Fault(link.number, detail) for detail in _own_faults(restaurant, link))
        verdict.checked += 1
        verdict.number, verdict.hash = link.number, link.hash


def _gap(last: int, number: int) -> str:
    missing = f"{last + 1}" if last + 2 == number else f"{last + 1} to {number - 1}"
    return f"{missing} missing before it" if number > last else f"it comes after {last}"


def _own_faults(restaurant: str, link: Link) -> Iterator[str]:
    if hashlib.sha256(link.content.encode()).hexdigest() != link.hash:
        yield "its content and its hash do not belong together"
        return
    written = orjson.loads(link.content)
    for name, (said, stored) in _identity(restaurant, link, written).items():
        if said != stored:
            yield f"its {name} is {stored}, but its content says {said}"


def _identity(restaurant: str, link: Link, written: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    receipt, corrects = written["receipt"], written["receipt"]["corrects"]
    return {
        "number": (receipt["number"], link.number),
        "id": (receipt["id"], str(link.id)),
        "restaurant": (written["restaurant"]["id"], restaurant),
        "order": (written["order"]["id"], str(link.order_id)),
        "first receipt": (corrects and corrects["id"], link.corrects_id and str(link.corrects_id)),
        "instant": (receipt["issued_at"], as_utc_text(link.issued_at)),
        "previous hash": (receipt["previous_hash"], link.previous_hash),
    }
