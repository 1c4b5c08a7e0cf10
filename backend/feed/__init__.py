"""The read side: tag, source, category and home feeds, changes and search."""
