"""HTML sanitizing, and text direction."""
