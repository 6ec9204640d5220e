"""What a till pushes. One operation that cannot be read is a verdict of its own."""

from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import Code, Id, Input, Instant, Text, Whole, rows_of
from fynlo.api.parsers import canonical
from fynlo.api.problems import as_domain_error
from syncing.choices import OperationType
from syncing.selectors.pushed import Operation

MAX_OPERATIONS = 500
MAX_SEQ = 10**14


class Changes(serializers.DictField):
    """Any JSON object."""

    json_schema = {"type": "object", "additionalProperties": True}


class Named(Input):
    """Without these two nobody could be told of the rest."""

    op_id = Id()
    device_seq = Whole(min_value=1, max_value=MAX_SEQ)


class OperationInput(Named):
    """`hash`: MD5 or SHA-256, in hexadecimal, of the canonical JSON of `changes` (sorted keys, no
    spaces, UTF-8). Operations of one `group` are done together or not at all."""

    entity = Text(max_length=32)
    entity_id = Id()
    type = serializers.ChoiceField(choices=OperationType.choices)
    base_version = Whole(required=False, allow_null=True, min_value=1, max_value=2**31 - 1)
    base = Changes(required=False, allow_null=True)
    changes = Changes()
    occurred_at = Instant()
    hash = Code(r"([0-9a-fA-F]{32}|[0-9a-fA-F]{64})")
    group = Text(required=False, allow_blank=True, max_length=64)

    def to_internal_value(self, data: Any) -> Operation:
        try:
            given = super().to_internal_value(data)
        except serializers.ValidationError as error:
            return _unreadable(data, error)
        given["type"] = OperationType(given["type"])
        given["hash"] = given["hash"].lower()
        return Operation(**given, canonical=canonical(given["changes"]))


def _unreadable(data: Any, error: serializers.ValidationError) -> Operation:
    """Raises ValidationError when not even its name and number can be read."""
    if not isinstance(data, dict):
        raise error
    named = Named(data={name: data[name] for name in ("op_id", "device_seq") if name in data})
    named.is_valid(raise_exception=True)
    return Operation(
        **named.validated_data,
        entity="",
        entity_id=named.validated_data["op_id"],
        type=OperationType.ACTION,
        changes={},
        canonical=b"{}",
        occurred_at=None,
        hash="",
        faults=as_domain_error(error).extra["errors"],
    )


class PushInput(Input):
    """`device_seq_from` and `device_seq_to`: the numbers that this batch is about; what is missing
    between them never arrived."""

    device_seq_from = Whole(min_value=1, max_value=MAX_SEQ)
    device_seq_to = Whole(min_value=1, max_value=MAX_SEQ)
    operations = rows_of(OperationInput(), max_length=MAX_OPERATIONS)
