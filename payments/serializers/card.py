from fynlo.api.inputs import Code, Flag, Id, Input, Minor
from payments.serializers.payments import AskInput

BASE64 = r"[A-Za-z0-9+/]{4,20000}={0,2}"


class IntentInput(AskInput):
    """`manual_capture`: the money is held and taken later by `capture`."""

    manual_capture = Flag(default=False)


class ConfirmInput(Input):
    """The card as Stripe's SDK names it; card numbers never come here."""

    payment_method = Code(r"(pm|tok)_[A-Za-z0-9_]{1,70}")


class CaptureInput(Input):
    """`amount` of what is held; all of it when left out."""

    amount = Minor(required=False, min_value=1)


class SessionInput(Input):
    """`validation_url`: that of the browser's event, when it is to be honoured."""

    validation_url = Code("https://[!-~]{1,190}", required=False)


class TokenHeader(Input):
    ephemeralPublicKey = Code(BASE64)  # noqa: N815 - Apple's names, here and below
    publicKeyHash = Code(BASE64)  # noqa: N815
    transactionId = Code("[0-9a-fA-F]{64}")  # noqa: N815
    applicationData = Code("[0-9a-fA-F]{64}", required=False)  # noqa: N815


class PaymentData(Input):
    """`payment.token.paymentData` of PassKit, as it is."""

    version = Code("[A-Za-z0-9_]{1,16}")
    data = Code(BASE64)  # type: ignore[assignment]  # the field; `data` of a serializer stays
    signature = Code(BASE64)
    header = TokenHeader()


class ProcessInput(Input):
    payment = Id()
    token = PaymentData()


class PaymentOf(Input):
    payment = Id()
