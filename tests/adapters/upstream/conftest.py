"""Balances are read from a programmable upstream, as the transport is tested with one."""

from tests.adapters.transport.conftest import upstream

__all__ = ["upstream"]
