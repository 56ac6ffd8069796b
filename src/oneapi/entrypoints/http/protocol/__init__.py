"""Sanic's HTTP/1.1, with the steps rewritten that matter for the hot path or for resisting attacks.

For clients it is the same but stricter: a request that is malformed, too slow or too large in any part is refused, and
buffers stay within the bounds of ``capacity.py``. Sanic's signals ``http.lifecycle`` are not sent for these steps, its
access log is not written, and there are no WebSockets. See
``docs/decisions/0007-where-we-replace-sanic.md`` and ``docs/explain/limits.md``.
"""
