"""Cleaning HTML, and the direction of writing."""
