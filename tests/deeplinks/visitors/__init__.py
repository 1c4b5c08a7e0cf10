"""Who asks, in what, and what they bring along."""
