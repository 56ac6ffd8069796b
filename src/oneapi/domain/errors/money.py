"""Refusals concerning redemption codes and top-ups."""

from __future__ import annotations

from oneapi.domain.errors import Refusal


class RedemptionIdMissing(Refusal):
    """The request names no code."""


class RedemptionNameLength(Refusal):
    """The name is empty or too long."""


class RedemptionCountMissing(Refusal):
    """The number of codes must be at least 1."""


class RedemptionCountTooLarge(Refusal):
    """Too many codes for one request."""


class RedemptionFixed(Refusal):
    """A used code cannot be changed."""


class RedemptionMissing(Refusal):
    """The request contains no code."""


class RedemptionUnknown(Refusal):
    """The code does not exist or is disabled."""


class RedemptionUsed(Refusal):
    """The code has already been used."""


class QuotaNegative(Refusal):
    """A quota must be at least 0."""


class ReferenceUsed(Refusal):
    """The ``Idempotency-Key`` was already used for a different request."""
