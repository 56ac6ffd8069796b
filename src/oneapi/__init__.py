"""One API: a self-hosted gateway for language-model APIs."""

__version__ = "1.0.0.dev0"
