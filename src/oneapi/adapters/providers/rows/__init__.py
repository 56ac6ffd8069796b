"""The rows of the catalog, by kind of provider."""
