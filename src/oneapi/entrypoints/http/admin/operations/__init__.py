"""Admin routes for options, logs, messages and the status page."""
