"""Others who know people: one file each, behind ``IdentityClient`` and ``RedirectingClient``."""
