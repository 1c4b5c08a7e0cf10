"""The numbered migrations, forward only."""
