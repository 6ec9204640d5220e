"""When a provider is asked what became of an attempt or a refund. Its webhooks are quicker; this
is for the day on which they do not come."""

from datetime import datetime, timedelta

from payments.choices import (
    DEAD,
    OPEN,
    REFUND_UNDER_WAY,
    AttemptStatus,
    RefundStatus,
)
from payments.models import PaymentAttempt, Refund

# Seconds until it is asked again; the last one is repeated where it is to go on.
WHILE_OPEN = (5, 15, 30, 60)
# Paid, not yet in the restaurant's account: until it settles, or for three days.
UNTIL_SETTLED = (60, 600, 3600, *[6 * 3600] * 12)
# Over at the provider, too: money that comes all the same is found even without a webhook.
AFTER_DEATH = (30, 300, 3600)
WHILE_REFUNDING = (15, 60, 600, 3600)
AFTER_REFUND = (3600, 24 * 3600, 3 * 24 * 3600)


def watch(attempt: PaymentAttempt, *, said: str, now: datetime) -> None:
    """The attempt has moved, or is asked for although it was given up; nothing is saved.

    `said` is the provider's state of it: one that was given up is watched until that is an end.
    """
    given_up = attempt.given_up_at is not None
    attempt.is_watched = not (given_up and said in DEAD)
    attempt.polls = attempt.polls if given_up else 0
    plan_poll(attempt, now=now)


def plan_poll(attempt: PaymentAttempt, *, now: datetime) -> None:
    """When it is asked for next, `attempt.polls` times having been; nothing is saved."""
    delays, goes_on = _delays(attempt)
    if attempt.polls >= len(delays) and not goes_on:
        attempt.is_watched = False
    if attempt.is_watched:
        attempt.poll_at = now + timedelta(seconds=delays[min(attempt.polls, len(delays) - 1)])


def _delays(attempt: PaymentAttempt) -> tuple[tuple[int, ...], bool]:
    if attempt.status in OPEN or attempt.given_up_at:
        return WHILE_OPEN, True
    if attempt.status in (AttemptStatus.SUCCEEDED, AttemptStatus.REVIEW):
        return UNTIL_SETTLED, False
    return (AFTER_DEATH, False) if attempt.status in DEAD else ((), False)


def watch_refund(refund: Refund, *, now: datetime) -> None:
    """As `watch`."""
    refund.is_watched, refund.polls = bool(refund.provider_id), 0
    plan_refund_poll(refund, now=now)


def plan_refund_poll(refund: Refund, *, now: datetime) -> None:
    """As `plan_poll`."""
    goes_on = refund.status in REFUND_UNDER_WAY
    delays = WHILE_REFUNDING if goes_on else AFTER_REFUND
    if refund.status == RefundStatus.FAILED or (refund.polls >= len(delays) and not goes_on):
        refund.is_watched = False
    if refund.is_watched:
        refund.poll_at = now + timedelta(seconds=delays[min(refund.polls, len(delays) - 1)])
