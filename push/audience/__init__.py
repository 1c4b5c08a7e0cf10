"""The readers of an alert: follows, preferences, quiet hours, fan-out in batches."""
