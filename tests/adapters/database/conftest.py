"""Every test of this folder runs on each product, in a database of its own."""

from tests.support.stores.databases import (
    database,
    fresh_database,
    kept_databases,
    new_database,
    original,
    product,
)

__all__ = ["database", "fresh_database", "kept_databases", "new_database", "original", "product"]
