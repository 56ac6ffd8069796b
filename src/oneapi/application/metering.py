"""What a request may cost before it is sent, and what it did cost afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from oneapi.domain.requests import Endpoint
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from oneapi.application.catalog import Snapshot
    from oneapi.application.ports import TokenCounter
    from oneapi.domain.channels import Channel
    from oneapi.domain.requests import RelayRequest
