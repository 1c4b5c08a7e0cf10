"""What installations report: received, opened, and their in-app inbox."""
