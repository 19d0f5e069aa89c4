"""The cache, which throttles stand on: Redis, or the memory of each process while Redis does not answer."""

import logging
import time
from typing import Any

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

logger = logging.getLogger(__name__)

SECONDS_UNTIL_ASKED_AGAIN = 5


class SteadyClient:
    """Asks Redis, and memory for some seconds after Redis did not answer. Never raises for a Redis that is gone.

    Signing in goes on without Redis then, and attempts are still counted, if by each process for itself.
    """

    # Of all clients of the process: each thread has its own, and each would wait for the same dead server.
    ask_again_at = 0.0

    def __init__(self, servers: list[str], **options: Any) -> None:
        self._redis = RedisCacheClient(servers, **options)
        self._memory = LocMemCache("while Redis is away", {})

    def __getattr__(self, name: str) -> Any:
        """The method `name` of whichever store answers; both take the same arguments."""

        def call(*arguments: Any) -> Any:
            if time.monotonic() >= SteadyClient.ask_again_at:
                try:
                    return getattr(self._redis, name)(*arguments)
                except (redis.ConnectionError, redis.TimeoutError) as error:
                    SteadyClient.ask_again_at = time.monotonic() + SECONDS_UNTIL_ASKED_AGAIN
                    logger.warning("Redis does not answer (%s); each process counts attempts for itself.", error)
            return getattr(self._memory, name)(*arguments)

        return call


class SteadyRedisCache(RedisCache):
    """Django's Redis cache on a client that outlives Redis."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = SteadyClient
