"""Shifts handed on: asked, accepted by the colleague, approved by a manager.

Order of locks: the shift, then the swap.
"""

from datetime import datetime
from uuid import UUID

from employees.choices import SWAP_TRANSITIONS, SwapState
from employees.documents import SHIFT, SWAP
from employees.errors import NotYourShift, ShiftChanged, SwapUnderWay
from employees.models import Shift, Swap
from employees.selectors.rota import is_being_swapped, lock_shift, lock_swap, swap_document
from employees.selectors.rota import swap_in_reach as find_swap
from employees.selectors.staff import staff
from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.db import check_version, created_before, transaction_required
from fynlo.errors import NotFound, UnknownReference, move
from fynlo.events.log import append

ACTIONS = {
    "accept": SwapState.ACCEPTED,
    "approve": SwapState.APPROVED,
    "decline": SwapState.DECLINED,
    "cancel": SwapState.CANCELLED,
}


@transaction_required
def ask_for_swap(
    *, by: Actor, now: datetime, pk: UUID, fingerprint: str, shift: UUID, to: UUID
) -> tuple[str, bool]:
    """Of one's own published shift: the document, and whether it is new.

    Locks the shift. Raises NotFound, IdConflict, NotYourShift, UnknownReference, SwapUnderWay.
    """
    if created_before(Swap, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return swap_document(pk), False
    row = lock_shift(by.restaurant_id, shift)
    if row.published_member_id != by.membership_id:
        raise NotYourShift
    colleagues = staff(by.restaurant_id, is_active=True).exclude(pk=by.membership_id)
    if not colleagues.filter(pk=to).exists():
        raise UnknownReference("No colleague like this works here.", field="to")
    if is_being_swapped(row):
        raise SwapUnderWay
    Swap.objects.create(
        pk=pk,
        restaurant_id=by.restaurant_id,
        fingerprint=fingerprint,
        shift=row,
        from_member_id=by.membership_id,
        to_member_id=to,
        asked_at=now,
    )
    return append(kind="swap.asked", document=SWAP, entity_id=pk, by=by, now=now), True


@transaction_required
def decide_swap(
    *, by: Actor, now: datetime, pk: UUID, action: str, expected_version: int | None = None
) -> str:
    """`action`: accept or decline (the colleague), cancel (who asked), approve or decline (a
    manager who has no part in it). An approved one hands the shift over, draft and published.

    Raises NotFound, VersionConflict, NotYourShift, TransitionNotAllowed, PermissionMissing,
    ShiftChanged, UnknownReference.
    """
    known = find_swap(by, pk)
    if known is None:
        raise NotFound
    shift = lock_shift(by.restaurant_id, known.shift_id)
    swap = lock_swap(by.restaurant_id, pk)
    check_version(swap.version, expected_version, document=lambda: swap_document(pk))
    _check_part(by, swap, action)
    if action in ("accept", "approve"):
        _check_still_so(swap, shift)
    swap.state = move(swap.state, ACTIONS[action], SWAP_TRANSITIONS)
    swap.decided_by_id = by.membership_id
    swap.version += 1
    swap.save()
    if swap.state == SwapState.APPROVED:
        shift.member_id = shift.published_member_id = swap.to_member_id
        shift.version += 1
        shift.save()
        append(kind="shift.swapped", document=SHIFT, entity_id=shift.pk, by=by, now=now)
    return append(kind=f"swap.{swap.state.lower()}", document=SWAP, entity_id=pk, by=by, now=now)


def _check_still_so(swap: Swap, shift: Shift) -> None:
    """Raises ShiftChanged, UnknownReference."""
    if shift.is_cancelled or shift.published_member_id != swap.from_member_id:
        raise ShiftChanged
    if not staff(swap.restaurant_id, is_active=True).filter(pk=swap.to_member_id).exists():
        raise UnknownReference("This colleague works here no more.", field="to")


def _check_part(by: Actor, swap: Swap, action: str) -> None:
    me = by.membership_id
    if action == "approve" or (action == "decline" and me != swap.to_member_id):
        by.must(Permission.MANAGE_TIME)
        if me in (swap.from_member_id, swap.to_member_id):
            raise NotYourShift("Somebody else has to decide this one.")
    elif me != (swap.from_member_id if action == "cancel" else swap.to_member_id):
        raise NotYourShift
