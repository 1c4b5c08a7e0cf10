"""Articles of content management systems, from their public APIs and their export files."""
