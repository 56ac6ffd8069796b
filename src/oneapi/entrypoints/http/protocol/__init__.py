"""Sanic's HTTP/1.1, with those steps written anew that every request of the hot path or every attack pays for.

To a client it is the same but stricter: a request that is malformed, too slow or too large in any part is refused, and
what is buffered for callers stays within the bounds of ``capacity.py``. Sanic's signals ``http.lifecycle`` are not sent
for these steps, its access log is not written, and there are no WebSockets. See
``docs/decisions/0007-where-we-replace-sanic.md`` and ``docs/explain/limits.md``.
"""
