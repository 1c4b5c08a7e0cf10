"""The route table, and the configuration that it comes from."""
