"""Full text: an article's page fetched once, read, judged and joined with what its feed says."""
