"""What tagging promises."""
