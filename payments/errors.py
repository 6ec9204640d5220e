from fynlo.errors import DomainError


class OrderAlreadyPaid(DomainError):
    code = "order_already_paid"
    status = 409
    message = "Nothing is left to pay on this order."


class AmountAboveDue(DomainError):
    """`extra["due"]`: what is left to pay, in minor units."""

    code = "amount_above_due"
    status = 422
    message = "The order owes less than this. Take at most what is due; the rest may be a tip."


class TenderedTooLittle(DomainError):
    """`extra["total"]`: what the guest has to hand over, in minor units."""

    code = "tendered_too_little"
    status = 422
    message = "The guest gave less than the amount and tip. Ask for more, or take a part payment."


class DrawerNotOpen(DomainError):
    code = "drawer_not_open"
    status = 409
    message = "No drawer is open for you. Open one, or name the one that you use."


class DrawerAlreadyOpen(DomainError):
    """`extra`: the `drawer` in the way, its `name`, `opened_at` and `opened_by`."""

    code = "drawer_already_open"
    status = 409
    message = (
        "This drawer is open already. Count and close it first, which a manager may do for whoever"
        " left it open, or give the new one another name."
    )


class DrawerClosed(DomainError):
    code = "drawer_closed"
    status = 409
    message = "This drawer is closed. Open a new one."


class DrawerStillOpen(DomainError):
    code = "drawer_still_open"
    status = 409
    message = "A Z report is written when the drawer is closed. Close it, or ask for an X report."


class DrawerNotCounted(DomainError):
    code = "drawer_not_counted"
    status = 409
    message = "Nobody has counted this drawer. Count it, then close it."


class MovementNotUndoable(DomainError):
    code = "movement_not_undoable"
    status = 409
    message = "Only what was paid in or out, and not yet taken back, can be undone."


class DrawerTooEmpty(DomainError):
    code = "drawer_too_empty"
    status = 422
    message = "There is not so much in the drawer. Pay out less."


class SplitDoesNotFit(DomainError):
    """`extra["due"]`: what the parts have to come to, in minor units."""

    code = "split_does_not_fit"
    status = 422
    message = "The parts do not make up what is due, or one of them would be nothing."


class PaymentNotTaken(DomainError):
    code = "payment_not_taken"
    status = 409
    message = "Nothing was taken by this payment. Take the tip with it instead."


class DayBlocked(DomainError):
    """`extra["blockers"]`: as `day/preflight/` lists them."""

    code = "day_blocked"
    status = 409
    message = "The day cannot be closed yet. See `blockers`, or close over them with `override`."


class DayAlreadyClosed(DomainError):
    code = "day_already_closed"
    status = 409
    message = "This business day is closed. Read its report."


class DayNotOver(DomainError):
    code = "day_not_over"
    status = 422
    message = "This business day has not begun. Close today's or an earlier one."


class MethodNotAvailable(DomainError):
    """`extra["obstacles"]`: why, as in a quote."""

    code = "method_not_available"
    status = 422
    message = "This way to pay cannot be used now. Ask for a quote and choose another one."


class QuoteStale(DomainError):
    """`extra["total"]`: what it comes to now, in minor units."""

    code = "quote_stale"
    status = 409
    message = "The amounts have changed since they were shown. Show the new total and ask again."


class TipsNotTaken(DomainError):
    code = "tips_not_taken"
    status = 422
    message = "This restaurant takes no tips. Send the payment without one."


class TipNotAdded(DomainError):
    code = "tip_not_added"
    status = 409
    message = "The bank has not answered yet, so the tip is not added. Choose it again in a moment."


class TipTooLarge(DomainError):
    code = "tip_too_large"
    status = 422
    message = "This tip is more than the bill. Ask a member of staff to take it."


class PaymentUnderWay(DomainError):
    """`extra["due"]`: what nobody is paying yet, in minor units."""

    code = "payment_under_way"
    status = 409
    message = "Somebody is paying this at the moment. Wait for it, or cancel that payment first."


class PaymentNotPending(DomainError):
    code = "payment_not_pending"
    status = 409
    message = "This payment is over. Look at its status; refund it, or make a new one."


