from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import Input

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}
_ID = {"type": "string", "format": "uuid"}
_INSTANT = {"type": "string", "format": "date-time"}


class ReceiptQuery(Input):
    format = serializers.ChoiceField(choices=["json", "html", "escpos"], default="json")


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _or_null(shape: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [shape, {"type": "null"}]}


_REDUCTION = _object(reason=_TEXT, amount=_WHOLE)
_LINE = _object(
    name=_TEXT,
    variation=_TEXT,
    modifiers=_list(_object(name=_TEXT, quantity=_WHOLE, price_delta=_WHOLE)),
    quantity=_TEXT,
    unit_price=_WHOLE,
    gross=_WHOLE,
    discounts=_list(_REDUCTION),
    total=_WHOLE,
    tax_name=_TEXT,
    tax_rate_bps=_WHOLE,
)
_TAX = _object(
    name=_TEXT,
    rate_bps=_WHOLE,
    inclusive={"type": "boolean"},
    net=_WHOLE,
    tax=_WHOLE,
    gross=_WHOLE,
)
_PAYMENT = _object(
    payment=_ID,
    method=_TEXT,
    name=_TEXT,
    amount=_WHOLE,
    tip=_WHOLE,
    tendered=_or_null(_WHOLE),
    change=_or_null(_WHOLE),
)
_ISSUED = _object(
    id=_ID,
    number=_WHOLE,
    issued_at=_INSTANT,
    corrects=_or_null(_object(id=_ID, number=_WHOLE)),
    previous_hash=_TEXT,
    hash=_TEXT,
    url=_TEXT,
    prints=_WHOLE,
)
RECEIPT = _object(
    receipt=_or_null(_ISSUED),
    mark=_TEXT,
    restaurant=_object(id=_ID, name=_TEXT, address=_list(_TEXT), vat_number=_TEXT, time_zone=_TEXT),
    order=_object(
        id=_ID,
        number=_WHOLE,
        business_date={"type": "string", "format": "date"},
        opened_at=_INSTANT,
        channel=_TEXT,
        table=_or_null(_TEXT),
        guests=_WHOLE,
    ),
    currency=_TEXT,
    lines=_list(_LINE),
    discounts=_list(_REDUCTION),
    gross=_WHOLE,
    discount=_WHOLE,
    subtotal=_WHOLE,
    service_charge_bps=_WHOLE,
    service_charge=_WHOLE,
    tax=_WHOLE,
    tax_added=_WHOLE,
    taxes=_list(_TAX),
    tip=_WHOLE,
    rounding=_WHOLE,
    total=_WHOLE,
    paid=_WHOLE,
    refunded=_WHOLE,
    due=_WHOLE,
    payments=_list(_PAYMENT),
)
RECEIPT["description"] = "`receipt` is null while none was issued: then it is a bill."
PRINTED = {
    **RECEIPT,
    "description": "The receipt, and in base64 the bytes for the printer.",
    "properties": {**RECEIPT["properties"], "escpos": _TEXT},
    "required": [*RECEIPT["required"], "escpos"],
}
