"""What somebody governs in the admin: everything below is limited by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from fynlo.accounts.actor import NO_SESSION, Actor
from fynlo.accounts.choices import GOVERNING, Permission, Role
from fynlo.accounts.models import Membership, Restaurant, User

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Place:
    """A membership that governs its restaurant."""

    membership_id: UUID
    role: Role
    time_zone: str
    granted: frozenset[str]
    withheld: frozenset[str]
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class Authority:
    """`everywhere`: Fynlo's own platform owner. `places` by restaurant id."""

    user_id: UUID
    everywhere: bool
    places: Mapping[UUID, Place]

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.places)

    def role_in(self, restaurant_id: UUID) -> Role | None:
        place = self.places.get(restaurant_id)
        if self.everywhere:
            return Role.PLATFORM_OWNER
        return place.role if place else None

    def may(self, permission: Permission, restaurant_id: UUID | None = None) -> bool:
        """In this restaurant; in any, when none is named."""
        if self.everywhere:
            return True
        if restaurant_id is not None:
            place = self.places.get(restaurant_id)
            return place is not None and permission in place.permissions
        return any(permission in place.permissions for place in self.places.values())

    def limit(self, rows: QuerySet[M], *, path: str) -> QuerySet[M]:
        """Only rows whose restaurant, found along `path`, is governed."""
        if self.everywhere:
            return rows
        return rows.filter(**{f"{path}__in": list(self.places)})

    def restaurants(self) -> QuerySet[Restaurant]:
        """By name."""
        return self.limit(Restaurant.objects.all(), path="pk").order_by("name", "pk")

    def actor(self, restaurant_id: UUID) -> Actor:
        """Who services act for. The platform owner may have no membership and is then not named
        in the event log. Raises KeyError where nothing is governed."""
        place = None if self.everywhere else self.places[restaurant_id]
        place = place or self.places.get(restaurant_id)
        return Actor(
            restaurant_id=restaurant_id,
            role=place.role if place else Role.PLATFORM_OWNER,
            user_id=self.user_id,
            membership_id=place.membership_id if place else None,  # type: ignore[arg-type]
            session_id=NO_SESSION,
            granted=place.granted if place else frozenset(),
            withheld=place.withheld if place else frozenset(),
        )


def authority_of(user: User) -> Authority:
    """One query. Staff without a governing membership get an empty one, which is false."""
    if not (user.is_active and user.is_staff):
        return Authority(user_id=user.pk, everywhere=False, places={})
    rows = Membership.objects.filter(
        user=user, is_active=True, role__in=GOVERNING, restaurant__is_active=True
    ).select_related("restaurant")
    places = {member.restaurant_id: _place(member) for member in rows}
    return Authority(user_id=user.pk, everywhere=user.is_superuser, places=places)


def _place(member: Membership) -> Place:
    return Place(
        membership_id=member.pk,
        role=Role(member.role),
        time_zone=member.restaurant.time_zone,
        granted=frozenset(member.granted),
        withheld=frozenset(member.withheld),
        permissions=member.permissions,
    )
