"""Texts of the log and of letters, in Chinese and in English. No I/O."""
