import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def state() -> Iterator[Path]:
    """A path for a state folder, which any user may reach."""
    home = Path(tempfile.mkdtemp(prefix="fynlo-test-"))
    home.chmod(0o755)
    yield home / "state"
    shutil.rmtree(home)
