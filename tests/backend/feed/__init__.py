"""What the read side promises."""
