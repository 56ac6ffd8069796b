"""Parts of forms that several rows share."""

from __future__ import annotations

from oneapi.domain.routing.channel_types import ConfigField, Words

#: One part of a key whose parts are separated by bars.
PART = r"[^|\s]+"
#: Opens the offers that ``responses`` makes; at the base URLs that they name they are open anyway.
RESPONSES = ConfigField(
    "responses",
    Words("此地址支持 Responses API 时填 yes", "Responses API: yes if this base URL serves it"),
    required=False,
)
REGION = ConfigField("region", Words("区域", "Region"))
