"""Holds, prices and bills, and the ways in which users get quota."""
