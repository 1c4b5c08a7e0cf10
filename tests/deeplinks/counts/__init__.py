"""Counts by day."""
