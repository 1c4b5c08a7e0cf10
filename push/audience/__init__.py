"""Who receives an alert: follows, preferences, quiet hours, fan-out in batches."""
