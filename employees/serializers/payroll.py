from datetime import date
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from rest_framework import serializers

from employees.choices import RULE_PACKS, AdjustmentState
from employees.serializers.clock import VERSION_MAX
from employees.serializers.policy import RulesInput
from fynlo.api.inputs import Id, Input, Instant, Text, Whole, rows_of
from fynlo.api.pages import PageQuery


class Day(serializers.DateField):
    """Between 2000 and 2100: weeks around it can be counted."""

    def __init__(self, **options: Any) -> None:
        limits = MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1))
        super().__init__(validators=limits, **options)


class BreakProposal(Input):
    started_at = Instant()
    ended_at = Instant()
    break_type = Id(default=None, allow_null=True)


class AdjustmentInput(Input):
    """`breaks` replace all there are; without them those stay."""

    id = Id(required=False)
    started_at = Instant()
    ended_at = Instant()
    breaks = rows_of(BreakProposal(), max_length=20, required=False)
    reason = Text(max_length=300)


class EntryInput(Input):
    """`member` is somebody else."""

    id = Id(required=False)
    member = Id()
    started_at = Instant()
    ended_at = Instant()
    breaks = rows_of(BreakProposal(), max_length=20, required=False)
    reason = Text(max_length=300)


class AdjustmentQuery(PageQuery):
    state = serializers.ChoiceField(choices=AdjustmentState.choices, required=False)


class Decision(Input):
    version = Whole(required=False, min_value=1, max_value=VERSION_MAX)
    note = Text(default="", max_length=300, allow_blank=True)


class PeriodInput(Input):
    id = Id(required=False)
    starts_on = Day()
    ends_on = Day()


class Range(Input):
    """Business days, both included."""

    def get_fields(self) -> dict[str, Any]:
        days = {"from": Day(), "to": Day()}
        return {**super().get_fields(), **days}


class WhatIf(Range):
    """`pack` or `rules`; `pack` when both are given."""

    pack = serializers.ChoiceField(choices=list(RULE_PACKS), required=False)
    rules = RulesInput(required=False)
