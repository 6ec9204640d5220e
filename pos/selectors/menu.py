"""Reads and locks of the menu. What was deleted is archived and is not found here."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db.models import QuerySet

from fynlo.accounts.models import Restaurant
from fynlo.cache.forgetting import forget_after_commit
from fynlo.cache.namespaces import MIB, Namespace
from fynlo.cache.reading import remember
from fynlo.cache.warming import asked_first
from fynlo.db import M
from fynlo.errors import UnknownReference
from fynlo.events.reading import last_seq_of_stream
from pos.documents import MENU
from pos.models import Category, ModifierGroup, Product, Station, TaxRate
from pos.models.archive import ArchivableQuerySet

MENUS = Namespace("menu", ttl=3600, stale_for=3600, room=32 * MIB)
PRODUCT_PAGES = Namespace("products", ttl=60)
"""Pages of products: the menu shows all that they do. Whoever asks makes them: not for long."""
_ETAG_LENGTH = 34


@dataclass(frozen=True, slots=True)
class WholeMenu:
    """`body` is the JSON text, `etag` the quoted hash of it."""

    etag: str
    body: bytes


def tax_rates(restaurant_id: UUID) -> ArchivableQuerySet[TaxRate]:
    return TaxRate.objects.live(restaurant_id)


def stations(restaurant_id: UUID) -> ArchivableQuerySet[Station]:
    return Station.objects.live(restaurant_id)


def categories(restaurant_id: UUID) -> ArchivableQuerySet[Category]:
    return Category.objects.live(restaurant_id)


def modifier_groups(restaurant_id: UUID) -> ArchivableQuerySet[ModifierGroup]:
    return ModifierGroup.objects.live(restaurant_id)


def products(
    restaurant_id: UUID, *, category: UUID | None = None, sku: str = ""
) -> ArchivableQuerySet[Product]:
    rows = Product.objects.live(restaurant_id)
    rows = rows.filter(category_id=category) if category else rows
    return rows.filter(sku=sku) if sku else rows


@asked_first
def whole_menu(restaurant_id: UUID) -> WholeMenu:
    """The MENU document with the number of the newest menu event in front, from the cache.

    The number is read first: the document is at least as new as it says.
    """

    def load() -> bytes:
        version = last_seq_of_stream(restaurant_id, MENU.stream)
        (text,) = MENU.read(Restaurant.objects.filter(pk=restaurant_id))
        body = f'{{"version":{version},{text.removeprefix("{")}'.encode()
        return b'"%s"' % hashlib.blake2b(body, digest_size=16).hexdigest().encode() + body

    return _in_parts(remember(MENUS, restaurant_id, "whole", load))


@lru_cache(maxsize=16)
def _in_parts(stored: bytes) -> WholeMenu:
    """Menus are long: they are taken apart once, not for each request."""
    return WholeMenu(stored[:_ETAG_LENGTH].decode(), stored[_ETAG_LENGTH:])


def menu_changed(restaurant_id: UUID) -> None:
    """Call inside the transaction of every change that the menu shows."""
    forget_after_commit(MENUS, restaurant_id)
    forget_after_commit(PRODUCT_PAGES, restaurant_id)


def lock_menu(restaurant_id: UUID) -> None:
    """One writer at a time for the structure of a restaurant's menu; taken before any row of it.

    It does not hinder those who only refer to the restaurant, such as orders.
    """
    rows = Restaurant.objects.select_for_update(no_key=True).filter(pk=restaurant_id)
    rows.values_list("pk", flat=True).get()


def refer(rows: QuerySet[M], pk: UUID, *, field: str) -> M:
    """The row that an input names in `field`. Raises UnknownReference."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise UnknownReference(field=field)
    return found


def refer_all(rows: QuerySet[M], ids: Collection[UUID], *, field: str) -> None:
    """Raises UnknownReference for the first of these that is not among the rows."""
    if not ids:
        return
    known = set(rows.filter(pk__in=ids).values_list("pk", flat=True))
    for place, pk in enumerate(ids):
        if pk not in known:
            raise UnknownReference(field=f"{field}.{place}")


def products_back(restaurant_id: UUID, *, now: datetime) -> list[UUID]:
    """Products that are to be in stock again by now, locked in the order of their ids."""
    rows = Product.objects.live(restaurant_id).filter(available_again_at__lte=now)
    locked = rows.select_for_update(no_key=True).order_by("pk")
    return list(locked.values_list("pk", flat=True))


def restaurants_with_products_back(*, now: datetime) -> list[UUID]:
    rows = Product.objects.filter(archived_at=None, available_again_at__lte=now)
    return sorted(set(rows.values_list("restaurant_id", flat=True)))
