"""Rows of the log, and entries of the audit log."""
