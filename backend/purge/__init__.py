"""Cache invalidation: purge calls by surrogate key to a CDN or cache in front."""
