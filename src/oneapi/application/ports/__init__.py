"""The ports: everything that the application needs from the outside world, by area.

Methods that read or write storage raise ``StorageUnavailable`` when it cannot be reached.
"""
