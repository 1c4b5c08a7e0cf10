"""Full text from the pages of articles."""
