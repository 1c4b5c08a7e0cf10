"""Short links in the console."""
