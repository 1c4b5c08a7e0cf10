"""One request: application context, authentication, limits, checks, fast path, responses."""
