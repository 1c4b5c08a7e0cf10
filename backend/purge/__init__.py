"""The cache in front is told what changed, by the surrogate keys of the answers that showed it."""
