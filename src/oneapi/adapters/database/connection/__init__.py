"""Reach the database: address, pools, transactions, errors of drivers."""
