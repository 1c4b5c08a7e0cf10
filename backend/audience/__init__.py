"""Installations, the topics they follow and their preferences."""
