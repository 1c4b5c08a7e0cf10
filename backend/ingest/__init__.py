"""Feed ingestion: fetch, parse, date, sanitize, deduplicate and schedule publishers' feeds."""
