"""Tables of push and their queries."""
