"""Links: one route table, the association files, store pages and deferred links."""
