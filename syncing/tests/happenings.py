"""Things that happen in a restaurant, without the price of the API."""

from uuid import UUID, uuid4

from fynlo.accounts.documents import DEVICE, SESSION
from fynlo.accounts.models import Device
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.events.envelopes import Written
from fynlo.events.log import append
from fynlo.events.nudge import publish
from fynlo.testing.cast import Member
from pos.documents import FLOOR, TAX_RATE
from pos.models import Floor, TaxRate


def floor_opens(by: Member) -> None:
    """An event of the stream orders."""
    with durable():
        floor = Floor.objects.create(restaurant=by.restaurant, name=str(uuid4()))
        append(kind="floor.created", document=FLOOR, entity_id=floor.pk, by=by.actor, now=utc_now())


def tax_changes(by: Member) -> None:
    """An event of the stream menu."""
    with durable():
        rate = TaxRate.objects.create(restaurant=by.restaurant, name=str(uuid4()), rate_bps=2000)
        append(
            kind="tax_rate.created",
            document=TAX_RATE,
            entity_id=rate.pk,
            by=by.actor,
            now=utc_now(),
        )


def session_ends(member: Member) -> None:
    """An event of the stream staff."""
    with durable():
        member.session.revoked_at = utc_now()
        member.session.save()
        append(
            kind="session.ended",
            document=SESSION,
            entity_id=member.session.pk,
            by=member.actor,
            now=utc_now(),
        )


def device_is_paired(by: Member) -> Device:
    """An event of the stream staff."""
    with durable():
        device = Device.objects.create(
            restaurant=by.restaurant, name="Till", token_hash=uuid4().hex, paired_at=utc_now()
        )
        append(
            kind="device.paired", document=DEVICE, entity_id=device.pk, by=by.actor, now=utc_now()
        )
    return device


def device_is_revoked(device: Device, by: Member) -> None:
    """An event of the stream staff."""
    with durable():
        device.revoked_at = utc_now()
        device.save()
        append(
            kind="device.revoked", document=DEVICE, entity_id=device.pk, by=by.actor, now=utc_now()
        )


def announced(restaurant_id: UUID, *, seqs: range, size: int) -> None:
    """Nudges of `size` bytes each, with nothing in the log behind them."""
    letters = "x" * size
    for seq in seqs:
        envelope = f'{{"type":"event","seq":{seq},"data":"{letters}"}}'
        publish([Written(restaurant_id, seq, "orders", restaurant_id, "", envelope)])
