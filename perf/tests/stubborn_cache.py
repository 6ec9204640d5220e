"""Settings under which a process never asks whether its copies still hold."""

from math import inf

from fynlo.cache import namespaces
from fynlo.settings.development import *  # noqa: F403

namespaces.FRESH_FOR_S = inf
