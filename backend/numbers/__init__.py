"""The newsroom's numbers: rows of each UTC day, their privacy floor, and reports."""
