"""Where events are to be sent to."""

from rest_framework import serializers

from fynlo.accounts.choices import STREAM_PERMISSIONS
from fynlo.api.inputs import Code, Flag, Id, Input, Text, Whole, distinct
from fynlo.api.pages import PageQuery
from syncing.choices import DeliveryStatus
from syncing.providers.addresses import LONGEST_URL

_KIND = r"[a-z][a-z_]*(\.[a-z][a-z_]*)+"


class _Filters(Input):
    """No `streams`: all of them. No `kinds`: all of the streams."""

    description = Text(required=False, allow_blank=True, max_length=120)
    streams = serializers.ListField(
        child=serializers.ChoiceField(choices=list(STREAM_PERMISSIONS)),
        required=False,
        max_length=len(STREAM_PERMISSIONS),
        validators=[distinct],
    )
    kinds = serializers.ListField(
        child=Code(_KIND, max_length=48), required=False, max_length=50, validators=[distinct]
    )
    active = Flag(required=False, source="is_active")


class EndpointInput(_Filters):
    id = Id(required=False)
    url = Code(r"https?://[!-~]+", max_length=LONGEST_URL)


class EndpointChange(_Filters):
    version = Whole(required=False, min_value=1, max_value=2**31 - 1)
    url = Code(r"https?://[!-~]+", max_length=LONGEST_URL, required=False)


class DeliveryQuery(PageQuery):
    status = serializers.ChoiceField(choices=DeliveryStatus.choices, required=False)
