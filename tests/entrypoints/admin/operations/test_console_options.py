"""The console offers a field for every option that the gateway knows, and shows no secret."""

from __future__ import annotations

import json
from pathlib import Path

from oneapi.domain.options import FIELDS, HIDDEN

#: The console's own tests compare its fields with this list.
KEYS = Path(__file__).parents[4] / "web/src/features/settings/options/optionKeys.json"


def test_list_of_the_console_is_that_of_the_gateway() -> None:
    known = {
        "shown": [key for key in FIELDS if not HIDDEN.search(key)],
        "secret": [key for key in FIELDS if HIDDEN.search(key)],
    }
    assert json.loads(KEYS.read_text(encoding="utf-8")) == known
