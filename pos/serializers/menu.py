from rest_framework import serializers

from fynlo.api.inputs import Bps, Flag, Input, Text, Whole


class TaxRateInput(Input):
    id = serializers.UUIDField(required=False)
    name = Text(max_length=40)
    rate_bps = Bps()
    is_inclusive = Flag(default=True)


class TaxRateChange(Input):
    name = Text(max_length=40, required=False)
    rate_bps = Bps(required=False)
    is_inclusive = Flag(required=False)
    version = Whole(required=False, min_value=1)
