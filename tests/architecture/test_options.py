"""Every option that an operator can set is read by the code that it controls."""

from __future__ import annotations

import re
from pathlib import Path

from oneapi.domain.options import FIELDS

SOURCE = Path(__file__).parents[2] / "src" / "oneapi"
OPTIONS = SOURCE / "domain" / "options.py"


def test_every_option_is_read_somewhere() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if path != OPTIONS)
    derived = "".join(re.findall(r"self\.\w+", OPTIONS.read_text(encoding="utf-8")))
    unread = {
        field.name
        for field in FIELDS.values()
        if not re.search(rf"\.{field.name}\b", code) and f"self.{field.name}" not in derived
    }

    assert unread == set()
