"""The way to the store."""
