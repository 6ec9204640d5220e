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
