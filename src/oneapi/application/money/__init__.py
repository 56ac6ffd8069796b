"""Holds, prices and charges, and the ways in which users get quota."""
