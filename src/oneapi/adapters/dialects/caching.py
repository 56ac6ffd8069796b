"""Cache breakpoints: where a client asks for the prompt up to this point to be cached, in the two spellings for it.

``cache_control``: https://platform.claude.com/docs/en/build-with-claude/prompt-caching, which other providers read too;
OpenAI's own: https://platform.openai.com/docs/guides/prompt-caching
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from oneapi.domain.chat import CacheBreakpoint

if TYPE_CHECKING:
    from oneapi.adapters.dialects.reading import Fields

CACHE_CONTROL, OPENAIS = "cache_control", "prompt_cache_breakpoint"
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_TTL = re.compile(r"(\d{1,6})([smh])")


def read_breakpoint(item: Fields) -> CacheBreakpoint | None:
    """The breakpoint on a part, a tool or a message. Raises InvalidParameter if it is not an object."""
    given = item.object(CACHE_CONTROL) or item.object(OPENAIS)
    if given is None:
        return None
    found = _TTL.fullmatch(given.text("ttl"))
    return CacheBreakpoint(int(found[1]) * _SECONDS[found[2]] if found else None)


def cache_control(mark: CacheBreakpoint) -> dict[str, Any]:
    """``mark`` as ``cache_control``, with the nearest lifetime that it offers: not shorter, if a longer one exists."""
    if mark.seconds is None:
        return {"type": "ephemeral"}
    return {"type": "ephemeral", "ttl": "5m" if mark.seconds <= 5 * _SECONDS["m"] else "1h"}
