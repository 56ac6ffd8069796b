"""The real adapters run on each product, in a database of their own."""

from tests.support.databases import database, kept_databases

__all__ = ["database", "kept_databases"]
