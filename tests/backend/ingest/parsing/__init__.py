"""What publishers send, read as they wrote it."""
