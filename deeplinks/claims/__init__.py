"""Deferred links: through the store to the same screen, once, and what became of a campaign."""
