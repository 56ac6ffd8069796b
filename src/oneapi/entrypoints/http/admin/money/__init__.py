"""Admin routes for quota: redemption codes, top-ups, dashboards."""
