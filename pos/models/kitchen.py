from django.db import models

from fynlo.db import OwnedQuerySet, RestaurantOwned
from pos.choices import TicketState
from pos.models.floor import Table
from pos.models.menu import Station
from pos.models.orders import Order


class Ticket(RestaurantOwned):
    """What one station reads of one send, like a slip of paper: it never changes but its state.

    `items`: `[{"line", "part_of", "change": "add" | "change" | "cancel", "name", "variation",
    "quantity", "modifiers", "seat", "course", "note"}]`, quantities as decimal strings. A
    `change` also has `was`: the fields that became different, as they were. `order` is the one it
    was sent from, wherever its lines are now; `table` is where they go. `alarmed_at`: when the
    house was told that nobody had acknowledged it in time.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="tickets")
    table = models.ForeignKey(Table, models.PROTECT, null=True, related_name="+")
    station = models.ForeignKey(Station, models.PROTECT, related_name="tickets")
    revision = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=TicketState.choices, default=TicketState.NEW)
    items = models.JSONField(default=list)
    created_at = models.DateTimeField()
    alarmed_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet["Ticket"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "order", "station", "revision", name="one_ticket_per_station_and_send"
            )
        ]
        indexes = [
            models.Index(fields=["restaurant", "created_at", "id"], name="ticket_oldest"),
            # The kitchen screen asks for what is not collected yet.
            models.Index(
                fields=["restaurant", "station", "created_at"],
                name="ticket_live",
                condition=~models.Q(state="COLLECTED"),
            ),
            # The alarm looks for these every few seconds, in all restaurants.
            models.Index(
                fields=["created_at"],
                name="ticket_unacknowledged",
                condition=models.Q(state="NEW", alarmed_at=None),
            ),
            # How long a station takes is measured over the last weeks.
            models.Index(
                fields=["station", "ready_at"],
                name="ticket_measured",
                condition=models.Q(ready_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} for {self.station}"
