"""What an article is about: tag names, the gazetteer, pairs, salience and story sketches."""
