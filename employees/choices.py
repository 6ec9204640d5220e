"""States, flags and rule packs: the data of hours."""

from typing import Any

from django.db import models


class Punch(models.TextChoices):
    CLOCK_IN = "clock_in", "Clock in"
    CLOCK_OUT = "clock_out", "Clock out"
    BREAK_START = "break_start", "Start of a break"
    BREAK_END = "break_end", "End of a break"


class WorkState(models.TextChoices):
    OUT = "out", "Not clocked in"
    WORKING = "working", "At work"
    ON_BREAK = "on_break", "On a break"


class Flag(models.TextChoices):
    """What a manager should look at before a time entry is paid."""

    OFFLINE = "offline", "Told afterwards by a device that was offline"
    EARLY = "early", "Before the shift"
    SUSPICIOUS = "suspicious", "The punch had signs of fraud"
    BREAK_LEFT_OPEN = "break_left_open", "A break was ended by clocking out"
    BREAK_MISSED = "break_missed", "A break that the rules ask for was not taken"
    BREAK_SHORT = "break_short", "A break was shorter than it must be"
    BREAK_WAIVED = "break_waived", "A break was waived"
    FORGOTTEN = "forgotten", "Nobody clocked out; closed by Fynlo"
    ADJUSTED = "adjusted", "The times were put right afterwards"
    ADDED = "added", "Never at the clock; entered by a manager"
    CONTRADICTED = "contradicted", "A device told something else afterwards"


class Signal(models.TextChoices):
    """Signs that somebody else is at the clock, or somewhere else."""

    WRONG_PINS = "wrong_pins", "Wrong PINs before the right one"
    UNPAIRED_DEVICE = "unpaired_device", "Not on a paired device"
    OUTSIDE = "outside", "Too far from the restaurant"
    NO_LOCATION = "no_location", "The device did not say where it is"
    FOREIGN_NETWORK = "foreign_network", "Not in the restaurant's network"
    IMPOSSIBLE_TRAVEL = "impossible_travel", "Nobody travels that fast"
    CLOCK_SKEW = "clock_skew", "The device's clock is wrong"
    BUDDY_PUNCH = "buddy_punch", "Two people at one device within seconds"


class Mode(models.TextChoices):
    OFF = "off", "Ignore"
    FLAG = "flag", "Note it"
    BLOCK = "block", "Refuse the punch"


class EarlyMode(models.TextChoices):
    FLAG = "flag", "Note it"
    REFUSE = "refuse", "Refuse the punch"


# Minutes everywhere; `multiplier_bps` is what an hour of overtime costs, 15,000 being one and a
# half, and `double_…` what lies beyond that (see `employees.services.hours.Rules`); rules that do
# not name it have none. A break rule asks for `minutes` once more than `after_minutes` are worked;
# `in_one`: they must be taken in one piece.
RulePack = dict[str, Any]
RULE_PACKS: dict[str, RulePack] = {
    # Working Time Regulations 1998, 4(1), 10(1) and 12. What overtime pays is up to the contract.
    "uk": {
        "daily_minutes": None,
        "weekly_minutes": 48 * 60,
        "seventh_day": False,
        "multiplier_bps": 10_000,
        "tolerance_minutes": 0,
        "rest_minutes": 11 * 60,
        "breaks": [{"after_minutes": 360, "minutes": 20, "in_one": True}],
    },
    # Organisation of Working Time Act 1997, sections 11, 12 and 15.
    "ireland": {
        "daily_minutes": None,
        "weekly_minutes": 48 * 60,
        "seventh_day": False,
        "multiplier_bps": 10_000,
        "tolerance_minutes": 0,
        "rest_minutes": 11 * 60,
        "breaks": [
            {"after_minutes": 270, "minutes": 15, "in_one": False},
            {"after_minutes": 360, "minutes": 30, "in_one": False},
        ],
    },
    # Fair Labor Standards Act, 29 U.S.C. 207(a)(1): no breaks, no rest.
    "us_federal": {
        "daily_minutes": None,
        "weekly_minutes": 40 * 60,
        "seventh_day": False,
        "multiplier_bps": 15_000,
        "tolerance_minutes": 0,
        "rest_minutes": 0,
        "breaks": [],
    },
    # California Labor Code, section 510(a): one and a half after 8 hours of a day, 40 of a week and
    # for the first 8 on the seventh day of a week; twice after 12 hours of a day and after 8 on the
    # seventh day. Breaks: section 512(a).
    "california": {
        "daily_minutes": 8 * 60,
        "weekly_minutes": 40 * 60,
        "seventh_day": True,
        "multiplier_bps": 15_000,
        "double_daily_minutes": 12 * 60,
        "double_seventh_day_minutes": 8 * 60,
        "double_multiplier_bps": 20_000,
        "tolerance_minutes": 0,
        "rest_minutes": 0,
        "breaks": [
            {"after_minutes": 300, "minutes": 30, "in_one": True},
            {"after_minutes": 600, "minutes": 60, "in_one": False},
        ],
    },
}
PACK_OF_COUNTRY = {"GB": "uk", "IE": "ireland", "US": "us_federal"}


class AdjustmentState(models.TextChoices):
    PENDING = "PENDING", "Waiting"
    APPROVED = "APPROVED", "Approved"
    REJECTED = "REJECTED", "Rejected"


ADJUSTMENT_TRANSITIONS = {
    "PENDING": frozenset({"APPROVED", "REJECTED"}),
}


class SwapState(models.TextChoices):
    ASKED = "ASKED", "Asked"
    ACCEPTED = "ACCEPTED", "Accepted by the colleague"
    APPROVED = "APPROVED", "Approved"
    DECLINED = "DECLINED", "Declined"
    CANCELLED = "CANCELLED", "Taken back"


SWAP_TRANSITIONS = {
    "ASKED": frozenset({"ACCEPTED", "DECLINED", "CANCELLED"}),
    "ACCEPTED": frozenset({"APPROVED", "DECLINED", "CANCELLED"}),
}
