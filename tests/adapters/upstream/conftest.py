"""A programmable upstream for the tests of balances and of the transport."""

from tests.adapters.transport.conftest import upstream

__all__ = ["upstream"]
