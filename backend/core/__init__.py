"""Infrastructure below every room: database, settings, problems, logs, metrics, encryption."""
