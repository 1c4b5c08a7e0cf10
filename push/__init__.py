"""Alerts: from an editorial intention to one outcome per address."""
