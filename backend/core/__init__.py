"""What everything stands on: database, settings, problems, logs, metrics, cursors, encryption."""
