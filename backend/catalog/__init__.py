"""What an article is listed under: tag names, slugs, rank, cards, feed rows."""
