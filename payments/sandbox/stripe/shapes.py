"""The parameters that each operation takes, as Stripe's reference lists those we use."""

from payments.sandbox.stripe.form import Shape, flag, one_of, text, whole

METADATA = {"*": text}
EXPAND = [text]
CARD = {
    "number": text,
    "exp_month": whole,
    "exp_year": whole,
    "cvc": text,
    "token": text,
    "name": text,
    "address_zip": text,
}
BILLING = {
    "name": text,
    "email": text,
    "phone": text,
    "address": dict.fromkeys(("line1", "line2", "city", "postal_code", "state", "country"), text),
}
METHOD_DATA = {
    "type": one_of("card"),
    "card": CARD,
    "billing_details": BILLING,
    "metadata": METADATA,
    "allow_redisplay": one_of("always", "limited", "unspecified"),
}
PAGE: dict[str, Shape] = {
    "limit": whole,
    "starting_after": text,
    "ending_before": text,
    "expand": EXPAND,
}
BETWEEN = {"gt": whole, "gte": whole, "lt": whole, "lte": whole}
CONFIRM: dict[str, Shape] = {
    "payment_method": text,
    "payment_method_data": METHOD_DATA,
    "payment_method_types": [one_of("card")],
    "return_url": text,
    "error_on_requires_action": flag,
    "off_session": flag,
    "capture_method": one_of("automatic", "automatic_async", "manual"),
    "receipt_email": text,
    "amount_to_confirm": whole,
    "expand": EXPAND,
}
CREATE: dict[str, Shape] = {
    **CONFIRM,
    "amount": whole,
    "currency": text,
    "confirm": flag,
    "automatic_payment_methods": {"enabled": flag, "allow_redirects": one_of("always", "never")},
    "metadata": METADATA,
    "description": text,
    "statement_descriptor": text,
    "statement_descriptor_suffix": text,
    "application_fee_amount": whole,
    "on_behalf_of": text,
    "transfer_data": {"destination": text, "amount": whole},
    "customer": text,
}
CAPTURE: dict[str, Shape] = {
    "amount_to_capture": whole,
    "application_fee_amount": whole,
    "metadata": METADATA,
    "statement_descriptor_suffix": text,
    "final_capture": flag,
    "expand": EXPAND,
}
CANCEL: dict[str, Shape] = {
    "cancellation_reason": one_of("duplicate", "fraudulent", "requested_by_customer", "abandoned"),
    "expand": EXPAND,
}
REFUND: dict[str, Shape] = {
    "payment_intent": text,
    "charge": text,
    "amount": whole,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
    "metadata": METADATA,
    "refund_application_fee": flag,
    "reverse_transfer": flag,
    "expand": EXPAND,
}
TOKEN: dict[str, Shape] = {
    "card": CARD,
    "pk_token": text,
    "pk_token_instrument_name": text,
    "pk_token_payment_network": text,
    "pk_token_transaction_id": text,
    "expand": EXPAND,
}
SEARCH: dict[str, Shape] = {"query": text, "limit": whole, "page": text, "expand": EXPAND}
LIST: dict[str, Shape] = {**PAGE, "created": BETWEEN}
LIST_REFUNDS: dict[str, Shape] = {**LIST, "payment_intent": text, "charge": text}
LIST_TRANSACTIONS: dict[str, Shape] = {
    **LIST,
    "type": text,
    "source": text,
    "currency": text,
    "payout": text,
}
RETRIEVE: dict[str, Shape] = {"expand": EXPAND, "client_secret": text}
DOMAIN: dict[str, Shape] = {"domain_name": text, "enabled": flag, "expand": EXPAND}
VALIDATE: dict[str, Shape] = {"expand": EXPAND}
