"""Devices: paired by a one-time code, heard by heartbeats, revoked at once."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.crypto import salted_hmac

from fynlo.accounts.actor import Actor, DeviceActor, System
from fynlo.accounts.choices import Permission
from fynlo.accounts.documents import DEVICE
from fynlo.accounts.errors import AppTooOld, DeviceRefused, PairingCodeRefused
from fynlo.accounts.models import Device, PairingCode
from fynlo.accounts.selectors import (
    devices_of,
    lock_device,
    lock_pairing_code,
    sessions_of,
    token_hash,
)
from fynlo.accounts.services.sessions import end_sessions
from fynlo.db import new_id, transaction_required
from fynlo.events.log import Author, append

CODE_LIFETIME = timedelta(minutes=10)
CODE_LENGTH = 8
# Neither 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, nor U and V.
CODE_LETTERS = "34679ACDEFGHJKMNPQRTWXY"
_VERSION = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?(?:[-+. ].*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Offer:
    """A pairing code, in clear for the only time."""

    code: str
    kind: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Paired:
    """The device's document, and its token in clear for the only time."""

    document: str
    token: str
    restaurant_id: UUID


@transaction_required
def make_pairing_code(*, by: Actor, now: datetime, kind: str) -> Offer:
    """Good once, for ten minutes. Codes long dead are swept on the way."""
    dead = PairingCode.objects.filter(restaurant_id=by.restaurant_id)
    dead.filter(expires_at__lt=now - timedelta(days=1)).delete()
    offer = Offer(_new_code(), kind, now + CODE_LIFETIME)
    PairingCode.objects.create(
        code_hash=_code_hash(offer.code),
        restaurant_id=by.restaurant_id,
        kind=kind,
        created_by_id=by.membership_id,
        expires_at=offer.expires_at,
    )
    return offer


def _new_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def _code_hash(code: str) -> str:
    typed = re.sub(r"[\s-]", "", code).upper()
    return salted_hmac("fynlo.accounts.pairing", typed, algorithm="sha256").hexdigest()


@transaction_required
def pair_device(*, code: str, name: str, model: str, app_version: str, now: datetime) -> Paired:
    """Locks the code: of two that use it at once, one is refused. Raises PairingCodeRefused."""
    offer = lock_pairing_code(_code_hash(code))
    if offer is None or not _is_good(offer, now):
        raise PairingCodeRefused
    offer.used_at = now
    offer.save(update_fields=["used_at"])
    token = secrets.token_urlsafe(32)
    device = Device.objects.create(
        pk=new_id(),
        restaurant_id=offer.restaurant_id,
        kind=offer.kind,
        name=name,
        model=model,
        app_version=app_version,
        token_hash=token_hash(token),
        paired_at=now,
        last_seen_at=now,
    )
    by = System(offer.restaurant_id, offer.created_by_id, device.pk)
    text = append(kind="device.paired", document=DEVICE, entity_id=device.pk, by=by, now=now)
    return Paired(text, token, offer.restaurant_id)


def _is_good(offer: PairingCode, now: datetime) -> bool:
    maker = offer.created_by
    may = maker.is_active and Permission.MANAGE_DEVICES in maker.permissions
    return may and offer.restaurant.is_active and offer.used_at is None and offer.expires_at > now


@transaction_required
def revoke_device(*, by: Author, now: datetime, pk: UUID) -> str:
    """Its token is refused at once and its sessions end. Once more changes nothing.

    Raises NotFound.
    """
    device = lock_device(by.restaurant_id, pk)
    if device.revoked_at:
        return DEVICE.read(devices_of(by.restaurant_id).filter(pk=pk))[0]
    device.revoked_at = now
    device.version += 1
    device.save()
    here = sessions_of(by.restaurant_id, now=now).filter(device=device)
    end_sessions(sessions=here, by=by, now=now)
    return append(kind="device.revoked", document=DEVICE, entity_id=pk, by=by, now=now)


@transaction_required
def record_heartbeat(
    *, by: DeviceActor, now: datetime, app_version: str, queue_depth: int, device_time: datetime
) -> str:
    """`queue_depth`: writes that wait on the device. The skew is device time minus ours, in ms.

    Only a new app version is an event: a fleet that reports every few seconds would drown the log.
    Raises DeviceRefused.
    """
    device = lock_device(by.restaurant_id, by.device_id)
    if device.revoked_at:
        raise DeviceRefused
    updated = device.app_version != app_version
    device.app_version = app_version
    device.queue_depth = queue_depth
    device.clock_skew_ms = round((device_time - now) / timedelta(milliseconds=1))
    device.last_seen_at = now
    device.version += updated
    device.save()
    if updated:
        return append(kind="device.updated", document=DEVICE, entity_id=device.pk, by=by, now=now)
    return DEVICE.read(devices_of(by.restaurant_id).filter(pk=device.pk))[0]


def check_app_version(version: str, *, minimum: str) -> None:
    """A version that cannot be read counts as too old. Raises AppTooOld."""
    if _numbers(version) < _numbers(minimum):
        raise AppTooOld(extra={"minimum_app_version": minimum})


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.fullmatch(version)
    return tuple(int(part or 0) for part in found.groups()) if found else (-1,)
