"""Audit: who of the newsroom did what, when, and what it was before."""
