"""What a socket receives of one event."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fynlo.clock import as_utc_text


@dataclass(frozen=True, slots=True)
class Written:
    """One row of the log. `envelope` is what a socket receives, as JSON text."""

    restaurant_id: UUID
    seq: int
    stream: str
    entity_id: UUID
    payload: str
    envelope: str


def envelope_text(
    *,
    seq: int,
    kind: str,
    entity: str,
    entity_id: UUID,
    version: int,
    occurred_at: datetime,
    actor: UUID | None,
    device: UUID | None,
    deleted: bool,
    payload: str,
) -> str:
    """The WebSocket message of one event; `payload` goes in as it is, unparsed."""
    who = f'"{actor}"' if actor else "null"
    where = f'"{device}"' if device else "null"
    return (
        f'{{"type":"event","seq":{seq},"kind":"{kind}","entity":"{entity}","id":"{entity_id}",'
        f'"version":{version},"occurred_at":"{as_utc_text(occurred_at)}","actor":{who},'
        f'"device":{where},"deleted":{"true" if deleted else "false"},"data":{payload}}}'
    )
