"""Admin routes for channels."""
