"""The order that a page of the till is about."""

from uuid import UUID

from django.http import Http404

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import restaurant_profile
from fynlo.errors import NotFound
from pos.selectors.orders import order_document
from pos.views.till_shapes import Shape, order_of


def order_at(actor: Actor, pk: UUID) -> Shape:
    """Raises Http404."""
    try:
        document = order_document(actor.restaurant_id, pk)
    except NotFound as error:
        raise Http404 from error
    return order_of(document, restaurant_profile(actor.restaurant_id))


def line_of(order: Shape, pk: UUID) -> Shape:
    """Raises Http404."""
    found: Shape | None = next((line for line in order["lines"] if line["id"] == str(pk)), None)
    if found is None:
        raise Http404
    return found
