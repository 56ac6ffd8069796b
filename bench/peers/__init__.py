"""The servers that are measured: this one, and those it is compared with."""
