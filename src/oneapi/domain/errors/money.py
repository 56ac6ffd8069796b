"""What is refused about redemption codes and top-ups."""

from __future__ import annotations

from oneapi.domain.errors import Refusal


class RedemptionIdMissing(Refusal):
    """No code was named."""


class RedemptionNameLength(Refusal):
    """The name is empty or too long."""


class RedemptionCountMissing(Refusal):
    """At least one code is made."""


class RedemptionCountTooLarge(Refusal):
    """So many codes are not made at once."""


class RedemptionFixed(Refusal):
    """A code that was used does not change any more."""


class RedemptionMissing(Refusal):
    """The user gave no code."""


class RedemptionUnknown(Refusal):
    """There is no such code, or it is disabled."""


class RedemptionUsed(Refusal):
    """Somebody was faster."""


class QuotaNegative(Refusal):
    """A quota is at least 0."""


class ReferenceUsed(Refusal):
    """The ``Idempotency-Key`` did something else before."""
