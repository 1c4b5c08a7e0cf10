"""Promises of the alerts."""
