"""Measurements: ratios inside one interleaved run, never a time on its own."""
