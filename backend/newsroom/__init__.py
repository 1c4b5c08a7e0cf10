"""The write side: publish, correct, unpublish and curate tags."""
