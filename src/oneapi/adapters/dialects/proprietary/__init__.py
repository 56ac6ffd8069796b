"""Formats that only one provider speaks, one module each."""
