"""What the pages that people look at have in common."""

from typing import Any

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile

PAGES = (
    ("Till", "/till/", Permission.TAKE_ORDERS),
    ("Floor", "/floor/", Permission.VIEW_FLOOR),
    ("Kitchen", "/kitchen/", Permission.VIEW_KITCHEN),
)


def frame(actor: Actor) -> dict[str, Any]:
    """The restaurant, and the pages that this member may open."""
    pages = [{"title": t, "address": a} for t, a, needed in PAGES if actor.may(needed)]
    return {"restaurant": restaurant_profile(actor.restaurant_id), "pages": pages, "actor": actor}
