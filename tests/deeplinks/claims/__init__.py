"""Deferred links."""
