"""Every documented setting has an effect."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oneapi.entrypoints.settings import variables

SOURCE = Path(__file__).parents[2] / "src" / "oneapi"
CODE = "".join(
    path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py")) if path.name != "settings.py"
)


@pytest.mark.parametrize(
    "name", [name for name, variable in variables().items() if variable.section != "Accepted without effect"]
)
def test_a_setting_is_used(name: str) -> None:
    assert re.search(rf"settings\.(provided\.)?{name}\b", CODE)
