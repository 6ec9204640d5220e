"""Reads of tips."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from employees.models import TimeEntry, TipCredit
from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission


def on_duty(restaurant_id: UUID, roles: Collection[str]) -> dict[str, list[UUID]]:
    """Who of these roles is clocked in now, by role."""
    rows = TimeEntry.objects.for_restaurant(restaurant_id).filter(
        ended_at=None, member__role__in=list(roles)
    )
    found: dict[str, list[UUID]] = {}
    for role, member in rows.values_list("member__role", "member_id").order_by("member_id"):
        found.setdefault(role, []).append(member)
    return found


def tip_credits(restaurant_id: UUID, **exact: Any) -> QuerySet[TipCredit]:
    """`exact`: equalities on fields of TipCredit."""
    return TipCredit.objects.for_restaurant(restaurant_id).filter(**exact)


def tips_in_reach(by: Actor, **exact: Any) -> QuerySet[TipCredit]:
    """One's own; with VIEW_STAFF everybody's."""
    rows = tip_credits(by.restaurant_id, **exact)
    return rows if by.may(Permission.VIEW_STAFF) else rows.filter(member_id=by.membership_id)


def credits_of(restaurant_id: UUID, source: str) -> dict[UUID, int]:
    """What each member was given, and has not given back, of sources that begin so."""
    rows = tip_credits(restaurant_id, source_key__startswith=source)
    sums = rows.values_list("member_id").annotate(Sum("amount")).order_by("member_id")
    return dict(sums)
