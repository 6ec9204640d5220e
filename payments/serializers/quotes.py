from rest_framework import serializers

from fynlo.api.inputs import Id, Input, Minor
from payments.choices import FeePayer


class QuoteInput(Input):
    """`amount` is the part of what is due that is to be paid; all of it when left out.
    `fee_payer`: who is to bear the fees; as the restaurant has chosen when left out."""

    order = Id()
    amount = Minor(required=False, min_value=1)
    tip = Minor(default=0)
    fee_payer = serializers.ChoiceField(choices=FeePayer.choices, required=False)
