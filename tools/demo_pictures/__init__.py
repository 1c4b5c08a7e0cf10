"""Draws the pictures of the demo newsroom, which are kept in `backend/static/demo`."""
