"""Others who know people: one file each, behind ``IdentityProvider`` and ``RedirectingProvider``."""
