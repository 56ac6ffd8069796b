"""Revisions of the schema; run by ``oneapi.adapters.database.schema.migrate``."""
