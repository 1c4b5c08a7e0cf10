"""What ingest promises."""
