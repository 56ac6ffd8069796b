"""The operator's options, the log, and readiness of this process."""
