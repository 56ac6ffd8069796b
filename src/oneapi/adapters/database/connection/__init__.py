"""Connections to the database: its address, pools, transactions, and the errors of drivers."""
