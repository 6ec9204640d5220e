"""What requests must look like: an unknown field is refused, as by the real one."""

from typing import Any

from jsonschema import Draft202012Validator

from payments.sandbox.bank.problems import invalid

UUID_FORM = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
MOST = 2**53 - 1


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


def _text(longest: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, **more}


METADATA = {
    "type": "object",
    "maxProperties": 10,
    "propertyNames": {"maxLength": 40},
    "additionalProperties": {"type": "string", "maxLength": 500},
}
AMOUNT = {"type": "integer", "minimum": 1, "maximum": MOST}
REFERENCE = _text(18, pattern=r"^[A-Za-z0-9 \-:()./,+]+$")
FILTER = _object(
    {},
    countries={"type": "array", "items": _text(2, pattern="^[A-Z]{2}$"), "minItems": 1},
    release_channel={"enum": ["general_availability", "public_beta", "private_beta"]},
    customer_segments={"type": "array", "items": {"enum": ["retail", "business", "corporate"]}},
)
METHOD = _object(
    {
        "type": {"const": "bank_transfer"},
        "provider_selection": _object({"type": {"const": "user_selected"}}, filter=FILTER),
        "beneficiary": _object(
            {
                "type": {"const": "merchant_account"},
                "merchant_account_id": _text(36, pattern=UUID_FORM),
            },
            reference=REFERENCE,
            account_holder_name=_text(128),
        ),
    }
)
USER = {
    **_object({"name": _text(128)}, id=_text(36), email=_text(254), phone=_text(20)),
    "anyOf": [{"required": ["email"]}, {"required": ["phone"]}],
}
PAYMENT = Draft202012Validator(
    _object(
        {
            "amount_in_minor": AMOUNT,
            "currency": {"enum": ["GBP", "EUR"]},
            "payment_method": METHOD,
            "user": USER,
        },
        hosted_page=_object(
            {"return_uri": _text(2000, pattern="^https?://")},
            max_wait_for_result={"type": "integer", "minimum": 0, "maximum": 60},
        ),
        metadata=METADATA,
    )
)
REFUND = Draft202012Validator(
    _object({"reference": REFERENCE}, amount_in_minor=AMOUNT, metadata=METADATA)
)
NOTHING = Draft202012Validator(_object({}))


def check(shape: Draft202012Validator, body: object) -> None:
    """Raises Problem 400 with every fault by its place."""
    faults: dict[str, list[str]] = {}
    for fault in shape.iter_errors(body):
        faults.setdefault(fault.json_path, []).append(fault.message)
    if faults:
        raise invalid("The request has invalid parameters.", faults)
