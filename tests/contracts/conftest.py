"""Contract tests run the real adapters on each product, each in its own database, and the fakes as well."""

import pytest

from tests.support.stores.databases import PRODUCTS, database, kept_databases, skip_unless_reachable

__all__ = ["database", "kept_databases", "product"]


@pytest.fixture(params=["fake", *(pytest.param(each, marks=pytest.mark.database) for each in PRODUCTS)])
def product(request: pytest.FixtureRequest) -> str:
    """The products in ``tests.support.stores.databases``, and the fake."""
    wanted: str = request.param
    skip_unless_reachable(wanted)
    return wanted
