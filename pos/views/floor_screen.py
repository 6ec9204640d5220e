"""`/floor/`: every table and what goes on there, as a page."""

from collections import Counter
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.api.screens.visitors import screen
from fynlo.clock import utc_now
from fynlo.events.reading import last_seq
from fynlo.money import for_people
from pos.selectors.floor import live_floors
from pos.views.screens import frame

STATES = {"free": "Free", "seated": "Seated", "ordered": "Ordered", "paying": "Paying"}


@require_safe
@screen(Permission.VIEW_FLOOR)
def floor(request: HttpRequest, actor: Actor) -> HttpResponse:
    return render(request, "screens/floor/page.html", _shown(actor))


@require_safe
@screen(Permission.VIEW_FLOOR)
def board(request: HttpRequest, actor: Actor) -> HttpResponse:
    return render(request, "screens/floor/board.html", _shown(actor))


def _shown(actor: Actor) -> dict[str, Any]:
    """The number of the newest event is read first: the board is at least as new as it says."""
    seq = last_seq(actor.restaurant_id)
    floors = orjson.loads(live_floors(actor.restaurant_id, now=utc_now()))
    numbers = {table["id"]: table["number"] for place in floors for table in place["tables"]}
    currency = restaurant_profile(actor.restaurant_id).currency
    for place in floors:
        counts = Counter(table["state"] for table in place["tables"])
        place["counts"] = [(key, label, counts[key]) for key, label in STATES.items()]
        for table in place["tables"]:
            table["state_label"] = STATES[table["state"]]
            table["with"] = numbers.get(table["merged_into"], "")
            table["due_label"] = for_people(table["due"], currency) if table["due"] else ""
    may_sell = actor.may(Permission.TAKE_ORDERS)
    return {"seq": seq, "floors": floors, "may_sell": may_sell, **frame(actor)}
