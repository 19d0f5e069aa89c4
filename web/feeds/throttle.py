"""How often something may happen in a minute. The counts are hints: they live in the cache and may be lost."""

import time
from dataclasses import dataclass

from django.core.cache import cache

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `most` times in a minute of the clock, for each key."""

    name: str
    most: int

    def is_exceeded(self, key: str) -> bool:
        return int(cache.get(self._place(key), 0)) >= self.most

    def count(self, key: str) -> None:
        """Once more."""
        place = self._place(key)
        cache.add(place, 0, 2 * MINUTE)
        try:
            cache.incr(place)
        except ValueError:  # the cache was emptied just now
            cache.set(place, 1, 2 * MINUTE)

    def _place(self, key: str) -> str:
        return f"throttle:{self.name}:{key}:{int(time.time()) // MINUTE}"
