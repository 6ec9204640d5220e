from rest_framework import serializers

from fynlo.api.pages import PageQuery
from pos.choices import TicketState


class TicketQuery(PageQuery):
    """Without a state: everything that is not collected yet."""

    station = serializers.UUIDField(required=False)
    order = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=TicketState.choices, required=False)
