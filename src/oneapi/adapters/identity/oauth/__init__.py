"""External sign-in: one file for each identity provider, behind ``IdentityClient`` and ``RedirectingClient``."""
