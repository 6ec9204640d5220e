from rest_framework import serializers

from fynlo.api.inputs import Id
from fynlo.api.pages import PageQuery
from pos.choices import TicketState


class TicketQuery(PageQuery):
    """Without a state: everything that is not collected yet."""

    station = Id(required=False)
    order = Id(required=False)
    state = serializers.ChoiceField(choices=TicketState.choices, required=False)
