"""The rows of the catalog, by who the providers are."""
