"""From a stream's bytes to its events: SSE, NDJSON and Amazon's event streams. No I/O."""
