"""What becomes of one operation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncing.choices import Verdict


@dataclass(slots=True)
class Outcome:
    """What a till is told of one operation. `document` is JSON text; `flags` say what had changed
    meanwhile; `retry_in_seconds` is set when Fynlo goes on trying by itself;
    `strategies` decided about the fields that both had changed."""

    verdict: Verdict
    code: str = ""
    detail: str = ""
    version: int | None = None
    document: str | None = None
    errors: Any = None
    first: Verdict | None = None
    flags: tuple[str, ...] = ()
    retry_in_seconds: float | None = None
    contested: tuple[str, ...] = ()
    strategies: Mapping[str, str] = field(default_factory=dict)
    base: Any = None
    server: Any = None
