"""Guarded outgoing HTTP: fetching with an SSRF guard, time and size limits."""
