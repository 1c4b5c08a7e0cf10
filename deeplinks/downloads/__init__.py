"""The address of /download: the store's page, or a page with every way into the app."""
