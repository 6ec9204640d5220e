"""Values that somebody is going to ask for, loaded before they do."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.conf import settings

from fynlo.cache.background import soon

T = TypeVar("T")
_readers: list[Callable[[UUID], object]] = []


def asked_first(reader: Callable[[UUID], T]) -> Callable[[UUID], T]:
    """Marks a cached read of a restaurant that a till makes as soon as it is signed in."""
    _readers.append(reader)
    return reader


def warm(restaurant_id: UUID) -> None:
    """What is cached already costs a question to Redis."""
    for reader in _readers:
        reader(restaurant_id)


def warm_soon(restaurant_id: UUID) -> None:
    """Call outside of transactions."""
    ahead(f"warm {restaurant_id}", partial(warm, restaurant_id))


def ahead(name: str, work: Callable[[], object]) -> None:
    """In the background, where the settings want it."""
    if settings.CACHE_IS_ON and settings.CACHE_AHEAD:
        soon(name, work)
