"""`/kitchen/`: the tickets as a page. What is tapped goes to the API, as from any client."""

from math import ceil
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.api.screens.visitors import screen
from fynlo.clock import utc_now
from fynlo.events.reading import last_seq
from pos.choices import TicketState
from pos.documents import STATION, TICKET
from pos.selectors.kitchen import kitchen_load, tickets
from pos.selectors.menu import stations
from pos.services.ticket_wording import differences
from pos.views.screens import frame

AT_MOST = 100
# What a tap does next, and what it is called.
NEXT_STEPS = {
    TicketState.NEW: ("ack", "Acknowledge"),
    TicketState.ACKED: ("start", "Start"),
    TicketState.STARTED: ("ready", "Ready"),
    TicketState.READY: ("collect", "Collected"),
}


@require_safe
@screen(Permission.VIEW_KITCHEN)
def kitchen(request: HttpRequest, actor: Actor) -> HttpResponse:
    return render(request, "screens/kitchen/page.html", _shown(request, actor))


@require_safe
@screen(Permission.VIEW_KITCHEN)
def board(request: HttpRequest, actor: Actor) -> HttpResponse:
    return render(request, "screens/kitchen/board.html", _shown(request, actor))


def _shown(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """The number of the newest event is read first: the board is at least as new as it says."""
    seq, station = last_seq(actor.restaurant_id), _station(request)
    rows = tickets(actor.restaurant_id, station=station).order_by("created_at", "pk")
    found = TICKET.annotated(rows).values_list("document", flat=True)[:AT_MOST]
    cards = [_card(orjson.loads(text), actor) for text in found]
    places = stations(actor.restaurant_id).order_by("position", "pk")
    return {
        "seq": seq,
        "load": _load(actor, station),
        "station": station,
        "stations": [orjson.loads(text) for text in STATION.read(places)],
        "waiting": [card for card in cards if card["state"] != TicketState.READY],
        "ready": [card for card in cards if card["state"] == TicketState.READY],
        **frame(actor),
    }


def _load(actor: Actor, station: UUID | None) -> list[dict[str, Any]]:
    """What the station chosen has in hand, or each of them: the busiest first."""
    found = orjson.loads(kitchen_load(actor.restaurant_id, now=utc_now()))["stations"]
    shown = [place for place in found if station is None or place["station"] == str(station)]
    for place in shown:
        place["promised_minutes"] = ceil(place["promised_seconds"] / 60)
    return sorted(shown, key=lambda place: -place["work_minutes"])


def _station(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("station", ""))
    except ValueError:
        return None


def _row(item: dict[str, Any]) -> dict[str, Any]:
    """What became different stands among `differences` and not where it usually does."""
    return {**item, **dict.fromkeys(item.get("was", ()), ""), "differences": differences(item)}


def _card(ticket: dict[str, Any], actor: Actor) -> dict[str, Any]:
    state = TicketState(ticket["state"])
    step, label = NEXT_STEPS[state]
    may_step = actor.may(Permission.WORK_KITCHEN) or step == "collect"
    may_recall = actor.may(Permission.WORK_KITCHEN) and state == TicketState.READY
    return {
        **ticket,
        "items": [_row(item) for item in ticket["items"]],
        "state_label": state.label,
        "is_unseen": state == TicketState.NEW and ticket["alarmed_at"] is not None,
        "channel_label": str(ticket["channel"]).replace("_", " "),
        "created": parse_datetime(ticket["created_at"]),
        "until": ticket["ready_at"] if state == TicketState.READY else None,
        "step": step if may_step else "",
        "step_label": label,
        "may_recall": may_recall,
    }
