"""Short links in the editors' console."""
