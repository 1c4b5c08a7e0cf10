"""The editors' console: its shell and log-in, and the pages of the people."""
