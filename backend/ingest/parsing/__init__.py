"""What publishers send, from bytes to values: feeds and their entries, dates, encodings, OPML."""
