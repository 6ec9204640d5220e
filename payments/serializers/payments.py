from rest_framework import serializers

from fynlo.api.inputs import Id, Input, Minor
from fynlo.api.pages import PageQuery
from payments.choices import Method, PaymentStatus


class CashInput(Input):
    """`amount` is the part of what is due that this pays; all of it when left out."""

    id = Id(required=False)
    order = Id()
    amount = Minor(required=False, min_value=1)
    tip = Minor(default=0)
    tendered = Minor()


class PaymentQuery(PageQuery):
    order = Id(required=False)
    method = serializers.ChoiceField(choices=Method.choices, required=False)
    status = serializers.ChoiceField(choices=PaymentStatus.choices, required=False)
    business_date = serializers.DateField(required=False)
