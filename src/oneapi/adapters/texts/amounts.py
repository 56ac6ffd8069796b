"""Amounts in readable form."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oneapi.domain.logs.events import Amount


def amount_text(amount: Amount, language: str) -> str:
    """``amount`` in dollars, or in units of quota if it has no dollars; ``language`` is ``zh`` or ``en``."""
    if amount.dollars is None:
        return f"{amount.quota} units of quota" if language == "en" else f"{amount.quota} 点额度"
    return f"${amount.dollars:.6f}" if language == "en" else f"＄{amount.dollars:.6f} 额度"
