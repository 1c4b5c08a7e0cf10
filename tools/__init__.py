"""What developers run by hand; none of it is in the wheel."""
