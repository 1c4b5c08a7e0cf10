"""One event, one story: articles of several publishers about the same event, grouped."""
