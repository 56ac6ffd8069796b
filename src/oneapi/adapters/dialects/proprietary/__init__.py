"""Formats of one provider each, a module for each."""
