from uuid import UUID, uuid4

import pytest

from fynlo.tests.cache.test_cache import Source


@pytest.fixture
def owner() -> UUID:
    """Whose values they are: a restaurant, or a session."""
    return uuid4()


@pytest.fixture
def source() -> Source:
    return Source()
