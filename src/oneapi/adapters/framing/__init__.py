"""The bytes of a stream into events: SSE, NDJSON, Amazon's event streams. Pure."""
