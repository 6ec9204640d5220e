"""How a restaurant takes money, as its owner chooses."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import check_version, transaction_required
from fynlo.events.log import append
from payments.documents import PAYMENT_SETTINGS
from payments.models import PaymentSettings
from payments.selectors.fees import lock_every_settings, lock_settings, settings_rows


@transaction_required
def change_settings(
    *,
    by: Actor,
    now: datetime,
    expected_version: int | None,
    bank_fee_is_confirmed: bool | None = None,
    **fields: Any,
) -> str:
    """Only what is given changes; `fields` are those of PaymentSettings.

    `bank_fee_is_confirmed`: an owner's word that guests here may lawfully be charged for paying
    by bank, kept with name and time. The document, which shows no secret. Raises VersionConflict.
    """
    make_settings(by.restaurant_id)
    chosen = lock_settings(by.restaurant_id)
    check_version(
        chosen.version,
        expected_version,
        document=lambda: PAYMENT_SETTINGS.read(settings_rows(by.restaurant_id))[0],
    )
    for name, value in fields.items():
        setattr(chosen, name, value)
    if bank_fee_is_confirmed is not None:
        chosen.bank_fee_confirmed_at = now if bank_fee_is_confirmed else None
        chosen.bank_fee_confirmed_by_id = by.membership_id if bank_fee_is_confirmed else None
    chosen.version += 1
    chosen.save()
    return append(
        kind="payment_settings.updated",
        document=PAYMENT_SETTINGS,
        entity_id=chosen.pk,
        by=by,
        now=now,
    )


@transaction_required
def make_settings(restaurant_id: UUID) -> None:
    """The defaults as a row, where nothing was chosen yet."""
    fresh = PaymentSettings(restaurant_id=restaurant_id)
    PaymentSettings.objects.bulk_create([fresh], ignore_conflicts=True)


@transaction_required
def reseal_secrets() -> int:
    """Seal every restaurant's secrets under the newest key; how many rows there are."""
    rows = lock_every_settings()
    for row in rows:
        row.save(update_fields=["stripe_secret_key", "stripe_webhook_secret"])
    return len(rows)
