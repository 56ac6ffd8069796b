"""Fields and patterns that several rows share."""

from __future__ import annotations

from oneapi.domain.routing.channel_types import ConfigField, Words

#: Pattern for one part of a key with parts separated by ``|``.
PART = r"[^|\s]+"
#: Enables the offers that ``responses`` makes; at the base URLs that they name, no setting is needed.
RESPONSES = ConfigField(
    "responses",
    Words("此地址支持 Responses API 时填 yes", "Responses API: yes if this base URL serves it"),
    required=False,
)
REGION = ConfigField("region", Words("区域", "Region"))
