from rest_framework import serializers

from fynlo.accounts.choices import Role
from fynlo.api.inputs import Bps, Flag, Input, Minor, Text, Whole, distinct
from fynlo.money import BPS
from payments.choices import AcceptAt, FeePayer, Method


class SettingsInput(Input):
    """The secrets can be written and never read; an empty text takes one away.

    `bank_fee_is_confirmed`: your word that guests here may lawfully be charged for paying by bank.
    """

    version = Whole(required=False, min_value=1, max_value=2**31 - 1)
    methods = serializers.ListField(
        child=serializers.ChoiceField(choices=Method.choices),
        required=False,
        min_length=1,
        max_length=len(Method),
        validators=[distinct],
    )
    fee_payer = serializers.ChoiceField(choices=FeePayer.choices, required=False)
    bank_fee_is_confirmed = Flag(required=False)
    takes_tips = Flag(required=False)
    tip_presets_bps = serializers.ListField(
        child=Bps(), required=False, max_length=5, validators=[distinct]
    )
    tip_pool = serializers.DictField(child=Bps(), required=False)
    refund_limit = Minor(required=False)
    drawer_tolerance = Minor(required=False)
    fee_tolerance = Minor(required=False)
    accept_at = serializers.ChoiceField(choices=AcceptAt.choices, required=False)
    falls_back_to_card = Flag(required=False)
    truelayer_merchant_account = Text(required=False, allow_blank=True, max_length=64)
    stripe_account = Text(required=False, allow_blank=True, max_length=64)
    stripe_publishable_key = Text(required=False, allow_blank=True, max_length=255)
    stripe_secret_key = Text(required=False, allow_blank=True, max_length=255)
    stripe_webhook_secret = Text(required=False, allow_blank=True, max_length=255)

    def validate_tip_pool(self, given: dict[str, int]) -> dict[str, int]:
        if given.keys() - set(Role.values) or sum(given.values()) > BPS:
            text = "Name roles, and at most 10,000 basis points in all."
            raise serializers.ValidationError(text, code="pool_invalid")
        return given
