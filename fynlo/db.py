"""Tenancy, transactions and versions: what every model and service of the house leans on."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, Self, TypeVar
from uuid import UUID

import uuid_utils.compat
from django.db import connection, models, transaction

from fynlo.batches import keep, kept
from fynlo.errors import IdConflict, NotFound, VersionConflict

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=models.Model)


def new_id() -> UUID:
    """A UUIDv7: unique anywhere, sorted by the time it was made."""
    return uuid_utils.compat.uuid7()


@contextmanager
def durable() -> Iterator[None]:
    """The transaction of one use case, opened by the view, task or command that owns it.

    Raises RuntimeError when another transaction is already open: a nested one would quietly
    become a savepoint and promise a commit that has not happened.
    """
    with transaction.atomic(durable=True):
        yield


def transaction_required(service: Callable[P, R]) -> Callable[P, R]:
    """Marks a service that writes: its caller opens the transaction (`durable`).

    Raises RuntimeError when none is open.
    """

    @wraps(service)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not connection.in_atomic_block:
            raise RuntimeError(f"{service.__qualname__} must run inside fynlo.db.durable()")
        return service(*args, **kwargs)

    return checked


@dataclass(frozen=True, slots=True)
class Intent:
    """What the first phase of a use case has committed: the entity it is about, and the record
    from which the next phases go on, none when nothing is left to ask anybody."""

    entity: UUID
    point: UUID | None
    is_new: bool = True


class OwnedQuerySet(models.QuerySet[M]):
    """Reads begin with the tenant."""

    def for_restaurant(self, restaurant_id: UUID) -> Self:
        """Only what this restaurant owns."""
        return self.filter(restaurant_id=restaurant_id)

    def one(self, restaurant_id: UUID, pk: UUID) -> M:
        """Raises NotFound when it is missing or belongs to somebody else."""
        found = self.filter(restaurant_id=restaurant_id, pk=pk).first()
        if found is None:
            raise NotFound
        return found

    def lock(self, restaurant_id: UUID, pk: UUID) -> M:
        """The row, locked to the end of the transaction; rows that point at it may be inserted.

        Raises NotFound as `one` does.
        """
        return self.select_for_update(of=("self",), no_key=True).one(restaurant_id, pk)


class RestaurantOwned(models.Model):
    """Everything that belongs to one restaurant: an id that a client may make, and a version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    restaurant = models.ForeignKey("accounts.Restaurant", models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True


def check_version(current: int, expected: int | None, *, document: Callable[[], str]) -> None:
    """Call while holding the row's lock.

    Raises VersionConflict with the present document when `expected` is stale.
    """
    if expected is not None and expected != current:
        raise VersionConflict(extra={"current": document()})


def created_before(model: type[RestaurantOwned], *, pk: UUID, by: UUID, fingerprint: str) -> bool:
    """Whether this very request (same id, restaurant and body fingerprint) already made it.

    An empty fingerprint means that the id was made here a moment ago: nothing is looked up.
    Raises IdConflict when the id is taken by anything else.
    """
    if not fingerprint:
        return False
    known = kept((model, pk), lambda: _made_by(model, pk))
    if known is None:
        return False
    if known != (by, fingerprint):
        raise IdConflict
    return True


def _made_by(model: type[RestaurantOwned], pk: UUID) -> tuple[UUID, str] | None:
    rows = model._default_manager.filter(pk=pk)
    return rows.values_list("restaurant_id", "fingerprint").first()


def look_up_created(model: type[RestaurantOwned], pks: Collection[UUID]) -> None:
    """For a batch: one statement in place of one for each `created_before`."""
    if not pks:
        return
    rows = model._default_manager.filter(pk__in=pks)
    known = {pk: rest for pk, *rest in rows.values_list("pk", "restaurant_id", "fingerprint")}
    for pk in pks:
        keep((model, pk), tuple(known[pk]) if pk in known else None)
