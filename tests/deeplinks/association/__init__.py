"""Association files are what the platforms read, and the matchers are the platforms'."""
