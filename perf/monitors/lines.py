"""Which line of Fynlo asked for what happens now."""

import sys
from types import FrameType

from fynlo.settings.env import BASE_DIR

# Layers that everybody's statements go through: who called them is the answer.
_PASSED = (
    "perf/monitors",
    "perf/middleware",
    "fynlo/cache",
    "fynlo/db",
    "fynlo/documents",
    "fynlo/api/idempotency",
    "fynlo/api/middleware",
    "fynlo/api/pages",
    "fynlo/api/phases",
    "fynlo/api/views",
)
_known: dict[str, str] = {}


def line_of_code() -> str:
    """`pos/selectors/orders.py:41` of the innermost frame that is Fynlo's own, or ``""``."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        name = _known.get(file)
        if name is None:
            name = _known[file] = _own(file)
        if name:
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _own(file: str) -> str:
    """The path within Fynlo; empty for a library and for a layer that is passed through."""
    root = f"{BASE_DIR}/"
    name = file.removeprefix(root)
    is_own = file.startswith(root) and not name.startswith(".") and "site-packages" not in name
    return name if is_own and not name.startswith(_PASSED) else ""
