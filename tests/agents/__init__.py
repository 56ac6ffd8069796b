"""Real agents do a small task through a running gateway: ``make agents``."""
