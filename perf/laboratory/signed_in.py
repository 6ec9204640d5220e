"""Members of a restaurant who are signed in: through the services, without the price of Argon2."""

from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership
from fynlo.accounts.services.sessions import Origin, Proof, start_session
from fynlo.api.tokens import access_token
from fynlo.clock import utc_now
from fynlo.db import durable

# Below the API's limits for one session and for one address in a minute.
REQUESTS_PER_SESSION = 1000
# From an address to one that no other till has.
BEYOND_ALL_TILLS = 2**17


class Identity:
    """A member who is signed in, and signs in anew, at another address, after every thousand
    requests: no till at work sends as many in a minute, and the API would refuse it."""

    def __init__(self, restaurant_id: str | UUID, role: Role, address: str) -> None:
        self.restaurant_id, self.role, self.address = restaurant_id, role, address
        self._token = sign_in(restaurant_id, role)
        self._asked = 0

    def token(self) -> str:
        """For one request."""
        self._asked += 1
        if self._asked % REQUESTS_PER_SESSION == 0:
            self._token = sign_in(self.restaurant_id, self.role)
            connection.close()  # this worker's thread asks the server, not PostgreSQL
        return self._token

    def seen_at(self) -> str:
        """The address that a proxy would tell the server: `address` in the first session."""
        sessions = self._asked // REQUESTS_PER_SESSION
        return str(ip_address(self.address) + sessions * BEYOND_ALL_TILLS)


def sign_in(restaurant_id: str | UUID, role: Role) -> str:
    """An access token of a new session of the restaurant's first member with this role."""
    now = utc_now()
    members = Membership.objects.for_restaurant(UUID(str(restaurant_id)))
    member = members.filter(role=role, is_active=True).order_by("pk").first()
    if member is None:
        raise LookupError(f"restaurant {restaurant_id} has no {role}")
    with durable():
        session = start_session(
            proof=Proof(member.pk, None),
            origin=Origin(user_agent="benchmark"),
            now=now,
            expires_at=now + _lifetime(),
        )
    return access_token(session, now=now)


def _lifetime() -> timedelta:
    found: Any = settings.SESSION_LIFETIME
    return timedelta(seconds=found.total_seconds())
