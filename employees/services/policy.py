"""The rules of hours and of the clock. What began under old rules goes on under them."""

from datetime import datetime
from ipaddress import ip_network
from typing import Any

from employees.choices import RULE_PACKS
from employees.documents import LABOUR_POLICY
from employees.errors import NotANetwork
from employees.models import LabourPolicy
from employees.selectors.policy import lock_policy, policies
from fynlo.accounts.actor import Actor
from fynlo.db import check_version, transaction_required
from fynlo.events.log import append


@transaction_required
def change_policy(
    *,
    by: Actor,
    now: datetime,
    expected_version: int | None,
    pack: str | None = None,
    rules: dict[str, Any] | None = None,
    signals: dict[str, str] | None = None,
    **plain: Any,
) -> str:
    """Only what is given changes. `pack` names rules that stand ready, `rules` are one's own.
    `geofence`: `{latitude, longitude, radius_m}` or None.

    Locks the policy. Raises VersionConflict, NotANetwork.
    """
    policy = lock_policy(by.restaurant_id)
    check_version(
        policy.version,
        expected_version,
        document=lambda: LABOUR_POLICY.read(policies(by.restaurant_id))[0],
    )
    if pack is not None:
        policy.rules = RULE_PACKS[pack]
    if rules is not None:
        policy.rules = {"breaks": [], **rules}
    if "geofence" in plain:
        _fence(policy, plain.pop("geofence"))
    _check_networks(plain.get("networks", []))
    for name, value in plain.items():
        setattr(policy, name, value)
    policy.signals = {**policy.signals, **(signals or {})}
    policy.version += 1
    policy.save()
    return append(
        kind="labour_policy.updated",
        document=LABOUR_POLICY,
        entity_id=policy.pk,
        by=by,
        now=now,
    )


def _check_networks(networks: list[str]) -> None:
    for network in networks:
        try:
            ip_network(network)
        except ValueError as error:
            raise NotANetwork(field="networks") from error


def _fence(policy: LabourPolicy, fence: dict[str, Any] | None) -> None:
    policy.latitude = fence["latitude"] if fence else None
    policy.longitude = fence["longitude"] if fence else None
    policy.radius_m = fence["radius_m"] if fence else policy.radius_m
