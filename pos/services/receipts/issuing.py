"""Issuing a receipt when an order is completed, and counting its prints."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import letterhead
from fynlo.batches import hold, insert_rows, update_rows
from fynlo.db import check_version, new_id, transaction_required
from fynlo.events.log import append
from pos.choices import OrderStatus
from pos.documents import RECEIPT, RECEIPT_PRINT
from pos.errors import ReceiptNotIssued
from pos.models import Receipt, ReceiptPrint
from pos.selectors.orders import lock_order, order_document
from pos.selectors.receipts import first_receipt, latest_receipt, lock_chain, prints_of
from pos.services.bill import OpenBill
from pos.services.receipts.content import canonical, content_of, identity_of
from pos.services.receipts.paper import Paper, issued


@transaction_required
def issue_receipt(*, bill: OpenBill, by: Actor, now: datetime) -> None:
    """The next receipt of the restaurant's chain, for this order as it stands.

    An order that has one already gets a correction, which refers to the first.
    Call while holding the order's lock, when it was saved. Locks the end of the chain, so what
    follows may only append events.
    """
    issuer = letterhead(by.restaurant_id)
    content = content_of(bill.order, bill.lines, bill.discounts, issuer=issuer)
    receipt = Receipt(restaurant_id=by.restaurant_id, order=bill.order, issued_at=now)
    _chain(receipt, content, first=first_receipt(bill.order.pk))
    append(kind="receipt.issued", document=RECEIPT, entity_id=receipt.pk, by=by, now=now)


def _chain(receipt: Receipt, content: dict[str, Any], *, first: Receipt | None) -> None:
    chain = lock_chain(receipt.restaurant_id)
    receipt.number, receipt.previous_hash = chain.number + 1, chain.hash
    receipt.corrects = first
    receipt.content = canonical({"receipt": identity_of(receipt, first=first), **content})
    receipt.hash = hashlib.sha256(receipt.content.encode()).hexdigest()
    insert_rows([receipt])
    chain.number, chain.hash = receipt.number, receipt.hash
    update_rows([chain], ["number", "hash"])
    hold(receipt)


@transaction_required
def print_receipt(
    *, by: Actor, now: datetime, pk: UUID, expected_version: int | None = None
) -> Paper:
    """The receipt of order `pk`, counted as printed once more; from the second time on it is
    marked as a reprint. Locks the order.

    Raises NotFound, VersionConflict, and ReceiptNotIssued unless the order is completed.
    """
    order = lock_order(by.restaurant_id, pk)
    check_version(
        order.version, expected_version, document=lambda: order_document(by.restaurant_id, pk)
    )
    receipt = latest_receipt(by.restaurant_id, pk)
    if receipt is None or order.status != OrderStatus.COMPLETED:
        raise ReceiptNotIssued
    printed = ReceiptPrint(
        id=new_id(),
        restaurant_id=by.restaurant_id,
        receipt=receipt,
        copy=prints_of(receipt) + 1,
        printed_at=now,
        printed_by_id=by.membership_id,
        device_id=by.device_id,
    )
    printed.save(force_insert=True)
    append(kind="receipt.printed", document=RECEIPT_PRINT, entity_id=printed.pk, by=by, now=now)
    mark = f"Reprint {printed.copy - 1}" if printed.copy > 1 else ""
    return issued(receipt, mark=mark, prints=printed.copy)
