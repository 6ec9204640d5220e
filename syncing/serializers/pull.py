"""What a till asks for, and what a person decides of its work."""

from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import Id, Input, Text, Whole
from fynlo.api.pages import PageQuery
from syncing.choices import STRATEGIES, Choice, Strategy, Verdict
from syncing.selectors.pulling import BUCKETS
from syncing.selectors.snapshot import ENTITIES
from syncing.serializers.push import Changes

MAX_CHANGES = 2000
_ANY = "|".join(ENTITIES)


class Entities(Text):
    """Names of entities, joined by commas."""

    json_schema = {"pattern": f"^({_ANY})(,({_ANY}))*$"}

    def to_internal_value(self, data: Any) -> Any:
        names = super().to_internal_value(data).split(",")
        if not set(names) <= ENTITIES.keys():
            raise serializers.ValidationError(f"Choose among {', '.join(ENTITIES)}.")
        return names


class PullQuery(Input):
    """`bucket`: all that is in that bucket, instead of what follows a cursor."""

    cursor = Text(required=False, max_length=500)
    entities = Entities(required=False, max_length=300)
    limit = serializers.IntegerField(default=500, min_value=1, max_value=MAX_CHANGES)
    bucket = serializers.IntegerField(required=False, min_value=0, max_value=BUCKETS - 1)


class ChecksumQuery(Input):
    entities = Entities(required=False, max_length=300)


class OperationQuery(PageQuery):
    """`waits`: only what is in quarantine."""

    verdict = serializers.ChoiceField(
        choices=[choice for choice in Verdict.choices if choice[0] != Verdict.DUPLICATE],
        required=False,
    )
    device = Id(required=False)


class RetryInput(Input):
    """`changes` replaces what the till had sent, as somebody has mended it."""

    version = Whole(required=False, min_value=1, max_value=2**31 - 1)
    changes = Changes(required=False)


class DismissInput(Input):
    version = Whole(required=False, min_value=1, max_value=2**31 - 1)
    reason = Text(max_length=200)


class ResolveInput(Input):
    choice = serializers.ChoiceField(choices=Choice.choices)
    document = Changes(required=False)


class StrategyInput(Input):
    """`field` `*`: all the others of the entity."""

    entity = serializers.ChoiceField(choices=[(name, name) for name in STRATEGIES])
    field = Text(max_length=64)
    strategy = serializers.ChoiceField(choices=Strategy.choices)
