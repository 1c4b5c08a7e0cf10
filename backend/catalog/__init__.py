"""Catalogue: tag names, slugs, rank, cards, and materialized feed rows."""
