"""Tables of the links."""
