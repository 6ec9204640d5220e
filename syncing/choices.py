"""What becomes of work that was done offline, and who wins when two have changed the same."""

from django.db import models


class OperationType(models.TextChoices):
    CREATE = "create", "Create"
    UPDATE = "update", "Update"
    DELETE = "delete", "Delete"
    ACTION = "action", "Action"


class Verdict(models.TextChoices):
    """`DUPLICATE` is an answer and never stored: the first verdict stays."""

    APPLIED = "applied", "Applied"
    MERGED = "merged", "Merged"
    DUPLICATE = "duplicate", "Applied before"
    REJECTED = "rejected", "Rejected"
    CONFLICT = "conflict", "Waits for a decision"
    QUARANTINED = "quarantined", "In quarantine"


class Strategy(models.TextChoices):
    """Who wins where the device and somebody else have changed the same field."""

    SERVER_WINS = "server_wins", "The server's value stays"
    CLIENT_WINS = "client_wins", "The device's value replaces it"
    ADD = "add", "Both changes are added up"
    MANUAL = "manual", "A person decides"


class Choice(models.TextChoices):
    SERVER = "server", "Keep what the server has"
    CLIENT = "client", "Take what the device has"
    MERGED = "merged", "Take what a person has put together"


ENVELOPE = frozenset({"action", "id", "order", "version"})
"""What of an operation's changes names it, and is no field of what it changes."""
PARTS = {"order_line": "lines"}
"""Entities that are rows of an order's document, by the list they are in."""

MONEY = frozenset({"price", "cost", "unit_price", "service_charge_bps", "total", "amount"})
"""Fields that no strategy but MANUAL may decide."""

# Per entity and field; `*` is every other field of the entity, and MANUAL what is named nowhere:
# money never merges silently.
STRATEGIES: dict[str, dict[str, Strategy]] = {
    "order": {
        "note": Strategy.CLIENT_WINS,
        "guests": Strategy.CLIENT_WINS,
        "table": Strategy.SERVER_WINS,
        "server": Strategy.SERVER_WINS,
    },
    "order_line": {"quantity": Strategy.ADD, "*": Strategy.CLIENT_WINS},
    "table": {"*": Strategy.SERVER_WINS},
    "product": {"price": Strategy.MANUAL, "*": Strategy.SERVER_WINS},
}


class DeliveryStatus(models.TextChoices):
    PENDING = "PENDING", "On its way"
    DELIVERED = "DELIVERED", "Delivered"
    FAILED = "FAILED", "Failed"


class Stopped(models.TextChoices):
    """Why Fynlo sends nothing any more, until somebody activates the endpoint again."""

    NOT = "", "It is not stopped"
    FAILING = "FAILING", "It failed for three days"
    GONE = "GONE", "It answered 410"
