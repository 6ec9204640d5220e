from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from fynlo.testing.providers import have_keys

# A busy machine is no fault of the code.
hypothesis_settings.register_profile("fynlo", deadline=None)
hypothesis_settings.load_profile("fynlo")


@pytest.fixture(autouse=True)
def keys_to_providers(settings: Any) -> None:
    """What is asked of a provider here fails at once; that it may be asked is looked at."""
    have_keys(settings)
