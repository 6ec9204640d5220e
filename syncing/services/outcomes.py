"""What becomes of one operation."""

from dataclasses import dataclass
from typing import Any

from syncing.choices import Verdict


@dataclass(slots=True)
class Outcome:
    """What a till is told of one operation. `document` is JSON text; `retry_in_seconds` is set
    when Fynlo goes on trying by itself."""

    verdict: Verdict
    code: str = ""
    detail: str = ""
    version: int | None = None
    document: str | None = None
    errors: Any = None
    first: Verdict | None = None
    retry_in_seconds: float | None = None
    contested: tuple[str, ...] = ()
    base: Any = None
    server: Any = None
