"""Parts of forms that several rows share."""

from __future__ import annotations

from oneapi.domain.routing.channel_types import ConfigField, Words

#: One part of a key whose parts are separated by bars.
PART = r"[^|\s]+"
REGION = ConfigField("region", Words("区域", "Region"))