class AttemptOpen(DomainError):
    code = "attempt_open"
    status = 409
    message = "The guest is being asked to pay this. Cancel it before you change it."


class BankIsConfirming(DomainError):
    code = "bank_is_confirming"
    status = 409
    message = "The guest has approved this and it can no longer be cancelled. Wait for the bank."


class NothingToFallBackFrom(DomainError):
    code = "nothing_to_fall_back_from"
    status = 409
    message = "This payment is asked for by card already."


class CaptureAboveHold(DomainError):
    """`extra["held"]`: what is held, in minor units."""

    code = "capture_above_hold"
    status = 422
    message = "Less is held on the card than this. Capture at most what is held."


class ConfirmUnderWay(DomainError):
    code = "confirm_under_way"
    status = 409
    message = "Another card is being tried for this. Wait for it, then look at the payment."


class CaptureUnderWay(DomainError):
    code = "capture_under_way"
    status = 409
    message = "Another amount is being taken of this. Wait for it, then look at the payment."


class NothingToRefund(DomainError):
    code = "nothing_to_refund"
    status = 409
    message = "Nothing of this payment is left to give back."


class RefundTooLarge(DomainError):
    """`extra["left"]`: what may still go back; `extra["left_of_tip"]`: the part that is tip."""

    code = "refund_too_large"
    status = 422
    message = "More would go back than was paid. Refund at most what is left."


class PaymentDisputed(DomainError):
    code = "payment_disputed"
    status = 409
    message = "The guest has disputed this at their bank. Answer the dispute; refund nothing."


class ProviderError(DomainError):
    """The base of everything that a provider's adapter raises."""

    code = "provider_error"
    status = 502
    message = "The payment provider refused this. Choose another way to pay."


class ProviderDeclined(ProviderError):
    """`extra["decline_code"]`: the provider's word."""

    code = "payment_declined"
    status = 422
    message = "The bank declined this. Try another card or way to pay."


class ProviderInvalidRequest(ProviderError):
    code = "provider_invalid_request"
    message = "The payment provider did not understand this. Choose another way to pay."


class ProviderAuth(ProviderError):
    code = "provider_not_set_up"
    status = 503
    message = "The payment provider does not accept our keys. Choose another way to pay."


class ProviderRateLimited(ProviderError):
    """`extra["retry_after"]`: seconds."""

    code = "provider_busy"
    status = 503
    message = "The payment provider is busy. Try again in a moment."


class ProviderUnavailable(ProviderError):
    """Nothing was sent: it may safely be tried again, or another provider be used."""

    code = "provider_unavailable"
    status = 503
    message = "The payment provider cannot be reached. Choose another way to pay."


class ProviderOutcomeUnknown(ProviderError):
    """It was sent and no answer came. Never a failure: ask the provider what became of it."""

    code = "provider_outcome_unknown"
    status = 503
    message = "The provider has not answered yet. Wait: the payment is being looked up."


class ProviderKeyReused(ProviderError):
    """Our own key went out with another request: a fault of ours."""

    code = "provider_key_reused"
    message = "The payment provider refused a repeated request. Ask for support."


class SignatureInvalid(ProviderError):
    code = "signature_invalid"
    status = 401
    message = "This message was not signed by the provider."


class NotSupported(ProviderError):
    code = "provider_not_supported"
    status = 422
    message = "This way to pay cannot do that."


class AppleTokenInvalid(ProviderError):
    """`extra["reason"]`: the step of the verification that it failed."""

    code = "apple_token_invalid"
    status = 422
    message = "This Apple Pay payment cannot be accepted. Ask the guest to try again."

    def __init__(self, reason: str) -> None:
        super().__init__(extra={"reason": reason})


class AppleTokenUsed(ProviderError):
    code = "apple_token_used"
    status = 409
    message = "This Apple Pay payment was sent before. Look at the payment's status."


class AppleGatewayRefused(ProviderError):
    code = "apple_gateway_refused"
    status = 422
    message = "This validation URL is not Apple's. Leave it out, or send the event's own."
