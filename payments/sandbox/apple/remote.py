"""A running stand-in for Apple Pay, for tests and measurements."""

import json
from dataclasses import dataclass
from pathlib import Path

from payments.sandbox.apple.credentials import Credentials, credentials


@dataclass(frozen=True)
class RunningApple:
    url: str
    folder: Path

    @property
    def credentials(self) -> Credentials:
        return credentials(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which Fynlo finds it."""
        found: dict[str, str] = json.loads((self.folder / "environment.json").read_text())
        return found
