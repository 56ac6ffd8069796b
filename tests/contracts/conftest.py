"""The real adapters run on each product, in a database of their own, and the fakes beside them."""

import pytest

from tests.support.databases import PRODUCTS, database, kept_databases, skip_unless_reachable

__all__ = ["database", "kept_databases", "product"]


@pytest.fixture(params=["fake", *(pytest.param(each, marks=pytest.mark.database) for each in PRODUCTS)])
def product(request: pytest.FixtureRequest) -> str:
    """Those of ``tests.support.databases``, and one more: the fake."""
    wanted: str = request.param
    skip_unless_reachable(wanted)
    return wanted
