"""The connection to Redis, which makes things faster; everything works without it."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.exceptions import RedisClusterException, RedisError

Client = Redis | RedisCluster

#: The exceptions of a call when Redis cannot be reached or refuses it.
FAILURES = (RedisError, RedisClusterException, OSError, TimeoutError)
#: Time limit in seconds to connect, and to send.
PATIENCE = 1.0
PORT = 6379
SENTINEL_PORT = 26379


def open_redis(address: str, master: str = "", password: str = "") -> Client | None:
    """A client for the Redis at ``address``, or None if that is empty. Nothing connects yet. Raises ValueError.

    ``address`` is a URL, or a list ``host:port,host:port`` of sentinels (if ``master`` is set) or cluster nodes.
    """
    if not address:
        return None
    options: dict[str, Any] = {"socket_connect_timeout": PATIENCE, "health_check_interval": 30}
    if master:
        sentinels = [_place(part, SENTINEL_PORT) for part in address.split(",")]
        found = Sentinel(sentinels, socket_connect_timeout=PATIENCE)  # type: ignore[no-untyped-call]
        client: Redis = found.master_for(master, password=password or None, **options)
        return client
    if "://" in address:
        return Redis.from_url(address, **options)
    nodes = [ClusterNode(*_place(part, PORT)) for part in address.split(",")]
    return RedisCluster(startup_nodes=nodes, password=password or None, **options)


def _place(text: str, default_port: int) -> tuple[str, int]:
    host, _, port = text.strip().removeprefix("redis://").rpartition(":")
    return (host, int(port)) if host else (port, default_port)
