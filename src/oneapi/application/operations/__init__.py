"""The operator's options, the log, and the readiness of this process."""
