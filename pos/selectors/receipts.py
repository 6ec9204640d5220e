"""Reads and locks of receipts and of the chain that they are."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from fynlo.accounts.models import Restaurant
from fynlo.batches import kept, was_made_here
from pos.models import Receipt, ReceiptChain, ReceiptPrint

GENESIS = "0" * 64
BATCH = 2000


class Link(NamedTuple):
    """One receipt as its chain is checked."""

    number: int
    id: UUID
    order_id: UUID
    corrects_id: UUID | None
    issued_at: datetime
    previous_hash: str
    hash: str
    content: str


def lock_chain(restaurant_id: UUID) -> ReceiptChain:
    """The end of the chain, made when missing, locked to the end of the transaction.

    Call last of all locks but the event cursor's, which `events.append` takes.
    """
    return kept(("chain", restaurant_id), lambda: _lock_chain(restaurant_id))


def _lock_chain(restaurant_id: UUID) -> ReceiptChain:
    rows = ReceiptChain.objects.select_for_update(no_key=True).filter(restaurant_id=restaurant_id)
    known = rows.first()
    if known is not None:
        return known
    fresh = ReceiptChain(restaurant_id=restaurant_id, hash=GENESIS)
    ReceiptChain.objects.bulk_create([fresh], ignore_conflicts=True)
    return rows.get()


def first_receipt(order_id: UUID) -> Receipt | None:
    if was_made_here(order_id):
        return None
    return Receipt.objects.filter(order_id=order_id, corrects=None).first()


def latest_receipt(restaurant_id: UUID, order_id: UUID) -> Receipt | None:
    """The one that counts: the last correction, or the first receipt."""
    rows = Receipt.objects.for_restaurant(restaurant_id).filter(order_id=order_id)
    return rows.order_by("-number").first()


def receipt_of_token(token: str) -> Receipt | None:
    """Whoever has the token sees the receipt."""
    return Receipt.objects.filter(token=token).first()


def replaced_by(receipt: Receipt) -> int | None:
    """The number of the latest receipt of the same order, when that is a later one."""
    rows = Receipt.objects.filter(order_id=receipt.order_id, number__gt=receipt.number)
    found: int | None = rows.aggregate(last=Max("number"))["last"]
    return found


def prints_of(receipt: Receipt) -> int:
    """How often it was printed."""
    return ReceiptPrint.objects.filter(receipt=receipt).count()


def chained_restaurants() -> list[UUID]:
    """Every restaurant that ever issued a receipt."""
    chains = ReceiptChain.objects.filter(restaurant_id=OuterRef("pk"))
    receipts = Receipt.objects.filter(restaurant_id=OuterRef("pk"))
    rows = Restaurant.objects.filter(Exists(chains) | Exists(receipts)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def end_of_chain(restaurant_id: UUID) -> tuple[int, str, int]:
    """The last number and hash by the chain's own account, and the highest number there is: of
    one instant, because it is one statement."""
    receipts = Receipt.objects.filter(restaurant_id=OuterRef("restaurant_id"))
    highest = Subquery(receipts.order_by("-number").values("number")[:1])
    rows = ReceiptChain.objects.filter(restaurant_id=restaurant_id)
    found = rows.annotate(highest=Coalesce(highest, 0)).values_list("number", "hash", "highest")
    return found.first() or (0, GENESIS, 0)


def links(restaurant_id: UUID) -> Iterator[Link]:
    """The chain from its beginning, never more than a batch of it in memory.

    By number instead of a server-side cursor, which PgBouncer would cut off.
    """
    rows = Receipt.objects.for_restaurant(restaurant_id).order_by("number", "pk")
    last = -(2**62)
    while batch := list(rows.filter(number__gt=last).values_list(*Link._fields)[:BATCH]):
        yield from map(Link._make, batch)
        last = batch[-1][0]
