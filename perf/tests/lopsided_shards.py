"""Settings under which every key is kept by the same shard."""

from django_redis.hash_ring import HashRing

from fynlo.settings.development import *  # noqa: F403


def _first(ring: HashRing, key: str) -> str:
    return str(ring.ring[ring.sorted_keys[0]])


HashRing.get_node = _first
