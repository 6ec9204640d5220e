from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from employees.choices import SwapState
from employees.documents import SHIFT, SWAP
from employees.models import Shift, Swap
from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission

A_DAY = timedelta(days=1)


def shifts(
    restaurant_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    member: UUID | None = None,
) -> QuerySet[Shift]:
    """Drafts and published ones that begin from `since` on and before `until`."""
    rows = Shift.objects.for_restaurant(restaurant_id)
    rows = rows.exclude(is_cancelled=True, published_starts_at=None)
    if since is not None:
        rows = rows.filter(Q(starts_at__gte=since) | Q(published_starts_at__gte=since))
    if until is not None:
        rows = rows.filter(Q(starts_at__lt=until) | Q(published_starts_at__lt=until))
    return rows if member is None else rows.filter(member_id=member)


def published_shifts(
    restaurant_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    member: UUID | None = None,
) -> QuerySet[Shift]:
    """What staff see: those that begin from `since` on and before `until`."""
    rows = Shift.objects.for_restaurant(restaurant_id).filter(published_starts_at__isnull=False)
    if since is not None:
        rows = rows.filter(published_starts_at__gte=since)
    if until is not None:
        rows = rows.filter(published_starts_at__lt=until)
    return rows if member is None else rows.filter(published_member_id=member)


def drafts_around(restaurant_id: UUID, *, since: datetime, until: datetime) -> QuerySet[Shift]:
    """Planned for somebody and not cancelled, with a day on either side, by member and time."""
    rows = Shift.objects.for_restaurant(restaurant_id).filter(
        is_cancelled=False,
        member__isnull=False,
        starts_at__gte=since - A_DAY,
        starts_at__lt=until + A_DAY,
    )
    return rows.select_related("member__user").order_by("member_id", "starts_at", "pk")


def lock_shift(restaurant_id: UUID, pk: UUID) -> Shift:
    """Locked to the end of the transaction. Raises NotFound."""
    return Shift.objects.lock(restaurant_id, pk)


def lock_shifts(rows: QuerySet[Shift]) -> list[Shift]:
    """Locked to the end of the transaction, in the order of their keys."""
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))


def shift_document(pk: UUID) -> str:
    return SHIFT.read(Shift.objects.filter(pk=pk))[0]


@dataclass(frozen=True, slots=True)
class Planned:
    """A published shift of somebody."""

    member_id: UUID
    starts_at: datetime
    ends_at: datetime


def published_near(
    members: Collection[UUID], *, at: datetime, within: timedelta = A_DAY
) -> list[Planned]:
    """The published shifts of these members that begin or end within so long of `at`, in the
    order of time."""
    rows = Shift.objects.filter(
        published_member_id__in=members,
        published_starts_at__lt=at + within,
        published_ends_at__gt=at - within,
    ).order_by("published_starts_at", "pk")
    columns = ("published_member_id", "published_starts_at", "published_ends_at")
    return [Planned(*row) for row in rows.values_list(*columns)]


def swaps_in_reach(by: Actor) -> QuerySet[Swap]:
    """Those one takes part in; with the permission all."""
    rows = Swap.objects.for_restaurant(by.restaurant_id)
    if by.may(Permission.MANAGE_TIME):
        return rows
    return rows.filter(Q(from_member_id=by.membership_id) | Q(to_member_id=by.membership_id))


def swap_in_reach(by: Actor, pk: UUID) -> Swap | None:
    return swaps_in_reach(by).filter(pk=pk).first()


def lock_swap(restaurant_id: UUID, pk: UUID) -> Swap:
    """Locked to the end of the transaction; call while holding its shift's lock. Raises
    NotFound."""
    return Swap.objects.lock(restaurant_id, pk)


def is_being_swapped(shift: Shift) -> bool:
    states = [SwapState.ASKED, SwapState.ACCEPTED]
    return Swap.objects.filter(shift=shift, state__in=states).exists()


def swap_document(pk: UUID) -> str:
    return SWAP.read(Swap.objects.filter(pk=pk))[0]
