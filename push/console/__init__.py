"""The alert desk: pages of the console about alerts."""
